"""Slack's own sense of time: real seconds, made faster or jumped forward by a test."""

import asyncio
import time
from collections.abc import Callable


class Changes:
    """Wakes whoever waits for the fake's state to become something."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def notify(self) -> None:
        """Say that something on the screen, in the calls or in the deliveries is new."""
        self._next.set()
        self._next = asyncio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return as soon as the condition holds; it is looked at again after each change."""
        while not condition():
            await self._next.wait()


class Clock:
    """Seconds as Slack counts them. `speed` 60 makes a minute of Slack's last one real second."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._ahead = 0.0
        self._jumps = Changes()

    def now(self) -> float:
        """Slack's seconds since some beginning; never goes back."""
        return time.monotonic() * self._speed + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time jump: everything that was to happen in between happens now."""
        self._ahead += seconds
        self._jumps.notify()

    async def sleep(self, seconds: float) -> None:
        """Wait until so many of Slack's seconds have gone by."""
        await self.sleep_until(self.now() + seconds)

    async def sleep_until(self, end: float) -> None:
        """Wait until `now` says so much."""
        while (left := end - self.now()) > 0:
            await self._real(left / self._speed, end)

    async def before(self, end: float, future: asyncio.Future[object]) -> bool:
        """Whether the future is done before `now` says so much; it is not cancelled."""
        alarm = asyncio.ensure_future(self.sleep_until(end))
        future.add_done_callback(lambda _: alarm.cancel())
        try:
            await asyncio.wait({alarm})
        finally:
            alarm.cancel()
        return future.done()

    async def _real(self, seconds: float, end: float) -> None:
        jumped = self._jumps.until(lambda: self.now() >= end)
        try:
            await asyncio.wait_for(jumped, seconds)
        except TimeoutError:
            return
