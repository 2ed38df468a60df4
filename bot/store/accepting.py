"""What becomes of a message that comes in: noted once, then queued, heard or left alone."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update

from bot.contract import MessageReceived
from bot.made import Task
from bot.model import Accepted, Bounds, Claim, ConversationId, TurnId, TurnState, Verdict
from bot.store import branching, choices, inbox, messages, places, tables
from bot.store.places import Place
from bot.store.tables import message, turn

_COVER = update(tables.inbox).where(tables.inbox.c.id == bindparam("id_")).values(turn_id=bindparam("turn_"))
_ASKED = select(func.count()).where(message.c.turn_id == turn.c.id).scalar_subquery()
_WAITING = (
    select(turn.c.id, func.coalesce(turn.c.command, turn.c.task), _ASKED)
    .where(
        turn.c.conversation_id == bindparam("conversation_"),
        turn.c.closed_at.is_(None),
        turn.c.state == TurnState.QUEUED,
        turn.c.position.is_(None),  # one that has a position has begun before, and its questions are in their places
    )
    .order_by(turn.c.id.desc())
    .limit(1)
)
_HERE = turn.c.conversation_id == bindparam("conversation_")
_OPEN = select(func.count().filter(_HERE), func.count()).select_from(turn).where(turn.c.closed_at.is_(None))
_NEW_TURN = insert(turn).returning(turn.c.id)
_JOIN_TURN = update(turn).where(turn.c.id == bindparam("id_")).values(origin=bindparam("origin_"))


def hear(connection: Connection, received: MessageReceived) -> Accepted:
    """Keep a message that asks nothing as history, where the bot has joined."""
    conversation_id = places.find(connection, received.origin.address)
    if conversation_id is None:
        return Accepted(Verdict.IGNORED)
    if inbox.note(connection, received.keys, datetime.now(UTC)) is None:
        return Accepted(Verdict.DUPLICATE)
    position = places.take_position(connection, conversation_id)
    messages.receive(connection, conversation_id, received, position=position)
    return Accepted(Verdict.HEARD)


def take(
    connection: Connection,
    received: MessageReceived,
    bounds: Bounds,
    command: str | None,
    task: Task | None,
    begin: int | None,
) -> tuple[Accepted, Claim | None]:
    """Make the message a question of the conversation's waiting turn, or of a new one.

    With `begin` (the size of its window) a new turn in a conversation with no other is claimed at once.
    """
    now = datetime.now(UTC)
    delivery = inbox.note(connection, received.keys, now)
    if delivery is None:
        return Accepted(Verdict.DUPLICATE), None
    place = branching.join(connection, received, nothing_earlier=_begins(received))
    here, everywhere = connection.execute(_OPEN, {"conversation_": place.id}).one()
    alone = command is not None or task is not None
    waiting = _waiting(connection, place.id) if here and not alone else None
    if _full(waiting, here, everywhere, bounds):
        return Accepted(Verdict.FULL), None
    accepted, asked = Accepted(Verdict.QUEUED, place.id), _Asked(command, task, now)
    if here or begin is None:
        _queue(connection, received, place, waiting, delivery, asked)
        return accepted, None
    return accepted, _begin(connection, received, place, delivery, asked, begin)


@dataclass(frozen=True, slots=True)
class _Asked:
    """How and when a question came in, and what it wants done."""

    command: str | None
    task: Task | None
    at: datetime


def _queue(
    connection: Connection,
    received: MessageReceived,
    place: Place,
    waiting: tuple[TurnId, int] | None,
    delivery: int,
    asked: _Asked,
) -> None:
    if waiting is None:
        turn_id, before = _new_turn(connection, place, received, asked, TurnState.QUEUED), 0
    else:
        turn_id, before = waiting
        connection.execute(_JOIN_TURN, {"id_": turn_id, "origin_": received.origin})
    messages.receive(connection, place.id, received, turn_id=turn_id, seq=before + 1)
    connection.execute(_COVER, {"id_": delivery, "turn_": turn_id})


def _begin(
    connection: Connection, received: MessageReceived, place: Place, delivery: int, asked: _Asked, limit: int
) -> Claim:
    """What `claiming.claim` would do next, in fewer statements: nothing is there but this question."""
    window = messages.window(connection, place, limit)
    turn_id = _new_turn(connection, place, received, asked, TurnState.RUNNING)
    position = place.newest + 1
    messages.receive(connection, place.id, received, position=position, turn_id=turn_id, seq=1)
    places.grow(connection, place.id, taken=2, added=1)
    connection.execute(_COVER, {"id_": delivery, "turn_": turn_id})
    return Claim(
        turn=turn_id,
        attempt=1,
        conversation=place.id,
        origin=received.origin,
        state=TurnState.RUNNING,
        questions=(messages.asked(received, position, turn_id),),
        posts=(),
        answer=None,
        joined_late=place.joined_late(received.origin),
        window=window,
        choice=choices.merged(connection, received.origin.address),
        created_at=asked.at,
        branch=place.branch,
        command=asked.command,
        task=asked.task,
    )


def _begins(received: MessageReceived) -> bool:
    """Whether nothing can stand before this message: a flat channel's history begins with the bot."""
    return received.origin.address.thread is None or received.origin.begins_thread


def _waiting(connection: Connection, conversation_id: ConversationId) -> tuple[TurnId, int] | None:
    """The last turn in the queue with the number of its questions, where another may join it.

    A command never shares a turn: it is shown by a post of its own and answered under that, or does something else.
    """
    row = connection.execute(_WAITING, {"conversation_": conversation_id}).one_or_none()
    if row is None or row[1] is not None:
        return None
    return TurnId(row[0]), row[2]


def _full(waiting: tuple[TurnId, int] | None, here: int, everywhere: int, bounds: Bounds) -> bool:
    """One turn may run beside those that wait."""
    if waiting is not None:
        return waiting[1] >= bounds.waiting
    return here > bounds.waiting or everywhere >= bounds.open_turns


def _new_turn(
    connection: Connection, place: Place, received: MessageReceived, asked: _Asked, state: TurnState
) -> TurnId:
    begun = state is TurnState.RUNNING
    row = {
        "conversation_id": place.id,
        "state": state,
        "attempt": 1 if begun else 0,
        "tries": 1 if begun else 0,
        "origin": received.origin,
        "command": asked.command,
        "task": asked.task,
        "position": place.newest + 2 if begun else None,
        "created_at": asked.at,
        "started_at": asked.at if begun else None,
    }
    return TurnId(connection.execute(_NEW_TURN, row).scalar_one())
