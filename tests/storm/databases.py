"""The two databases of a storm, and what can happen to each of them."""

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg.sql import SQL, Identifier

from tests.postgres import PostgresServer
from tests.process import Program
from tests.storm.plan import Trouble

_BUSY_S = 5.0
_USER = "nobody" if os.geteuid() == 0 else None
"""Whose processes the server's are; not even root may limit another's everywhere."""
_NOTHING = 1
"""Bytes of a file that can still be written: none that matters."""


class Database(Protocol):
    """One database under the bot. `processes` is how many bots share it."""

    @property
    def name(self) -> str: ...

    @property
    def url(self) -> str: ...

    @property
    def processes(self) -> int: ...

    @property
    def troubles(self) -> frozenset[Trouble]: ...

    async def lock(self, seconds: float) -> None:
        """Let somebody else hold it for so long, so that nobody can write."""
        ...

    async def fill(self, seconds: float, bots: Sequence[int]) -> None:
        """No file grows for so long, neither the database's nor the bots' (their process ids)."""
        ...

    async def cut(self) -> None:
        """Close every connection from the other side."""
        ...


@dataclass(slots=True)
class Sqlite:
    """One file, one bot. A full disk is the bot's own limit on the size of files: every write to one fails."""

    folder: Path
    name: str = "sqlite"
    processes: int = 1
    troubles: frozenset[Trouble] = frozenset(Trouble) - {Trouble.DATABASE_CUT}

    @property
    def url(self) -> str:
        """The address of the file."""
        return f"sqlite:///{self.folder / 'parley.db'}"

    async def lock(self, seconds: float) -> None:
        """Hold the write lock from a connection of our own, as a backup or a curious operator does."""
        path = self.folder / "parley.db"
        with closing(sqlite3.connect(path, _BUSY_S, isolation_level=None, check_same_thread=False)) as other:
            await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
            await asyncio.sleep(seconds)
            other.execute("ROLLBACK")

    async def fill(self, seconds: float, bots: Sequence[int]) -> None:
        """Keep the bot from writing; SQLite and the kernel see a write that fails."""
        await _without_room(seconds, bots)

    async def cut(self) -> None:
        """There is no connection to cut."""


@dataclass(slots=True)
class Postgres:
    """A server of our own and two bots. A full disk is the same limit on every process of the server: no table
    grows, and a backend that cannot write its log takes the server down, which then recovers by itself.
    """

    server: PostgresServer
    url: str
    name: str = "postgres"
    processes: int = 2
    troubles: frozenset[Trouble] = frozenset(Trouble)

    async def lock(self, seconds: float) -> None:
        """Hold the table of turns from a connection of our own, as a migration does."""
        with suppress(psycopg.Error):  # the server may be out of room or away at that very moment
            connection = await psycopg.AsyncConnection.connect(self.url)
            async with connection:
                await connection.execute("SET lock_timeout = '5s'")
                await connection.execute("LOCK TABLE turn IN ACCESS EXCLUSIVE MODE")
                await asyncio.sleep(seconds)

    async def fill(self, seconds: float, bots: Sequence[int]) -> None:
        """Keep the server from writing."""
        with suppress(psycopg.Error):
            await _without_room(seconds, await asyncio.to_thread(self._processes), _USER)

    async def cut(self) -> None:
        """As a restart of the server does."""
        with suppress(psycopg.Error):
            await asyncio.to_thread(self.server.cut, self.url)

    def _processes(self) -> list[int]:
        with closing(psycopg.connect(self.url)) as connection:
            return [row[0] for row in connection.execute("SELECT pid FROM pg_stat_activity")]


@asynccontextmanager
async def opened(name: str, folder: Path) -> AsyncIterator[Database]:
    """A new database with the newest schema."""
    if name == "sqlite":
        yield Sqlite(folder)
        return
    server = await asyncio.to_thread(PostgresServer.start)
    try:
        with server.database() as database:
            url = server.url(database)
            keep_commits(url)
            async with Program("db", "upgrade", environment={"DATABASE_URL": url}, folder=folder) as upgrading:
                assert await upgrading.process.wait() == 0, upgrading.errors
            yield Postgres(server, url)
    finally:
        await asyncio.to_thread(server.stop)


def keep_commits(url: str) -> None:
    """Let a commit be one: the tests' server is set up to forget the last ones where it falls."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        name = Identifier(connection.info.dbname)
        connection.execute(SQL("ALTER DATABASE {} SET synchronous_commit = on").format(name))


async def _without_room(seconds: float, processes: Sequence[int], user: str | None = None) -> None:
    """The soft limit on a file's size, which may be set by the user whose processes they are."""
    await asyncio.to_thread(_limit, processes, _NOTHING, user)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(_limit, processes, "unlimited", user)


def _limit(processes: Sequence[int], size: int | str, user: str | None) -> None:
    for process in processes:  # one that has gone meanwhile is left out
        subprocess.run(("prlimit", f"--pid={process}", f"--fsize={size}:"), user=user, capture_output=True, check=False)
