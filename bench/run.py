"""`python -m bench.run`: Parley beside a bare bot on the same fakes, in one run, as a table and as JSON.

The fakes and whoever asks live in this process; each bot is a process of its own, started as an operator
starts it. Targets are reported, never enforced: a slow machine must not fail anything.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import media, memory, recovery, replies, sharing
from bench.discord_place import DiscordPlace
from bench.rig import BotLost
from bench.slack_place import SlackPlace
from bench.table import Row, render, write
from bench.wire import Place

RESULT = Path(__file__).with_name("result.json")
PLATFORMS: Mapping[str, Callable[[int], Place]] = {"slack": SlackPlace, "discord": DiscordPlace}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each platform is measured")
    parser.add_argument("--only", choices=[*PLATFORMS, "memory", "sharing", "recovery", "media"], help="one part alone")
    parser.add_argument("--json", type=Path, default=RESULT, help="where the figures are written")
    return parser.parse_args()


async def _measure(rounds: int, only: str | None) -> list[Row]:
    rows: list[Row] = []
    for name, make_place in PLATFORMS.items():
        if only in (None, name):
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            rows += replies.rows(name, await replies.measure(make_place, rounds))
    if only in (None, "memory"):
        print("measuring memory …", file=sys.stderr, flush=True)
        rows += memory.rows(await memory.measure_threads(), await memory.measure_stores())
    if only in (None, "sharing"):
        print("measuring PostgreSQL …", file=sys.stderr, flush=True)
        rows += sharing.rows(await sharing.measure())
    if only in (None, "recovery"):
        print("measuring what a kill costs …", file=sys.stderr, flush=True)
        rows += recovery.rows(await recovery.measure())
    if only in (None, "media"):
        print("measuring voice notes and pictures …", file=sys.stderr, flush=True)
        rows += media.rows(await media.measure_notes(), await media.measure_memory(), await media.measure_blocks())
    return rows


def main() -> int:
    """The exit status: 1 only where a bot was lost."""
    options = _options()
    try:
        rows = asyncio.run(_measure(options.rounds, options.only))
    except BotLost as lost:
        print(f"bench: {lost}", file=sys.stderr)
        return 1
    write(rows, options.json)
    print(render(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
