"""Taking up the oldest open turn of a conversation, with all that is needed to answer it."""

from datetime import UTC, datetime

from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select, update

from bot.contract import Origin, PostId
from bot.made import Task
from bot.model import Claim, ConversationId, Message, Placed, TurnId, TurnState, Window
from bot.store import choices, messages, places
from bot.store.columns import Utc
from bot.store.places import Place
from bot.store.tables import post, turn

_OPEN = turn.c.closed_at.is_(None)
OLDEST = (
    select(
        turn.c.id,
        turn.c.state,
        turn.c.origin,
        turn.c.command,
        turn.c.position,
        turn.c.created_at,
        turn.c.revision,
        turn.c.continues,
        turn.c.stop,
        turn.c.task,
    )
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
        tries=turn.c.tries + 1,
        position=bindparam("position_"),
        state=bindparam("state_"),
        started_at=func.coalesce(turn.c.started_at, bindparam("now", type_=Utc())),
        # What is made from now on rests on what is remembered now; an answer that there is, or its beginning, does not.
        stale=and_(turn.c.stale, or_(turn.c.continues, turn.c.state == TurnState.ANSWERED)),
    )
    .returning(turn.c.attempt, turn.c.tries)
)
_POSTS = (
    select(post.c.page, post.c.post_id, post.c.key).where(post.c.turn_id == bindparam("turn_")).order_by(post.c.page)
)
_Oldest = Row[int, TurnState, Origin, str | None, int | None, datetime, int, bool, bool, Task | None]


def claim(connection: Connection, conversation_id: ConversationId, limit: int, *, again: bool) -> Claim | None:
    """Begin the oldest open turn; with `again` also one that was begun before. None when there is none."""
    place = places.lock(connection, conversation_id)
    oldest = connection.execute(OLDEST, {"conversation_": conversation_id}).one_or_none()
    if place is None or oldest is None or not (again or oldest[1] is TurnState.QUEUED):
        return None
    turn_id, position = TurnId(oldest[0]), oldest[4]
    answer_at = messages.settle(connection, turn_id, place) if position is None else position
    state = TurnState.ANSWERED if oldest[1] is TurnState.ANSWERED else TurnState.RUNNING
    begun = _begin(connection, turn_id, state, answer_at)
    if begun is None:  # its runner closed it a moment ago; the next one may still be open
        return claim(connection, conversation_id, limit, again=again)
    questions = messages.questions(connection, turn_id)
    if position is None:
        window = Window(messages.newest(connection, place, limit, place.newest + 1), place.live)
    else:
        start = questions[0].seq if questions else answer_at
        window = messages.window_before(connection, place, limit, start)
    return _claim(connection, place, oldest, begun, questions, window)


def _begin(connection: Connection, turn_id: TurnId, state: TurnState, position: int) -> tuple[int, int] | None:
    """The number of this attempt and of this try."""
    values = {"turn_": turn_id, "state_": state, "position_": position, "now": datetime.now(UTC)}
    begun = connection.execute(_BEGIN, values).one_or_none()
    return None if begun is None else (begun[0], begun[1])


def _claim(
    connection: Connection,
    place: Place,
    oldest: _Oldest,
    begun: tuple[int, int],
    questions: tuple[Message, ...],
    window: Window,
) -> Claim:
    number, state, origin, command, _, created_at, revision, continues, stopped, task = oldest
    turn_id, answered = TurnId(number), state is TurnState.ANSWERED
    stored = messages.stored_answer(connection, turn_id) if answered or continues else None
    return Claim(
        turn=turn_id,
        attempt=begun[0],
        conversation=place.id,
        origin=origin,
        state=TurnState.ANSWERED if answered else TurnState.RUNNING,
        questions=questions,
        posts=posts(connection, turn_id) if begun[0] > 1 else (),
        answer=stored.shown if stored is not None and answered else None,
        joined_late=place.joined_late(origin),
        window=window,
        choice=choices.merged(connection, origin.address),
        created_at=created_at,
        branch=place.branch,
        command=command,
        task=task,
        tries=begun[1],
        revision=revision,
        partial=stored.text if stored is not None and not answered else "",
        cut=stored is not None and stored.cut,
        stopped=stopped,
    )


def posts(connection: Connection, turn_id: TurnId) -> tuple[Placed, ...]:
    """What stands of a turn's answer, by page."""
    return tuple(Placed(page, PostId(id_), key) for page, id_, key in connection.execute(_POSTS, {"turn_": turn_id}))
