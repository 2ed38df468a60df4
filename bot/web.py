"""The process's own web side: health, and the web sides of the platforms."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route

from bot.contract import Platform
from bot.errors import SettingsError
from bot.store import Store

log = logging.getLogger("parley.web")

READY_S = 3.0

States = Callable[[], Mapping[str, str]]
"""The state of each platform by name."""


def application(store: Store, platforms: Sequence[Platform], states: States) -> Starlette:
    """`GET /healthz` (200 while the store answers and some platform is not down), and `/{platform}/…`."""

    async def health(request: Request) -> JSONResponse:
        found, stored = states(), await _ready(store)
        well = stored and any(state != "down" for state in found.values())
        report = {"store": "ready" if stored else "down", "platforms": dict(found)}
        return JSONResponse(report, status_code=200 if well else 503)

    routes: list[BaseRoute] = [Route("/healthz", health)]
    routes += [Mount(f"/{platform.name}", app=platform.web) for platform in platforms if platform.web is not None]
    return Starlette(routes=routes)


async def _ready(store: Store) -> bool:
    try:
        async with asyncio.timeout(READY_S):
            await store.ready()
    except Exception as error:  # the probe's own end: whatever the database raises, the store is not well
        log.warning("store_not_ready reason=%s", type(error).__name__)
        return False
    return True


class Server(uvicorn.Server):
    """Uvicorn without its signal handlers: the program has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signals alone."""
        yield


def listener(host: str, port: int) -> socket.socket:
    """A socket that listens there, made before anything else starts. Raises `SettingsError`."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise SettingsError(
            "BOT_HTTP_PORT", f"{host}:{port} cannot be listened on ({error.strerror})", "choose a free port"
        ) from error


def server(app: Starlette) -> Server:
    """A server for the application; `await server.serve([socket])` runs it until `should_exit` is set."""
    return Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))


@contextlib.asynccontextmanager
async def serving(
    host: str, port: int | None, store: Store, platforms: Sequence[Platform], states: States
) -> AsyncIterator[None]:
    """Health and the web sides of these platforms, where a port is set. Raises `SettingsError`."""
    if port is None:
        needing = [platform.name for platform in platforms if platform.web is not None]
        if needing:
            raise SettingsError(
                "BOT_HTTP_PORT", "is not set", f"{needing[0]} is in HTTP mode and needs a port, as 8080"
            )
        yield
        return
    web = server(application(store, platforms, states))
    with listener(host, port) as socket:
        running = asyncio.create_task(web.serve([socket]))
        try:
            yield
        finally:
            web.should_exit = True
            await running
