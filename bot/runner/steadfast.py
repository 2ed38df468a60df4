"""The queue's connections: they outlive a restart of the server, and do not wait for its disk."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, LiteralString, TypeVar

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException
from procrastinate.sql import queries
from psycopg_pool import PoolTimeout

from bot.runner.local import FIRST_PAUSE_S

log = logging.getLogger("parley.runner")

T = TypeVar("T")

_KEPT, _MOST = 1, 4
"""Connections; each statement of the queue takes a millisecond. Those that listen come on top."""
_CONNECTION = {"connect_timeout": 10, "tcp_user_timeout": 30_000, "application_name": "parley"}


def connector(conninfo: str) -> PsycopgConnector:
    """For one process; not connected yet."""
    return _Steadfast(conninfo=conninfo, kwargs=_CONNECTION, min_size=_KEPT, max_size=_MOST, configure=_configure)


class _Steadfast(PsycopgConnector):
    """Outlives a restart of the server: with the first query that fails, a worker ends and cuts its answers off."""

    async def execute_query_async(self, query: LiteralString, **arguments: object) -> None:
        """As the library's. A job that is to be deleted may be gone: another process has taken us for dead."""
        try:
            await twice(partial(super().execute_query_async, query, **arguments))
        except ConnectorException as error:
            if query != queries["finish_job"] or not isinstance(error.__cause__, psycopg.errors.RaiseException):
                raise
            log.info("job_gone job=%s", arguments.get("job_id"))

    async def execute_query_one_async(self, query: LiteralString, **arguments: object) -> dict[str, Any]:
        """As the library's."""
        return await twice(partial(super().execute_query_one_async, query, **arguments))

    async def execute_query_all_async(self, query: LiteralString, **arguments: object) -> list[dict[str, Any]]:
        """As the library's."""
        return await twice(partial(super().execute_query_all_async, query, **arguments))

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """As the library's. While nobody can listen, looking into the queue now and then has to do."""
        while True:
            try:
                await super().listen_notify(on_notification, channels)
            except ConnectorException as error:
                log.warning("listener_lost reason=%s", type(error.__cause__).__name__)
                await asyncio.sleep(FIRST_PAUSE_S)


async def twice(query: Callable[[], Awaitable[T]]) -> T:
    """Once more where the connection was lost in the middle; the pool waits for one that holds.

    What was done all the same, unheard, does no harm: a job that nobody does is handed back.
    """
    try:
        return await query()
    except ConnectorException as error:
        lost = isinstance(error.__cause__, psycopg.OperationalError) and not isinstance(error.__cause__, PoolTimeout)
        if not lost:
            raise
        return await query()


async def _configure(connection: psycopg.AsyncConnection) -> None:
    """What the queue writes may be lost in a crash of the server: it is made anew from the turns."""
    await connection.set_autocommit(True)
    await connection.execute("SET synchronous_commit TO off")
