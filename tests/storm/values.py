"""What a storm writes down, and what it reads from the fakes: values between its parts."""

from dataclasses import dataclass, field
from enum import Enum

from tests.storm.plan import Trouble, Way

EARLY = "early"
"""How the key begins of a request for a question that has no turn yet."""


@dataclass(slots=True)
class Question:
    """One question as it was asked. Times are `time.monotonic()`.

    `conversation` is where answers have an order; `thread` is None for a flat place, and where the platform makes
    the thread only with the question's post. `taken_at` is when the platform was told that the bot has it, None
    while it was not.
    """

    number: int
    way: Way
    platform: str
    channel: str
    thread: str | None
    conversation: str
    said_at: float
    message_id: str | None = None
    taken_at: float | None = None
    by_command: bool = False
    heard_live: bool = False
    """On Discord: a connection stood when it was said."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A post or question as it stands on a screen, in the order in which it came there.

    `mine` says that the bot wrote it; `open` that it still streams or only shows that the bot is thinking. What
    somebody says in a sound stands in the `text`; `pictures` are the questions for which those in it were drawn.
    """

    platform: str
    channel: str
    thread: str | None
    id: str
    text: str
    mine: bool
    open: bool = False
    reply_to: str | None = None
    pictures: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Served:
    """One request for an answer, as the gateway saw it; `turn` is the turn that asks for it, by the bot's own key.

    `round` counts the rounds of tools that went before it, `pictures` are the questions whose pictures it shows,
    `unread` those of the turn whose files are only mentioned.
    """

    at: float
    turn: str
    numbers: tuple[int, ...]
    whole: bool
    left_at: float | None = None
    """When the client went away from it, None where it did not."""
    round: int = 0
    pictures: frozenset[int] = frozenset()
    unread: frozenset[int] = frozenset()

    @property
    def early(self) -> bool:
        """Whether it was asked before the question had a turn."""
        return self.turn.startswith(EARLY)


class Bought(Enum):
    """What is paid for besides answers."""

    HEARD = "heard"
    DRAWN = "drawn"


@dataclass(frozen=True, slots=True)
class Paid:
    """One request for a transcript or a picture; it is paid for where it was answered as a `whole`."""

    at: float
    what: Bought
    number: int
    whole: bool
    told: str = ""


REQUEST = "request"
"""The sign that the model was asked."""


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that the bot did for some questions: a request, a post, an edit; `what` and how it ended."""

    at: float
    numbers: frozenset[int]
    what: str = ""
    early: bool = False
    """A request for a question that may never be stored: no word that the bot has it."""


@dataclass(slots=True)
class Diary:
    """What was asked and what was broken, in the order in which it happened."""

    questions: dict[int, Question] = field(default_factory=dict)
    fired: list[tuple[float, Trouble]] = field(default_factory=list)

    def times(self, *troubles: Trouble) -> list[float]:
        """When any of these happened."""
        return [at for at, trouble in self.fired if trouble in troubles]
