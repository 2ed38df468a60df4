"""The PostgreSQL side of the store: a small pool of psycopg 3 connections."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import SettingsError
from bot.model import ConversationId
from bot.store.database import Enqueue
from bot.store.pending import Pending

P = ParamSpec("P")
T = TypeVar("T")

_CONNECT_SECONDS = 10
_TRANSACTION_SECONDS = 30
# Transactions last milliseconds, so a few connections serve hundreds of conversations, and several
# processes stay under the server's default of 100.
_KEPT = 5
_EXTRA = 5


class Postgres:
    """A database on a server, shared with other processes."""

    def __init__(self, engine: AsyncEngine, enqueue: Enqueue | None) -> None:
        self._engine = engine
        self._enqueue = enqueue

    @classmethod
    async def open(cls, url: URL, enqueue: Enqueue | None = None) -> Self:
        """Connect once, to know that it works. Raises `SettingsError` when it does not."""
        engine = create_async_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=_KEPT,
            max_overflow=_EXTRA,
            pool_timeout=_CONNECT_SECONDS,
            # A server that was restarted has closed our connections; the ping finds out before an event is lost.
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT_SECONDS},
            hide_parameters=True,  # they hold what people wrote, and an error would carry them into the log
        )
        try:
            async with engine.connect():
                return cls(engine, enqueue)
        except DBAPIError as error:
            await engine.dispose()
            wrong = f"PostgreSQL cannot be used ({_first_line(error)})"
            raise SettingsError("DATABASE_URL", wrong, "correct the address or start the server") from error

    async def tx(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in one transaction. Raises `TimeoutError` when the server does not answer in 30 s."""
        return await self.tx_waking(_nobody, work, *args, **kwargs)

    async def tx_relaxed(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same as `tx`: a server may crash while we live on, and an attempt must not be counted twice."""
        return await self.tx(work, *args, **kwargs)

    async def tx_waking(
        self,
        woken: Callable[[T], ConversationId | None],
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `work` and put down what it has woken, in one transaction."""
        async with asyncio.timeout(_TRANSACTION_SECONDS), self._engine.begin() as connection:
            value = await connection.run_sync(work, *args, **kwargs)
            await self._wake(connection, woken(value))
            return value

    async def tx_early(
        self,
        woken: Callable[[T], ConversationId | None],
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Pending[T]:
        """The same; the commit goes on in a task of its own."""
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(_TRANSACTION_SECONDS):
                connection = await stack.enter_async_context(self._engine.begin())
                value = await connection.run_sync(work, *args, **kwargs)
                await self._wake(connection, woken(value))
            return Pending(value, asyncio.ensure_future(_commit(stack.pop_all())))

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work`, which writes nothing; the same as `tx` here."""
        return await self.tx(work, *args, **kwargs)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def _wake(self, connection: AsyncConnection, conversation: ConversationId | None) -> None:
        if self._enqueue is not None and conversation is not None:
            raw = await connection.get_raw_connection()
            await self._enqueue(raw.driver_connection, conversation)


def _nobody(_: object) -> None:
    """A transaction that opens no turn wakes no conversation."""


async def _commit(transaction: AsyncExitStack) -> None:
    async with asyncio.timeout(_TRANSACTION_SECONDS):
        await transaction.aclose()


def _first_line(error: DBAPIError) -> str:
    """What the driver says first; libpq names user, host and database there, never the password."""
    return next(iter(str(error.orig).splitlines()), type(error.orig).__name__)
