"""What people do to an answer: ask for it anew, stop it, take it back, rate it, branch off from it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add to turns, conversations and choices; make the table of feedback."""
    for name in ("tries", "revision"):
        op.add_column("turn", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    for name in ("continues", "stop", "stale"):
        op.add_column("turn", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("turn", sa.Column("undone_at", TIME))
    op.add_column("conversation", sa.Column("branch", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("choice", sa.Column("cleanup", sa.Text()))
    op.create_index("ix_post_post_id", "post", ["post_id"])
    op.create_table(
        "feedback",
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("given_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("turn_id", "person_id", name="pk_feedback"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_feedback_turn_id"),
    )
