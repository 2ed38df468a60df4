"""What sharing the work costs: the same questions on PostgreSQL, through the job queue, on a server that syncs."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from bench.memory import Waits
from bench.rig import BARE, PARLEY, Rig
from bench.slack_place import SlackPlace
from bench.table import Row, Target, p50, p95
from tests.postgres import PostgresServer

ASKED = 18
_PROCESSES = 1
_MOST_ADDED_MS = 25.0


async def measure() -> Waits:
    """A bare bot and one process that listens and answers, asked in turn."""
    waits = Waits({_PROCESSES: []}, [])
    async with shared_database() as url:
        bare, parley = Rig("bare", BARE, SlackPlace(ASKED)), Rig("parley", PARLEY, SlackPlace(ASKED), url)
        async with bare, parley:
            for number in range(ASKED):
                waits.bare.append(await _ask(bare, number))
                waits.parley[_PROCESSES].append(await _ask(parley, number))
    return waits


@asynccontextmanager
async def shared_database() -> AsyncIterator[str]:
    """The address of a database with all its tables, on a server of its own that syncs."""
    server = await asyncio.to_thread(PostgresServer.start, durable=True)
    try:
        with server.database() as name:
            await asyncio.to_thread(_upgrade, server.url(name))
            yield server.url(name)
    finally:
        server.stop()


def rows(waits: Waits) -> Iterator[Row]:
    """What the table says of it."""
    mine, its = waits.parley[_PROCESSES], waits.bare
    yield Row("slack on PostgreSQL: event to gateway, p50", "ms", p50(mine), p50(its))
    yield Row("slack on PostgreSQL: event to gateway, p95", "ms", p95(mine), p95(its))
    added = p50(mine) - p50(its)
    yield Row("slack on PostgreSQL: added to a bare bot, p50", "ms", added, target=Target(_MOST_ADDED_MS, "ms"))


async def _ask(rig: Rig, number: int) -> float:
    burst = await rig.ask([rig.place.spots[number]])
    return burst.timings[0].gateway


def _upgrade(url: str) -> None:
    command = (sys.executable, "-m", "bot", "db", "upgrade")
    subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=True, stdout=subprocess.DEVNULL)
