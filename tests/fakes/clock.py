"""Time that passes only when a test says so, in the same order on every run."""

import asyncio
import heapq
from collections.abc import Awaitable
from itertools import count
from typing import TypeVar

T = TypeVar("T")

_TURNS_OF_THE_LOOP = 40
"""Enough for every task that can run to reach its next wait: fakes chain few awaits."""


async def settle() -> None:
    """Let every task run until it waits for time or for somebody else."""
    for _ in range(_TURNS_OF_THE_LOOP):
        await asyncio.sleep(0)


class FakeClock:
    """Hand `now` and `sleep` to the code under test; `advance` or `until` let the time pass."""

    def __init__(self, start: float = 1000.0) -> None:
        self._now = start
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        """Seconds since some moment in the past."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Return when so much of this clock's time has passed."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), waker))
        await waker

    async def advance(self, seconds: float) -> None:
        """Let so much time pass, waking each sleeper at its own moment."""
        target = self._now + seconds
        await settle()
        while (due := self._next_due()) is not None and due <= target:
            await self._wake_next()
        self._now = target

    async def until(self, work: Awaitable[T]) -> T:
        """Let just as much time pass as the work needs; a work that waits for no time is a failure."""
        task = asyncio.ensure_future(work)
        await settle()
        while not task.done():
            if self._next_due() is None:
                task.cancel()
                raise AssertionError("the work waits for something that no passing of time brings")
            await self._wake_next()
        return await task

    def _next_due(self) -> float | None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    async def _wake_next(self) -> None:
        due, _, waker = heapq.heappop(self._sleepers)
        self._now = max(self._now, due)
        if not waker.done():
            waker.set_result(None)
        await settle()
