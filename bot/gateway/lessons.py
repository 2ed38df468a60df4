"""What refusals taught about the models: which optional fields to leave out, rename, or send elsewhere; pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.gateway.faults import Fault
from bot.gateway.values import Lesson

CAPS: Final[Mapping[str, str]] = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}
_SWAP: Final = "swap:"


def _mentions(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){pattern}(?!\w)", re.IGNORECASE)


_OPTIONAL: Final[Mapping[str, re.Pattern[str]]] = {
    name: _mentions(pattern)
    for name, pattern in {
        "stream_options": "stream_options",
        "stream": "stream(ing|ed)?",
        "max_tokens": "max_tokens",
        "max_completion_tokens": "max_completion_tokens",
        "max_output_tokens": "max_output_tokens",
        "temperature": "temperature",
        "reasoning_effort": "reasoning_effort",
        "reasoning": "reasoning",
        "store": "store",
        "tools": r"tools|(auto )?tool[ _-]?(choice|use|calling)|parallel_tool_calls|function[ _-]calling|functions",
    }.items()
}
_VALUE_CODES: Final = frozenset({"invalid_value", "unsupported_value"})
_VALUE_WORDS: Final = re.compile(r"(invalid|unsupported) value|must be|should be|\bexpected|\bone of", re.IGNORECASE)
_MEANT: Final[Mapping[str, str]] = dict.fromkeys(("tool_choice", "parallel_tool_calls", "functions"), "tools")
"""What is named in the place of a field that we send."""
_BAD_TOOL: Final = re.compile(r"invalid|schema|must match|too (long|many)|at most|unique|duplicate", re.IGNORECASE)
_TOO_MUCH: Final = re.compile(r"too large|at most|less than|maximum|range", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Taught:
    """All lessons about one model: wire field -> remedy."""

    remedies: Mapping[str, str] = field(default_factory=dict)

    def drops(self, name: str) -> bool:
        """The model refuses this field."""
        return self.remedies.get(name) == "drop"

    def cap(self, name: str) -> str | None:
        """The field in which the output cap goes when the catalogue says `name`; None: in none."""
        remedy = self.remedies.get(name, "")
        if remedy.startswith(_SWAP):
            other = remedy.removeprefix(_SWAP)
            return None if other in self.remedies else other
        return None if remedy == "drop" else name

    @property
    def endpoint(self) -> str | None:
        """The path that the model wants, None where nothing was learned."""
        return self.remedies.get("endpoint")

    @property
    def streams(self) -> bool:
        """False once the model has refused to stream."""
        return self.remedies.get("stream") != "off"

    def plus(self, lesson: Lesson) -> "Taught":
        """With one lesson more."""
        return Taught({**self.remedies, lesson.field: lesson.remedy})


class Memory:
    """The lessons of all models."""

    def __init__(self, lessons: Iterable[Lesson] = ()) -> None:
        self._models: dict[str, Taught] = {}
        for lesson in lessons:
            self.keep(lesson)

    def of(self, model: str) -> Taught:
        """What is known about a model."""
        return self._models.get(model, Taught())

    def keep(self, lesson: Lesson) -> bool:
        """Remember; False where it was known."""
        known = self.of(lesson.model)
        if known.remedies.get(lesson.field) == lesson.remedy:
            return False
        self._models[lesson.model] = known.plus(lesson)
        return True


def lesson_of(fault: Fault, model: str, sent: Collection[str], taught: Taught) -> Lesson | None:
    """The remedy for a refused parameter; None where it names no optional field that was sent."""
    name = _named(fault, sent)
    if name is None:
        return None
    if name == "stream":
        return Lesson(model, name, "off")
    other = CAPS.get(name)
    if other is not None and other not in taught.remedies:
        return Lesson(model, name, _SWAP + other)
    return Lesson(model, name, "drop")


def lasting(lesson: Lesson, fault: Fault) -> bool:
    """A cap that was merely too high says nothing about the next, lower one, nor one bad tool about others."""
    if lesson.field == "tools":
        return fault.param in ("", "tools", *_MEANT) and not _BAD_TOOL.search(fault.message)
    return not (lesson.field in (*CAPS, "max_output_tokens") and _TOO_MUCH.search(fault.message))


def refused_field(fault: Fault, sent: Collection[str], optional: Collection[str]) -> str | None:
    """The optional field that a refusal names; None where it names none, or one that has to be there."""
    head = _head(fault)
    if head in sent:
        return head if head in optional else None
    named = (name for name in sorted(optional) if name in sent)
    return next((name for name in named if _mentions(re.escape(name)).search(fault.message)), None)


def of_value(fault: Fault) -> bool:
    """The refusal is about what a field held; another value may pass."""
    return fault.code.lower() in _VALUE_CODES or bool(_VALUE_WORDS.search(fault.message))


def _named(fault: Fault, sent: Collection[str]) -> str | None:
    head = _MEANT.get(_head(fault), _head(fault))
    if head in sent:
        return head if head in _OPTIONAL else None
    return next(
        (name for name, mentioned in _OPTIONAL.items() if name in sent and mentioned.search(fault.message)), None
    )


def _head(fault: Fault) -> str:
    return re.split(r"[.\[]", fault.param.removeprefix("body."), maxsplit=1)[0]
