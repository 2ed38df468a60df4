"""Conversations and what was chosen in them, deliveries, turns, posts, messages, steps and lessons."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make every table of the first version."""
    _places()
    _turns()
    _messages()
    _of_a_turn()
    _lessons()


def _places() -> None:
    place = ("platform", "workspace", "channel", "thread")
    op.create_table(
        "conversation",
        sa.Column("id", ID, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in place),
        sa.Column("newest", ID, nullable=False),
        sa.Column("fresh_since", ID),
        sa.Column("live", ID, nullable=False),
        sa.Column("adopted", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversation"),
        sa.UniqueConstraint(*place, name="uq_conversation_platform_workspace_channel_thread"),
    )
    op.create_table(
        "choice",
        *(sa.Column(name, sa.Text(), nullable=False) for name in place),
        sa.Column("model", sa.Text()),
        sa.Column("persona", sa.Text()),
        sa.PrimaryKeyConstraint(*place, name="pk_choice"),
    )


def _turns() -> None:
    op.create_table(
        "turn",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("command", sa.Text()),
        sa.Column("position", ID),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("started_at", TIME),
        sa.Column("closed_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_turn"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_turn_conversation_id"),
    )
    still_open = sa.text("closed_at IS NULL")
    columns = ["conversation_id", "id"]
    op.create_index("ix_turn_open", "turn", columns, sqlite_where=still_open, postgresql_where=still_open)


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("position", ID),
        sa.Column("turn_id", ID),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_kind", sa.String(16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("place_key", sa.Text()),
        sa.Column("attachments", sa.Text(), nullable=False),
        sa.Column("sent_at", TIME, nullable=False),
        sa.Column("edited_at", TIME),
        sa.Column("deleted_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_message_conversation_id"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_message_turn_id"),
        sa.UniqueConstraint("conversation_id", "position", name="uq_message_conversation_id_position"),
        sa.UniqueConstraint("turn_id", "seq", name="uq_message_turn_id_seq"),
    )
    op.create_index("ix_message_place_key", "message", ["place_key"])


def _of_a_turn() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("event_key", sa.Text(), nullable=False),
        sa.Column("place_key", sa.Text()),
        sa.Column("turn_id", ID),
        sa.Column("received_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_inbox_turn_id"),
        sa.UniqueConstraint("event_key", name="uq_inbox_event_key"),
        sa.UniqueConstraint("place_key", name="uq_inbox_place_key"),
    )
    op.create_table(
        "post",
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("turn_id", "page", name="pk_post"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_post_turn_id"),
    )
    op.create_table(
        "step",
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("usage", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("turn_id", "seq", name="pk_step"),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_step_turn_id"),
    )


def _lessons() -> None:
    op.create_table(
        "lesson",
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("model", "field", name="pk_lesson"),
    )
