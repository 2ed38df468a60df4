"""A rate limit shared by several callers: a token bucket with a line of waiters in order of arrival."""

import asyncio
import time
from collections.abc import Awaitable, Callable


class TokenBucket:
    """Implements `contract.Budget`: `count` takes per `seconds`, all of them at once if none were taken lately."""

    def __init__(
        self,
        count: int,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._count = count
        self._each = seconds / count
        self._clock = clock
        self._sleep = sleep
        # The moment at which the bucket will be full: every take moves it on by one share (GCRA), so the
        # whole state is one number and a pause is just a later moment.
        self._full_at = clock()

    def wait(self) -> float:
        """Seconds until a `take` called now would return."""
        room = self._each * (self._count - 1)
        return max(0.0, self._full_at - room - self._clock())

    def try_take(self) -> bool:
        """Take one if there is one now."""
        if self.wait() > 0:
            return False
        self._book()
        return True

    async def take(self) -> None:
        """Wait in line for one: the place is booked at once, so that later callers queue behind."""
        delay = self.wait()
        self._book()
        if delay > 0:
            await self._sleep(delay)

    def pause(self, seconds: float) -> None:
        """Nobody gets one for so long."""
        until = self._clock() + seconds + self._each * (self._count - 1)
        self._full_at = max(self._full_at, until)

    def _book(self) -> None:
        self._full_at = max(self._full_at, self._clock()) + self._each
