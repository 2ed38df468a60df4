"""What people do to a turn: have it answered anew, gone on with, stopped, taken back, rated.

Each function locks the conversation first, looks whether the press still holds, and changes the turn in one go.
"""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, Select, bindparam, case, delete, exists, func, literal, select, update

from bot.contract import Origin, PostId
from bot.errors import Fenced
from bot.model import ConversationId, Press, Steered, Steering, Stood, TurnId, TurnState
from bot.store import claiming, inbox, messages, places, turns
from bot.store.columns import Utc
from bot.store.insert import put
from bot.store.places import Place
from bot.store.tables import STATES, conversation, feedback, made, message, step, turn

_THIS = turn.c.id == bindparam("turn_")
_WHERE = select(turn.c.conversation_id).where(_THIS)
_READ = select(
    turn.c.id,
    turn.c.conversation_id,
    turn.c.state,
    turn.c.origin,
    turn.c.revision,
    turn.c.stale,
    turn.c.closed_at,
    turn.c.undone_at,
    turn.c.command,
    turn.c.continues,
).where(_THIS)
_ASKERS = select(message.c.author_id).where(message.c.turn_id == bindparam("turn_"), message.c.seq > 0)
_AGAIN = (
    update(turn)
    .where(_THIS)
    .values(
        state=TurnState.QUEUED,
        closed_at=None,
        tries=bindparam("tries_"),
        revision=turn.c.revision + bindparam("newer"),
        continues=bindparam("continues_"),
        stop=False,
        stale=False,
        attempt=turn.c.attempt + 1,
    )
)
_LEND = update(turn).where(_THIS).values(origin=bindparam("origin_"))
_STOP = update(turn).where(_THIS).values(stop=True)
_UNDO = (
    update(turn)
    .where(_THIS)
    .values(
        undone_at=bindparam("now", type_=Utc()),
        closed_at=func.coalesce(turn.c.closed_at, bindparam("now", type_=Utc())),
        state=case((turn.c.state == TurnState.ANSWERED, literal(TurnState.DONE, STATES)), else_=turn.c.state),
        revision=turn.c.revision + 1,
    )
)
_FORGET_MADE = delete(made).where(made.c.turn_id == bindparam("turn_"))
_EMPTY_STEPS = update(step).where(step.c.turn_id == bindparam("turn_")).values(result={})
# From the end of the index on (conversation_id, position).
_NEWEST = (
    select(message.c.turn_id)
    .where(
        message.c.conversation_id == bindparam("conversation_"),
        message.c.position > bindparam("after"),
        message.c.turn_id.is_not(None),
        message.c.deleted_at.is_(None),
    )
    .order_by(message.c.position.desc())
    .limit(1)
)
# The newest turn that somebody asked for anywhere in a channel: from the end of the table, where it will be.
_LATELY = (
    select(turn.c.id)
    .join(conversation, conversation.c.id == turn.c.conversation_id)
    .where(
        conversation.c.platform == bindparam("platform"),
        conversation.c.workspace == bindparam("workspace"),
        conversation.c.channel == bindparam("channel"),
        turn.c.undone_at.is_(None),
        exists().where(
            message.c.turn_id == turn.c.id,
            message.c.seq > 0,
            message.c.deleted_at.is_(None),
            message.c.author_id == bindparam("person"),
        ),
    )
    .order_by(turn.c.id.desc())
    .limit(1)
)
_BEING_ANSWERED = (turn.c.closed_at.is_(None), turn.c.state == TurnState.RUNNING)
_RUNNING = (
    select(turn.c.id)
    .where(turn.c.conversation_id == bindparam("conversation_"), *_BEING_ANSWERED)
    .order_by(turn.c.id)
    .limit(1)
)
_RUNNING_LATELY = _LATELY.where(*_BEING_ANSWERED)

Opened = Row[int, int, TurnState, Origin, int, bool, datetime | None, datetime | None, str | None, bool]
"""A turn's row, as `read` finds it."""


def again(connection: Connection, press: Press, *, continues: bool) -> Steered:
    """Let a closed turn be answered anew in its posts, or its stored answer gone on with."""
    found = _target(connection, press)
    if isinstance(found, Steering):
        return Steered(found)
    if _busy(found):
        return Steered(Steering.BUSY)
    reopen(connection, found, continues=continues)
    if (lent := _lent(found.origin, press)) != found.origin:
        connection.execute(_LEND, {"turn_": found.id, "origin_": lent})
    return Steered(Steering.DONE, ConversationId(found.conversation_id))


def stop(connection: Connection, press: Press) -> Steered:
    """Note that a running turn is to end with what it has."""
    found = _target(connection, press)
    if isinstance(found, Steering):
        return Steered(found)
    if found.state is not TurnState.RUNNING or found.closed_at is not None:
        return Steered(Steering.NOTHING)
    connection.execute(_STOP, {"turn_": found.id})
    return Steered(Steering.DONE)


def undo(connection: Connection, press: Press) -> Steered:
    """Take a closed turn out of the history, questions and answer."""
    found = _target(connection, press)
    if isinstance(found, Steering):
        return Steered(found)
    if _busy(found):
        return Steered(Steering.BUSY)
    before = _stood(connection, found)
    take_back(connection, found)
    return Steered(Steering.DONE, stood=replace(before, origin=_lent(before.origin, press)))


def orphan(connection: Connection, press: Press) -> Steered:
    """What stands of an answer that was taken back, for somebody who may take it away."""
    found = _target(connection, press, undone=True)
    if isinstance(found, Steering):
        return Steered(found)
    stood = _stood(connection, found)
    return Steered(Steering.DONE, stood=replace(stood, origin=_lent(stood.origin, press)))


def rate(connection: Connection, press: Press, value: int) -> Steered:
    """Keep what somebody thinks of an answer; a second opinion of theirs takes the first one's place."""
    found = _target(connection, press, anybody=True)
    if isinstance(found, Steering):
        return Steered(found)
    stored = messages.stored_answer(connection, TurnId(found.id))
    about = {"revision": found.revision, "model": "" if stored is None else stored.model}
    opinion = {"value": value, "given_at": datetime.now(UTC)}
    put(connection, feedback, {"turn_id": found.id, "person_id": press.by.id}, {**about, **opinion})
    return Steered(Steering.DONE)


def reopen(connection: Connection, found: Opened, *, continues: bool = False, newer: bool = True) -> None:
    """Queue a turn again; whoever still works on it is fenced. What it had answered is history no more,
    unless it is gone on with.
    """
    if not continues:
        messages.take_back(connection, ConversationId(found.conversation_id), TurnId(found.id), questions=False)
    # A run that was interrupted may have left a post that nobody knows of: its next run counts as a second one.
    tries = 0 if found.closed_at is not None else 1
    change = {"turn_": found.id, "continues_": continues, "newer": 1 if newer else 0, "tries_": tries}
    connection.execute(_AGAIN, change)


def take_back(connection: Connection, found: Opened) -> None:
    """Forget a closed turn's exchange."""
    turn_id = TurnId(found.id)
    messages.take_back(connection, ConversationId(found.conversation_id), turn_id, questions=True)
    connection.execute(_EMPTY_STEPS, {"turn_": turn_id})
    forget_made(connection, turn_id)
    connection.execute(_UNDO, {"turn_": turn_id, "now": datetime.now(UTC)})


def forget_made(connection: Connection, turn_id: TurnId) -> None:
    """Keep nothing of what was heard, drawn and said for an exchange that is history no more."""
    connection.execute(_FORGET_MADE, {"turn_": turn_id})


def read(connection: Connection, turn_id: TurnId) -> Opened | None:
    """A turn's row as it stands."""
    return connection.execute(_READ, {"turn_": turn_id}).one_or_none()


def stood(connection: Connection, turn_id: TurnId) -> Stood | None:
    """What a closed turn shows; None where there is no such turn, or it is open."""
    found = read(connection, turn_id)
    return None if found is None or found.closed_at is None else _stood(connection, found)


def posted(connection: Connection, shown: Stood, page: int, key: str, post_id: PostId) -> None:
    """Remember one more page of an answer that is shown again."""
    places.lock(connection, shown.conversation)
    found = read(connection, shown.turn)
    if found is None or found.closed_at is None or found.revision != shown.revision:
        raise Fenced(f"turn {shown.turn} shows another answer now")
    turns.posted(connection, shown.turn, page, key, post_id)


def newest(connection: Connection, origin: Origin) -> TurnId | None:
    """The turn of the newest exchange at a place, after the last fresh start.

    Said at the top of a channel whose conversations are threads it means the newest one of whoever says it.
    """
    conversation_id = places.find(connection, origin.address)
    place = None if conversation_id is None else places.read(connection, conversation_id)
    here = None if place is None else newest_of(connection, place)
    if here is not None or (place is not None and place.shown_after > places.BEFORE_ALL):
        return here
    return _lately(connection, origin, _LATELY)


def newest_of(connection: Connection, place: Place) -> TurnId | None:
    """The same for a conversation at hand."""
    wanted = {"conversation_": place.id, "after": place.shown_after}
    found = connection.execute(_NEWEST, wanted).scalar()
    return None if found is None else TurnId(found)


def running(connection: Connection, origin: Origin) -> TurnId | None:
    """The turn that is being answered at a place; at the top of a channel also one in its threads."""
    conversation_id = places.find(connection, origin.address)
    here = connection.execute(_RUNNING, {"conversation_": conversation_id}).scalar()
    return TurnId(here) if here is not None else _lately(connection, origin, _RUNNING_LATELY)


def _lately(connection: Connection, origin: Origin, wanted: Select[int]) -> TurnId | None:
    if origin.address.thread is not None:
        return None
    found = connection.execute(wanted, {**places.where(origin.address), "person": origin.asker.id}).scalar()
    return None if found is None else TurnId(found)


def _target(connection: Connection, press: Press, *, anybody: bool = False, undone: bool = False) -> Opened | Steering:
    """The turn that is meant, its conversation locked, or why nothing is done."""
    if press.keys is not None and inbox.note(connection, press.keys, datetime.now(UTC)) is None:
        return Steering.SEEN
    holder = connection.execute(_WHERE, {"turn_": press.turn}).scalar()
    if holder is None:
        return Steering.UNKNOWN
    places.lock(connection, ConversationId(holder))
    found = connection.execute(_READ, {"turn_": press.turn}).one()
    # A post of an answer that is still made may be seen, and pressed, a moment before it is written down.
    posts = (each.post_id for each in claiming.posts(connection, press.turn))
    if found.closed_at is not None and press.post not in (None, *posts):
        return Steering.UNKNOWN
    if _clicked_twice(found, press):
        return Steering.SEEN
    if (found.undone_at is not None) != undone or press.revision not in (None, found.revision):
        return Steering.CHANGED
    if not (anybody or press.by.moderator or press.by.id in _askers(connection, press.turn)):
        return Steering.NOT_YOURS
    return found


def _lent(origin: Origin, press: Press) -> Origin:
    """What the question came with may have run out; the press has brought its own."""
    return replace(origin, state=press.state) if press.state and origin.state else origin


def _busy(found: Opened) -> bool:
    """One whose answer is stored has its buttons on the screen already, a moment before it is closed."""
    return found.closed_at is None and found.state is not TurnState.ANSWERED


def _clicked_twice(found: Opened, press: Press) -> bool:
    """The press before has done it, and nothing has come of it yet that the second one could be about."""
    just_done = found.closed_at is None or found.undone_at is not None
    return press.revision is not None and press.revision == found.revision - 1 and just_done


def _askers(connection: Connection, turn_id: TurnId) -> set[str]:
    return set(connection.execute(_ASKERS, {"turn_": turn_id}).scalars())


def _stood(connection: Connection, found: Opened) -> Stood:
    turn_id = TurnId(found.id)
    stored = messages.stored_answer(connection, turn_id)
    return Stood(
        turn=turn_id,
        conversation=ConversationId(found.conversation_id),
        revision=found.revision,
        origin=found.origin,
        shown=None if stored is None else stored.shown,
        posts=claiming.posts(connection, turn_id),
        cut=stored is not None and stored.cut,
        stale=found.stale,
        undone=found.undone_at is not None,
    )
