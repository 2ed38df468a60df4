"""One storm on one database, from the first question to the tally."""

import asyncio
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from tests.storm import screens
from tests.storm.crew import Crew, Member
from tests.storm.databases import Database, opened
from tests.storm.fates import Fate, outcomes
from tests.storm.people import People
from tests.storm.plan import OF_FILES, Ask, Step, schedule
from tests.storm.settings import StormSettings
from tests.storm.tally import Evidence, Tally, must_be_answered, tally
from tests.storm.trace import trace
from tests.storm.weather import Weather, fired
from tests.storm.world import World, world

READY_S = 30.0
SETTLED_S = 90.0
"""How long after the last question and the last trouble everything may take."""
_LOOK_S = 1.0
_LOOKS = 4.0
"""How much longer the world lives than it is looked at."""
_DONE = (Fate.ANSWERED, Fate.CUT, Fate.TOLD)


@dataclass(frozen=True, slots=True)
class Result:
    """One storm's figures; `unclean` counts the polite stops that ended badly."""

    database: str
    tally: Tally
    unclean: int
    seconds: float


async def storm(name: str, settings: StormSettings) -> Result:
    """Blow once."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="storm-") as found:
        folder = Path(found)
        async with opened(name, folder) as database, world() as far:
            crew = crew_of(far, database, folder, settings.logs or folder)
            troubles = database.troubles if settings.media else database.troubles - OF_FILES
            steps = schedule(
                settings.seed, settings.turns, sorted(troubles, key=str), settings.pace_s, media=settings.media
            )
            crew.start()
            try:
                await ready(far, crew)
                await _walk(steps, People(far), Weather(far, crew, database))
                await settled(far, crew, database)
            finally:
                await crew.stop()
            seen = replace(evidence(far, database), expected=troubles)
            result = tally(seen)
            if settings.logs is not None:
                _trace(seen, result, begun, settings.logs / f"{name}-wrong.txt")
            unclean = sum(len(member.unclean) for member in crew.members)
    return Result(name, result, unclean, time.monotonic() - begun)


def evidence(far: World, database: Database) -> Evidence:
    """What the fakes have seen so far."""
    served, paid, shown = far.model.served, far.model.paid, screens.on_screens(far)
    return Evidence(
        diary=far.diary,
        shown=shown,
        served=served,
        paid=paid,
        signs=screens.signs(far, shown, served, paid),
        fired=fired(far, far.diary),
        expected=database.troubles,
        processes=database.processes,
        failures=screens.failures(far),
    )


def _trace(seen: Evidence, result: Tally, begun: float, path: Path) -> None:
    wrong = {number for numbers in result.numbers.values() for number in numbers}
    overtaken = {number for pair in result.pairs for number in pair}
    found = outcomes(seen.diary.questions, seen.shown, seen.served)
    path.write_text("\n".join(trace(seen, found[number], begun) for number in sorted(wrong | overtaken)))


def crew_of(far: World, database: Database, folder: Path, logs: Path) -> Crew:
    """As many bots as share the database, not started yet."""
    logs.mkdir(parents=True, exist_ok=True)
    environment = far.environment() | {"DATABASE_URL": database.url}
    names = [f"{database.name}-{number}" for number in range(database.processes)]
    return Crew(tuple(Member(name, environment, folder, logs / f"{name}.log") for name in names))


async def ready(far: World, crew: Crew) -> None:
    """Return when both platforms are listened to. Raises `RuntimeError` where they never are."""
    try:
        await far.slack.until(lambda: far.slack.sockets >= 2 or crew.broken is not None, READY_S)
        await far.discord.until(lambda: far.discord.connected > 0 or crew.broken is not None, READY_S)
    except TimeoutError:
        raise RuntimeError(f"the bot does not listen: {crew.said}") from None
    if crew.broken is not None:
        raise crew.broken


async def _walk(steps: tuple[Step, ...], people: People, weather: Weather) -> None:
    """Take every step; what lasts goes on beside the next ones."""
    async with asyncio.TaskGroup() as lasting:
        for step in steps:
            await asyncio.sleep(step.after_s)
            if isinstance(step.what, Ask):
                await people.ask(step.what)
            else:
                lasting.create_task(weather.strike(step.what))
    while people.tasks:
        await asyncio.wait(people.tasks)


async def settled(far: World, crew: Crew, database: Database) -> None:
    """Until every question that counts is settled, or for as long as that may take."""
    deadline, pause_s = time.monotonic() + SETTLED_S, _LOOK_S
    while time.monotonic() < deadline:
        await asyncio.sleep(pause_s)
        if crew.broken is not None:
            raise crew.broken
        looked_at = time.monotonic()
        # While the screens are read, the fakes stand still. What to make of them takes longer, and holds nobody up.
        wrong = await asyncio.to_thread(_unsettled, evidence(far, database))
        pause_s = max(_LOOK_S, _LOOKS * (time.monotonic() - looked_at))
        if far.slack.idle and not wrong:
            await asyncio.sleep(_LOOK_S)  # time for a second answer to come, if there is one
            return


def _unsettled(seen: Evidence) -> bool:
    found = outcomes(seen.diary.questions, seen.shown, seen.served)
    return any(found[number].fate not in _DONE for number in must_be_answered(seen))
