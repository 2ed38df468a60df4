"""`python -m bench.probed`: the bot as `parley run` runs it, with a probe in its event loop.

The probe sleeps for two milliseconds over and over; whenever it is woken late, the loop was kept from its work
for so long. What it saw is written to `blocks.txt` in the bot's data folder: when, for how many seconds, and how many
seconds of processor time all threads of the bot took meanwhile. Where that is far less, the bot was not given the
processor, or it waited for a disk.
"""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from bot import logs, settings
from bot.app import serve
from bot.settings import Settings

BLOCKS = "blocks.txt"
TICK_S = 0.002
NOTED_S = 0.001


@dataclass(frozen=True, slots=True)
class Block:
    """One time for which the loop did not turn; it ended `at` that moment, and the bot `worked` for so long."""

    at: float
    seconds: float
    worked: float


async def main(config: Settings) -> None:
    """Run until a signal comes."""
    with (config.data_dir / BLOCKS).open("w", buffering=1) as file:
        watching = asyncio.create_task(_watch(file))
        try:
            await serve(config)
        finally:
            watching.cancel()


async def _watch(file: TextIO) -> None:
    while True:
        before, worked = time.monotonic(), time.process_time()
        await asyncio.sleep(TICK_S)
        after = time.monotonic()
        if after - before - TICK_S > NOTED_S:
            file.write(f"{after} {after - before - TICK_S} {time.process_time() - worked}\n")


def longest(folder: Path, since: float, until: float) -> Block:
    """The longest between two moments of `time.monotonic()`, which is one clock for all processes."""
    lines = [line for line in (folder / BLOCKS).read_text().splitlines(keepends=True) if line.endswith("\n")]
    seen = [Block(*(float(word) for word in line.split())) for line in lines]
    within = (block for block in seen if since <= block.at <= until + block.seconds)
    return max(within, key=lambda block: block.seconds, default=Block(until, NOTED_S, 0.0))


if __name__ == "__main__":
    found = settings.read()
    logs.set_up(found.log_level)
    asyncio.run(main(found))
