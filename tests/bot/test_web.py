"""Health as a probe sees it, over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from starlette.responses import PlainTextResponse

from bot.contract import AsgiApp
from bot.errors import SettingsError
from bot.store import Store
from bot.web import application, listener, server, serving
from tests.fakes.platform import FakePlatform


class WebPlatform(FakePlatform):
    """A platform with a web side that says its path."""

    @property
    def web(self) -> AsgiApp | None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await PlainTextResponse(scope["path"])(scope, receive, send)

        return app


@asynccontextmanager
async def served(store: Store, states: Mapping[str, str]) -> AsyncIterator[str]:
    web = server(application(store, [WebPlatform()], lambda: states))
    socket = listener("127.0.0.1", 0)
    serving = asyncio.create_task(web.serve([socket]))
    for _ in range(200):
        if web.started:
            break
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        web.should_exit = True
        await serving


async def probe(url: str) -> tuple[int, str]:
    async with ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ({"slack": "listening", "discord": "down"}, 200),
        ({"slack": "starting"}, 200),
        ({"slack": "down", "discord": "down"}, 503),
    ],
)
async def test_health_is_good_while_one_platform_is_up(store: Store, states: dict[str, str], status: int) -> None:
    async with served(store, states) as url:
        found, text = await probe(f"{url}/healthz")
    assert found == status
    assert all(f'"{name}":"{state}"' in text for name, state in states.items())


async def test_health_is_bad_when_the_store_does_not_answer(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path / 'gone.db'}")
    await store.close()
    async with served(store, {"slack": "listening"}) as url:
        status, text = await probe(f"{url}/healthz")
    assert status == 503
    assert '"store":"down"' in text


async def test_a_platforms_web_side_lies_under_its_name(store: Store) -> None:
    async with served(store, {}) as url:
        status, text = await probe(f"{url}/fake/events")
        missing, _ = await probe(f"{url}/nothing")
    assert (status, text) == (200, "/fake/events")
    assert missing == 404


def test_a_port_that_is_taken_is_a_wrong_setting() -> None:
    with listener("127.0.0.1", 0) as taken, pytest.raises(SettingsError, match=r"BOT_HTTP_PORT: .*in use"):
        listener("127.0.0.1", taken.getsockname()[1])


async def test_a_platform_in_http_mode_without_a_port_stops_the_start(store: Store) -> None:
    with pytest.raises(SettingsError, match="BOT_HTTP_PORT: is not set; fake is in HTTP mode"):
        async with serving("127.0.0.1", None, store, [WebPlatform()], dict):
            raise AssertionError("it has started")


async def test_without_a_port_nothing_listens_and_all_else_runs(store: Store) -> None:
    async with serving("127.0.0.1", None, store, [FakePlatform()], dict):
        pass
