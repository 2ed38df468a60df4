"""What becomes of a message that comes in: noted once, then queued, heard or left alone."""

from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update

from bot.contract import Keys, MessageReceived
from bot.model import Accepted, Bounds, ConversationId, TurnId, TurnState, Verdict
from bot.store import messages, places
from bot.store.insert import insert_new
from bot.store.tables import inbox, message, turn

_NOTE = insert_new(inbox).returning(inbox.c.id)
_COVER = update(inbox).where(inbox.c.id == bindparam("id_")).values(turn_id=bindparam("turn_"))
_ASKED = select(func.count()).where(message.c.turn_id == turn.c.id).scalar_subquery()
_WAITING = (
    select(turn.c.id, turn.c.command, _ASKED)
    .where(
        turn.c.conversation_id == bindparam("conversation_"),
        turn.c.closed_at.is_(None),
        turn.c.state == TurnState.QUEUED,
    )
    .order_by(turn.c.id.desc())
    .limit(1)
)
_OPEN = select(func.count()).select_from(turn).where(turn.c.closed_at.is_(None))
_OPEN_HERE = _OPEN.where(turn.c.conversation_id == bindparam("conversation_"))
_NEW_TURN = insert(turn).returning(turn.c.id)
_JOIN_TURN = update(turn).where(turn.c.id == bindparam("id_")).values(origin=bindparam("origin_"))


def note(connection: Connection, keys: Keys, now: datetime) -> int | None:
    """The inbox row of a delivery; None when one of its keys was seen before."""
    row = {"event_key": keys.event, "place_key": keys.place, "received_at": now}
    return connection.execute(_NOTE, row).scalar()


def first_seen(connection: Connection, keys: Keys) -> bool:
    """Note a delivery that makes no turn."""
    return note(connection, keys, datetime.now(UTC)) is not None


def hear(connection: Connection, received: MessageReceived) -> Accepted:
    """Keep a message that asks nothing as history, where the bot has joined."""
    conversation_id = places.find(connection, received.origin.address)
    if conversation_id is None:
        return Accepted(Verdict.IGNORED)
    if note(connection, received.keys, datetime.now(UTC)) is None:
        return Accepted(Verdict.DUPLICATE)
    position = places.take_position(connection, conversation_id)
    messages.receive(connection, conversation_id, received, position=position)
    return Accepted(Verdict.HEARD)


def queue(connection: Connection, received: MessageReceived, bounds: Bounds, command: str | None) -> Accepted:
    """Make the message a question of the conversation's waiting turn, or of a new one."""
    now = datetime.now(UTC)
    delivery = note(connection, received.keys, now)
    if delivery is None:
        return Accepted(Verdict.DUPLICATE)
    conversation_id = places.join(connection, received.origin.address, nothing_earlier=_begins(received)).id
    waiting = _waiting(connection, conversation_id, command)
    if _full(connection, conversation_id, waiting, bounds):
        return Accepted(Verdict.FULL)
    turn_id, asked = waiting or (_new_turn(connection, conversation_id, received, command, now), 0)
    if waiting is not None:
        connection.execute(_JOIN_TURN, {"id_": turn_id, "origin_": received.origin})
    messages.receive(connection, conversation_id, received, turn_id=turn_id, seq=asked + 1)
    connection.execute(_COVER, {"id_": delivery, "turn_": turn_id})
    return Accepted(Verdict.QUEUED, conversation_id)


def _begins(received: MessageReceived) -> bool:
    """Whether nothing can stand before this message: a flat channel's history begins with the bot."""
    thread = received.origin.address.thread
    return thread is None or thread == received.origin.message_id


def _waiting(connection: Connection, conversation_id: ConversationId, command: str | None) -> tuple[TurnId, int] | None:
    """The last turn in the queue with the number of its questions, where this one may join it.

    A question by command never shares a turn: it is shown by a post of its own and answered under that.
    """
    row = connection.execute(_WAITING, {"conversation_": conversation_id}).one_or_none()
    if row is None or command is not None or row[1] is not None:
        return None
    return TurnId(row[0]), row[2]


def _full(
    connection: Connection, conversation_id: ConversationId, waiting: tuple[TurnId, int] | None, bounds: Bounds
) -> bool:
    if waiting is not None:
        return waiting[1] >= bounds.waiting
    if connection.execute(_OPEN_HERE, {"conversation_": conversation_id}).scalar_one() > bounds.waiting:
        return True
    return connection.execute(_OPEN).scalar_one() >= bounds.open_turns


def _new_turn(
    connection: Connection,
    conversation_id: ConversationId,
    received: MessageReceived,
    command: str | None,
    now: datetime,
) -> TurnId:
    row = {
        "conversation_id": conversation_id,
        "state": TurnState.QUEUED,
        "attempt": 0,
        "origin": received.origin,
        "command": command,
        "created_at": now,
    }
    return TurnId(connection.execute(_NEW_TURN, row).scalar_one())
