"""A workspace with two people, the real Web client, and a real Bolt app on its sockets."""

from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import FakeSlack
from tests.fakes.slack.values import Json
from tests.fakes.test_slack_fake.places import ANN, BOB, DIRECT, FOREIGN, GENERAL, PRIVATE, Heard


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    """The fake, with a channel of each sort and one without the bot."""
    async with FakeSlack() as fake:
        fake.user(ANN, "Ann", locale="zh-CN")
        fake.user(BOB, "Bob")
        fake.channel(GENERAL, members=[ANN, BOB])
        fake.channel(PRIVATE, "group", [ANN], bot=False)
        fake.channel(DIRECT, "im", [ANN])
        fake.channel(FOREIGN, members=[ANN], bot=False)
        yield fake


@pytest.fixture
async def web(slack: FakeSlack) -> AsyncIterator[AsyncWebClient]:
    """The real client with the bot's token."""
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session)


@pytest.fixture
def heard() -> Heard:
    """What the app of this test has heard."""
    return Heard()


@pytest.fixture
def app(slack: FakeSlack, web: AsyncWebClient, heard: Heard) -> AsyncApp:
    """A Bolt app that writes down every event, its own echoes too, and acknowledges `/ask`."""
    bolt = AsyncApp(client=web, signing_secret=slack.signing_secret, ignoring_self_events_enabled=False)

    async def event(body: Json, request: AsyncBoltRequest) -> None:
        heard.bodies.append(body)
        heard.retries.append(request.headers.get("x-slack-retry-num", [""])[0])
        slack.workspace.changes.notify()

    async def ask(ack: AsyncAck, body: Json) -> None:
        heard.commands.append(body)
        await ack("On it")

    for kind in ("message", "app_mention", "agent_session_stopped"):
        bolt.event(kind)(event)
    bolt.command("/ask")(ask)
    return bolt


Connect = Callable[[], Awaitable[AsyncSocketModeHandler]]


@pytest.fixture
async def connect(slack: FakeSlack, app: AsyncApp) -> AsyncIterator[Connect]:
    """Opens one more socket; all are closed at the end."""
    handlers: list[AsyncSocketModeHandler] = []

    async def one() -> AsyncSocketModeHandler:
        handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=0.1)
        handlers.append(handler)
        await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it unannotated
        await slack.connected(len(handlers))
        return handler

    yield one
    for handler in handlers:
        await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt leaves it unannotated
