"""How soon somebody goes on with an answer after `kill -9`: the next bot of a store, or one that stands beside it."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil

from bench.rig import PARLEY, BotLost, Rig, reply_to
from bench.sharing import shared_database
from bench.slack_place import SlackPlace
from bench.table import Row, Target, p50
from bench.wire import begun, question
from tests.process import READY

ALONE, BESIDE = 10, 5
"""How often each is killed."""
STALLED_S = 3
"""After so long without a sign a process is taken for dead."""
_MOST_ALONE_S = 2.0
_MOST_OVER_S = 4.0
_PIECE_EVERY_S = {True: 0.25, False: 0.1}
"""An answer of five seconds, in which another bot can be started, or of two."""
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Recoveries:
    """Seconds from each kill until the gateway was asked for the same answer again."""

    alone: tuple[float, ...]
    beside: tuple[float, ...]


class Relay(Rig):
    """A bot that is killed while people see its answer grow, and the next one."""

    async def interrupt(self, spot: str, *, beside: bool) -> float:
        """The seconds until the next one asks for the answer; `beside` it runs before the kill. Raises `BotLost`."""
        self.gateway.answer(reply_to, delay_s=_PIECE_EVERY_S[beside])
        number, self._next = self._next, self._next + 1
        start, old = len(self.place.spoken(0)), self._child
        await self.place.ask(spot, question(number))
        await self._until(lambda: any(number in begun(call.text) for call in self.place.spoken(start)))
        if beside:
            self._child = await self._start()
            await self._until(lambda: READY in self._log())
        killed_at = time.monotonic()
        old.kill()
        if not beside:
            self._child = await self._start()
        await old.wait()
        self._process = psutil.Process(self._child.pid)
        await self._until(lambda: any(seen.at > killed_at for seen in self._requests(number)))
        again = min(seen.at for seen in self._requests(number) if seen.at > killed_at)
        await self._answered({number}, start)
        return again - killed_at

    async def _until(self, seen: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not seen():
            if time.monotonic() > deadline:
                raise BotLost(f"{self.name}: nobody goes on with the answer\n{self._log()}")
            await asyncio.sleep(0.002)


async def measure() -> Recoveries:
    """On SQLite the bot is started again at once; on PostgreSQL another one is there."""
    async with Relay("parley", PARLEY, SlackPlace(ALONE)) as relay:
        alone = [await relay.interrupt(spot, beside=False) for spot in relay.place.spots]
    stalled = {"BOT_STALLED": str(STALLED_S), "BOT_HEARTBEAT": "1"}
    async with shared_database() as url, Relay("parley", PARLEY, SlackPlace(BESIDE), url, stalled) as relay:
        beside = [await relay.interrupt(spot, beside=True) for spot in relay.place.spots]
    return Recoveries(tuple(alone), tuple(beside))


def rows(found: Recoveries) -> Iterator[Row]:
    """What the table says of it."""
    yield from _rows("kill -9 to gateway asked again, started again at once", found.alone, _MOST_ALONE_S)
    name = f"kill -9 to gateway asked again, by another process (BOT_STALLED={STALLED_S})"
    yield from _rows(name, found.beside, STALLED_S + _MOST_OVER_S)


def _rows(name: str, seconds: tuple[float, ...], most_s: float) -> Iterator[Row]:
    yield Row(f"{name}, p50", "ms", p50(seconds))
    yield Row(f"{name}, the slowest of {len(seconds)}", "ms", max(seconds) * 1000, target=Target(most_s * 1000, "ms"))
