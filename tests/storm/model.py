"""The storm's model: the fake gateway says each question's own answer, or breaks as it was ordered to."""

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tests.fakes.gateway import (
    HTML_502,
    Answer,
    Behaviour,
    Broken,
    Cut,
    Fail,
    FakeGateway,
    Hang,
    Reset,
    SeenRequest,
    ToolCall,
)
from tests.fakes.gateway import Stall as Silence
from tests.fakes.gateway.rules import CHAT, catalogue
from tests.storm import files, marks, senses
from tests.storm.asked import Prompt, prompt
from tests.storm.plan import DRAWN, SPOKEN, Trouble, Way
from tests.storm.senses import Sensed, Senses
from tests.storm.values import EARLY, Diary, Paid, Served

_HINDERING = (Trouble.KILL, Trouble.TERM, Trouble.DISK_FULL, Trouble.DATABASE_LOCKED, Trouble.DATABASE_CUT)
_UNSAVED_S = (8.0, 3.0)
"""So long after such a trouble began, or so shortly before it, an early answer may have come to nothing."""
_TURN = re.compile(r"parley-((\d+)[.\w]*|early-[^ ]+)")
_PIECE = 30
"""Characters a piece of a stream, about."""
_LATEST = 50
_DRAWING = frozenset(id for id, rules in catalogue().items() if rules.draws)
"""Some of these draw in a chat."""
_UPSTREAM = Fail(500, "The upstream is in trouble.")

Make = Callable[[Answer, float], Behaviour]

_BROKEN: Mapping[Trouble, Make] = {
    Trouble.GATEWAY_CUT: lambda answer, strength: _ended(answer, Cut(after=2, reset=strength > 0.5)),
    Trouble.GATEWAY_BROKEN: lambda answer, _: _ended(answer, Broken(_UPSTREAM, after=2)),
    Trouble.GATEWAY_STALL: lambda answer, _: _ended(answer, Silence(after=2)),
    Trouble.GATEWAY_RESET: lambda *_: Reset(),
    Trouble.GATEWAY_SILENT: lambda *_: Hang(),
    Trouble.GATEWAY_BUSY: lambda *_: Fail(429, "Slow down.", code="rate_limit", headers={"Retry-After": "1"}),
    Trouble.GATEWAY_DOWN: lambda _, strength: HTML_502 if strength > 0.5 else Fail(503),
    Trouble.GATEWAY_REFUSES: lambda *_: Fail(400, "Refused by the content policy.", code="content_filter"),
}

TROUBLES = frozenset(_BROKEN) | senses.TROUBLES


@dataclass(slots=True)
class _Asked:
    turn: str
    numbers: tuple[int, ...]
    prompt: Prompt
    seen: SeenRequest
    unread: frozenset[int]


@dataclass(slots=True)
class Model:
    """Judges each request of a gateway. A question belongs to the turn that first asked for it, and to no other:
    one that failed stays in the history, and a later answer is not the answer to it.
    """

    diary: Diary
    delay_s: float = 0.02
    """Between two pieces of a stream."""
    _ordered: deque[tuple[Trouble, float]] = field(default_factory=deque)
    _owners: dict[int, str] = field(default_factory=dict)
    _mentioned: dict[int, str] = field(default_factory=dict)
    """The turn that was the first to mention the file of a question which was said aloud."""
    _early: dict[int, SeenRequest] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    """By number the turn that was last seen to have it: one that was never stored leaves its own to another."""
    _asked: list[_Asked] = field(default_factory=list)
    _senses: Senses = field(init=False)

    def __post_init__(self) -> None:
        self._senses = Senses(self.diary)

    def order(self, trouble: Trouble, strength: float) -> None:
        """The next request that it may happen to breaks so."""
        if trouble in senses.TROUBLES:
            self._senses.order(trouble, strength)
        else:
            self._ordered.append((trouble, strength))

    def attach(self, gateway: FakeGateway) -> None:
        """Judge its requests from now on."""
        gateway.judge(self._judge)

    @property
    def served(self) -> list[Served]:
        """All requests for answers so far."""
        return [_served(asked) for asked in self._asked]

    @property
    def paid(self) -> list[Paid]:
        """All requests for transcripts and pictures so far."""
        return self._senses.paid

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way, or something that one needs."""
        return self._senses.busy or any(asked.seen.ended_at is None for asked in self._asked[-_LATEST:])

    def _judge(self, seen: SeenRequest) -> Behaviour | Sensed:
        if seen.path != CHAT or seen.model in _DRAWING:
            return self._senses.judge(seen)
        turn, asks = self._turn(seen), prompt(seen.body)
        spoken = marks.asked(asks.words)
        numbers = tuple(number for number in spoken if self._owns(turn, number, spoken[-1]))
        self._asked.append(_Asked(turn, numbers, asks, seen, frozenset(self._unread(turn, asks))))
        if turn.startswith(EARLY):
            self._early |= dict.fromkeys(numbers, seen)
        answer = self._answer(numbers, asks)
        if not self._ordered:
            return answer
        trouble, strength = self._ordered.popleft()
        self.diary.fired.append((seen.at, trouble))
        return _BROKEN[trouble](answer, strength)

    def _unread(self, turn: str, asks: Prompt) -> Iterator[int]:
        """Those of the turn that were said aloud and not understood: their files are mentioned beside its words."""
        for number in () if turn.startswith(EARLY) else marks.named(asks.words):
            if self._came(number, SPOKEN) and self._mentioned.setdefault(number, turn) == turn:
                yield number

    def _answer(self, numbers: tuple[int, ...], asks: Prompt) -> Answer:
        """The words of these questions, or before them the pictures that they are about."""
        wanted = [number for number in numbers if self._came(number, DRAWN)]
        if wanted and asks.draws and not asks.round:
            return Answer("", tool_calls=tuple(_call(asks.draws, number) for number in wanted), delay_s=self.delay_s)
        text = marks.answer(numbers) if numbers else "There was no question."
        return Answer(text, chunks=max(4, len(text) // _PIECE), delay_s=self.delay_s)

    def _came(self, number: int, ways: frozenset[Way]) -> bool:
        """Whether the question was asked in one of these ways."""
        question = self.diary.questions.get(number)
        return question is not None and question.way in ways

    def _turn(self, seen: SeenRequest) -> str:
        found = _TURN.search(seen.headers.get("idempotency-key", ""))
        if found is None:
            return "?"
        name, number = found[1], found[2]
        if number is not None and (before := self._names.get(number, name)) != name:
            self._owners = {asked: owner for asked, owner in self._owners.items() if owner != before}
        self._names[number or name] = name
        return name

    def _unheard(self, early: SeenRequest) -> bool:
        """Nobody has read the answer to the end, or something kept its question from being saved."""
        before, after = _UNSAVED_S
        return early.closed_early or any(-before < at - early.at < after for at in self.diary.times(*_HINDERING))

    def _owns(self, turn: str, number: int, last: int) -> bool:
        """Whether the question is this turn's; one that was only asked early is the turn's that asks it as the last,
        or any turn's that asks it where nobody has heard the early answer.
        """
        owner = self._owners.setdefault(number, turn)
        early = owner.startswith(EARLY) and not turn.startswith(EARLY)
        if early and (number == last or self._unheard(self._early[number])):
            owner = self._owners[number] = turn
        return owner == turn


def _ended(answer: Answer, end: Cut | Broken | Silence) -> Answer:
    return replace(answer, end=end)


def _call(tool: str, number: int) -> ToolCall:
    return ToolCall(f"call_{number:05}", tool, json.dumps({"prompt": files.prompt(number)}))


def _served(asked: _Asked) -> Served:
    seen = asked.seen
    left_at = seen.ended_at if seen.closed_early else None
    asks = asked.prompt
    return Served(seen.at, asked.turn, asked.numbers, seen.whole, left_at, asks.round, asks.pictures, asked.unread)
