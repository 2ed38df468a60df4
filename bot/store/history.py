"""What a conversation remembers: read, begun afresh, filled in from before the bot came."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, insert, select

from bot.contract import Address, MessageReceived
from bot.model import ConversationId, Window
from bot.store import messages, places
from bot.store.tables import message, turn

_KNOWN = select(message.c.place_key).where(
    message.c.conversation_id == bindparam("conversation_"), message.c.place_key.in_(bindparam("keys", expanding=True))
)
_JOINED = select(func.min(message.c.sent_at)).where(
    message.c.conversation_id == bindparam("conversation_"), message.c.turn_id.is_not(None)
)
_EARLIER = insert(message)
# Where the turn begins that is being answered now: what is older is its history.
_BEGUN = (
    select(func.min(message.c.position))
    .select_from(message)
    .join(turn, message.c.turn_id == turn.c.id)
    .where(turn.c.conversation_id == bindparam("conversation_"), turn.c.closed_at.is_(None))
)


def window(connection: Connection, conversation_id: ConversationId, limit: int) -> Window:
    """The newest messages of a conversation; empty where there is none."""
    place = places.read(connection, conversation_id)
    return Window((), 0) if place is None else messages.window(connection, place, limit)


def fresh(connection: Connection, address: Address) -> None:
    """Let the history of that place begin after now. A thread's earlier messages will not be read either."""
    place = places.join(connection, address, nothing_earlier=True)
    places.start_afresh(connection, place.id)


def adopt(
    connection: Connection, conversation_id: ConversationId, earlier: Sequence[MessageReceived], limit: int
) -> Window | None:
    """Put earlier messages before all others, once; None when that was done already."""
    place = places.lock(connection, conversation_id)
    if place is None or place.adopted:
        return None
    joined_at = connection.execute(_JOINED, {"conversation_": conversation_id}).scalar()
    # What came after is no past: if nobody heard it, it is still to be answered.
    before = [found for found in earlier if joined_at is None or found.sent_at < joined_at]
    unknown = _unknown(connection, conversation_id, before)
    first = 1 - len(unknown)  # the bot's own history counts from 1
    rows = [messages.row(place.id, found, position=first + index) for index, found in enumerate(unknown)]
    if rows:
        connection.execute(_EARLIER, rows)
    places.set_adopted(connection, conversation_id, len(rows))
    return _before_the_open_turn(connection, conversation_id, limit)


def _unknown(
    connection: Connection, conversation_id: ConversationId, earlier: Sequence[MessageReceived]
) -> list[MessageReceived]:
    keys = [messages.place_key(found) for found in earlier]
    known = set(connection.execute(_KNOWN, {"conversation_": conversation_id, "keys": keys}).scalars())
    return [found for found, key in zip(earlier, keys, strict=True) if key is None or key not in known]


def _before_the_open_turn(connection: Connection, conversation_id: ConversationId, limit: int) -> Window | None:
    place = places.read(connection, conversation_id)
    if place is None:
        return None
    start = connection.execute(_BEGUN, {"conversation_": conversation_id}).scalar()
    if start is None:
        return messages.window(connection, place, limit)
    return messages.window_before(connection, place, limit, start)
