"""What is remembered, as frozen values; the store takes and returns these and nothing of SQLAlchemy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Literal, NewType

from bot.contract import Attachment, Origin, Person, PostId

ConversationId = NewType("ConversationId", int)
TurnId = NewType("TurnId", int)


class TurnState(Enum):
    """Where a turn stands. QUEUED, RUNNING and ANSWERED are open: somebody still has to finish them."""

    QUEUED = "queued"
    RUNNING = "running"
    ANSWERED = "answered"
    """The answer is stored; only its last edit may be missing. The gateway is not called again."""
    DONE = "done"
    FAILED = "failed"


class Verdict(Enum):
    """What became of a message that was handed to `Store.accept`."""

    QUEUED = "queued"
    """A new turn, or one more question for a turn that has not begun."""
    HEARD = "heard"
    """Kept as history; nobody asked the bot."""
    DUPLICATE = "duplicate"
    """Seen before, by either key."""
    IGNORED = "ignored"
    """Not for the bot, in a place it has not joined: nothing was stored."""
    FULL = "full"
    """A bound was reached: noted as seen, not queued."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The verdict, and the conversation to wake when it is QUEUED."""

    verdict: Verdict
    conversation: ConversationId | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may wait: questions in one conversation's waiting turn, and open turns of the whole store."""

    waiting: int
    open_turns: int


@dataclass(frozen=True, slots=True)
class Message:
    """One remembered message. `seq` orders a conversation; `turn` is None for what was only heard."""

    seq: int
    role: Literal["user", "assistant"]
    author: Person
    text: str
    sent_at: datetime
    turn: TurnId | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """The newest messages of a conversation, oldest first; `total` counts all since the last fresh start."""

    messages: tuple[Message, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Placed:
    """One post of an answer: its page number from 0 and the id the platform gave it."""

    page: int
    post_id: PostId


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer and what it cost. `text` is remembered, `shown` is what stands on the screen.

    They differ by what the bot adds itself: sources, why an answer is cut, which files were not read.
    """

    text: str
    model: str
    usage: Mapping[str, int] = field(default_factory=dict)
    citations: tuple[str, ...] = ()
    request_hash: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A turn that this process may answer now.

    `attempt` is the fence: every write of a turn names it, and fails when another run has a higher one.
    `origin` is the newest question's. `answer` is there when the turn was ANSWERED before a crash.
    `joined_late` is True when the conversation is a thread whose earlier messages were never read.
    """

    turn: TurnId
    attempt: int
    conversation: ConversationId
    origin: Origin
    state: TurnState
    questions: tuple[Message, ...]
    posts: tuple[Placed, ...]
    answer: str | None
    joined_late: bool
    window: Window
    choice: "Choice"
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for a conversation; None where the default holds. A thread inherits from its channel."""

    model: str | None = None
    persona: str | None = None
