"""What may have been missed: said at every start of a session, and never where one goes on."""

import discord
import pytest
from discord.backoff import ExponentialBackoff

from bot.contract import EventsMissed
from bot.errors import PlatformError
from tests.adapters.discord.stage import Stage
from tests.fakes.discord import FakeDiscord

MISSED = EventsMissed("discord")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait as the SDK does before it connects again, nor the five seconds before a new session."""
    monkeypatch.setattr(discord.Client, "before_identify_hook", _at_once)
    monkeypatch.setattr(ExponentialBackoff, "delay", lambda backoff: 0.0)


async def _at_once(client: discord.Client, shard: int | None, *, initial: bool = False) -> None:
    pass


async def test_a_start_may_have_missed_something(stage: Stage) -> None:
    await stage.world.until(lambda: bool(stage.gaps))
    assert stage.gaps == [(MISSED, 0)]


async def test_a_start_says_so_before_servers_are_known(stage: Stage) -> None:
    """READY is enough to read; the SDK waits two seconds more until it calls itself ready."""
    await stage.world.until(lambda: bool(stage.gaps), timeout=1.0)


async def test_a_session_that_goes_on_has_missed_nothing(stage: Stage) -> None:
    await stage.world.until(lambda: bool(stage.gaps))
    await stage.world.cut()
    await stage.world.say(stage.ann, stage.general, "during")
    await stage.world.until(lambda: stage.texts() == ["during"])
    await stage.world.invalidate(resumable=True)
    await stage.world.say(stage.ann, stage.general, "after")
    await stage.world.until(lambda: stage.texts() == ["during", "after"])
    assert (stage.world.gateway.identifies, stage.world.gateway.resumes) == (1, 2)
    assert len(stage.gaps) == 1


async def test_a_lost_session_may_have_missed_something_and_can_read_it(stage: Stage) -> None:
    before = await stage.said(stage.ann, stage.general, "before")
    stage.world.forget_sessions()
    lost = await stage.world.say(stage.ann, stage.general, f"{stage.at_bot} lost")
    await stage.world.invalidate(resumable=False)
    await stage.world.until(lambda: len(stage.gaps) == 2)
    assert stage.texts() == ["before"]
    found = await stage.platform.read(before.origin.address, before.origin.message_id, 50)
    assert [(event.text, event.origin.message_id) for event in found] == [("lost", str(lost))]


async def test_every_listening_anew_may_have_missed_something(stage: Stage) -> None:
    await stage.world.until(lambda: bool(stage.gaps))
    await stage.stop_listening()
    stage.world.forget_sessions()
    await stage.listen()
    await stage.world.until(lambda: len(stage.gaps) == 2)


async def test_who_cannot_listen_says_nothing(world: FakeDiscord) -> None:
    world.world.content_switch = False
    stage = Stage(world)
    async with stage.platform:
        with pytest.raises(PlatformError):
            await stage.platform.listen(stage.accept, ())
    assert stage.gaps == []


async def test_a_worker_is_told_of_no_gap(speaking: Stage) -> None:
    await speaking.world.say(speaking.ann, speaking.general, "hello")
    assert speaking.gaps == []
