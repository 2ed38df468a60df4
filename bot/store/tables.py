"""The tables, as SQLAlchemy sees them; `migrations/` brings a database to this shape."""

from datetime import datetime
from typing import Literal

from sqlalchemy import (
    Column,
    Enum,
    ForeignKey,
    Index,
    MetaData,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    false,
    text,
)

from bot.contract import Attachment, Origin, PersonKind
from bot.made import Made, Task
from bot.model import TurnState
from bot.store.columns import Id, Json, Utc, Words

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

Role = Literal["user", "assistant"]

ROLES = Enum("user", "assistant", native_enum=False, length=16)
STATES = Enum(TurnState, values_callable=lambda kind: [state.value for state in kind], native_enum=False, length=16)
KINDS = Enum(PersonKind, values_callable=lambda kind: [person.value for person in kind], native_enum=False, length=16)


class ConversationColumns(TypedColumns):
    """A place with a history; that the row exists means that the bot has joined it.

    `newest` is the last position given away, `fresh_since` the last one before the latest fresh start (None:
    there was none), `live` how many messages stand after it. `adopted` says that nothing earlier is left to
    be read from the platform. `thread` is empty for the flat channel: NULLs would never be equal.
    `branch` says that it is no place of the platform's but grew from a reply to an older answer, whose id `thread` is.
    """

    id: Named[int] = Column(Id, primary_key=True)
    platform: Named[str] = Column(Text)
    workspace: Named[str] = Column(Text)
    channel: Named[str] = Column(Text)
    thread: Named[str] = Column(Text)
    newest: Named[int] = Column(Id)
    fresh_since: Named[int | None] = Column(Id)
    live: Named[int] = Column(Id)
    adopted: Named[bool]
    branch: Named[bool] = Column(server_default=false())
    created_at: Named[datetime] = Column(Utc)


class ChoiceColumns(TypedColumns):
    """What was chosen at exactly this place; it may exist where there is no conversation yet."""

    platform: Named[str] = Column(Text, primary_key=True)
    workspace: Named[str] = Column(Text, primary_key=True)
    channel: Named[str] = Column(Text, primary_key=True)
    thread: Named[str] = Column(Text, primary_key=True)
    model: Named[str | None] = Column(Text)
    persona: Named[str | None] = Column(Words)
    cleanup: Named[str | None] = Column(Text)
    voice: Named[str | None] = Column(Text)
    aloud: Named[bool | None]


class TurnColumns(TypedColumns):
    """One answer. It is open until `closed_at` is set; `attempt` is the fence of all its writes.

    `position` is kept for its answer, right behind its questions; None until the turn begins. `tries` counts its
    runs since it was last opened, `revision` how often it was opened again; `continues` says that the stored answer
    is gone on with, `stop` that somebody wants no more of it, `stale` that what it rests on was changed later.
    """

    id: Named[int] = Column(Id, primary_key=True)
    conversation_id: Named[int] = Column(Id, ForeignKey("conversation.id"))
    state: Named[TurnState] = Column(STATES)
    attempt: Named[int]
    origin: Named[Origin] = Column(Json(Origin))
    command: Named[str | None] = Column(Text)
    task: Named[Task | None] = Column(Json(Task))
    position: Named[int | None] = Column(Id)
    tries: Named[int] = Column(server_default="0")
    revision: Named[int] = Column(server_default="0")
    continues: Named[bool] = Column(server_default=false())
    stop: Named[bool] = Column(server_default=false())
    stale: Named[bool] = Column(server_default=false())
    created_at: Named[datetime] = Column(Utc)
    started_at: Named[datetime | None] = Column(Utc)
    closed_at: Named[datetime | None] = Column(Utc)
    undone_at: Named[datetime | None] = Column(Utc)


class InboxColumns(TypedColumns):
    """What was delivered, by both keys; `turn_id` is the one turn that answers it."""

    id: Named[int] = Column(Id, primary_key=True)
    event_key: Named[str] = Column(Text, unique=True)
    place_key: Named[str | None] = Column(Text, unique=True)
    turn_id: Named[int | None] = Column(Id, ForeignKey("turn.id"))
    received_at: Named[datetime] = Column(Utc)


class PostColumns(TypedColumns):
    """One post of a turn's answer; `key` is the name under which it was sent."""

    turn_id: Named[int] = Column(Id, ForeignKey("turn.id"), primary_key=True)
    page: Named[int] = Column(primary_key=True, autoincrement=False)
    key: Named[str] = Column(Text)
    post_id: Named[str] = Column(Text, index=True)


class MessageColumns(TypedColumns):
    """What is remembered. `position` orders a conversation; None while the question waits for its turn.

    Messages read from the platform when a thread was joined stand at 0 and below.
    """

    id: Named[int] = Column(Id, primary_key=True)
    conversation_id: Named[int] = Column(Id, ForeignKey("conversation.id"))
    position: Named[int | None] = Column(Id)
    turn_id: Named[int | None] = Column(Id, ForeignKey("turn.id"))
    seq: Named[int]
    role: Named[Role] = Column(ROLES)
    author_id: Named[str] = Column(Text)
    author_name: Named[str] = Column(Words)
    author_kind: Named[PersonKind] = Column(KINDS)
    body: Named[str] = Column(Words)
    place_key: Named[str | None] = Column(Text, index=True)
    attachments: Named[tuple[Attachment, ...]] = Column(Json(tuple[Attachment, ...]))
    sent_at: Named[datetime] = Column(Utc)
    edited_at: Named[datetime | None] = Column(Utc)
    deleted_at: Named[datetime | None] = Column(Utc)


class StepColumns(TypedColumns):
    """One paid call of a turn. A stored one is never bought again."""

    turn_id: Named[int] = Column(Id, ForeignKey("turn.id"), primary_key=True)
    seq: Named[int] = Column(primary_key=True, autoincrement=False)
    kind: Named[str] = Column(Text)
    request_hash: Named[str] = Column(Text)
    state: Named[str] = Column(Text)
    result: Named[dict[str, object]] = Column(Json(dict[str, object]))
    usage: Named[dict[str, int]] = Column(Json(dict[str, int]))


class MadeColumns(TypedColumns):
    """What one paid call of a turn has made besides its answer; `request` names what was asked. Never bought again."""

    turn_id: Named[int] = Column(Id, ForeignKey("turn.id"), primary_key=True)
    request: Named[str] = Column(Text, primary_key=True)
    made: Named[Made] = Column(Json(Made))
    made_at: Named[datetime] = Column(Utc)


class MarkColumns(TypedColumns):
    """How far a flat channel and its threads were read for what was missed: the id of the newest message seen then."""

    platform: Named[str] = Column(Text, primary_key=True)
    workspace: Named[str] = Column(Text, primary_key=True)
    channel: Named[str] = Column(Text, primary_key=True)
    upto: Named[str] = Column(Text)


class FeedbackColumns(TypedColumns):
    """What somebody thinks of an answer: 1 or -1; `model` and `revision` say which answer that was."""

    turn_id: Named[int] = Column(Id, ForeignKey("turn.id"), primary_key=True)
    person_id: Named[str] = Column(Text, primary_key=True)
    revision: Named[int]
    model: Named[str] = Column(Text)
    value: Named[int]
    given_at: Named[datetime] = Column(Utc)


class LessonColumns(TypedColumns):
    """What refusals taught about models."""

    model: Named[str] = Column(Text, primary_key=True)
    field: Named[str] = Column(Text, primary_key=True)
    remedy: Named[str] = Column(Text)


conversation = Table(
    "conversation", metadata, ConversationColumns, UniqueConstraint("platform", "workspace", "channel", "thread")
)
choice = Table("choice", metadata, ChoiceColumns)
turn = Table("turn", metadata, TurnColumns)
inbox = Table("inbox", metadata, InboxColumns)
post = Table("post", metadata, PostColumns)
message = Table(
    "message",
    metadata,
    MessageColumns,
    UniqueConstraint("conversation_id", "position"),
    UniqueConstraint("turn_id", "seq"),
)
step = Table("step", metadata, StepColumns)
made = Table("made", metadata, MadeColumns)
mark = Table("mark", metadata, MarkColumns)
feedback = Table("feedback", metadata, FeedbackColumns)
lesson = Table("lesson", metadata, LessonColumns)

# Open turns are few and closed ones are many: the index holds only the open ones.
Index(
    "ix_turn_open",
    turn.c.conversation_id,
    turn.c.id,
    sqlite_where=turn.c.closed_at.is_(None),
    postgresql_where=turn.c.closed_at.is_(None),
)

SHOWS_FILES = text("attachments <> '[]'")
"""Written out, or the index below would not be taken. Few messages have files, and they are asked every hour."""
Index(
    "ix_message_files",
    message.c.id,
    sqlite_where=SHOWS_FILES,
    postgresql_where=SHOWS_FILES,
)
