"""Taking up the oldest open turn of a conversation, with all that is needed to answer it."""

from datetime import UTC, datetime

from sqlalchemy import Connection, Row, bindparam, func, select, update

from bot.contract import Origin, PostId
from bot.model import Claim, ConversationId, Message, Placed, TurnId, TurnState, Window
from bot.store import choices, messages, places
from bot.store.columns import Utc
from bot.store.places import Place
from bot.store.tables import post, turn

_OPEN = turn.c.closed_at.is_(None)
OLDEST = (
    select(turn.c.id, turn.c.state, turn.c.origin, turn.c.command, turn.c.position)
    .where(turn.c.conversation_id == bindparam("conversation_"), _OPEN)
    .order_by(turn.c.id)
    .limit(1)
)
"""The statement that finds what to do next; it reads the index of open turns."""
_BEGIN = (
    update(turn)
    .where(turn.c.id == bindparam("turn_"), _OPEN)
    .values(
        attempt=turn.c.attempt + 1,
        position=bindparam("position_"),
        state=bindparam("state_"),
        started_at=func.coalesce(turn.c.started_at, bindparam("now", type_=Utc())),
    )
    .returning(turn.c.attempt)
)
_POSTS = select(post.c.page, post.c.post_id).where(post.c.turn_id == bindparam("turn_")).order_by(post.c.page)
_Oldest = Row[int, TurnState, Origin, str | None, int | None]


def claim(connection: Connection, conversation_id: ConversationId, limit: int, *, again: bool) -> Claim | None:
    """Begin the oldest open turn; with `again` also one that was begun before. None when there is none."""
    place = places.lock(connection, conversation_id)
    oldest = connection.execute(OLDEST, {"conversation_": conversation_id}).one_or_none()
    if place is None or oldest is None or not (again or oldest[1] is TurnState.QUEUED):
        return None
    turn_id, position = TurnId(oldest[0]), oldest[4]
    answer_at = messages.settle(connection, turn_id, place) if position is None else position
    state = TurnState.ANSWERED if oldest[1] is TurnState.ANSWERED else TurnState.RUNNING
    attempt = _begin(connection, turn_id, state, answer_at)
    if attempt is None:  # its runner closed it a moment ago; the next one may still be open
        return claim(connection, conversation_id, limit, again=again)
    questions = messages.questions(connection, turn_id)
    if position is None:
        window = Window(messages.newest(connection, place, limit, place.newest + 1), place.live)
    else:
        start = questions[0].seq if questions else answer_at
        window = messages.window_before(connection, place, limit, start)
    return _claim(connection, place, oldest, attempt, questions, window)


def _begin(connection: Connection, turn_id: TurnId, state: TurnState, position: int) -> int | None:
    values = {"turn_": turn_id, "state_": state, "position_": position, "now": datetime.now(UTC)}
    return connection.execute(_BEGIN, values).scalar()


def _claim(
    connection: Connection,
    place: Place,
    oldest: _Oldest,
    attempt: int,
    questions: tuple[Message, ...],
    window: Window,
) -> Claim:
    turn_id, state, origin, command, _ = oldest
    answered = state is TurnState.ANSWERED
    return Claim(
        turn=TurnId(turn_id),
        attempt=attempt,
        conversation=place.id,
        origin=origin,
        state=TurnState.ANSWERED if answered else TurnState.RUNNING,
        questions=questions,
        posts=_posts(connection, TurnId(turn_id)) if attempt > 1 else (),
        answer=messages.stored_answer(connection, TurnId(turn_id)) if answered else None,
        joined_late=place.joined_late(origin),
        window=window,
        choice=choices.merged(connection, origin.address),
        command=command,
    )


def _posts(connection: Connection, turn_id: TurnId) -> tuple[Placed, ...]:
    return tuple(Placed(page, PostId(post_id)) for page, post_id in connection.execute(_POSTS, {"turn_": turn_id}))
