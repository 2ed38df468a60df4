"""Filling a SQLite store before the bot starts: threads of a given length, and a crowd around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine, insert, text

from bot.contract import Address, PersonKind
from bot.store.schema import ensure
from bot.store.tables import conversation, message

_CROWD_LENGTH = 200
"""Messages in each conversation of the crowd."""
_WORDS = "This is what somebody once said here, and it is about as long as a message usually is."

# One conversation is written through the tables, so that the columns know their own forms; the rest are copies of it.
_COPY_CONVERSATION = text(
    "INSERT INTO conversation (platform, workspace, channel, thread, newest, live, adopted, created_at) "
    "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :count) "
    "SELECT platform, workspace, 'crowd-' || n, thread, newest, live, adopted, created_at "
    "FROM conversation, number WHERE id = :template"
)
_COPY_MESSAGES = text(
    "INSERT INTO message (conversation_id, position, seq, role, author_id, author_name, author_kind, body, place_key,"
    " attachments, sent_at) SELECT there.id, m.position, m.seq, m.role, m.author_id, m.author_name, m.author_kind,"
    " m.body, there.channel || ':' || m.position, m.attachments, m.sent_at "
    "FROM conversation there CROSS JOIN message m WHERE m.conversation_id = :template AND there.channel LIKE 'crowd-%'"
)
_NOTE_ALL = text(
    "INSERT INTO inbox (event_key, place_key, received_at) "
    "SELECT 'crowd:' || id, place_key, sent_at FROM message WHERE role = 'user' AND place_key IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation to be there already, with so many messages."""

    address: Address
    messages: int


def seed(database: Path, threads: Sequence[Thread], total: int) -> None:
    """Make a store with these threads and, around them, so many messages in all."""
    engine = create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        ensure(connection, upgrade=True)
    with engine.begin() as connection:
        for thread in threads:
            _fill(connection, thread)
        crowd = total - sum(thread.messages for thread in threads)
        if crowd >= _CROWD_LENGTH:
            _crowd(connection, threads[0].address.platform, crowd // _CROWD_LENGTH)
    engine.dispose()


def _crowd(connection: Connection, platform: str, conversations: int) -> None:
    template = _fill(connection, Thread(Address(platform, "CROWD", "template"), _CROWD_LENGTH))
    connection.execute(_COPY_CONVERSATION, {"template": template, "count": conversations - 1})
    connection.execute(_COPY_MESSAGES, {"template": template})
    connection.execute(_NOTE_ALL)


def _fill(connection: Connection, thread: Thread) -> int:
    """Write one conversation; returns its id."""
    now, address = datetime.now(UTC), thread.address
    made = {"newest": thread.messages, "live": thread.messages, "adopted": True, "created_at": now}
    place = {"workspace": address.workspace, "channel": address.channel, "thread": address.thread or ""}
    row = {"platform": address.platform, **place, **made}
    id_ = connection.execute(insert(conversation).returning(conversation.c.id), row).scalar_one()
    connection.execute(insert(message), [_message(id_, number, now) for number in range(1, thread.messages + 1)])
    return id_


def _message(conversation_id: int, position: int, now: datetime) -> dict[str, object]:
    asked = position % 2 == 1
    return {
        "conversation_id": conversation_id,
        "position": position,
        "seq": 0,
        "role": "user" if asked else "assistant",
        "author_id": "U0ASKER001" if asked else "",
        "author_name": "Ann" if asked else "",
        "author_kind": PersonKind.HUMAN if asked else PersonKind.SELF,
        "body": f"{position}: {_WORDS}",
        "attachments": (),
        "sent_at": now,
    }
