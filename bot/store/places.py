"""Conversations: where they are, and the counters that keep their messages in order.

Whoever changes a conversation's turns or counters locks its row first. That is one order for all locks, so no
two transactions wait for each other.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, bindparam, case, or_, select, update

from bot.contract import Address, Origin
from bot.model import ConversationId
from bot.store.columns import Id
from bot.store.insert import insert_new
from bot.store.tables import conversation

_HERE = (
    conversation.c.platform == bindparam("platform"),
    conversation.c.workspace == bindparam("workspace"),
    conversation.c.channel == bindparam("channel"),
    conversation.c.thread == bindparam("thread"),
)
_THIS = conversation.c.id == bindparam("conversation_")
_FIND = select(conversation.c.id).where(*_HERE)
# Rows that point at a conversation may be added meanwhile: hence no full lock.
_COLUMNS = (
    conversation.c.id,
    conversation.c.newest,
    conversation.c.fresh_since,
    conversation.c.live,
    conversation.c.adopted,
    conversation.c.thread,
    conversation.c.branch,
)
_READ = select(*_COLUMNS).where(_THIS)
_READ_LOCKED = _READ.with_for_update(key_share=True)
_FIND_LOCKED = select(*_COLUMNS).where(*_HERE).with_for_update(key_share=True)
_FLAT = (
    select(conversation.c.platform, conversation.c.workspace, conversation.c.channel)
    .where(conversation.c.thread == "")
    .limit(bindparam("most", type_=Id))
)
_MAKE = insert_new(conversation).returning(*_COLUMNS)
_TAKE = (
    update(conversation)
    .where(_THIS)
    .values(newest=conversation.c.newest + 1, live=conversation.c.live + 1)
    .returning(conversation.c.newest)
)
_GROW = (
    update(conversation)
    .where(_THIS)
    .values(newest=conversation.c.newest + bindparam("taken"), live=conversation.c.live + bindparam("added"))
)
_STILL_SHOWN = or_(conversation.c.fresh_since.is_(None), conversation.c.fresh_since < bindparam("position_"))
_COUNT = update(conversation).where(_THIS, _STILL_SHOWN).values(live=conversation.c.live + bindparam("change"))
_FRESH = update(conversation).where(_THIS).values(fresh_since=conversation.c.newest, live=0)
_ADOPTED = (
    update(conversation)
    .where(_THIS)
    # Earlier messages stand before any fresh start, which therefore hides them.
    .values(
        adopted=True,
        live=case(
            (conversation.c.fresh_since.is_(None), conversation.c.live + bindparam("added")), else_=conversation.c.live
        ),
    )
)

_Columns = Row[int, int, int | None, int, bool, str, bool]

BEFORE_ALL = -(2**62)
"""A position below every message's."""


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation's row. `shown_after` is the position after which its history begins."""

    id: ConversationId
    newest: int
    shown_after: int
    live: int
    adopted: bool
    thread: str
    branch: bool

    def joined_late(self, origin: Origin) -> bool:
        """This is a thread with older messages that were never read from the platform."""
        return not self.adopted and self.thread not in ("", origin.message_id)


def where(address: Address) -> dict[str, str]:
    """The columns that name a place."""
    return {
        "platform": address.platform,
        "workspace": address.workspace,
        "channel": address.channel,
        "thread": address.thread or "",
    }


def find(connection: Connection, address: Address) -> ConversationId | None:
    """The conversation at that place, if the bot has joined it."""
    found = connection.execute(_FIND, where(address)).scalar()
    return None if found is None else ConversationId(found)


def flat(connection: Connection, most: int) -> frozenset[Address] | None:
    """The flat channels that have a conversation; None where there are more than `most`."""
    rows = connection.execute(_FLAT, {"most": most + 1}).all()
    return None if len(rows) > most else frozenset(Address(*row) for row in rows)


def join(connection: Connection, address: Address, *, nothing_earlier: bool) -> Place:
    """The conversation at that place, locked; it is made where there is none.

    `nothing_earlier` says of a new one that the platform holds no older messages of it.
    """
    found = connection.execute(_FIND_LOCKED, where(address)).one_or_none()
    if found is None:
        row = {"newest": 0, "live": 0, "adopted": nothing_earlier, "created_at": datetime.now(UTC)}
        # Where another transaction was quicker nothing is made, and its row is there now.
        made = connection.execute(_MAKE, {**where(address), **row}).one_or_none()
        found = made or connection.execute(_FIND_LOCKED, where(address)).one()
    return _place(found)


def read(connection: Connection, conversation_id: ConversationId) -> Place | None:
    """The conversation's row as it stands; None where there is no such conversation."""
    found = connection.execute(_READ, {"conversation_": conversation_id}).one_or_none()
    return None if found is None else _place(found)


def lock(connection: Connection, conversation_id: ConversationId) -> Place | None:
    """The same, and kept from others until the transaction ends."""
    found = connection.execute(_READ_LOCKED, {"conversation_": conversation_id}).one_or_none()
    return None if found is None else _place(found)


def take_position(connection: Connection, conversation_id: ConversationId) -> int:
    """The next position, for one more message."""
    return connection.execute(_TAKE, {"conversation_": conversation_id}).scalar_one()


def grow(connection: Connection, conversation_id: ConversationId, *, taken: int, added: int) -> None:
    """Give `taken` positions away, `added` of which hold messages already."""
    connection.execute(_GROW, {"conversation_": conversation_id, "taken": taken, "added": added})


def count(connection: Connection, conversation_id: ConversationId, position: int, change: int) -> None:
    """So many messages more (or fewer) at that position; nothing changes before the last fresh start."""
    connection.execute(_COUNT, {"conversation_": conversation_id, "position_": position, "change": change})


def start_afresh(connection: Connection, conversation_id: ConversationId) -> None:
    """History begins after all that is there now, the answer of a running turn included."""
    connection.execute(_FRESH, {"conversation_": conversation_id})


def set_adopted(connection: Connection, conversation_id: ConversationId, added: int) -> None:
    """Its earlier messages are here now: so many."""
    connection.execute(_ADOPTED, {"conversation_": conversation_id, "added": added})


def _place(found: _Columns) -> Place:
    conversation_id, newest, fresh_since, live, adopted, thread, branch = found
    shown_after = BEFORE_ALL if fresh_since is None else fresh_since
    return Place(ConversationId(conversation_id), newest, shown_after, live, adopted, thread, branch)
