"""A turn after it was claimed: checked, moved, placed, answered, closed.

Each write names the turn and the attempt: when another run has taken over, no row matches, and it raises `Fenced`.
"""

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, insert, select, update

from bot.contract import Address, Origin, PostId
from bot.errors import Fenced
from bot.model import Answer, ConversationId, Ended, TurnId, TurnState
from bot.store import messages, places
from bot.store.insert import insert_new
from bot.store.tables import conversation, post, step, turn

_OPEN = turn.c.closed_at.is_(None)
_MINE = (turn.c.id == bindparam("turn_"), turn.c.attempt == bindparam("attempt_"), _OPEN)
_RUNNING = (*_MINE, turn.c.state == TurnState.RUNNING)
_other = turn.alias()
_OTHER_OPEN = (_other.c.closed_at.is_(None), _other.c.id != bindparam("turn_"))
_CHECK = select(turn.c.conversation_id).where(*_MINE)
_LOCK_PLACE = (
    select(conversation.c.id)
    .join(turn, turn.c.conversation_id == conversation.c.id)
    .where(*_MINE)
    .with_for_update(key_share=True, of=conversation)
)
_STOPPED = select(turn.c.stop).where(*_MINE)
_CHECK_LOCKED = _CHECK.with_for_update(key_share=True)
_MOVE = (
    update(turn)
    .where(*_RUNNING)
    .values(
        conversation_id=bindparam("there"),
        origin=bindparam("origin_"),
        position=bindparam("position_"),
        command=None,
        state=TurnState.QUEUED,
        tries=0,
    )
)
_REDIRECT = (
    update(turn).where(*_RUNNING).values(origin=bindparam("origin_"), command=None, state=TurnState.QUEUED, tries=0)
)
_ANSWERED = update(turn).where(*_RUNNING).values(state=TurnState.ANSWERED).returning(turn.c.position, turn.c.revision)
_CLOSE = (
    update(turn)
    .where(*_MINE)
    .values(state=bindparam("state_"), closed_at=bindparam("now"))
    .returning(exists().where(_other.c.conversation_id == turn.c.conversation_id, *_OTHER_OPEN), turn.c.stale)
)
_STEP = insert(step)
_PLACE = insert_new(post).returning(post.c.page)
_REPLACE = (
    update(post)
    .where(post.c.turn_id == bindparam("turn_"), post.c.page == bindparam("page_"))
    .values(key=bindparam("key"), post_id=bindparam("post_id"))
)
_GONE = delete(post).where(post.c.turn_id == bindparam("turn_"), post.c.post_id == bindparam("post_"))
_WITH_OPEN = (
    select(turn.c.conversation_id, conversation.c.platform)
    .join(conversation, conversation.c.id == turn.c.conversation_id)
    .where(_OPEN)
    .group_by(turn.c.conversation_id, conversation.c.platform)
    .order_by(func.min(turn.c.id))
)
_NEWEST = 500
"""Of how many turns, from the newest on, the active places are taken."""
_ACTIVE = (
    select(
        conversation.c.platform,
        conversation.c.workspace,
        conversation.c.channel,
        conversation.c.thread,
        turn.c.created_at,
        conversation.c.branch,
    )
    .join(conversation, conversation.c.id == turn.c.conversation_id)
    .where(conversation.c.platform == bindparam("platform"))
    .order_by(turn.c.id.desc())
    .limit(_NEWEST)
)
_NEAR = 2000
"""Turns so far apart have no posts side by side where somebody looks for one after a crash."""
_OWN = select(conversation.c.channel).join(turn, turn.c.conversation_id == conversation.c.id)
_NEIGHBOURS = (
    select(post.c.post_id)
    .join(turn, turn.c.id == post.c.turn_id)
    .join(conversation, conversation.c.id == turn.c.conversation_id)
    .where(
        post.c.turn_id.between(bindparam("first"), bindparam("last")),
        post.c.turn_id != bindparam("turn_"),
        conversation.c.channel == _OWN.where(turn.c.id == bindparam("turn_")).scalar_subquery(),
    )
)


_BY_POST = (
    select(post.c.turn_id)
    .join(turn, turn.c.id == post.c.turn_id)
    .join(conversation, conversation.c.id == turn.c.conversation_id)
    .where(
        post.c.post_id == bindparam("post_"),
        conversation.c.platform == bindparam("platform"),
        conversation.c.channel == bindparam("channel"),
    )
    .limit(1)
)


def check(connection: Connection, turn_id: TurnId, attempt: int) -> ConversationId:
    """The turn's conversation, as long as this attempt is the one that counts."""
    found = connection.execute(_CHECK, _mine(turn_id, attempt)).scalar()
    return ConversationId(_held(found, turn_id, attempt))


def stopped(connection: Connection, turn_id: TurnId, attempt: int) -> bool:
    """Whether somebody wants the answer to stop, as long as this attempt is the one that counts."""
    found = connection.execute(_STOPPED, _mine(turn_id, attempt)).scalar()
    return bool(_held(found, turn_id, attempt))


def placed(connection: Connection, turn_id: TurnId, attempt: int, page: int, key: str, post_id: PostId) -> None:
    """Remember what stands on the screen for one page of the answer; a later one takes its place."""
    _held(connection.execute(_CHECK_LOCKED, _mine(turn_id, attempt)).scalar(), turn_id, attempt)
    posted(connection, turn_id, page, key, post_id)


def posted(connection: Connection, turn_id: TurnId, page: int, key: str, post_id: PostId) -> None:
    """The same, whoever asks."""
    row = {"turn_id": turn_id, "page": page, "key": key, "post_id": post_id}
    if connection.execute(_PLACE, row).scalar() is None:
        connection.execute(_REPLACE, {**row, "turn_": turn_id, "page_": page})


def gone(connection: Connection, turn_id: TurnId, post_id: PostId) -> None:
    """Forget a post that was deleted, whoever asks: it will not come back."""
    connection.execute(_GONE, {"turn_": turn_id, "post_": post_id})


def answered(connection: Connection, turn_id: TurnId, attempt: int, answer: Answer) -> None:
    """Keep the finished answer and what it cost; from here on the gateway is not asked again."""
    held = connection.execute(_LOCK_PLACE, _mine(turn_id, attempt)).scalar()
    conversation_id = ConversationId(_held(held, turn_id, attempt))
    found = connection.execute(_ANSWERED, _mine(turn_id, attempt)).one_or_none()
    position, revision = (None, 0) if found is None else found
    kept = (conversation_id, turn_id, _held(position, turn_id, attempt), answer, datetime.now(UTC))
    added = 1
    if revision:
        added = messages.answer_anew(connection, *kept)
    else:
        messages.answer(connection, *kept)
    places.count(connection, conversation_id, kept[2], added)
    connection.execute(_STEP, _step(turn_id, revision, answer))


def closed(connection: Connection, turn_id: TurnId, attempt: int, state: TurnState) -> Ended:
    """The turn is over."""
    done = {**_mine(turn_id, attempt), "state_": state, "now": datetime.now(UTC)}
    found = connection.execute(_CLOSE, done).one_or_none()
    if found is None:
        raise _fenced(turn_id, attempt)
    return Ended(more=bool(found[0]), stale=found[1])


def moved(connection: Connection, turn_id: TurnId, attempt: int, origin: Origin) -> ConversationId:
    """Let the turn go on where its question has become visible; its questions go along.

    There it waits like any other question, and its next run answers it instead of showing it again.
    """
    here = check(connection, turn_id, attempt)
    places.lock(connection, here)
    there = places.join(connection, origin.address, nothing_earlier=True)
    mine = {**_mine(turn_id, attempt), "origin_": origin}
    if there.id == here:
        _held(connection.execute(_REDIRECT, mine).rowcount or None, turn_id, attempt)
    else:
        answer_at = _carry(connection, turn_id, here, there)
        put_there = {**mine, "there": there.id, "position_": answer_at}
        _held(connection.execute(_MOVE, put_there).rowcount or None, turn_id, attempt)
    if origin.message_id is not None:
        messages.show_at(connection, turn_id, origin.address.place(origin.message_id))
    return there.id


def _carry(connection: Connection, turn_id: TurnId, here: ConversationId, there: places.Place) -> int:
    questions = messages.questions(connection, turn_id)
    if questions:
        places.count(connection, here, questions[0].seq, -len(questions))
    return messages.settle(connection, turn_id, there)


def open_conversations(connection: Connection, platforms: Collection[str] | None) -> tuple[ConversationId, ...]:
    """Every conversation with an open turn, the one with the oldest first."""
    found = connection.execute(_WITH_OPEN)
    return tuple(ConversationId(id) for id, platform in found if platforms is None or platform in platforms)


def active(connection: Connection, platform: str, since: datetime) -> tuple[Address, ...]:
    """Where a question was asked since then, the latest first, by the newest turns."""
    rows = connection.execute(_ACTIVE, {"platform": platform})
    places_ = (_address(found) for found in rows if found.created_at >= since and not found.branch)
    return tuple(dict.fromkeys(places_))


def known_posts(connection: Connection, turn_id: TurnId) -> frozenset[PostId]:
    """Our posts in the turn's channel that belong to turns about as old, its own left out."""
    found = connection.execute(_NEIGHBOURS, {"turn_": turn_id, "first": turn_id - _NEAR, "last": turn_id + _NEAR})
    return frozenset(PostId(each) for each in found.scalars())


def by_post(connection: Connection, address: Address, post_id: PostId) -> TurnId | None:
    """The turn that a post of ours belongs to."""
    wanted = {"post_": post_id, "platform": address.platform, "channel": address.channel}
    found = connection.execute(_BY_POST, wanted).scalar()
    return None if found is None else TurnId(found)


def _address(found: Row[str, str, str, str, datetime, bool]) -> Address:
    return Address(found.platform, found.workspace, found.channel, found.thread or None)


def _mine(turn_id: TurnId, attempt: int) -> dict[str, object]:
    return {"turn_": turn_id, "attempt_": attempt}


def _held(found: int | None, turn_id: TurnId, attempt: int) -> int:
    """What the fenced statement found. Raises `Fenced` where it found nothing."""
    if found is None:
        raise _fenced(turn_id, attempt)
    return found


def _fenced(turn_id: TurnId, attempt: int) -> Fenced:
    return Fenced(f"turn {turn_id} is no longer in the hands of attempt {attempt}")


def _step(turn_id: TurnId, revision: int, answer: Answer) -> dict[str, object]:
    return {
        "turn_id": turn_id,
        "seq": revision,
        "kind": "chat",
        "request_hash": answer.request_hash,
        "state": "done",
        "result": {
            "model": answer.model,
            "citations": list(answer.citations),
            "shown": answer.shown if answer.shown != answer.text else "",
            "cut": answer.cut,
        },
        "usage": dict(answer.usage),
    }
