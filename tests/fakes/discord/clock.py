"""Discord's time in the fake: a clock that can run faster or be moved ahead, and the ids made from it."""

import time
from datetime import UTC, datetime

EPOCH_MS = 1_420_070_400_000


class Clock:
    """Unix time as the fake sees it."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._wall = time.time()
        self._start = time.monotonic()
        self._skipped = 0.0

    @property
    def speed(self) -> float:
        """Discord seconds in a real second; a change does not make the clock jump."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._wall, self._start, self._skipped, self._speed = self.now(), time.monotonic(), 0.0, speed

    def now(self) -> float:
        """Seconds since 1970 on this clock."""
        return self._wall + (time.monotonic() - self._start) * self._speed + self._skipped

    def skip(self, seconds: float) -> None:
        """Move the clock ahead; who sleeps in real time is not woken."""
        self._skipped += seconds

    def real(self, seconds: float) -> float:
        """How long so many Discord seconds really take; what rate limit headers must say to a client."""
        return seconds / self._speed


class Snowflakes:
    """Ids of Discord: milliseconds since 2015 in the upper bits, always rising."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """A new id, greater than every one before."""
        stamp = int(self._clock.now() * 1000) - EPOCH_MS
        self._last = max(self._last + 1, stamp << 22)
        return self._last


def iso(seconds: float) -> str:
    """A Unix time as Discord writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
