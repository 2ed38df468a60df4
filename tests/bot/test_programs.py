"""Other programs: not answered, or answered a few times."""

from dataclasses import replace

from bot.contract import Person, PersonKind
from bot.programs import MOST_ANSWERS, Programs
from bot.store import Store
from tests.bot.house import ANN, house

ROBOT = Person("B1", "Robot", PersonKind.BOT)


async def test_other_programs_are_not_answered_unless_that_is_allowed(store: Store) -> None:
    async with house(store) as home:
        await home.say("hello", who=ROBOT)
        assert home.platform.shown() == []
        assert not home.gateway.asked()
        await home.with_defaults(answer_bots=True).say("hello", who=ROBOT)
        assert home.platform.shown() == ["You said: hello"]


async def test_two_programs_that_answer_each_other_come_to_an_end(store: Store) -> None:
    async with house(store) as home:
        home.with_defaults(answer_bots=True)
        await home.say("start", who=ROBOT)
        for _ in range(MOST_ANSWERS + 3):
            await home.say(home.platform.shown()[-1], who=ROBOT)
        assert len(home.platform.shown()) == MOST_ANSWERS
        assert home.platform.notices() == []
        await home.say("and me?", who=ANN)
        assert home.platform.shown()[-1].startswith("You said: ")


async def test_each_program_and_each_channel_counts_for_itself(store: Store) -> None:
    async with house(store) as home:
        programs = Programs(answer=True)
        here = [home.message("x", who=ROBOT) for _ in range(MOST_ANSWERS + 1)]
        far = replace(here[0].origin, address=replace(here[0].origin.address, channel="C2"))
        assert [programs.admits(event) for event in here] == [True] * MOST_ANSWERS + [False]
        assert programs.admits(replace(home.message("x"), origin=far))
        assert programs.admits(home.message("x", who=replace(ROBOT, id="B2")))


async def test_what_is_delivered_twice_counts_once(store: Store) -> None:
    async with house(store) as home:
        programs = Programs(answer=True)
        twice = [event for _ in range(MOST_ANSWERS) for event in [home.message("x", who=ROBOT)] * 2]
        assert all(programs.admits(event) for event in twice)
        assert not programs.admits(home.message("x", who=ROBOT))
