"""The bytes of an event stream, and what every protocol must be able to say in them."""

import json
from collections.abc import Iterator
from typing import Protocol

from tests.fakes.gateway.behaviours import Answer, Broken, Json


class Frames(Protocol):
    """One answer in the words of one protocol."""

    def opening(self) -> Iterator[bytes]:
        """All that comes before the first piece of content."""
        ...

    def piece(self, text: str) -> bytes:
        """A piece of content."""
        ...

    def closing(self) -> Iterator[bytes]:
        """The proper end, or the end that the answer was scripted to have instead."""
        ...

    def broken(self, end: Broken) -> bytes:
        """An error event."""
        ...

    def whole(self) -> Json:
        """The answer as one plain JSON body."""
        ...


def dump(value: object) -> str:
    """Compact JSON that leaves characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def event(data: str, answer: Answer, name: str | None = None) -> bytes:
    """One server-sent event with the line ends and the spacing that the answer asks for."""
    gap = " " if answer.space else ""
    lines = [f"event:{gap}{name}"] if name else []
    return answer.newline.join([*lines, f"data:{gap}{data}", "", ""]).encode()


def comment(text: str, answer: Answer) -> bytes:
    """A keep-alive comment."""
    return f": {text}{answer.newline}{answer.newline}".encode()
