"""A rate limit shared by several callers: a sliding window with a line of waiters in order of arrival."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable


class SlidingWindow:
    """Implements `contract.Budget`: never more than `count` takes in any `seconds`, all of them at once if need be.

    A token bucket would give a whole burst and then the refill on top of it, nearly twice the limit within one
    window of the far end, which answers with refusals.
    """

    def __init__(
        self,
        count: int,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._sleep = sleep
        self._taken: deque[float] = deque(maxlen=count)
        self._not_before = clock()

    def wait(self) -> float:
        """Seconds until a `take` called now would return."""
        return max(0.0, self._next() - self._clock())

    def try_take(self) -> bool:
        """Take one if there is one now and nobody waits."""
        if self._next() > self._clock():
            return False
        self._taken.append(self._clock())
        return True

    async def take(self) -> None:
        """Wait in line for one: the moment is booked at once, so that later callers queue behind."""
        moment = max(self._next(), self._clock())
        self._taken.append(moment)
        if (delay := moment - self._clock()) > 0:
            await self._sleep(delay)

    def pause(self, seconds: float) -> None:
        """Nobody gets one for so long."""
        self._not_before = max(self._not_before, self._clock() + seconds)

    def _next(self) -> float:
        """The earliest moment that is free: not within the window of the oldest, nor before the newest booked."""
        free = self._not_before
        if len(self._taken) == self._taken.maxlen:
            free = max(free, self._taken[0] + self._seconds)
        return max(free, self._taken[-1]) if self._taken else free
