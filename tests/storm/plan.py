"""The schedule of a storm: who asks where and what breaks when, all from one seed (pure)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random

TURNS_A_KILL = 25
"""A kill comes at least once in so many questions, twice as often as is asked for."""
TURNS_A_STRIKE = 2.5
_PILED = 0.12
_DECKS = 2
_WAYS_A_FILE = 8
"""One way in so many has to do with sounds or pictures."""


class Way(Enum):
    """A way to ask."""

    SLACK_MENTION = "slack mention"
    SLACK_THREAD = "slack thread"
    SLACK_DIRECT = "slack direct"
    SLACK_ASK = "slack /ask"
    DISCORD_MENTION = "discord mention"
    DISCORD_REPLY = "discord reply"
    DISCORD_DIRECT = "discord direct"
    DISCORD_THREAD = "discord thread"
    DISCORD_ASK = "discord /ask"
    SLACK_VOICE = "slack voice note"
    DISCORD_VOICE = "discord voice message"
    SLACK_PICTURE = "slack picture"
    DISCORD_PICTURE = "discord picture"
    SLACK_DRAW = "slack drawing"
    DISCORD_DRAW = "discord drawing"


SPOKEN = frozenset({Way.SLACK_VOICE, Way.DISCORD_VOICE})
"""The question is in a sound, and in no words."""
SHOWN = frozenset({Way.SLACK_PICTURE, Way.DISCORD_PICTURE})
"""A picture comes with the question."""
DRAWN = frozenset({Way.SLACK_DRAW, Way.DISCORD_DRAW})
"""The model draws a picture before it answers."""


class Trouble(Enum):
    """Something that goes wrong."""

    KILL = "kill -9"
    TERM = "SIGTERM and restart"
    FREEZE = "process frozen"
    REDELIVERY = "event redelivered"
    TWINS = "twin events"
    SLACK_429 = "slack 429"
    SLACK_5XX_BEFORE = "slack 5xx before accept"
    SLACK_5XX_AFTER = "slack 5xx after accept"
    SLACK_HANG_UP = "slack hangs up"
    SLACK_ASKS_TO_RECONNECT = "slack asks to reconnect"
    SLACK_CUT = "slack sockets cut"
    SLACK_CLOCK = "slack clock jumps"
    DISCORD_429 = "discord 429"
    DISCORD_5XX_BEFORE = "discord 5xx before accept"
    DISCORD_5XX_AFTER = "discord 5xx after accept"
    DISCORD_HANG_UP = "discord hangs up"
    DISCORD_ASKS_TO_RECONNECT = "discord asks to reconnect"
    DISCORD_CUT = "discord gateway cut"
    DISCORD_RESUME_REFUSED = "discord resume refused"
    DISCORD_CLOCK = "discord clock jumps"
    GATEWAY_CUT = "gateway stream cut"
    GATEWAY_BROKEN = "gateway error in stream"
    GATEWAY_STALL = "gateway stream stalls"
    GATEWAY_RESET = "gateway hangs up"
    GATEWAY_SILENT = "gateway says nothing"
    GATEWAY_BUSY = "gateway 429"
    GATEWAY_DOWN = "gateway 5xx"
    GATEWAY_REFUSES = "gateway refuses"
    MEDIA_BUSY = "gateway media 429"
    MEDIA_DOWN = "gateway media 5xx"
    MEDIA_STALLS = "gateway media hangs"
    FILES_DOWN = "file host 5xx"
    FILES_SILENT = "file host hangs"
    FILES_SIGN_IN = "file host shows a page"
    DATABASE_LOCKED = "database locked"
    DATABASE_CUT = "database connections cut"
    DISK_FULL = "disk full"


ON_ITS_OWN = frozenset({Trouble.TWINS, Trouble.KILL})
"""Not in the deck: every Slack mention is a twin by nature, and kills have a rhythm of their own."""

OF_FILES = frozenset(
    {
        *(Trouble.MEDIA_BUSY, Trouble.MEDIA_DOWN, Trouble.MEDIA_STALLS),
        *(Trouble.FILES_DOWN, Trouble.FILES_SILENT, Trouble.FILES_SIGN_IN),
    }
)
"""What can only happen where there are sounds and pictures."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody asks. `where` chooses among the places of that way; the same number is the same place."""

    number: int
    way: Way
    who: int
    where: int


@dataclass(frozen=True, slots=True)
class Strike:
    """Something breaks, `strength` from 0 to 1 says how badly."""

    trouble: Trouble
    strength: float


@dataclass(frozen=True, slots=True)
class Step:
    """After so many seconds comes this."""

    after_s: float
    what: Ask | Strike


def schedule(
    seed: int, turns: int, troubles: Sequence[Trouble], pace_s: float, *, media: bool = True
) -> tuple[Step, ...]:
    """So many questions, `pace_s` apart on average, with every trouble in between, each of them about as often.

    Without `media` nobody speaks, shows a picture or wants one.
    """
    chance = Random(seed)
    asks = list(_asks(chance, turns, pace_s, media))
    strikes = {at: [] for at in range(turns)}  # type: dict[int, list[Trouble]]
    for at, trouble in _strikes(chance, turns, troubles):
        strikes[at].append(trouble)
    steps: list[Step] = []
    for at, step in enumerate(asks):
        steps.append(step)
        steps += [Step(chance.uniform(0.0, 0.6), Strike(trouble, chance.random())) for trouble in strikes[at]]
    return tuple(steps)


def _asks(chance: Random, turns: int, pace_s: float, media: bool) -> Iterator[Step]:
    number, ways = 0, _ways(chance, media)
    while number < turns:
        way, where = next(ways), chance.randrange(1000)
        piled = min(chance.randint(2, 4) if chance.random() < _PILED else 1, turns - number)
        for at in range(piled):
            # A burst takes the time of its questions, so that the pace is kept.
            after_s = chance.expovariate(1 / (pace_s * piled)) if at == 0 else chance.uniform(0.0, 0.15)
            yield Step(min(after_s, pace_s * piled * 4), Ask(number, way, chance.randrange(3), where))
            number += 1


def _ways(chance: Random, media: bool) -> Iterator[Way]:
    """Plain ones by lot; in every few one with files, each of these as often as the others."""
    with_files = [way for way in Way if way in SPOKEN | SHOWN | DRAWN]
    plain = [way for way in Way if way not in with_files]
    while True:
        for way in chance.sample(with_files, len(with_files)):
            few = chance.choices(plain, k=_WAYS_A_FILE)
            if media:
                few[chance.randrange(_WAYS_A_FILE)] = way
            yield from few


def _strikes(chance: Random, turns: int, troubles: Sequence[Trouble]) -> Iterator[tuple[int, Trouble]]:
    deck = [trouble for trouble in troubles if trouble not in ON_ITS_OWN]
    count = max(int(turns / TURNS_A_STRIKE), len(deck) * _DECKS)
    dealt: list[Trouble] = []
    while len(dealt) < count:
        dealt += chance.sample(deck, len(deck))
    for at, trouble in enumerate(dealt[:count]):
        yield at * turns // count, trouble
    for first in range(0, turns, TURNS_A_KILL):
        yield min(first + chance.randrange(TURNS_A_KILL), turns - 1), Trouble.KILL
