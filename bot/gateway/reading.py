"""A body is read as what it is (a stream, JSON, a page), and it is said how long to wait for more of it; pure."""

import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from bot.gateway.assembly import Assembly
from bot.gateway.faults import Fault, Hints, Kind
from bot.gateway.patience import Patience
from bot.gateway.shapes import Undecodable, parse
from bot.gateway.sse import LONGEST_EVENT, EventDecoder, EventTooLong, ServerEvent

_DRAIN_S: Final = 0.1
"""After [DONE]: a body read to its end leaves the connection for the next call."""
_SPACE: Final = b" \t\r\n"


class _Form(Enum):
    UNKNOWN = auto()
    STREAM = auto()
    JSON = auto()
    PAGE = auto()


class Reading:
    """Hands the chunks of one body to an `Assembly`.

    The form is told by the first character, since gateways send JSON errors under the type of a stream and
    streams under no type at all; an event stream never begins with a brace or an angle bracket.
    """

    def __init__(
        self, assembly: Assembly, patience: Patience, hints: Hints, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._assembly = assembly
        self._patience = patience
        self._hints = hints
        self._clock = clock
        self._form = _Form.UNKNOWN
        self._decoder = EventDecoder()
        self._raw: list[bytes] = []
        self._size = 0
        self._begun = False
        self._started = self._last_data = self._last_sign = clock()

    def wait(self) -> float:
        """Seconds in which the next chunk has to come; 0 or less: it is late."""
        now = self._clock()
        if self._form in (_Form.JSON, _Form.PAGE):
            return self._started + self._patience.total_s - now
        if self._assembly.done:
            return self._last_data + _DRAIN_S - now
        if self._assembly.finished:
            return self._last_data + min(self._patience.finish_s, self._patience.gap_s) - now
        limit = self._patience.gap_s if self._begun else self._patience.first_byte_s
        return min(self._last_sign + limit, self._last_data + limit * self._patience.kept_alive) - now

    def take(self, chunk: bytes) -> None:
        """The next chunk of the body."""
        self._last_sign = self._clock()
        if self._form is _Form.UNKNOWN:
            self._form = _form(chunk)
        if self._form is _Form.STREAM:
            self._take_events(chunk)
        elif self._form is not _Form.UNKNOWN:
            self._keep(chunk)

    def close(self) -> None:
        """The body is at its end."""
        if self._form is _Form.STREAM:
            self._hand(self._decoder.close())
        elif self._form is _Form.JSON:
            self._reply()
        else:
            self._garble("a page" if self._form is _Form.PAGE else "an empty body")

    def lose(self, reason: str) -> None:
        """No more will come, although the end was not reached; no harm once the model was finished."""
        if not (self._assembly.over or self._assembly.finished):
            self._assembly.fault = Fault(Kind.UNREACHABLE, message=reason, hints=self._hints)

    def _take_events(self, chunk: bytes) -> None:
        pulses, done = self._decoder.pulses, self._assembly.done
        try:
            events = self._decoder.feed(chunk)
        except EventTooLong as error:
            self._garble(str(error))
            return
        self._hand(events)
        if not done and (events or self._decoder.pulses == pulses):
            self._last_data = self._last_sign

    def _hand(self, events: list[ServerEvent]) -> None:
        for event in events:
            self._begun = True
            self._assembly.take_event(event)

    def _keep(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > LONGEST_EVENT:
            self._garble("a body without end")
        else:
            self._raw.append(chunk)

    def _reply(self) -> None:
        try:
            value = parse(b"".join(self._raw))
        except Undecodable:
            self._garble("truncated JSON")
        else:
            self._assembly.take_reply(value)

    def _garble(self, message: str) -> None:
        if not self._assembly.over:
            self._assembly.fault = Fault(Kind.GARBLED, 200, message=message, hints=self._hints)


def _form(chunk: bytes) -> _Form:
    begun = chunk.removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)[:1]
    if not begun:
        return _Form.UNKNOWN
    return {b"{": _Form.JSON, b"[": _Form.JSON, b"<": _Form.PAGE}.get(begun, _Form.STREAM)
