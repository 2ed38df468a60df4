"""Messages as a platform would hand them over, and the usual ways of a turn."""

from datetime import UTC, datetime, timedelta

from bot.contract import Address, Addressed, Attachment, Keys, MessageReceived, Origin, Person, PersonKind
from bot.model import Answer, Bounds, Claim, ConversationId, Ended, TurnState, Window
from bot.store import Store

BOUNDS = Bounds(waiting=20, open_turns=100)
CHANNEL = Address("slack", "T1", "C1")
THREAD = Address("slack", "T1", "C1", "100")
ANN = Person("U1", "Ann")
BOB = Person("U2", "Bob")
BOT = Person("U9", "Parley", PersonKind.SELF)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LIMIT = 60


def said(
    message_id: str,
    text: str,
    *,
    at: Address = CHANNEL,
    to: Addressed = Addressed.BOT,
    by: Person = ANN,
    event: str | None = None,
    files: tuple[Attachment, ...] = (),
) -> MessageReceived:
    """A message with its usual keys; the id is its time in seconds after noon as well."""
    keys = Keys(event or f"event-{at.workspace}-{message_id}", at.place(message_id))
    sent_at = NOON + timedelta(seconds=int(message_id))
    return MessageReceived(keys, Origin(at, by, message_id, "en-GB"), text, to, sent_at, files)


def invoked(event: str, text: str, *, at: Address = CHANNEL) -> MessageReceived:
    """A question that came by a command: no message shows it."""
    return MessageReceived(Keys(event), Origin(at, ANN), text, Addressed.BOT, NOON)


async def ask(store: Store, message: MessageReceived, *, command: str | None = None) -> ConversationId:
    """Accept a question that must be queued; its conversation."""
    accepted = await store.accept(message, BOUNDS, command=command)
    assert accepted.conversation is not None
    return accepted.conversation


async def begin(store: Store, conversation: ConversationId, limit: int = LIMIT) -> Claim:
    """Claim a turn that must be there."""
    claim = await store.claim(conversation, limit)
    assert claim is not None
    return claim


async def finish(store: Store, claim: Claim, text: str) -> Ended:
    """Answer and close a claimed turn."""
    await store.answered(claim.turn, claim.attempt, Answer(text, "gpt-5.4"))
    return await store.closed(claim.turn, claim.attempt, TurnState.DONE)


async def exchange(store: Store, message: MessageReceived, text: str) -> ConversationId:
    """A question with its answer, from end to end."""
    conversation = await ask(store, message)
    await finish(store, await begin(store, conversation), text)
    return conversation


def spoken(window: Window) -> list[str]:
    """What a window shows, oldest first."""
    return [f"{message.role}: {message.text}" for message in window.messages]
