"""Socket Mode over two sockets, so that one is open while Slack renews the other.

The SDK closes an old socket before it opens the next. Events of that gap are delivered again, slash commands are
not (https://docs.slack.dev/apis/events-api/using-socket-mode).
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.slack.faults import FAILURES, word_for
from adapters.slack.fixes import platform_error
from adapters.slack.gaps import Gaps, Missed
from adapters.slack.intake import Flights
from adapters.slack.timing import Timing
from bot.errors import PlatformError

log = logging.getLogger("parley.slack")

SOCKETS = 2


class _Socket(AsyncSocketModeHandler):
    """One socket whose requests are counted while they are under way."""

    def __init__(self, app: AsyncApp, app_token: str, flights: Flights, ping_s: float) -> None:
        super().__init__(app, app_token, ping_interval=ping_s)
        self._flights = flights

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # as in the SDK
        async with self._flights:
            await super().handle(client, req)


@asynccontextmanager
async def opened(
    app: AsyncApp, app_token: str, flights: Flights, timing: Timing
) -> AsyncIterator[list[SocketModeClient]]:
    """Both sockets, connected; closed with all their tasks at the end. Raises `PlatformError`."""
    sockets = [_Socket(app, app_token, flights, timing.ping_s) for _ in range(SOCKETS)]
    try:
        for socket in sockets:
            await _connect(socket, timing)
        yield [socket.client for socket in sockets]
    finally:
        await flights.landed(timing.drain_s)
        for socket in sockets:
            await _close(socket.client)


async def watch(clients: list[SocketModeClient], missed: Missed, timing: Timing) -> None:
    """Tells of gaps that are over; ends with `PlatformError` when no socket has been open for long.

    The SDK reconnects by itself, but keeps trying a used-up address once its first attempt at it failed.
    """
    gaps, alone = Gaps(clients), 0.0
    while alone < timing.deaf_s:
        await asyncio.sleep(timing.watch_s)
        if await gaps.over():
            log.info("slack_gap_over")
            await missed.tell()
        alone = alone + timing.watch_s if gaps.deaf else 0.0
    raise PlatformError("no socket to Slack", "look at this machine's network; it is tried again")


async def _connect(socket: _Socket, timing: Timing) -> None:
    try:
        async with asyncio.timeout(timing.connect_s):
            # Left to itself the SDK would try a refused token for ever; asked first, it says what is wrong.
            socket.client.wss_uri = await socket.client.issue_new_wss_url()
            await socket.connect_async()  # type: ignore[no-untyped-call]  # bare in the SDK
    except FAILURES as error:
        raise platform_error(word_for(error), "SLACK_APP_TOKEN") from error


async def _close(client: SocketModeClient) -> None:
    await client.close()  # type: ignore[no-untyped-call]  # bare in the SDK
    # `close` only asks its tasks to end.
    tasks = (client.message_processor, client.current_session_monitor, client.message_receiver)
    await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)
