"""Something between us and Slack answers in its place: a proxy, a captive portal."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from adapters.slack.platform import SlackPlatform
from bot.contract import Post
from bot.errors import ChannelBusy, ChannelError, PlatformError
from tests.adapters.host import FakeHost
from tests.adapters.slack.conftest import COMMANDS, DIRECT, FAST, Ear, origin_at, settings_for
from tests.fakes.slack import FakeSlack


@pytest.fixture(params=["text/plain", "text/html", "application/json"])
async def portal(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A server that says 200 and something that is no answer of Slack's; its address."""

    async def welcome(_: web.Request) -> web.Response:
        return web.Response(text="Welcome to our network", content_type=request.param)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", welcome)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    await runner.cleanup()


async def test_a_portal_is_busy_where_a_repeat_does_no_harm(slack: FakeSlack, portal: str) -> None:
    settings = settings_for(slack).model_copy(update={"api_url": portal})
    async with SlackPlatform(FakeHost(), settings, FAST) as platform:
        channel = platform.open(origin_at(slack, "C0ROOM", "1700000000.000100"))
        with pytest.raises(ChannelBusy):
            await channel.notify("hello")
        with pytest.raises(ChannelBusy):
            await platform.read(origin_at(slack, DIRECT, None).address, None, 5)
        with pytest.raises(PlatformError) as raised:
            await platform.listen(Ear(), COMMANDS)
    assert "SLACK_API_URL" in raised.value.fix


async def test_a_post_to_a_portal_is_not_taken_for_sent(slack: FakeSlack, portal: str) -> None:
    settings = settings_for(slack).model_copy(update={"api_url": portal})
    async with SlackPlatform(FakeHost(), settings, FAST) as platform:
        with pytest.raises(ChannelError):
            await platform.open(origin_at(slack, DIRECT, None)).send(Post("hello", final=True, key="k-0"))
