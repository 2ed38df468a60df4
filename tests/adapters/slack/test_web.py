"""HTTP mode: signed requests in, junk refused before anything looks at it."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from adapters.slack.platform import SlackPlatform
from adapters.slack.web import MAX_BODY, PATH
from bot.contract import AsgiApp, CommandInvoked, MessageReceived
from tests.adapters.host import FakeHost
from tests.adapters.slack.conftest import ANN, DIRECT, FAST, ROOM, Ear, listening, settings_for
from tests.adapters.slack.payloads import body, message
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.hooks import Hooks, signature


@pytest.fixture
def idle(slack: FakeSlack, host: FakeHost) -> SlackPlatform:
    """In HTTP mode, not entered."""
    return SlackPlatform(host, settings_for(slack, http=True), FAST)


def face(platform: SlackPlatform) -> AsgiApp:
    assert platform.web is not None
    return platform.web


@asynccontextmanager
async def served(app: AsgiApp) -> AsyncIterator[str]:
    """The app on a real server, mounted as the program mounts it; its address."""
    site = Starlette(routes=[Mount("/slack", app=app)])
    server = uvicorn.Server(uvicorn.Config(site, ws="none", lifespan="off", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as door:
        task = asyncio.create_task(server.serve([door]))
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}{PATH}"
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def client(app: AsgiApp) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://parley.example") as http:
        yield http


def signed(slack: FakeSlack, content: bytes, timestamp: str | None = None) -> dict[str, str]:
    stamp = timestamp or str(int(time.time()))
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature(slack.signing_secret, stamp, content),
        "Content-Type": "application/json",
    }


async def ready(slack: FakeSlack, http: httpx.AsyncClient) -> None:
    """Wait until the platform listens: until then even a signed request is answered with 503."""
    content = json.dumps({"type": "url_verification", "challenge": "c"}).encode()
    for _ in range(400):
        if (await http.post(PATH, content=content, headers=signed(slack, content))).status_code == 200:
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never listened")


async def verified(hooks: Hooks) -> None:
    """Wait until the platform answers Slack's question whether the address is its own."""
    for _ in range(400):
        if await hooks.verify():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never answered")


EVENT = json.dumps(body(message("hello", channel=DIRECT))).encode()


async def test_events_and_commands_come_signed_and_are_answered(
    slack: FakeSlack, idle: SlackPlatform, ear: Ear
) -> None:
    async with listening(idle, ear), served(face(idle)) as url:
        await verified(slack.use_http(url))
        await slack.say(ANN, DIRECT, "hello")
        outcome = await slack.command(ANN, ROOM, "/ask", "what is the payload of a rocket?")
        heard = await ear.count(2)
        await slack.until(lambda: slack.idle)
    assert outcome.acked
    assert {type(event) for event in heard} == {MessageReceived, CommandInvoked}
    (command,) = [event for event in heard if isinstance(event, CommandInvoked)]
    assert dict(command.options) == {"question": "what is the payload of a rocket?"}
    assert slack.sockets == 0


async def test_what_could_not_be_committed_is_refused_and_comes_again(
    slack: FakeSlack, idle: SlackPlatform, ear: Ear
) -> None:
    ear.deaf = 1
    async with listening(idle, ear), served(face(idle)) as url:
        await verified(slack.use_http(url))
        await slack.say(ANN, DIRECT, "Do not lose me")
        await ear.count(1)
        await slack.until(lambda: slack.idle)
    assert slack.deliveries[0].attempts == 2


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Signature": "v0=abc"},
        {"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": "v0=abc"},
        {"X-Slack-Request-Timestamp": "1" * 400, "X-Slack-Signature": "v0=abc"},
        {"X-Slack-Request-Timestamp": "", "X-Slack-Signature": ""},
        {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=é"},
    ],
)
async def test_an_unsigned_request_is_refused(
    slack: FakeSlack, idle: SlackPlatform, ear: Ear, headers: dict[str, str]
) -> None:
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    async with listening(idle, ear), client(face(idle)) as http:
        await ready(slack, http)
        assert (await http.post(PATH, content=EVENT, headers=encoded)).status_code == 401
    assert ear.heard == []


async def test_an_old_signature_is_refused(slack: FakeSlack, idle: SlackPlatform, ear: Ear) -> None:
    async with listening(idle, ear), client(face(idle)) as http:
        await ready(slack, http)
        stale = signed(slack, EVENT, str(int(time.time()) - 301))
        assert (await http.post(PATH, content=EVENT, headers=stale)).status_code == 401
        assert (await http.post(PATH, content=EVENT, headers=signed(slack, EVENT))).status_code == 200
    assert len(ear.heard) == 1


@pytest.mark.parametrize("content", [b"{broken", b"\xff\xfe", b""])
async def test_junk_without_a_signature_reaches_no_parser(
    slack: FakeSlack, idle: SlackPlatform, ear: Ear, content: bytes
) -> None:
    async with listening(idle, ear), client(face(idle)) as http:
        await ready(slack, http)
        assert (await http.post(PATH, content=content)).status_code == 401


async def test_a_huge_body_is_refused_while_it_is_read(idle: SlackPlatform, ear: Ear) -> None:
    async with listening(idle, ear), client(face(idle)) as http:
        assert (await http.post(PATH, content=b"x" * (MAX_BODY + 1))).status_code == 413


async def test_other_addresses_and_verbs_are_not_ours(idle: SlackPlatform) -> None:
    async with client(face(idle)) as http:
        assert (await http.post("/slack/install")).status_code == 404
        assert (await http.get(PATH)).status_code == 405


async def test_while_nobody_listens_slack_is_told_to_come_back(slack: FakeSlack, idle: SlackPlatform, ear: Ear) -> None:
    async with client(face(idle)) as http:
        assert (await http.post(PATH, content=EVENT, headers=signed(slack, EVENT))).status_code == 503
        async with listening(idle, ear):
            await ready(slack, http)
            assert (await http.post(PATH, content=EVENT, headers=signed(slack, EVENT))).status_code == 200
        assert (await http.post(PATH, content=EVENT, headers=signed(slack, EVENT))).status_code == 503


async def test_a_prefix_that_was_cut_off_does_not_matter(slack: FakeSlack, idle: SlackPlatform, ear: Ear) -> None:
    async with listening(idle, ear), client(face(idle)) as http:
        await ready(slack, http)
        assert (await http.post("/events", content=EVENT, headers=signed(slack, EVENT))).status_code == 200
