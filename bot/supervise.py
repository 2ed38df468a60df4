"""Keeps one platform listening: one that fails is named in the log with the fix and tried again, alone."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from bot.contract import Accept, Command, Platform
from bot.errors import PlatformError

log = logging.getLogger("parley.platforms")

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0
HEALTHY_S = 60.0
"""A platform that listened for so long starts its pauses from the beginning."""

Sleep = Callable[[float], Awaitable[None]]


class Supervisor:
    """One platform's life. `state` is "starting", "listening", "speaking", "down" or "ended".

    Stopping has two steps, so that answers under way can still be given: `stop_listening`, then `release`.
    With `listens=False` it takes nothing in, and speaks until it is stopped.
    """

    def __init__(
        self,
        platform: Platform,
        accept: Accept,
        commands: Sequence[Command],
        *,
        listens: bool = True,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.platform = platform
        self.state = "starting"
        self.able = asyncio.Event()
        """Set once it could speak for the first time, or has failed to."""
        self.entered = asyncio.Event()
        """Set once it could speak for the first time."""
        self._accept = accept
        self._commands = commands
        self._listens = listens
        self._sleep = sleep
        self._deaf = asyncio.Event()
        self._released = asyncio.Event()

    def stop_listening(self) -> None:
        """Take nothing more in; speaking goes on."""
        self._deaf.set()

    async def deaf(self) -> None:
        """Returns once nothing more is taken in: it was told to stop, or there is nothing more to come."""
        await self._deaf.wait()

    def release(self) -> None:
        """Nothing more is to be said: leave the platform."""
        self._released.set()

    async def run(self) -> None:
        """Returns when the platform has nothing more to receive, or after `stop_listening` and `release`."""
        pause_s = FIRST_PAUSE_S
        while not self._deaf.is_set():
            started = time.monotonic()
            try:
                await self._live()
                self.state = "ended"
                return
            except PlatformError as error:
                self._report(str(error), error.fix, pause_s)
            except Exception as error:  # the platform's own loop: one that breaks must not end the others
                log.exception("platform_broke platform=%s", self.platform.name)
                self._report(type(error).__name__, "see the trace above; it is tried again", pause_s)
            if time.monotonic() - started > HEALTHY_S:
                pause_s = FIRST_PAUSE_S
            await self._pause(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _live(self) -> None:
        async with self.platform:
            self.state = "listening" if self._listens else "speaking"
            self.able.set()
            self.entered.set()
            listening = asyncio.create_task(self._listen())
            deaf = asyncio.create_task(self._deaf.wait())
            try:
                await asyncio.wait((listening, deaf), return_when=asyncio.FIRST_COMPLETED)
            finally:
                deaf.cancel()
                if not listening.done():
                    listening.cancel()
                ended = await asyncio.gather(listening, return_exceptions=True)
            if isinstance(ended[0], Exception):
                raise ended[0]
            if not self._deaf.is_set():
                self._deaf.set()  # it ended by itself; what it asked is still being answered
            await self._released.wait()

    async def _listen(self) -> None:
        if self._listens:
            await self.platform.listen(self._accept, self._commands)
        else:
            await self._deaf.wait()

    def _report(self, reason: str, fix: str, pause_s: float) -> None:
        self.state = "down"
        self.able.set()
        log.error("platform_down platform=%s reason=%s fix=%s again_in=%.0f", self.platform.name, reason, fix, pause_s)

    async def _pause(self, pause_s: float) -> None:
        """Sleep, but not into a stop."""
        sleeping = asyncio.ensure_future(self._sleep(pause_s))
        deaf = asyncio.create_task(self._deaf.wait())
        await asyncio.wait((sleeping, deaf), return_when=asyncio.FIRST_COMPLETED)
        for task in (sleeping, deaf):
            task.cancel()
        await asyncio.gather(sleeping, deaf, return_exceptions=True)
