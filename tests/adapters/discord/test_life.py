"""Logging in, staying connected, coming back, and leaving."""

import asyncio
import logging

import discord
import pytest
from discord.backoff import ExponentialBackoff
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from adapters.discord.platform import DiscordPlatform
from bot.contract import Button, Post
from bot.errors import ChannelGone, PlatformError
from tests.adapters.discord.stage import SEND, Stage, settings
from tests.adapters.host import FakeHost
from tests.fakes.discord import FakeDiscord, Permission

STOP = Button("stop:1", "Stop")
ME = "GET /users/@me"


async def test_a_worker_speaks_without_a_gateway(speaking: Stage) -> None:
    await speaking.speech().send(Post("hi", final=True, key="k"))
    assert speaking.screen() == ["hi"]
    assert speaking.world.hub.sessions == {}


async def test_a_worker_does_all_of_its_work_without_a_gateway(speaking: Stage) -> None:
    question = await speaking.world.say(speaking.ann, speaking.general, "capital?")
    origin = speaking.origin(message_id=question)
    speech, key = speaking.speech(origin), "turn-0"
    post_id = await speech.send(Post("Par", final=False, key=key, buttons=(STOP,)))
    await speech.typing("thinking")
    await speech.edit(post_id, Post("Pari", final=False, key=key, buttons=(STOP,)))
    assert dict(await speaking.speech(origin).find([key], ())) == {key: post_id}
    await speech.edit(post_id, Post("Paris.", final=True, key=key))
    second = await speech.send(Post("And more.", final=True, key="turn-1"))
    await speech.delete(second)
    await speech.notify("Done.")
    read = await speaking.platform.read(origin.address, str(question), 10)
    assert [event.text for event in read] == speaking.screen() == ["Paris.", "Done."]
    assert (speaking.world.gateway.identifies, speaking.world.hub.sessions) == (0, {})
    assert not speaking.world.gateway.connections


@pytest.mark.parametrize("rights", [0, Permission.VIEW_CHANNEL])
async def test_a_worker_asks_nobody_for_its_rights_and_is_told_what_it_may_not(speaking: Stage, rights: int) -> None:
    """It knows no server to look its rights up in: 50001 where it cannot see, 50013 where it may not write."""
    speaking.general.bot_permissions = rights
    with pytest.raises(ChannelGone):
        await speaking.speech().send(Post("hi", final=True, key="k"))
    assert [call.route for call in speaking.world.calls if call.status == 403] == [SEND]


async def test_a_wrong_token_says_where_the_right_one_is(world: FakeDiscord) -> None:
    platform = DiscordPlatform(settings(world, token="MTA.wrong.token"), FakeHost())
    with pytest.raises(PlatformError) as down:
        await platform.__aenter__()
    assert "DISCORD_BOT_TOKEN" in down.value.fix
    assert "MTA" not in f"{down.value} {down.value.fix}"


async def test_an_intent_that_is_switched_off_says_which_switch(world: FakeDiscord) -> None:
    world.world.content_switch = False
    stage = Stage(world)
    async with stage.platform:
        with pytest.raises(PlatformError) as down:
            await stage.platform.listen(stage.accept, ())
    assert "Message Content Intent" in down.value.fix
    assert "DISCORD_MENTIONS_ONLY" in down.value.fix


async def test_a_token_that_is_reset_while_connected_ends_the_listening(stage: Stage) -> None:
    await stage.world.disconnect(4004)
    with pytest.raises(PlatformError) as down:
        await stage.ended()
    assert "token" in str(down.value)


async def test_discord_out_of_reach_is_a_platform_error_and_can_be_tried_again(world: FakeDiscord) -> None:
    stage = Stage(world, listens=False)
    await world.refuse_connections()
    with pytest.raises(PlatformError) as down:
        await stage.platform.__aenter__()
    assert "network" in down.value.fix
    await world.accept_connections()
    async with stage:
        await stage.speech().send(Post("hi", final=True, key="k"))
    assert stage.screen() == ["hi"]


async def test_discord_in_trouble_is_a_platform_error(world: FakeDiscord) -> None:
    world.fail(ME, 503)
    with pytest.raises(PlatformError, match="503"):
        await Stage(world).platform.__aenter__()


async def test_a_first_connection_that_fails_is_a_platform_error(
    world: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ExponentialBackoff, "delay", lambda backoff: 0.0)
    stage = Stage(world)
    async with stage.platform:
        right, DiscordWebSocket.DEFAULT_GATEWAY = DiscordWebSocket.DEFAULT_GATEWAY, URL("ws://127.0.0.1:1/")
        with pytest.raises(PlatformError, match="gateway"):
            await stage.platform.listen(stage.accept, ())
        DiscordWebSocket.DEFAULT_GATEWAY = right
        await stage.listen()
        assert (await stage.said(stage.ann, stage.general, "hello")).text == "hello"
        await stage.stop_listening()


async def test_a_lost_connection_loses_no_message_and_repeats_none(stage: Stage) -> None:
    await stage.said(stage.ann, stage.general, "one")
    await stage.world.cut()
    await stage.world.say(stage.ann, stage.general, "two")
    await stage.world.until(lambda: len(stage.events) == 2)
    await stage.world.ask_to_reconnect()
    await stage.said(stage.ann, stage.general, "three")
    assert stage.texts() == ["one", "two", "three"]
    assert (stage.world.gateway.identifies, stage.world.gateway.resumes) == (1, 2)


async def test_a_new_session_registers_nothing_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.Client, "before_identify_hook", _at_once)
    await stage.world.invalidate(resumable=False)
    await stage.world.until(lambda: bool(stage.world.hub.sessions))
    await stage.said(stage.ann, stage.general, "still here")
    assert len(stage.world.commands.syncs) == 1
    assert stage.made("GET /applications/{application_id}/commands") == 1


async def test_speaking_goes_on_after_the_listening_has_stopped(stage: Stage) -> None:
    event = await stage.said(stage.ann, stage.general, f"{stage.at_bot} capital?")
    speech = stage.speech(event.origin)
    post_id = await speech.send(Post("Par", final=False, key="k"))
    await stage.stop_listening()
    await speech.edit(post_id, Post("Paris.", final=True, key="k"))
    assert stage.screen() == ["Paris."]


async def test_a_stop_waits_for_what_is_being_saved(stage: Stage) -> None:
    stage.gate.clear()
    await stage.world.say(stage.ann, stage.general, "just in time")
    await stage.world.until(lambda: stage.waiting == 1)
    stopping = asyncio.create_task(stage.stop_listening())
    await asyncio.sleep(0.02)
    assert not stopping.done()
    stage.gate.set()
    await stopping
    assert stage.texts() == ["just in time"]


async def test_a_platform_can_be_left_and_entered_again(stage: Stage) -> None:
    await stage.__aexit__(None, None, None)
    stage.world.forget_sessions()
    await stage.__aenter__()
    event = await stage.said(stage.ann, stage.general, f"{stage.at_bot} hello")
    await stage.speech(event.origin).send(Post("hi", final=True, key="k"))
    assert stage.screen() == ["hi"]


async def test_leaving_ends_what_is_in_flight_and_nothing_else(speaking: Stage) -> None:
    speech = speaking.speech()
    post_id = await speech.send(Post("a", final=False, key="k"))
    speaking.world.slow_down("PATCH /channels/{channel_id}/messages/{message_id}", 0.05)
    await speech.edit(post_id, Post("ab", final=False, key="k"))
    await asyncio.sleep(0.01)
    await speech.edit(post_id, Post("abc", final=False, key="k"))
    await speaking.platform.__aexit__(None, None, None)
    assert speaking.screen() == ["ab"]


async def test_leaving_does_not_wait_for_ever(speaking: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.discord.speaker.CLOSING_S", 0.02)
    speech = speaking.speech()
    post_id = await speech.send(Post("a", final=False, key="k"))
    speaking.world.slow_down("PATCH /channels/{channel_id}/messages/{message_id}", 2.0)
    await speech.edit(post_id, Post("ab", final=False, key="k"))
    await asyncio.sleep(0.01)
    async with asyncio.timeout(1.0):
        await speaking.platform.__aexit__(None, None, None)


async def test_without_an_address_of_its_own_it_is_discord(world: FakeDiscord) -> None:
    assert Route.BASE == "https://discord.com/api/v10"
    async with Stage(world, listens=False):
        assert f"{world.base_url}/api/v10" == Route.BASE


async def test_the_sdk_writes_no_messages_into_a_debug_log(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await stage.said(stage.ann, stage.general, "my secret")
    await stage.speech().send(Post("its answer", final=True, key="k"))
    assert "secret" not in caplog.text
    assert "answer" not in caplog.text
    assert stage.world.token not in caplog.text


async def _at_once(client: discord.Client, shard: int | None, *, initial: bool = False) -> None:
    """In place of the five seconds that the SDK waits before a new session."""
