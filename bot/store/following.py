"""What becomes of history, and of answers, when people change or take back what they wrote."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product

from sqlalchemy import Connection, Row, bindparam, or_, select, update

from bot.contract import Address
from bot.made import Task
from bot.model import ConversationId, Followed, TurnId, TurnState
from bot.store import branching, claiming, messages, places, steering
from bot.store.columns import Id, Utc
from bot.store.places import Place
from bot.store.tables import message, turn

MOST_MARKED = 10
"""How many answers are marked as stale on the screen; all of them are in the store."""

_KEPT = (message.c.place_key == bindparam("key_"), message.c.deleted_at.is_(None))
_HOLDERS = select(message.c.conversation_id).where(*_KEPT).distinct().order_by(message.c.conversation_id)
_HERE = message.c.conversation_id == bindparam("conversation_")
_OLDER = or_(message.c.edited_at.is_(None), message.c.edited_at < bindparam("at", type_=Utc()))
_EDIT = (
    update(message)
    .where(*_KEPT, _HERE, message.c.body != bindparam("text_"), _OLDER)
    .values(body=bindparam("text_"), edited_at=bindparam("at", type_=Utc()))
    .returning(message.c.position, message.c.turn_id)
)
_RETASK = (
    update(turn)
    .where(turn.c.id == bindparam("turn_"), turn.c.task.is_not(None))
    .values(task=bindparam("task_", type_=turn.c.task.type))
)
_FORGET = (
    update(message)
    .where(*_KEPT, _HERE)
    .values(body="", attachments=(), deleted_at=bindparam("now", type_=Utc()))
    .returning(message.c.position, message.c.turn_id)
)
_LATER = (
    select(turn.c.id)
    .where(
        turn.c.conversation_id == bindparam("conversation_"),
        turn.c.position > bindparam("position_", type_=Id),
        turn.c.position <= bindparam("last_", type_=Id),
        turn.c.undone_at.is_(None),
    )
    .order_by(turn.c.position.desc())
)
_STALE = update(turn).where(turn.c.id.in_(bindparam("turns", expanding=True))).values(stale=True)
_LEFT = select(message.c.id).where(
    message.c.turn_id == bindparam("turn_"), message.c.seq > 0, message.c.deleted_at.is_(None)
)
_WITHDRAW = (
    update(turn)
    .where(turn.c.id == bindparam("turn_"))
    .values(state=TurnState.DONE, closed_at=bindparam("now", type_=Utc()))
)

_Changed = Row[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Edit:
    """A message's new text, what it wants done by it, and the platform's own time of the edit."""

    text: str
    task: Task | None
    at: datetime | None


def edited(connection: Connection, address: Address, message_id: str, edit: Edit) -> Followed:
    """Give a message its new text wherever it is remembered; the same text, or an older edit, changes nothing.

    The answer to the newest question is asked for anew; those after an older one are stale.
    """
    key, now = address.place(message_id), datetime.now(UTC)
    found = _holders(connection, key)
    changes: list[tuple[Place, _Changed]] = []
    for place in found:
        change = {"conversation_": place.id, "key_": key, "text_": edit.text, "at": edit.at or now}
        changes += [(place, row) for row in connection.execute(_EDIT, change).all()]
    for turn_id in {row[1] for _, row in changes if row[1] is not None}:
        connection.execute(_RETASK, {"turn_": turn_id, "task_": edit.task})
    asked = any(turn_id is not None for _, (_, turn_id) in changes)
    results = [_follow_edit(connection, place, row, asked=asked) for place, row in changes]
    return _merged(Followed(known=bool(found)), results)


def deleted(connection: Connection, address: Address, message_id: str) -> Followed:
    """Forget a message's text and files. A turn without any other question is over, and so is its answer."""
    key = address.place(message_id)
    holders = [place.id for place in _holders(connection, key)]
    turns = [turn_id for holder in holders for turn_id in _forget(connection, holder, key)]
    results = [_follow_deletion(connection, turn_id) for turn_id in turns]
    for turn_id, holder in product((each.orphan.turn for each in results if each.orphan), holders):
        _forget(connection, holder, branching.answer_key(turn_id))
    return _merged(Followed(known=bool(holders)), results)


def _forget(connection: Connection, holder: ConversationId, key: str) -> list[TurnId]:
    """Empty a message in a conversation, which is locked; the turns whose question it was."""
    what = {"conversation_": holder, "key_": key, "now": datetime.now(UTC)}
    gone = connection.execute(_FORGET, what).all()
    for position, _ in gone:
        if position is not None:
            places.count(connection, holder, position, -1)
    return [TurnId(turn_id) for _, turn_id in gone if turn_id is not None]


def _merged(first: Followed, others: Sequence[Followed]) -> Followed:
    """What a change does in all: a question is asked in one place, and branches may have brought it along."""
    for other in others:
        first = Followed(
            known=True,
            wake=first.wake or other.wake,
            interrupted=first.interrupted or other.interrupted,
            stale=(*first.stale, *other.stale),
            orphan=first.orphan or other.orphan,
        )
    return replace(first, stale=first.stale[:MOST_MARKED])


def _holders(connection: Connection, key: str) -> list[Place]:
    """The conversations that remember a message, locked, the oldest first.

    Asked again once they are locked: a branch may have brought the message along a moment ago.
    """
    held: dict[ConversationId, Place | None] = {}
    while new := {ConversationId(each) for each in connection.execute(_HOLDERS, {"key_": key}).scalars()} - {*held}:
        held |= {holder: places.lock(connection, holder) for holder in sorted(new)}
    return [place for place in held.values() if place is not None]


def _follow_edit(connection: Connection, place: Place, changed: _Changed, *, asked: bool) -> Followed:
    position, number = changed
    if number is None and asked:  # a branch has brought the question along
        return Followed(known=True, stale=_mark_stale(connection, place, position or 0))
    found = None if number is None else steering.read(connection, TurnId(number))
    if found is None or found.undone_at is not None or found.command is not None:
        return Followed(known=True)
    turn_id, waking = TurnId(found.id), ConversationId(found.conversation_id)
    if found.closed_at is None:
        return _follow_open(connection, found)
    if steering.newest_of(connection, place) == turn_id:
        steering.reopen(connection, found)
        return Followed(known=True, wake=waking)
    return Followed(known=True, stale=_mark_stale(connection, place, position or 0, turn_id))


def _follow_open(connection: Connection, found: steering.Opened) -> Followed:
    if found.state is not TurnState.QUEUED:
        steering.reopen(connection, found, newer=found.state is TurnState.ANSWERED)
        return Followed(known=True, wake=ConversationId(found.conversation_id), interrupted=TurnId(found.id))
    if found.continues:  # there is nothing to go on with: that answered another question
        steering.reopen(connection, found, newer=False)
    return Followed(known=True)  # it has not been read yet


def _mark_stale(connection: Connection, place: Place, position: int, own: TurnId | None = None) -> tuple[TurnId, ...]:
    """The turns that are answered after that position, the newest first, and the one that it is a question of.

    What came after a fresh start does not rest on what was said before it.
    """
    last = place.shown_after if position <= place.shown_after else messages.AFTER_ALL
    span = {"conversation_": place.id, "position_": position, "last_": last}
    later = [TurnId(found) for found in connection.execute(_LATER, span).scalars()]
    turns = list(dict.fromkeys([*later, *([] if own is None else [own])]))
    connection.execute(_STALE, {"turns": turns})
    return tuple(turns[:MOST_MARKED])


def _follow_deletion(connection: Connection, turn_id: TurnId) -> Followed:
    found = steering.read(connection, turn_id)
    if found is None or connection.execute(_LEFT, {"turn_": turn_id}).first() is not None:
        return Followed(known=True)
    steering.forget_made(connection, turn_id)
    if found.closed_at is not None:
        orphan = steering.stood(connection, turn_id)
        steering.take_back(connection, found)
        return Followed(known=True, orphan=orphan)
    if found.state is TurnState.QUEUED and not claiming.posts(connection, turn_id):
        connection.execute(_WITHDRAW, {"turn_": turn_id, "now": datetime.now(UTC)})
        return Followed(known=True)
    # Its next run finds no question and takes away what stands of an answer.
    steering.reopen(connection, found, newer=False)
    return Followed(known=True, wake=ConversationId(found.conversation_id), interrupted=turn_id)
