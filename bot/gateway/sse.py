"""The bytes of an event stream become its events, whatever way they were cut; pure."""

from dataclasses import dataclass
from typing import Final

LONGEST_EVENT: Final = 64 * 1024 * 1024
"""Bytes of one event: an image of several MB may stand in one line, an endless line must not eat the memory."""

_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One dispatched event; `name` is empty for a plain `data:` event."""

    data: str
    name: str = ""


class EventTooLong(ValueError):
    """One event has more bytes than `LONGEST_EVENT`."""


class EventDecoder:
    """Feed it chunks as they come; any cutting of the same bytes gives the same events.

    `pulses` counts comments and stray blank lines: signs of life that carry nothing. Lines may end with LF,
    CRLF or CR. Broken UTF-8 is replaced, never fatal. The rules are those of
    https://html.spec.whatwg.org/multipage/server-sent-events.html, except that `close` gives the last event even
    if its blank line never came: gateways leave it out after [DONE].
    """

    def __init__(self, longest: int = LONGEST_EVENT) -> None:
        self.pulses = 0
        self._longest = longest
        self._size = 0
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._name = b""
        self._after_cr = False
        self._begun = False

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """The events that this chunk completes. Raises `EventTooLong`."""
        if not chunk:
            return []
        if self._after_cr:
            chunk = chunk.removeprefix(b"\n")
        events: list[ServerEvent] = []
        for piece in chunk.splitlines(keepends=True):
            line = self._complete(piece)
            if line is not None:
                self._take(line, events)
        self._after_cr = chunk.endswith(b"\r")
        return events

    def close(self) -> list[ServerEvent]:
        """The event that was still open when the stream ended."""
        events: list[ServerEvent] = []
        if self._line:
            self._take(self._joined(), events)
        self._dispatch(events)
        return events

    def _complete(self, piece: bytes) -> bytes | None:
        self._size += len(piece)
        if self._size > self._longest:
            raise EventTooLong(f"an event of more than {self._longest} bytes")
        self._line.append(piece)
        return self._joined() if piece.endswith((b"\n", b"\r")) else None

    def _joined(self) -> bytes:
        line = b"".join(self._line).rstrip(b"\r\n")
        self._line.clear()
        if not self._begun:
            self._begun = True
            return line.removeprefix(_BOM)
        return line

    def _take(self, line: bytes, events: list[ServerEvent]) -> None:
        if not line:
            self._dispatch(events)
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not name:
            self.pulses += 1
        elif name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._name = value

    def _dispatch(self, events: list[ServerEvent]) -> None:
        if self._data:
            data = b"\n".join(self._data).decode("utf-8", "replace")
            events.append(ServerEvent(data, self._name.decode("utf-8", "replace")))
            self._data.clear()
        else:
            self.pulses += 1
        self._name = b""
        self._size = 0
