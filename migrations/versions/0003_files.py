"""Files: what a turn does besides chatting, what its paid calls have made, what becomes of voice notes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add to turns and choices; make the table of what was made."""
    op.add_column("turn", sa.Column("task", sa.Text()))
    op.add_column("choice", sa.Column("voice", sa.Text()))
    op.add_column("choice", sa.Column("aloud", sa.Boolean()))
    shows_files = sa.text("attachments <> '[]'")
    op.create_index("ix_message_files", "message", ["id"], sqlite_where=shows_files, postgresql_where=shows_files)
    op.create_table(
        "made",
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("made", sa.Text(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("turn_id", "request", name="pk_made"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_made_turn_id"),
    )
