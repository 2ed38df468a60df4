"""What remembering costs: long threads, and a store with a million messages."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.rig import BARE, PARLEY, Rig
from bench.seed import Thread, seed
from bench.slack_place import SlackPlace
from bench.table import Row, Target, p50, p95
from bot.contract import Address

LENGTHS = (10, 100, 1_000)
STORES = (1_000, 1_000_000)
ASKED = 12
"""Questions for each length and each store, every one in a thread of its own, so that all are as long as they say."""
_USUAL = 40


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds from event to gateway, by what is compared; `bare` has no memory."""

    parley: dict[int, list[float]]
    bare: list[float]


async def measure_threads() -> Waits:
    """One store with threads of all lengths, asked in turn."""
    place, waits = SlackPlace(1), Waits({length: [] for length in LENGTHS}, [])
    spots = {length: [place.open_thread() for _ in range(ASKED)] for length in LENGTHS}
    threads = [_thread(place, spot, length) for length in LENGTHS for spot in spots[length]]
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "threads.db"
        seed(database, threads, 0)
        async with (
            Rig("bare", BARE, SlackPlace(1)) as bare,
            Rig("parley", PARLEY, place, f"sqlite:///{database}") as parley,
        ):
            for number in range(ASKED):
                waits.bare.append(await _ask(bare, bare.place.spots[0]))
                for length in LENGTHS:
                    waits.parley[length].append(await _ask(parley, spots[length][number]))
    return waits


async def measure_stores() -> Waits:
    """One bot with a small store and one with a big one, asked in turn in threads of the same length."""
    places = {size: SlackPlace(1) for size in STORES}
    spots = {size: [place.open_thread() for _ in range(ASKED)] for size, place in places.items()}
    waits = Waits({size: [] for size in STORES}, [])
    with ExitStack() as folders:
        rigs = {}
        for size, place in places.items():
            database = Path(folders.enter_context(tempfile.TemporaryDirectory())) / "store.db"
            seed(database, [_thread(place, spot, _USUAL) for spot in spots[size]], size)
            rigs[size] = Rig(f"parley {size}", PARLEY, place, f"sqlite:///{database}")
        small, big = (rigs[size] for size in STORES)
        async with Rig("bare", BARE, SlackPlace(1)) as bare, small, big:
            for number in range(ASKED):
                waits.bare.append(await _ask(bare, bare.place.spots[0]))
                for size, rig in rigs.items():
                    waits.parley[size].append(await _ask(rig, spots[size][number]))
    return waits


def rows(threads: Waits, stores: Waits) -> Iterator[Row]:
    """What the table says of both."""
    yield from _rows("thread", threads, Target(1.2))
    yield from _rows("store", stores, None)


def _rows(what: str, waits: Waits, target: Target | None) -> Iterator[Row]:
    sizes = list(waits.parley)
    for size in sizes:
        name = f"event to gateway, {what} of {size:,}"
        yield Row(f"{name}, p50", "ms", p50(waits.parley[size]), p50(waits.bare))
        yield Row(f"{name}, p95", "ms", p95(waits.parley[size]), p95(waits.bare))
    most, least = p50(waits.parley[sizes[-1]]), p50(waits.parley[sizes[0]])
    against = f"{what} of {sizes[0]:,}"
    yield Row(f"event to gateway, {what} of {sizes[-1]:,}", "ms", most, least, against, target)


async def _ask(rig: Rig, spot: str) -> float:
    burst = await rig.ask([spot])
    return burst.timings[0].gateway


def _thread(place: SlackPlace, spot: str, length: int) -> Thread:
    channel, _, thread = spot.partition("/")
    return Thread(Address("slack", place.workspace, channel, thread), length)
