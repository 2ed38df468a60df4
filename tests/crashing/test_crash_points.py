"""One question, one answer, wherever between two facts the process dies."""

from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from bot.answering import MOST_TRIES
from tests.crashing.launcher import POINTS, Crash
from tests.crashing.stage import Bot, Posts, Scene, answer, environment, scene, until
from tests.fakes.gateway import FakeGateway

ALL = [point for point in POINTS if point != "none"]
PAID = ("c7", "c8", "c9")
"""From here on the answer is stored, and the model is not asked again."""
SHOWN = ("c4", "c5", "c6", "c7", "c8", "c9")


async def _survive(point: str, platform: str, url: str, folder: Path, bots: ForkServerContext) -> tuple[Posts, int]:
    """Die at the point and go on; what stood at the death, and how often the model was asked the first question."""
    async with scene(platform) as far, FakeGateway() as gateway:
        crash = Crash(point, folder / "crashed")
        async with Bot(bots, environment(far, gateway, url, folder), folder, crash) as bot:
            await far.ready()
            await far.say("first")
            assert await bot.felled() == 9
            stood = far.posts()
            await bot.start()
            await far.ready()
            await far.again()
            await _answered(far, bot, "first")
            await far.again()
            await far.say("second")
            await _answered(far, bot, "first", "second")
            posts = far.posts()
        assert [text for _, text in posts] == [answer("first"), answer("second")], bot.said
        assert [post for post, _ in stood] == [post for post, _ in posts][: len(stood)]
        asked = [str(seen.body["messages"][-1]["content"]) for seen in gateway.asked()]  # type: ignore[index]  # parsed JSON
        return stood, asked.count("first")


async def _answered(far: Scene, bot: Bot, *questions: str) -> None:
    wanted = [answer(question) for question in questions]
    await until(lambda: [text for _, text in far.posts()] == wanted, lambda: f"{far.posts()}\n{bot.said}")


@pytest.mark.parametrize("point", ALL)
async def test_on_slack_a_question_is_answered_once_wherever_the_process_dies(
    point: str, bot_url: str, tmp_path: Path, bots: ForkServerContext
) -> None:
    stood, asked = await _survive(point, "slack", bot_url, tmp_path, bots)
    assert bool(stood) is point.startswith(SHOWN)
    assert asked == 1 if point.startswith(PAID) else asked <= 2


@pytest.mark.parametrize("point", ["c4 posted, not written down", "c6 in mid-stream"])
async def test_on_discord_the_post_that_stood_is_the_one_that_is_finished(
    point: str, bot_url: str, tmp_path: Path, bots: ForkServerContext
) -> None:
    stood, asked = await _survive(point, "discord", bot_url, tmp_path, bots)
    assert len(stood) == 1
    assert asked == 2


async def test_a_question_that_kills_its_process_each_time_is_told_so_in_the_end(
    bot_url: str, tmp_path: Path, bots: ForkServerContext
) -> None:
    async with scene("slack") as far, FakeGateway() as gateway:
        crash = Crash("c3 begun", tmp_path / "crashed", always=True)
        async with Bot(bots, environment(far, gateway, bot_url, tmp_path), tmp_path, crash) as bot:
            await far.ready()
            await far.say("first")
            for _ in range(MOST_TRIES):
                assert await bot.felled() == 9
                await bot.start()
            await until(lambda: len(far.posts()) == 1, lambda: bot.said)
            assert "interrupted" in far.posts()[0][1]
            assert bot.alive


async def test_without_a_crash_the_model_is_asked_once_for_each(
    bot_url: str, tmp_path: Path, bots: ForkServerContext
) -> None:
    async with scene("slack") as far, FakeGateway() as gateway:
        crash = Crash("none", tmp_path / "crashed")
        async with Bot(bots, environment(far, gateway, bot_url, tmp_path), tmp_path, crash) as bot:
            await far.ready()
            await far.say("first")
            await _answered(far, bot, "first")
            await far.again()
            await far.say("second")
            await _answered(far, bot, "first", "second")
        assert len(gateway.asked()) == 2
