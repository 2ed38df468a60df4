"""Which conversation a question belongs to, when it answers an older answer: a branch with the history up to there."""

from dataclasses import replace

from sqlalchemy import Connection, Text, bindparam, cast, func, insert, literal, select, update

from bot.contract import Address, MessageReceived, PostId
from bot.model import ConversationId, TurnId
from bot.store import places, steering, turns
from bot.store.columns import Id
from bot.store.places import BEFORE_ALL, Place
from bot.store.tables import conversation, message, turn

MOST_CARRIED = 200
"""How many messages a branch brings along: more than any prompt takes."""

_SINCE = select(turn.c.conversation_id, turn.c.position).where(
    turn.c.id == bindparam("turn_"), turn.c.undone_at.is_(None)
)
_ANSWER = "answer:"
_CARRIED = (
    message.c.seq,
    message.c.role,
    message.c.author_id,
    message.c.author_name,
    message.c.author_kind,
    message.c.body,
    message.c.attachments,
    message.c.sent_at,
)
# Without their turn: an edit finds them by their place, and what is asked anew is asked where it was asked first.
_CARRY = (
    insert(message)
    .from_select(
        ["conversation_id", "position", "place_key", *(column.name for column in _CARRIED)],
        select(
            bindparam("there", type_=Id).label("conversation_id"),
            (message.c.position - bindparam("until", type_=Id)).label("position"),
            func.coalesce(message.c.place_key, literal(_ANSWER) + cast(message.c.turn_id, Text)).label("place_key"),
            *_CARRIED,
        )
        .where(
            message.c.conversation_id == bindparam("here"),
            message.c.position > bindparam("after"),
            message.c.position <= bindparam("until"),
            message.c.deleted_at.is_(None),
        )
        .order_by(message.c.position.desc())
        .limit(MOST_CARRIED),
    )
    .returning(message.c.id)
)  # counted by what comes back: not every driver tells how many rows an INSERT made
_BRANCH = update(conversation).where(conversation.c.id == bindparam("conversation_")).values(branch=True)


def answer_key(turn_id: TurnId) -> str:
    """The place key of an answer where it was carried to: who takes its question back finds it there too."""
    return f"{_ANSWER}{turn_id}"


def join(connection: Connection, received: MessageReceived, *, nothing_earlier: bool) -> Place:
    """The conversation of a question, locked; it is made where there is none."""
    address = received.origin.address
    if received.reply_to is not None:
        place = _replied(connection, received, received.reply_to)
        if place is not None:
            return place
    place = places.join(connection, address, nothing_earlier=nothing_earlier)
    if place.newest == 0 and address.thread is not None and place.joined_late(received.origin):
        return _under(connection, place, address, address.thread)
    return place


def _replied(connection: Connection, received: MessageReceived, reply_to: str) -> Place | None:
    """The conversation of the answer that is replied to, or a branch of it when that is not its newest one."""
    address = received.origin.address
    turn_id = turns.by_post(connection, address, PostId(reply_to))
    since = None if turn_id is None else connection.execute(_SINCE, {"turn_": turn_id}).one_or_none()
    if turn_id is None or since is None or since[1] is None or received.origin.message_id is None:
        return None
    holder = places.lock(connection, ConversationId(since[0]))
    if holder is None:
        return None
    if since[1] > holder.shown_after and steering.newest_of(connection, holder) in (turn_id, None):
        return holder
    branch = places.join(connection, replace(address, thread=received.origin.message_id), nothing_earlier=True)
    connection.execute(_BRANCH, {"conversation_": branch.id})
    return _carry(connection, holder, since[1], replace(branch, branch=True))


def _under(connection: Connection, place: Place, address: Address, thread: str) -> Place:
    """A thread that was opened under an answer of ours begins with what had been said up to that answer."""
    turn_id = turns.by_post(connection, address, PostId(thread))
    since = None if turn_id is None else connection.execute(_SINCE, {"turn_": TurnId(turn_id)}).one_or_none()
    holder = None if since is None else places.read(connection, ConversationId(since[0]))
    if since is None or since[1] is None or holder is None or holder.id == place.id:
        return place
    return _carry(connection, holder, since[1], place)


def _carry(connection: Connection, source: Place, until: int, branch: Place) -> Place:
    # What stood before a fresh start is shown again to whoever goes back there.
    after = source.shown_after if until > source.shown_after else BEFORE_ALL
    what = {"there": branch.id, "here": source.id, "after": after, "until": until}
    carried = len(connection.execute(_CARRY, what).all())
    places.set_adopted(connection, branch.id, carried)
    return replace(branch, live=branch.live + carried, adopted=True)
