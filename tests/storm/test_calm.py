"""Without any trouble every way to ask is answered once, by the real bot; so what a storm finds is the storm's."""

import asyncio
from pathlib import Path

import pytest

from tests.storm.databases import Sqlite
from tests.storm.fates import Fate
from tests.storm.people import People
from tests.storm.plan import Ask, Strike, Trouble, Way
from tests.storm.run import crew_of, evidence, ready, settled
from tests.storm.tally import tally
from tests.storm.weather import Weather, fired
from tests.storm.world import world

pytestmark = pytest.mark.long

WAYS = (*Way, Way.SLACK_THREAD, Way.DISCORD_THREAD)


async def test_in_a_calm_each_question_is_answered_once_in_its_place(tmp_path: Path) -> None:
    database = Sqlite(tmp_path)
    async with world() as far:
        crew = crew_of(far, database, tmp_path, tmp_path)
        crew.start()
        try:
            await ready(far, crew)
            people = People(far)
            for number, way in enumerate(WAYS):
                await people.ask(Ask(number, way, number % 3, 0))
                await asyncio.sleep(0.05)
            await asyncio.gather(*people.tasks)
            await settled(far, crew, database)
        finally:
            await crew.stop()
        found = tally(evidence(far, database))
    assert not any(found.numbers.values()), found.numbers
    assert found.fates[Fate.ANSWERED] == found.counted == len(WAYS)
    assert (found.answers_min, found.answers_max, found.paid_again) == (1, 1, 0)
    assert list(found.files.values()) == [2, 2, 2, 0], found.files
    assert [member.unclean for member in crew.members] == [[]]
    assert crew.members[0].starts == 1


async def test_a_killed_process_is_started_again_and_the_troubles_are_counted_where_they_happen(tmp_path: Path) -> None:
    database = Sqlite(tmp_path)
    async with world() as far:
        crew = crew_of(far, database, tmp_path, tmp_path)
        crew.start()
        weather = Weather(far, crew, database)
        try:
            await ready(far, crew)
            await weather.strike(Strike(Trouble.SLACK_5XX_AFTER, 0.0))
            await weather.strike(Strike(Trouble.KILL, 0.0))
            await far.slack.until(lambda: far.slack.sockets == 0)
            await ready(far, crew)
        finally:
            await crew.stop()
        assert crew.members[0].starts == 2
        counts = fired(far, far.diary)
    assert counts[Trouble.KILL] == 1
    assert counts[Trouble.SLACK_5XX_AFTER] == 0, "ordered, and met by no call"
