"""Saving what was asked although the database cannot take it now: it is tried again, and in order."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import chain, repeat

from bot.contract import Address
from bot.errors import BotError

log = logging.getLogger("parley.engine")

Attempt = Callable[[bool], Awaitable[None]]

PAUSES_S = (0.2, 0.5, 1.0, 2.0)
"""Between two tries; the last one stands for all that follow."""

PATIENCE_S = 20.0
"""How long a place waits for a database that fails: then the platform may deliver again, or the asker is told."""

COMMAND_S = 2.0
"""How long a command waits in line: Slack gives three seconds for all of it."""


@dataclass(slots=True)
class _Trouble:
    """What could not be saved in one place stands in line here, and what is said there meanwhile behind it."""

    until: float
    line: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class Saving:
    """Runs attempts to save; where one fails, those of the same place wait for it. `sleep` is asyncio's.

    An attempt is told whether the database has failed before: then nothing that costs should rest on it.
    """

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._troubled: dict[Address, _Trouble] = {}
        self._over = False

    def give_up(self) -> None:
        """Whatever fails from now on is not tried again: the process is about to end."""
        self._over = True

    async def behind(self, place: Address) -> None:
        """Return when nothing is in trouble here, so that what comes now is not saved before what came earlier.

        Raises `TimeoutError` after `COMMAND_S`: whoever gives a command is told soon.
        """
        if (trouble := self._troubled.get(place)) is not None:
            async with asyncio.timeout(COMMAND_S), trouble.line:
                return

    async def save(self, place: Address, attempt: Attempt) -> None:
        """Run `attempt` until it succeeds. Raises what it raised last, once the place has waited for too long."""
        if place in self._troubled:
            await self._in_line(place, attempt)
            return
        try:
            await attempt(False)
        except BotError:
            raise
        except Exception as error:  # whatever the database raises; what was said must not be lost by it
            log.warning("not_saved platform=%s error=%s again=True", place.platform, type(error).__name__)
            await self._in_line(place, attempt)

    async def _in_line(self, place: Address, attempt: Attempt) -> None:
        until = asyncio.get_running_loop().time() + PATIENCE_S
        trouble = self._troubled.setdefault(place, _Trouble(until))
        trouble.waiting += 1
        try:
            async with trouble.line:
                await self._insist(trouble.until, attempt)
        finally:
            trouble.waiting -= 1
            if not trouble.waiting:
                del self._troubled[place]

    async def _insist(self, until: float, attempt: Attempt) -> None:
        for pause_s in chain(PAUSES_S, repeat(PAUSES_S[-1])):
            try:
                await attempt(True)
            except BotError:
                raise
            except Exception:  # as above
                if self._over or asyncio.get_running_loop().time() + pause_s > until:
                    raise
            else:
                return
            await self._sleep(pause_s)
