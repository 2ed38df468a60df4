"""Steering after restarts: what people see of an old answer works on, and what they asked meanwhile is answered."""

import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.fakes.discord.clock import Snowflakes
from tests.places import Place, everywhere, said
from tests.process import Program
from tests.steering_site import FINISHED, Site, far_ends
from tests.test_end_to_end import World

pytestmark = pytest.mark.long

AGO_S = 600.0


@asynccontextmanager
async def running(far: World, folder: Path) -> AsyncIterator[Program]:
    """The program, listening to both platforms."""
    sessions = far.discord.gateway.identifies
    async with Program("run", environment=far.environment(), folder=folder) as bot:
        await far.slack.connected(2)
        await far.discord.until(lambda: far.discord.gateway.identifies > sessions)
        yield bot
    assert "Traceback" not in bot.errors


async def test_old_buttons_edits_and_deletions_work_after_a_stop_and_after_a_kill(tmp_path: Path) -> None:
    asked: dict[str, list[str]] = {}

    async def ask(place: Place) -> None:
        asked[place.tag] = [await place.answered(text) for text in ("first?", "second?", "third?")]

    async def after_the_stop(place: Place) -> None:
        before = place.posts()
        await place.click("👍")
        await place.until(lambda: len(place.told()) == 1)
        await place.click("Regenerate")
        await place.settles(place.answer("third?", take=2))
        await place.edit(asked[place.tag][1], "second thoughts?")
        await place.until(lambda: all("was changed after this answer" in each.text for each in place.posts()[1:]))
        assert [(each.id, each.labels) for each in place.posts()] == [(each.id, FINISHED) for each in before]

    async def after_the_kill(place: Place) -> None:
        before = place.posts()
        await place.edit(asked[place.tag][2], "anything else?")
        await place.settles(place.answer("anything else?"))
        await place.click("Undo")
        await place.until(lambda: place.posts()[-1].labels == ())
        await place.delete(asked[place.tag][1])
        await place.until(lambda: place.posts()[1].labels == ("Remove the answer",))
        await place.press(before[1].id, place.posts()[1].buttons["Remove the answer"])
        await place.until(lambda: [each.id for each in place.posts()] == [before[0].id, before[2].id])
        await place.answered("last?")
        carried = said(place.requests()[-1])
        assert [place.tag in each for each in carried] == [True] * 3
        assert place.answer("first?") in carried

    async with far_ends() as far:
        places = Site(far, tmp_path / "parley.db").all
        async with running(far, tmp_path) as bot:
            await everywhere(places, ask)
            assert await bot.stop(signal.SIGTERM) == 0
        async with running(far, tmp_path) as bot:
            await everywhere(places, after_the_stop)
            await bot.stop(signal.SIGKILL)
        async with running(far, tmp_path) as bot:
            await everywhere(places, after_the_kill)


async def test_what_was_asked_while_nobody_listened_is_answered_once_and_says_when_that_was_long_ago(
    tmp_path: Path,
) -> None:
    async def ask_and_be_answered(place: Place) -> None:
        await place.ask("first?")
        await place.until(lambda: len(place.posts()) == 1 and "Undo" in place.posts()[0].buttons)
        await place.until(place.rests)

    async def ask(place: Place) -> None:
        await place.ask("are you there?")

    async def ask_again(place: Place) -> None:
        await place.ask("hello?")

    async def see(place: Place) -> None:
        await place.until(lambda: len([each for each in place.posts() if each.labels == FINISHED]) == 3)
        late = "\n\n_Asked 5 minutes ago, when I could not listen._"
        assert [each.text for each in place.posts()[1:]] == [
            place.answer("are you there?") + late,
            place.answer("hello?"),
        ]
        assert len(place.requests()) == 3

    async with far_ends() as far:
        _put_back(far)
        places = Site(far, tmp_path / "parley.db").all
        async with running(far, tmp_path):
            await everywhere(places, ask_and_be_answered)
        _pass(far, AGO_S / 2)
        await everywhere(places, ask)
        _pass(far, AGO_S / 2)
        await everywhere(places, ask_again)
        await _seen_after_a_start(far, tmp_path, places, see)


async def test_a_question_that_was_edited_while_nobody_listened_has_its_answer_revised_in_place(tmp_path: Path) -> None:
    asked: dict[str, str] = {}

    async def ask(place: Place) -> None:
        asked[place.tag] = await place.answered("what is blue?")

    async def edit(place: Place) -> None:
        await place.edit(asked[place.tag], "what is red?")

    async def see(place: Place) -> None:
        await place.settles(place.answer("what is red?"))
        assert [each.labels for each in place.posts()] == [FINISHED]
        assert len(place.requests()) == 2

    async with far_ends() as far:
        places = Site(far, tmp_path / "parley.db").all
        async with running(far, tmp_path):
            await everywhere(places, ask)
        await everywhere(places, edit)
        await _seen_after_a_start(far, tmp_path, places, see)


async def _seen_after_a_start(
    far: World, folder: Path, places: Sequence[Place], see: Callable[[Place], Awaitable[None]]
) -> None:
    """At once, and still when Slack has tried once more what it could not deliver."""
    async with running(far, folder):
        await everywhere(places, see)
        far.slack.clock.advance(61.0)
        await far.slack.until(lambda: far.slack.idle)
        await everywhere(places, see)


def _put_back(far: World) -> None:
    """Both platforms date what is said ten minutes back."""
    far.slack.workspace.skew_s = -AGO_S
    far.discord.clock.skip(-AGO_S)
    far.discord.world.ids = Snowflakes(far.discord.clock)


def _pass(far: World, seconds: float) -> None:
    far.slack.workspace.skew_s += seconds
    far.discord.clock.skip(seconds)
