"""What becomes of history, and of answers, when people change or take back what they wrote."""

from datetime import UTC, datetime

from sqlalchemy import Connection, Row, bindparam, or_, select, update

from bot.contract import Address
from bot.model import ConversationId, Followed, TurnId, TurnState
from bot.store import claiming, places, steering
from bot.store.columns import Utc
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
        turn.c.position > bindparam("position_"),
        turn.c.closed_at.is_not(None),
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


def edited(connection: Connection, address: Address, message_id: str, text: str, at: datetime | None) -> Followed:
    """Give a message its new text wherever it is remembered; the same text, or an older edit, changes nothing.

    The answer to the newest question is asked for anew; those after an older one are stale.
    """
    key, now = address.place(message_id), datetime.now(UTC)
    holders = _holders(connection, key)
    result = Followed(known=bool(holders))
    for holder in holders:
        place = places.lock(connection, holder)
        change = {"conversation_": holder, "key_": key, "text_": text, "at": at or now}
        for changed in connection.execute(_EDIT, change).all():
            if place is not None:
                result = _follow_edit(connection, place, changed)
    return result


def deleted(connection: Connection, address: Address, message_id: str) -> Followed:
    """Forget a message's text and files. A turn without any other question is over, and so is its answer."""
    key, now = address.place(message_id), datetime.now(UTC)
    holders = _holders(connection, key)
    result = Followed(known=bool(holders))
    for holder in holders:
        places.lock(connection, holder)
        for position, turn_id in connection.execute(_FORGET, {"conversation_": holder, "key_": key, "now": now}).all():
            if position is not None:
                places.count(connection, holder, position, -1)
            if turn_id is not None:
                result = _follow_deletion(connection, TurnId(turn_id))
    return result


def _holders(connection: Connection, key: str) -> list[ConversationId]:
    return [ConversationId(found) for found in connection.execute(_HOLDERS, {"key_": key}).scalars()]


def _follow_edit(connection: Connection, place: Place, changed: _Changed) -> Followed:
    position, number = changed
    found = None if number is None else steering.read(connection, TurnId(number))
    if found is None or found.undone_at is not None or found.command is not None:
        return Followed(known=True)
    turn_id, waking = TurnId(found.id), ConversationId(found.conversation_id)
    if found.closed_at is None:
        if found.state is TurnState.QUEUED:
            return Followed(known=True)  # it has not been read yet
        steering.reopen(connection, found, newer=found.state is TurnState.ANSWERED)
        return Followed(known=True, wake=waking, interrupted=turn_id)
    if steering.newest_of(connection, place) == turn_id:
        steering.reopen(connection, found)
        return Followed(known=True, wake=waking)
    return Followed(known=True, stale=_mark_stale(connection, place, turn_id, position or 0))


def _mark_stale(connection: Connection, place: Place, turn_id: TurnId, position: int) -> tuple[TurnId, ...]:
    """The turns that were answered after that position, the newest first; this one is among them."""
    later = connection.execute(_LATER, {"conversation_": place.id, "position_": position}).scalars()
    turns = list(dict.fromkeys([*(TurnId(found) for found in later), turn_id]))
    connection.execute(_STALE, {"turns": turns})
    return tuple(turns[:MOST_MARKED])


def _follow_deletion(connection: Connection, turn_id: TurnId) -> Followed:
    found = steering.read(connection, turn_id)
    if found is None or connection.execute(_LEFT, {"turn_": turn_id}).first() is not None:
        return Followed(known=True)
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
