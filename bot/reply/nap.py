"""A wait that somebody else can end, and one that nobody can."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

Sleep = Callable[[float], Awaitable[None]]


class Nap:
    """One task's wait; `rouse` ends it early, and does nothing while nobody waits."""

    def __init__(self, sleep: Sleep) -> None:
        self._sleep = sleep
        self._waker: asyncio.Future[None] | None = None

    async def take(self, seconds: float | None) -> None:
        """Wait for so long, or, with None, until roused."""
        self._waker = waker = asyncio.get_running_loop().create_future()
        timer = None if seconds is None else asyncio.ensure_future(self._sleep(seconds))
        if timer is not None:
            timer.add_done_callback(partial(_wake, waker))
        try:
            await waker
        finally:
            if timer is not None:
                timer.cancel()

    def rouse(self) -> None:
        """End the wait that is under way."""
        if self._waker is not None:
            _wake(self._waker)


async def ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Returns when all of them have ended; where the caller is cancelled it is told so only then."""
    under_way, cancelled = set(tasks), None
    while under_way:
        try:
            _, under_way = await asyncio.wait(under_way)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


def _wake(waker: asyncio.Future[None], _: object = None) -> None:
    if not waker.done():
        waker.set_result(None)
