"""How quick and how dear a reply is: one at a time, and in twenty and a hundred channels at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.rig import BARE, PARLEY, Burst, Rig, Timing
from bench.table import Row, Target, p50, p95
from bench.wire import Place

# Slack lends twenty streams a minute to a workspace, two of which the warming-up takes.
ONE_BY_ONE = 18
CROWDS = (20, 100)
NAMES = ("bare", "parley")

MakePlace = Callable[[int], Place]


@dataclass(slots=True)
class Figures:
    """All bursts of one bot, by the number of channels, and the most memory it was seen to use."""

    bursts: dict[int, list[Burst]] = field(default_factory=dict)
    rss: int = 0

    def add(self, channels: int, burst: Burst) -> None:
        """One more."""
        self.bursts.setdefault(channels, []).append(burst)

    def timings(self, channels: int) -> list[Timing]:
        """Every reply at so many channels."""
        return [timing for burst in self.bursts[channels] for timing in burst.timings]

    def rate(self, channels: int) -> float:
        """Replies a second."""
        return len(self.timings(channels)) / sum(burst.seconds for burst in self.bursts[channels])

    def cpu(self, *channels: int) -> float:
        """Milliseconds of processor time a reply."""
        seconds = sum(burst.cpu for count in channels for burst in self.bursts[count])
        return seconds * 1000 / sum(len(self.timings(count)) for count in channels)

    def calls(self, channels: int) -> float:
        """Platform calls a reply."""
        return sum(burst.calls for burst in self.bursts[channels]) / len(self.timings(channels))


async def measure(make_place: MakePlace, rounds: int) -> dict[str, Figures]:
    """Both bots, alternating, fresh ones for each crowd: the platforms' budgets are by the minute."""
    figures = {name: Figures() for name in NAMES}
    for number in range(rounds):
        order = NAMES if number % 2 == 0 else NAMES[::-1]
        await _one_by_one(make_place, figures, order)
        for channels in CROWDS:
            await _crowd(make_place, figures, order, channels)
    return figures


async def _one_by_one(make_place: MakePlace, figures: dict[str, Figures], order: Sequence[str]) -> None:
    async with _rig("bare", make_place(ONE_BY_ONE)) as bare, _rig("parley", make_place(ONE_BY_ONE)) as parley:
        rigs = {"bare": bare, "parley": parley}
        for number in range(ONE_BY_ONE):
            for name in order:
                spot = rigs[name].place.spots[number]
                figures[name].add(1, await rigs[name].ask([spot]))


async def _crowd(make_place: MakePlace, figures: dict[str, Figures], order: Sequence[str], channels: int) -> None:
    async with _rig("bare", make_place(channels)) as bare, _rig("parley", make_place(channels)) as parley:
        rigs = {"bare": bare, "parley": parley}
        for name in order:
            figures[name].add(channels, await rigs[name].ask(rigs[name].place.spots))
            figures[name].rss = max(figures[name].rss, rigs[name].rss)


def _rig(name: str, place: Place) -> Rig:
    return Rig(name, BARE if name == "bare" else PARLEY, place)


def rows(platform: str, figures: dict[str, Figures]) -> Iterator[Row]:
    """What the table says of one platform."""
    bare, parley = figures["bare"], figures["parley"]
    yield from _waits(platform, parley.timings(1), bare.timings(1))
    yield Row(f"{platform}: calls a short reply", "", parley.calls(1), bare.calls(1), target=Target(3, "calls"))
    for channels in CROWDS:
        yield Row(f"{platform}: calls a reply, {channels} at once", "", parley.calls(channels), bare.calls(channels))
    for channels in CROWDS:
        mine = p50([timing.gateway for timing in parley.timings(channels)])
        its = p50([timing.gateway for timing in bare.timings(channels)])
        yield Row(f"{platform}: event to gateway, {channels} at once, p50", "ms", mine, its)
    for channels in (1, *CROWDS):
        yield Row(f"{platform}: replies, {channels} at once", "1/s", parley.rate(channels), bare.rate(channels))
    for channels in (1, *CROWDS):
        yield Row(f"{platform}: CPU a reply, {channels} at once", "ms", parley.cpu(channels), bare.cpu(channels))
    every = (1, *CROWDS)
    yield Row(f"{platform}: CPU a reply", "ms", parley.cpu(*every), bare.cpu(*every), target=Target(1.3))
    yield Row(f"{platform}: memory", "MB", parley.rss / 1e6, bare.rss / 1e6, target=Target(120, "MB"))


def _waits(platform: str, parley: Sequence[Timing], bare: Sequence[Timing]) -> Iterator[Row]:
    parts: Sequence[tuple[str, Callable[[Timing], float]]] = (
        ("event to gateway", lambda timing: timing.gateway),
        ("first visible text", lambda timing: timing.first),
        ("final text", lambda timing: timing.final),
    )
    for name, part in parts:
        mine, its = [part(timing) for timing in parley], [part(timing) for timing in bare]
        target = Target(1.3) if name == "event to gateway" else None
        yield Row(f"{platform}: {name}, p50", "ms", p50(mine), p50(its), target=target)
        yield Row(f"{platform}: {name}, p95", "ms", p95(mine), p95(its))
