"""What the far ends saw, in the same words for every platform."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

_QUESTION = re.compile(r"question (\d+)\?")
_BEGIN = re.compile(r"begin(\d+)\.")
_END = re.compile(r"finis(\d+)\.")
_FILLING = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"


@dataclass(frozen=True, slots=True)
class Spoken:
    """One platform call of the bot. `at` is `time.monotonic()`; `text` is what it shows, empty for a status."""

    at: float
    method: str
    text: str


@dataclass(frozen=True, slots=True)
class Shared:
    """A file that somebody sends; `voice_s` is the length of what was spoken for the message."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    voice_s: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a bot can have the bytes of a file, and what it has to show there."""

    url: str
    headers: Mapping[str, str]


class Place(Protocol):
    """A platform's far end with one bot on it. `spots` are the places to ask in; people and places are there."""

    spots: Sequence[str]

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes a bot come here."""
        ...

    async def ready(self) -> None:
        """Returns once the bot listens."""
        ...

    async def ask(self, spot: str, text: str) -> None:
        """Somebody mentions the bot."""
        ...

    async def share(self, text: str, shared: Shared) -> Source:
        """Somebody sends the bot a file, with a question or without a word."""
        ...

    def spoken(self, start: int) -> Sequence[Spoken]:
        """The bot's calls from the `start`-th on, in the order they came in."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def question(number: int) -> str:
    """The words of a question."""
    return f"question {number}?"


def asked(text: str) -> int | None:
    """The number of the last question in a text."""
    found = _QUESTION.findall(text)
    return int(found[-1]) if found else None


def answer(number: int | None) -> str:
    """The words of its answer: twenty, which is as many pieces."""
    return f"begin{number}. {_FILLING} amen finis{number}."


def begun(text: str) -> set[int]:
    """The answers whose beginning stands in a text."""
    return {int(number) for number in _BEGIN.findall(text)}


def ended(text: str) -> set[int]:
    """The answers whose end stands in a text."""
    return {int(number) for number in _END.findall(text)}
