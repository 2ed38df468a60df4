"""Results are fetched from where the gateway says, but the token goes to nobody else, and nobody asks our network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.errors import GatewayBusy, GatewayError, GatewayGarbled, GatewayUnreachable
from bot.gateway import Catalogue, Endpoint, GatewayClient
from bot.gateway.fetching import Fetched
from tests.bot.files.file_host import Names
from tests.bot.gateway.conftest import QUICK, TOKEN, Calling
from tests.bot.gateway.wire_server import Line, Step, WireServer, drop, hang, head, reply

PICTURE = reply(200, b"\x89PNG", "image/png; q=1")


def moved(url: str) -> Step:
    return reply(302, b"", location=url)


async def still(seconds: float) -> None:
    """Wait for nothing."""


@asynccontextmanager
async def knowing(url: str, *hosts: str, names: Names | None = None) -> AsyncIterator[GatewayClient]:
    endpoint = Endpoint(url, TOKEN, {"X-Pass": "a-pass-of-the-operator"}, result_hosts=frozenset(hosts))
    async with GatewayClient(endpoint, Catalogue.load(), QUICK, sleep=still, resolver=names) as client:
        yield client


async def test_the_gateways_own_result_is_fetched_with_the_token(calling: Calling) -> None:
    async with WireServer(PICTURE) as server, calling(server.url) as caller:
        assert await caller.client.fetch(f"{server.url}/f/1.png?sig=1", 100) == Fetched(b"\x89PNG", "image/png")
    assert server.requests[0].path == "/f/1.png?sig=1"
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_another_host_gets_neither_token_nor_the_operators_headers() -> None:
    async with (
        WireServer(PICTURE) as gateway,
        WireServer(PICTURE) as other,
        knowing(gateway.url, other.url.removeprefix("http://")) as client,
    ):
        await client.fetch(f"{other.url}/1.png", 100)
    assert not {"authorization", "x-pass"} & other.requests[0].headers.keys()


async def test_a_redirect_leaves_the_token_behind() -> None:
    async with (
        WireServer(PICTURE) as other,
        WireServer(moved(f"{other.url}/2.png")) as gateway,
        knowing(gateway.url, other.url.removeprefix("http://")) as client,
    ):
        assert (await client.fetch(f"{gateway.url}/1.png", 100)).body == b"\x89PNG"
    assert "authorization" in gateway.requests[0].headers
    assert "authorization" not in other.requests[0].headers


async def test_a_redirect_may_be_relative_but_not_endless(calling: Calling) -> None:
    async with WireServer(moved("/two"), PICTURE) as server, calling(server.url) as caller:
        await caller.client.fetch(f"{server.url}/one", 100)
    assert [seen.path for seen in server.requests] == ["/one", "/two"]
    async with WireServer(moved("/again")) as server, calling(server.url) as caller:
        with pytest.raises(GatewayGarbled):
            await caller.client.fetch(f"{server.url}/again", 100)
    assert len(server.requests) == 5


BAD = [
    "http://example.com/1.png",
    "https://127.0.0.1:1/1.png",
    "https://10.0.0.1/1.png",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/1.png",
    "https://[::ffff:10.0.0.1]/1.png",
    "https://2130706433/1.png",
    "https://127.1/1.png",
    "https://0x7f.1/1.png",
    "https://127.0.0.1./1.png",
    "https://168.63.129.16/1.png",
    "https://[64:ff9b::a9fe:a9fe]/1.png",
    "https://localhost/1.png",
    "https://user:pass@example.com/1.png",
    "ftp://example.com/1.png",
    "file:///etc/passwd",
    "data:image/png;base64,AAAA",
    "//x",
    "",
    "https://",
    "http://[",
    "https://" + "a" * 70 + ".com/",
]


@pytest.mark.parametrize("url", BAD)
async def test_no_address_reaches_into_our_network_or_goes_unencrypted(calling: Calling, url: str) -> None:
    async with calling("http://gateway.invalid") as caller:
        with pytest.raises(GatewayGarbled):
            await caller.client.fetch(url, 100)
    assert caller.waits == []


async def test_a_name_that_leads_into_our_network_is_found_out_on_connecting() -> None:
    names = Names(["127.0.0.1", "10.0.0.1"])
    async with WireServer(PICTURE) as server, knowing("http://gateway.invalid", names=names) as client:
        with pytest.raises(GatewayGarbled, match="private network"):
            await client.fetch(f"https://cdn.example:{server.url.rpartition(':')[2]}/1.png", 100)
    assert names.asked == ["cdn.example"]
    assert server.requests == []


@pytest.mark.parametrize("url", ["http://127.0.0.2:1/x", "https://10.0.0.1/x", "file:///etc/passwd"])
async def test_no_redirect_does_either(calling: Calling, url: str) -> None:
    async with WireServer(moved(url)) as server, calling(server.url) as caller:
        with pytest.raises(GatewayGarbled):
            await caller.client.fetch(f"{server.url}/1.png", 100)
    assert len(server.requests) == 1


@pytest.mark.parametrize("failing", [reply(500, {}), reply(404, {}), hang, drop, reply(200, b"")])
async def test_no_error_names_the_address(calling: Calling, caplog: pytest.LogCaptureFixture, failing: Step) -> None:
    async with WireServer(failing) as server, calling(server.url) as caller:
        with pytest.raises(GatewayError) as raised:
            await caller.client.fetch(f"{server.url}/hidden-name?sig=secret", 100, 0.1)
    assert "hidden-name" not in f"{raised.value} {caplog.text}"
    assert server.url not in f"{raised.value} {caplog.text}"


@pytest.mark.parametrize(
    ("failing", "error", "tries"),
    [
        (reply(500, {}), GatewayBusy, 3),
        (hang, GatewayUnreachable, 3),
        (reply(404, {}), GatewayGarbled, 1),
        (reply(403, {}), GatewayGarbled, 1),
        (reply(200, b""), GatewayGarbled, 1),
    ],
)
async def test_only_what_may_pass_is_tried_again(
    calling: Calling, failing: Step, error: type[GatewayError], tries: int
) -> None:
    async with WireServer(failing) as server, calling(server.url) as caller:
        with pytest.raises(error):
            await caller.client.fetch(f"{server.url}/1.png", 100, 0.2)
    assert len(server.requests) == tries


async def test_a_result_without_end_is_left(calling: Calling) -> None:
    async def endless(line: Line) -> None:
        await line.write(head(200, "image/png", {}))
        while True:
            await line.write(b"x" * 65536)

    async with WireServer(endless) as server, calling(server.url) as caller:
        with pytest.raises(GatewayGarbled, match="without end"):
            await caller.client.fetch(f"{server.url}/1.png", 100_000)
    assert len(server.requests) == 1
