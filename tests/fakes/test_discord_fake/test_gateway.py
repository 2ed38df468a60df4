"""The gateway: who is let in, what is replayed, and what is lost."""

import asyncio
import json
from typing import Any

import aiohttp
import discord
import pytest

from tests.fakes.discord import FakeDiscord, Intent, Limits
from tests.fakes.discord_bot import INTENTS, running
from tests.fakes.test_discord_fake.conftest import Scene


async def connect(fake: FakeDiscord, session: aiohttp.ClientSession, query: str = "v=10&encoding=json") -> Any:
    """A bare gateway connection, uncompressed."""
    return await session.ws_connect(f"{fake.base_url}/gateway?{query}")


def identify(fake: FakeDiscord, **changes: object) -> str:
    """An IDENTIFY that is right but for the changes."""
    properties = {"os": "linux", "browser": "test", "device": "test"}
    data: dict[str, object] = {"token": fake.token, "intents": INTENTS, "properties": properties}
    return json.dumps({"op": 2, "d": data | changes})


async def closing_code(socket: Any) -> int:
    """The code with which the server ends a connection."""
    while not socket.closed:
        await socket.receive(timeout=5)
    return int(socket.close_code)


async def test_a_wrong_token_fails_at_login() -> None:
    async with FakeDiscord() as fake:
        with pytest.raises(discord.LoginFailure):
            async with running(fake, token="wrong"):
                raise AssertionError("it was let in")
        assert fake.limiter.invalid_calls == 1


async def test_content_that_is_switched_off_is_fatal() -> None:
    async with FakeDiscord() as fake:
        fake.world.content_switch = False
        with pytest.raises(discord.PrivilegedIntentsRequired):
            async with running(fake):
                raise AssertionError("it was let in")
        async with running(fake, intents=INTENTS & ~Intent.MESSAGE_CONTENT) as bot:
            assert bot.connects == ["ready"]


async def test_a_switched_off_content_is_veiled_in_history_too(scene: Scene) -> None:
    await scene.fake.say(scene.ann, scene.channel, "secret")
    await scene.place.send("own")
    scene.fake.world.content_switch = False
    assert [message.content async for message in scene.place.history()] == ["own", ""]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"token": "wrong"}, 4004),
        ({"intents": 1 << 40}, 4013),
        ({"intents": None}, 4013),
        ({"properties": {}}, 4002),
        ({"shard": [2, 2]}, 4010),
    ],
)
async def test_a_wrong_identify_is_closed_with_its_code(changes: dict[str, object], code: int) -> None:
    async with FakeDiscord() as fake, aiohttp.ClientSession() as session:
        socket = await connect(fake, session)
        await socket.send_str(identify(fake, **changes))
        assert await closing_code(socket) == code


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (["{"], 4002),
        (['{"op": 99}'], 4001),
        (['{"op": 3, "d": {}}'], 4003),
        (["x" * 5000], 4002),
        (['{"op": 1, "d": null}'] * 121, 4008),
    ],
)
async def test_bad_manners_are_closed_with_their_code(frames: list[str], code: int) -> None:
    async with FakeDiscord() as fake, aiohttp.ClientSession() as session:
        socket = await connect(fake, session)
        for frame in frames:
            await socket.send_str(frame)
        assert await closing_code(socket) == code


async def test_a_second_identify_is_refused() -> None:
    async with FakeDiscord() as fake, aiohttp.ClientSession() as session:
        socket = await connect(fake, session)
        await socket.send_str(identify(fake))
        await socket.send_str(identify(fake))
        assert await closing_code(socket) == 4005


async def test_an_old_version_is_refused() -> None:
    async with FakeDiscord() as fake, aiohttp.ClientSession() as session:
        assert await closing_code(await connect(fake, session, "v=6&encoding=json")) == 4012


async def test_who_does_not_beat_is_dropped() -> None:
    async with FakeDiscord() as fake, aiohttp.ClientSession() as session:
        fake.rules.heartbeat_s = 0.02
        socket = await connect(fake, session)
        await socket.send_str(identify(fake))
        assert await closing_code(socket) == 4009


async def test_who_beats_stays() -> None:
    async with FakeDiscord() as fake:
        fake.rules.heartbeat_s = 0.05
        async with running(fake) as bot:
            await asyncio.sleep(0.2)
            assert fake.gateway.closed == []
            assert bot.latency < 1


@pytest.mark.parametrize("trouble", ["close", "cut", "op 7", "op 9"])
async def test_a_resumed_session_misses_nothing_and_repeats_nothing(scene: Scene, trouble: str) -> None:
    fake = scene.fake
    await scene.mention("before")
    match trouble:
        case "close":
            await fake.disconnect(4000)
        case "cut":
            await fake.cut()
        case "op 7":
            await fake.ask_to_reconnect()
        case _:
            await fake.invalidate(resumable=True)
    await fake.say(scene.ann, scene.channel, "during")
    await fake.until(lambda: "resumed" in scene.bot.connects, 10)
    await fake.say(scene.ann, scene.channel, "after")
    await fake.until(lambda: len(scene.bot.messages) >= 3)
    assert [text.split()[-1] for text in scene.bot.heard] == ["before", "during", "after"]
    assert (fake.gateway.identifies, fake.gateway.resumes) == (1, 1)


async def test_a_lost_session_means_lost_events(scene: Scene) -> None:
    fake = scene.fake
    await fake.disconnect(resumable=False)
    await fake.say(scene.ann, scene.channel, "lost")
    await fake.until(lambda: scene.bot.connects.count("ready") == 2, 20)
    await fake.say(scene.ann, scene.channel, "found")
    await fake.until(lambda: bool(scene.bot.messages))
    assert scene.bot.heard == ["found"]
    assert fake.gateway.identifies == 2


@pytest.mark.parametrize(("code", "kept"), [(1000, 0), (1001, 0), (4000, 1)])
async def test_a_goodbye_ends_the_session_and_any_other_code_keeps_it(code: int, kept: int) -> None:
    async with FakeDiscord() as fake, aiohttp.ClientSession() as session:
        socket = await connect(fake, session)
        await socket.send_str(identify(fake))
        await fake.until(lambda: len(fake.hub.sessions) == 1)
        await socket.close(code=code)
        await fake.until(lambda: not fake.gateway.connections)
        assert len(fake.hub.sessions) == kept


async def test_a_session_can_be_resumed_for_minutes_only(scene: Scene) -> None:
    fake = scene.fake
    await fake.refuse_connections()
    await fake.cut()
    await fake.until(lambda: fake.connected == 0)
    fake.clock.skip(200)
    await fake.say(scene.ann, scene.channel, "lost")
    await fake.accept_connections()
    await fake.until(lambda: scene.bot.connects == ["ready", "ready"], 20)
    assert scene.bot.heard == []
    assert (fake.connected, len(fake.hub.sessions)) == (1, 1)


async def test_a_sequence_from_the_future_is_refused(scene: Scene) -> None:
    session_id = next(iter(scene.fake.hub.sessions))
    async with aiohttp.ClientSession() as session:
        socket = await connect(scene.fake, session)
        resume = {"op": 6, "d": {"token": scene.fake.token, "session_id": session_id, "seq": 999}}
        await socket.send_str(json.dumps(resume))
        assert await closing_code(socket) == 4007


async def test_a_closed_door_opens_again(scene: Scene) -> None:
    fake = scene.fake
    await fake.refuse_connections()
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(f"{fake.base_url}/api/v10/gateway")
    await fake.cut()
    await fake.say(scene.ann, scene.channel, "meanwhile")
    await fake.accept_connections()
    await fake.until(lambda: bool(scene.bot.messages), 20)
    assert scene.bot.connects == ["ready", "resumed"]


async def test_shards_hear_their_own_guilds_only() -> None:
    async with FakeDiscord(limits=Limits(enabled=False)) as fake, aiohttp.ClientSession() as session:
        guild = fake.guild()
        mine, count = (guild.id >> 22) % 2, 2
        heard = {}
        for number in range(count):
            socket = await connect(fake, session)
            await socket.send_str(identify(fake, shard=[number, count]))
            frames = [await socket.receive_json(timeout=5) for _ in range(2 + (number == mine))]
            heard[number] = [frame["t"] for frame in frames]
        assert heard[mine] == [None, "READY", "GUILD_CREATE"]
        assert heard[1 - mine] == [None, "READY"]
