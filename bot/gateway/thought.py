"""Thought that stands between <think> tags inside the answer is told apart from the answer, as both grow; pure."""

import re
from enum import Enum, auto
from typing import Final

OPEN: Final = "<think>"
CLOSE: Final = "</think>"
_ORPHAN: Final = re.compile(rf"(?<=\n){CLOSE}")


class _Place(Enum):
    START = auto()
    THOUGHT = auto()
    ANSWER = auto()


class ThoughtSplitter:
    """Feed it the text as it comes; it gives back (answer, thought), neither with a tag in it.

    A tag opens a thought only where no answer has begun, so that an answer may speak of such tags. Some hosts
    leave out the opening tag (it stands in their prompt template): with `hold` everything is kept back until the
    closing tag shows that it was thought, or the end shows that it was the answer. Without `hold` a closing tag
    at the start of a line is taken out, and `orphan` tells that text before it has been let through.
    """

    def __init__(self, *, hold: bool) -> None:
        self.orphan = False
        self.tagged = False
        self._hold = hold
        self._place = _Place.START
        self._rest = ""
        self._last = "\n"

    @property
    def holding(self) -> bool:
        """Text is kept back although it may be the answer."""
        return self._hold and self._place is _Place.START

    def release(self) -> None:
        """Thought came by a way of its own: there will be no tags, nothing needs to be kept back."""
        self._hold = False

    def feed(self, text: str) -> tuple[str, str]:
        """What the new text adds to the answer and to the thought."""
        self._rest += text
        answer = thought = ""
        before: tuple[_Place, int] | None = None
        while before != (self._place, len(self._rest)):
            before = (self._place, len(self._rest))
            more_answer, more_thought = self._step()
            answer += more_answer
            thought += more_thought
        return answer, thought

    def close(self) -> tuple[str, str]:
        """What was kept back, at the end of the text."""
        rest, self._rest = self._rest, ""
        return ("", rest) if self._place is _Place.THOUGHT else (rest, "")

    def _step(self) -> tuple[str, str]:
        if self._place is _Place.START:
            return "", self._begin()
        if self._place is _Place.THOUGHT:
            return "", self._think()
        return self._answer(), ""

    def _begin(self) -> str:
        """Find out whether thought or answer comes first; an orphan's thought is given back."""
        begun = self._rest.lstrip()
        if self.tagged:
            self._rest = begun
        if begun.startswith(OPEN):
            self._rest = begun[len(OPEN) :]
            self._place, self.tagged = _Place.THOUGHT, True
        elif OPEN.startswith(begun):
            return ""
        elif not self._hold:
            self._place = _Place.ANSWER
        elif CLOSE in self._rest:
            thought, self._rest = self._rest.split(CLOSE, 1)
            self.orphan = self.tagged = True
            self._after_thought()
            return thought
        return ""

    def _think(self) -> str:
        thought, tag, rest = self._rest.partition(CLOSE)
        if tag:
            self._rest = rest
            self._after_thought()
            return thought
        kept = _overlap(thought, CLOSE)
        self._rest = thought[len(thought) - kept :]
        return thought[: len(thought) - kept]

    def _after_thought(self) -> None:
        self._hold = False
        self._place = _Place.START

    def _answer(self) -> str:
        text, self._rest = self._last + self._rest, ""
        if not self.tagged and "<" in text:
            text = self._without_orphan(text)
        self._last = text[-1]
        return text[1:]

    def _without_orphan(self, text: str) -> str:
        found = _ORPHAN.search(text)
        if found:
            self.orphan = self.tagged = True
            return text[: found.start()] + text[found.end() :]
        kept = len(text) - _overlap(text, CLOSE)
        if text[:kept].endswith("\n"):
            text, self._rest = text[:kept], text[kept:]
        return text


def _overlap(text: str, tag: str) -> int:
    """How many characters at the end of the text may be the beginning of the tag."""
    return next((size for size in range(min(len(tag) - 1, len(text)), 0, -1) if tag.startswith(text[-size:])), 0)
