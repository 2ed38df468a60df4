"""Rate limits, the ban, and failures to order."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import discord
import pytest

from tests.fakes.discord import EDIT, SEND, TYPING, Call, FakeDiscord, Limits, MessageKind
from tests.fakes.discord_bot import Bot, running
from tests.fakes.test_discord_fake.conftest import Scene

ME = "GET /users/@me"


def calls(fake: FakeDiscord, route: str) -> list[Call]:
    """The calls of a route."""
    return [call for call in fake.calls if call.route == route]


@pytest.fixture
async def quick() -> AsyncIterator[tuple[FakeDiscord, Bot]]:
    """A fake with its limits on and a clock twenty times as fast."""
    async with FakeDiscord(speed=20) as fake:
        fake.guild()
        async with running(fake) as bot:
            yield fake, bot


async def test_the_library_paces_edits_by_the_headers(quick: tuple[FakeDiscord, Bot]) -> None:
    fake, bot = quick
    channel = fake.channel(next(iter(fake.world.guilds.values())))
    sent = await bot.get_partial_messageable(channel.id).send("0")
    await asyncio.gather(*(sent.edit(content=str(number)) for number in range(12)))
    edits = calls(fake, EDIT)
    assert [call.status for call in edits] == [200] * 12
    assert 0.45 < edits[-1].at - edits[0].at < 2


async def test_a_full_bucket_refuses_and_says_when(quick: tuple[FakeDiscord, Bot]) -> None:
    fake, _ = quick
    channel = fake.channel(next(iter(fake.world.guilds.values())))
    headers = {"Authorization": f"Bot {fake.token}", "User-Agent": "DiscordBot (test, 1)"}
    async with aiohttp.ClientSession(headers=headers) as session:
        url = f"{fake.base_url}/api/v10/channels/{channel.id}/messages"
        answers = [await session.post(url, json={"content": str(number)}) for number in range(6)]
        last = answers[-1]
        assert [answer.status for answer in answers] == [200] * 5 + [429]
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["4", "3", "2", "1", "0", "0"]
        assert answers[0].headers["Content-Type"] == "application/json"
        assert last.headers["X-RateLimit-Scope"] == "user"
        assert last.headers["Via"]
        body = await last.json()
        assert 0 < body["retry_after"] <= 5 / 20
        assert body["global"] is False
    assert len(channel.messages) == 5


async def test_channels_have_buckets_of_their_own(quick: tuple[FakeDiscord, Bot]) -> None:
    fake, bot = quick
    guild = next(iter(fake.world.guilds.values()))
    channels = [fake.channel(guild, f"c{number}") for number in range(4)]
    for channel in channels:
        for number in range(4):
            await bot.get_partial_messageable(channel.id).send(str(number))
    assert {call.status for call in calls(fake, SEND)} == {200}


async def test_the_51st_call_of_a_second_is_refused_globally() -> None:
    async with FakeDiscord() as fake:
        headers = {"Authorization": f"Bot {fake.token}", "User-Agent": "DiscordBot (test, 1)"}
        async with aiohttp.ClientSession(headers=headers) as session:
            url = f"{fake.base_url}/api/v10"
            answers = await asyncio.gather(*(session.get(f"{url}/users/@me") for _ in range(51)))
            refused = [answer for answer in answers if answer.status == 429]
            assert len(refused) == 1
            assert refused[0].headers["X-RateLimit-Global"] == "true"
            assert (await refused[0].json())["global"] is True
            callback = await session.post(f"{url}/interactions/1/x/callback", json={"type": 5})
            assert callback.status == 404


async def test_too_many_invalid_calls_end_in_a_ban_without_via() -> None:
    async with FakeDiscord(limits=Limits(invalid_calls=5)) as fake, aiohttp.ClientSession() as session:
        url = f"{fake.base_url}/api/v10/users/@me"
        answers = [await session.get(url) for _ in range(6)]
        assert [answer.status for answer in answers] == [401] * 5 + [429]
        assert "Via" not in answers[-1].headers
        assert answers[-1].content_type == "text/html"
        fake.clock.skip(3600)
        assert (await session.get(url)).status == 401


async def test_shared_limits_do_not_count_towards_the_ban(scene: Scene) -> None:
    scene.fake.rate_limit(SEND, 0.01, scope="shared")
    await scene.place.send("in the end")
    assert scene.fake.limiter.invalid_calls == 0
    scene.fake.rate_limit(SEND, 0.01)
    await scene.place.send("again")
    assert scene.fake.limiter.invalid_calls == 1


async def test_the_library_waits_for_discords_429_and_dies_of_cloudflares(scene: Scene) -> None:
    scene.fake.rate_limit(SEND, 0.02)
    await scene.place.send("waited")
    scene.fake.rate_limit(SEND, 0.02, via=False)
    with pytest.raises(discord.HTTPException) as caught:
        await scene.place.send("banned")
    assert caught.value.status == 429
    assert scene.contents() == ["waited"]


async def test_edits_of_old_messages_are_limited_more() -> None:
    async with FakeDiscord() as fake:
        channel = fake.channel(fake.guild())
        async with running(fake) as bot:
            sent = await bot.get_partial_messageable(channel.id).send("old")
            fake.clock.skip(3700)
            bot.http.max_ratelimit_timeout = 30.0
            fake.limits.old_edits = (1, 60.0)
            await sent.edit(content="1")
            with pytest.raises(discord.RateLimited) as caught:
                await sent.edit(content="2")
            assert 55 < caught.value.retry_after <= 60
        assert [call.status for call in calls(fake, EDIT)][-1] == 429


async def test_a_failure_strikes_before_or_after_the_call_took_effect(scene: Scene) -> None:
    scene.fake.fail(SEND, 503)
    with pytest.raises(discord.DiscordServerError):
        await scene.place.send("never came")
    scene.fake.fail(SEND, 503, after_accept=True)
    with pytest.raises(discord.DiscordServerError):
        await scene.place.send("came")
    assert scene.contents() == ["came"]


async def test_a_nonce_makes_a_retry_after_a_lost_answer_harmless(scene: Scene) -> None:
    scene.fake.hang_up(SEND, after_accept=True)
    with pytest.raises(aiohttp.ClientError):
        await scene.place.send("once", nonce="n")
    await scene.place.send("once", nonce="n")
    assert scene.contents() == ["once"]
    assert [call.status for call in calls(scene.fake, SEND)] == [None, 200]


async def test_a_failure_can_be_for_one_channel_and_be_forgiven(scene: Scene) -> None:
    other = scene.fake.channel(scene.guild, "other")
    scene.fake.fail(SEND, 503, channel=other, times=9)
    await scene.place.send("fine")
    scene.fake.forgive()
    await scene.bot.get_partial_messageable(other.id).send("fine too")


async def test_a_slow_route_answers_late(scene: Scene) -> None:
    scene.fake.slow_down(TYPING, 0.05)
    started = asyncio.get_running_loop().time()
    await scene.bot.http.send_typing(scene.channel.id)
    assert asyncio.get_running_loop().time() - started >= 0.05


async def test_a_failure_of_an_unknown_route_cannot_be_ordered(scene: Scene) -> None:
    with pytest.raises(LookupError):
        scene.fake.fail("POST /nowhere", 500)


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "text/plain"}, b"{}", 400),
        ({"Content-Type": "application/json"}, b"{", 400),
        ({"Content-Type": "application/json"}, b"[]", 400),
        ({"Content-Type": "application/json", "Authorization": "Bearer x"}, b"{}", 401),
        ({"Content-Type": "application/json", "User-Agent": "curl"}, b"{}", 403),
    ],
)
async def test_a_careless_request_is_refused(headers: dict[str, str], body: bytes, status: int) -> None:
    async with FakeDiscord() as fake, aiohttp.ClientSession() as session:
        channel = fake.channel(fake.guild())
        good = {"Authorization": f"Bot {fake.token}", "User-Agent": "DiscordBot (test, 1)"}
        url = f"{fake.base_url}/api/v10/channels/{channel.id}/messages"
        answer = await session.post(url, data=body, headers=good | headers)
        assert answer.status == status
        assert answer.headers["Content-Type"] == "application/json"


async def test_every_call_is_kept(scene: Scene) -> None:
    await scene.place.send("look")
    call = calls(scene.fake, SEND)[0]
    assert (call.method, call.ids["channel_id"], call.status) == ("POST", str(scene.channel.id), 200)
    assert call.body["content"] == "look"
    assert len(calls(scene.fake, ME)) == 1
    assert scene.fake.screen(scene.channel)[0].kind is MessageKind.DEFAULT
