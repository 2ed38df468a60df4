"""The rows of `message`: written, and read as values."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from bot.contract import Attachment, MessageReceived, Person, PersonKind
from bot.model import Answer, ConversationId, Message, TurnId, Window
from bot.store.columns import Id, Utc
from bot.store.places import Place, count, grow
from bot.store.tables import Role, message, step

_Columns = Row[int | None, Role, str, str, PersonKind, str, datetime, int | None, tuple[Attachment, ...]]
_COLUMNS = (
    message.c.position,
    message.c.role,
    message.c.author_id,
    message.c.author_name,
    message.c.author_kind,
    message.c.body,
    message.c.sent_at,
    message.c.turn_id,
    message.c.attachments,
)
_LIVE = message.c.deleted_at.is_(None)
_OF_CONVERSATION = message.c.conversation_id == bindparam("conversation_")
_OF_TURN = message.c.turn_id == bindparam("turn_")
# Read from the index on (conversation_id, position), from its end: as quick in a long history as in a short one.
NEWEST = (
    select(*_COLUMNS)
    .where(
        _OF_CONVERSATION,
        message.c.position > bindparam("after"),
        message.c.position < bindparam("before"),
        _LIVE,
    )
    .order_by(message.c.position.desc())
    .limit(bindparam("limit_", type_=Id))
)
"""The statement of every window."""
_COUNT_FROM = select(func.count()).where(
    _OF_CONVERSATION, message.c.position > bindparam("after"), message.c.position >= bindparam("start"), _LIVE
)
# A turn's answer has the seq 0, its questions count from 1.
_ANSWER_SEQ = 0
_QUESTIONS = select(*_COLUMNS).where(_OF_TURN, message.c.seq > _ANSWER_SEQ, _LIVE).order_by(message.c.seq)
_ANSWER = (
    select(message.c.body, step.c.result)
    .join(step, step.c.turn_id == message.c.turn_id)
    .where(_OF_TURN, message.c.seq == _ANSWER_SEQ, _LIVE)
    .order_by(step.c.seq.desc())
    .limit(1)
)
_REPLACE = (
    update(message)
    .where(_OF_TURN, message.c.seq == _ANSWER_SEQ)
    .values(
        body=bindparam("text_"),
        attachments=bindparam("files_", type_=message.c.attachments.type),
        sent_at=bindparam("now", type_=Utc()),
        deleted_at=None,
    )
)
_HAS_ANSWER = select(message.c.id).where(_OF_TURN, message.c.seq == _ANSWER_SEQ, _LIVE)
_TAKE_BACK = (
    update(message)
    .where(_OF_TURN, message.c.seq >= bindparam("from_"), message.c.seq <= bindparam("to_"), _LIVE)
    .values(body="", attachments=(), deleted_at=bindparam("now", type_=Utc()))
    .returning(message.c.position)
)
_SETTLE = (
    update(message)
    .where(_OF_TURN, message.c.seq > _ANSWER_SEQ, _LIVE)
    .values(conversation_id=bindparam("there"), position=message.c.seq + bindparam("after", type_=Id))
    .returning(message.c.position)
)
_KEY = (
    update(message)
    .where(_OF_TURN, message.c.place_key.is_(None), message.c.seq > _ANSWER_SEQ)
    .values(place_key=bindparam("key_"))
)
_INSERT = insert(message)

_MOST_SEQ = 2**31 - 1

AFTER_ALL = 2**62
"""A position above every message's."""


def receive(
    connection: Connection,
    conversation_id: ConversationId,
    received: MessageReceived,
    *,
    position: int | None = None,
    turn_id: TurnId | None = None,
    seq: int = 0,
) -> None:
    """Remember what somebody wrote; without a position it is no history yet."""
    connection.execute(_INSERT, row(conversation_id, received, position=position, turn_id=turn_id, seq=seq))


def row(
    conversation_id: ConversationId,
    received: MessageReceived,
    *,
    position: int | None,
    turn_id: TurnId | None = None,
    seq: int = 0,
) -> dict[str, object]:
    """The columns of a received message; what this bot wrote itself is the assistant's."""
    asker = received.origin.asker
    return {
        "conversation_id": conversation_id,
        "position": position,
        "turn_id": turn_id,
        "seq": seq,
        "role": "assistant" if asker.kind is PersonKind.SELF else "user",
        "author_id": asker.id,
        "author_name": asker.name,
        "author_kind": asker.kind,
        "body": received.text,
        "place_key": place_key(received),
        "attachments": received.files,
        "sent_at": received.sent_at,
        "edited_at": received.edited_at,
    }


def asked(received: MessageReceived, position: int, turn_id: TurnId) -> Message:
    """A question as it would be read back from where it was just put."""
    return Message(
        seq=position,
        role="user",
        author=received.origin.asker,
        text=received.text,
        sent_at=received.sent_at,
        turn=turn_id,
        attachments=received.files,
    )


def place_key(received: MessageReceived) -> str | None:
    """By what an edit or a deletion finds the message; None for a command's question."""
    message_id = received.origin.message_id
    return None if message_id is None else received.origin.address.place(message_id)


def answer(
    connection: Connection, conversation_id: ConversationId, turn_id: TurnId, position: int, said: Answer, now: datetime
) -> None:
    """Remember a turn's first answer. The unique key on (turn, seq) makes a second one impossible."""
    connection.execute(
        _INSERT,
        {
            "conversation_id": conversation_id,
            "position": position,
            "turn_id": turn_id,
            "seq": _ANSWER_SEQ,
            "role": "assistant",
            "author_id": "",
            "author_name": "",
            "author_kind": PersonKind.SELF,
            "body": said.text,
            "attachments": said.attachments,
            "sent_at": now,
        },
    )


def answer_anew(
    connection: Connection, conversation_id: ConversationId, turn_id: TurnId, position: int, said: Answer, now: datetime
) -> int:
    """Remember the newest answer of a turn in the place of an earlier one; how many messages that makes more."""
    stood = connection.execute(_HAS_ANSWER, {"turn_": turn_id}).scalar() is not None
    new = {"turn_": turn_id, "text_": said.text, "files_": said.attachments, "now": now}
    if connection.execute(_REPLACE, new).rowcount == 0:
        answer(connection, conversation_id, turn_id, position, said, now)
    return 0 if stood else 1


def take_back(connection: Connection, conversation_id: ConversationId, turn_id: TurnId, *, questions: bool) -> None:
    """Forget a turn's answer, and its questions with it."""
    what = {"turn_": turn_id, "from_": _ANSWER_SEQ, "to_": _MOST_SEQ if questions else _ANSWER_SEQ}
    gone = connection.execute(_TAKE_BACK, {**what, "now": datetime.now(UTC)}).scalars().all()
    for position in gone:
        if position is not None:
            count(connection, conversation_id, position, -1)


def newest(connection: Connection, place: Place, limit: int, before: int = AFTER_ALL) -> tuple[Message, ...]:
    """The newest `limit` messages since the last fresh start and before that position, oldest first."""
    wanted = {"conversation_": place.id, "after": place.shown_after, "before": before, "limit_": limit}
    return tuple(_message(found) for found in reversed(connection.execute(NEWEST, wanted).all()))


def window(connection: Connection, place: Place, limit: int) -> Window:
    """The newest messages of a conversation, and how many there are in all."""
    return Window(newest(connection, place, limit) if place.live else (), place.live)


def window_before(connection: Connection, place: Place, limit: int, start: int) -> Window:
    """The same as it looked before the message at `start`."""
    later = {"conversation_": place.id, "after": place.shown_after, "start": start}
    total = place.live - connection.execute(_COUNT_FROM, later).scalar_one()
    return Window(newest(connection, place, limit, start), total)


def questions(connection: Connection, turn_id: TurnId) -> tuple[Message, ...]:
    """What a turn has to answer, in the order in which it was asked; deleted questions are gone."""
    return tuple(_message(found) for found in connection.execute(_QUESTIONS, {"turn_": turn_id}))


def settle(connection: Connection, turn_id: TurnId, place: Place) -> int:
    """Put a turn's questions at the end of a conversation, which is locked; the answer's position right behind.

    That place is the answer's from now on, so that whatever is said meanwhile stands after the exchange.
    """
    ends = {"turn_": turn_id, "there": place.id, "after": place.newest}
    taken = [position or 0 for position in connection.execute(_SETTLE, ends).scalars()]
    answer_position = max(taken, default=place.newest) + 1
    grow(connection, place.id, taken=answer_position - place.newest, added=len(taken))
    return answer_position


def show_at(connection: Connection, turn_id: TurnId, key: str) -> None:
    """A command's question has become a visible message, which an edit or a deletion can name."""
    connection.execute(_KEY, {"turn_": turn_id, "key_": key})


@dataclass(frozen=True, slots=True)
class Stored:
    """A kept answer: what is remembered, what is shown, whether it is not whole, and whose it is."""

    text: str
    shown: str
    cut: bool
    model: str


def stored_answer(connection: Connection, turn_id: TurnId) -> Stored | None:
    """The answer of a turn that has one."""
    found = connection.execute(_ANSWER, {"turn_": turn_id}).one_or_none()
    if found is None:
        return None
    text, result = found
    shown, model = str(result.get("shown") or text), str(result.get("model", ""))
    return Stored(text, shown, bool(result.get("cut")), model)


def _message(found: _Columns) -> Message:
    position, role, author_id, author_name, author_kind, body, sent_at, turn_id, attachments = found
    return Message(
        seq=position or 0,
        role=role,
        author=Person(author_id, author_name, author_kind),
        text=body,
        sent_at=sent_at,
        turn=None if turn_id is None else TurnId(turn_id),
        attachments=attachments,
    )
