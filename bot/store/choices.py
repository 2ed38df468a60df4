"""What was chosen for a place, and what refusals taught."""

from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import Connection, bindparam, select

from bot.contract import Address
from bot.gateway.values import Lesson
from bot.model import Choice
from bot.store import tables
from bot.store.columns import Id
from bot.store.insert import put
from bot.store.places import where

_FIELDS = (
    tables.choice.c.model,
    tables.choice.c.persona,
    tables.choice.c.cleanup,
    tables.choice.c.voice,
    tables.choice.c.aloud,
)
_CHOSEN = select(tables.choice.c.thread, *_FIELDS).where(
    tables.choice.c.platform == bindparam("platform"),
    tables.choice.c.workspace == bindparam("workspace"),
    tables.choice.c.channel == bindparam("channel"),
    tables.choice.c.thread.in_(["", bindparam("thread")]),
)
_LESSONS = select(tables.lesson.c.model, tables.lesson.c.field, tables.lesson.c.remedy).order_by(
    tables.lesson.c.model, tables.lesson.c.field
)
_ALL = select(
    tables.choice.c.platform,
    tables.choice.c.workspace,
    tables.choice.c.channel,
    tables.choice.c.thread,
    *_FIELDS,
).limit(bindparam("most", type_=Id))
_NOTHING = Choice()


def merged(connection: Connection, address: Address) -> Choice:
    """A thread's own choice over its channel's, field by field."""
    found = _found(connection, address)
    return found.get(address.thread or "", _NOTHING).over(found.get("", _NOTHING))


def every(connection: Connection, most: int) -> Mapping[Address, Choice] | None:
    """All that is chosen, by place; None where that is more than `most`."""
    rows = connection.execute(_ALL, {"most": most + 1}).all()
    return None if len(rows) > most else {_place(*row[:4]): Choice(*row[4:]) for row in rows}


def own(connection: Connection, address: Address) -> Choice:
    """What was chosen at exactly this place."""
    return _found(connection, address).get(address.thread or "", _NOTHING)


def choose(connection: Connection, address: Address, choice: Choice) -> None:
    """Replace what was chosen at exactly this place."""
    put(
        connection,
        tables.choice,
        where(address),
        asdict(choice),
    )


def lessons(connection: Connection) -> tuple[Lesson, ...]:
    """All that was learned, by model and field."""
    return tuple(Lesson(*found) for found in connection.execute(_LESSONS))


def learn(connection: Connection, lesson: Lesson) -> None:
    """Keep a lesson; a newer one about the same field takes the older one's place."""
    put(connection, tables.lesson, {"model": lesson.model, "field": lesson.field}, {"remedy": lesson.remedy})


def _found(connection: Connection, address: Address) -> dict[str, Choice]:
    rows = connection.execute(_CHOSEN, where(address))
    return {
        thread: Choice(model, persona, cleanup, voice, aloud) for thread, model, persona, cleanup, voice, aloud in rows
    }


def _place(platform: str, workspace: str, channel: str, thread: str) -> Address:
    return Address(platform, workspace, channel, thread or None)
