"""What is remembered, as frozen values; the store takes and returns these and nothing of SQLAlchemy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from hashlib import sha256
from typing import Literal, NewType

from bot.contract import Attachment, Keys, Origin, Person, PostId
from bot.made import Task

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
    """One post of an answer: its page number from 0, the id the platform gave it and the key it was sent with."""

    page: int
    post_id: PostId
    key: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer and what it cost. `text` is remembered, `shown` is what stands on the screen.

    They differ by what the bot adds itself: sources, why an answer is cut, which files were not read. `cut` says
    that it is not whole and can be gone on with. `attachments` are the files that it shows.
    """

    text: str
    model: str
    usage: Mapping[str, int] = field(default_factory=dict)
    citations: tuple[str, ...] = ()
    request_hash: str = ""
    shown: str = ""
    cut: bool = False
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A turn that this process may answer now.

    `attempt` is the fence: every write of a turn names it, and fails when another run has a higher one. `tries`
    counts the runs since the answer was last asked for, `revision` how often it was asked for anew.
    `origin` is the newest question's. `answer` is there when the turn was ANSWERED before a crash, and `cut` says
    whether it is whole. `partial` is what the answer goes on from. `stopped`: somebody has pressed stop.
    `branch`: the conversation grew from a reply to an older answer, and stands beside that of its address.
    `joined_late` is True when the conversation is a thread whose earlier messages were never read.
    `created_at` is when the first question of the turn came in. `task` is what is to be done in place of a chat;
    with a `command` its question has to be shown first.
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
    created_at: datetime
    command: str | None = None
    task: Task | None = None
    tries: int = 1
    revision: int = 0
    partial: str = ""
    cut: bool = False
    stopped: bool = False
    branch: bool = False

    @property
    def name(self) -> str:
        """What paid calls for this turn are named after, in all its attempts: `{number}.{12 hex digits}`.

        Several installations may share a gateway's key, and a number is given out again where its turn could not be
        stored: by the number alone one's answer might be taken for another's.
        """
        here = f"{self.origin.address} {self.created_at.isoformat()}"
        return f"{self.turn}.{sha256(here.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for a conversation; None where the default holds. A thread inherits from its channel.

    `cleanup` is what becomes of an answer whose question is deleted: "offer" to remove it, or "remove" it. `voice` is
    what becomes of a voice note: "off", "transcript" or "answer"; `aloud` answers one with another.
    """

    model: str | None = None
    persona: str | None = None
    cleanup: str | None = None
    voice: str | None = None
    aloud: bool | None = None

    def over(self, other: "Choice") -> "Choice":
        """This choice where it says something, else the other."""
        return Choice(
            other.model if self.model is None else self.model,
            other.persona if self.persona is None else self.persona,
            other.cleanup if self.cleanup is None else self.cleanup,
            other.voice if self.voice is None else self.voice,
            other.aloud if self.aloud is None else self.aloud,
        )


@dataclass(frozen=True, slots=True)
class Ended:
    """A turn is over: whether more is open in its conversation, and whether what it rests on was changed meanwhile."""

    more: bool
    stale: bool


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody wants something of a turn, by a button or a command.

    `keys` are those of a delivery that is not noted yet. With a `revision` only that answer of the turn is meant,
    with a `post` it must be one of its posts. `state` is what the press leaves to be answered with, see `Origin`.
    """

    turn: TurnId
    by: Person
    keys: Keys | None = None
    revision: int | None = None
    post: PostId | None = None
    state: str = field(default="", repr=False)


class Steering(Enum):
    """What became of a `Press`."""

    DONE = "done"
    SEEN = "seen"
    """Delivered before."""
    UNKNOWN = "unknown"
    """There is no such turn here."""
    NOT_YOURS = "not-yours"
    """Neither the asker nor somebody who looks after the channel."""
    CHANGED = "changed"
    """The answer is another one now, or was taken back."""
    BUSY = "busy"
    """It is being answered."""
    NOTHING = "nothing"
    """There is nothing to do it to."""


@dataclass(frozen=True, slots=True)
class Stood:
    """What a turn shows on the screen: its posts, and the text that they hold, None where it has none.

    `cut` says that it can be gone on with, `stale` that what it rests on was
    changed, `undone` that it was taken back.
    """

    turn: TurnId
    conversation: ConversationId
    revision: int
    origin: Origin
    shown: str | None
    posts: tuple[Placed, ...]
    cut: bool = False
    stale: bool = False
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Steered:
    """The verdict on a `Press`; `wake` is the conversation to work on, `stood` what the screen showed before."""

    verdict: Steering
    wake: ConversationId | None = None
    stood: Stood | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """What an edit or a deletion has changed.

    `known`: the message is remembered. `wake` is the conversation to work on, `interrupted` the turn whose run is
    void, `stale` the turns whose answers rest on what was changed, `orphan` an answer whose question is gone.
    """

    known: bool = False
    wake: ConversationId | None = None
    interrupted: TurnId | None = None
    stale: tuple[TurnId, ...] = ()
    orphan: Stood | None = None
