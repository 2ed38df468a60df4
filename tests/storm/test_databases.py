"""The troubles of the databases really keep others from writing, and end."""

import asyncio
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.postgres import PostgresServer
from tests.storm.databases import Postgres, Sqlite, keep_commits
from tests.storm.plan import Trouble

WRITES = """
import pathlib, sys
for line in sys.stdin:
    try:
        pathlib.Path("file").write_text("some words")
        print("written", flush=True)
    except OSError:
        print("refused", flush=True)
"""


def _write(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS t (x)")
        connection.commit()


async def test_nobody_writes_into_a_locked_file_until_it_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "parley.db"
    _write(path)
    locking = asyncio.create_task(Sqlite(tmp_path).lock(0.2))
    await asyncio.sleep(0.05)
    with (
        closing(sqlite3.connect(path, timeout=0)) as connection,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        connection.execute("DROP TABLE t")
    await locking
    _write(path)


async def test_a_process_without_room_cannot_write_a_file_and_later_can(tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WRITES), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=tmp_path
    )
    assert child.stdin is not None
    assert child.stdout is not None
    filling = asyncio.create_task(Sqlite(tmp_path).fill(0.3, [child.pid]))
    await asyncio.sleep(0.1)
    child.stdin.write(b"\n")
    assert await child.stdout.readline() == b"refused\n"
    await filling
    child.stdin.write(b"\n")
    assert await child.stdout.readline() == b"written\n"
    child.stdin.close()
    await child.wait()


async def test_on_postgresql_the_table_of_turns_can_be_held_and_connections_be_cut(postgres_url: str) -> None:
    server = PostgresServer.__new__(PostgresServer)  # cutting needs the address alone
    database = Postgres(server, postgres_url)
    locking = asyncio.create_task(database.lock(0.2))
    await asyncio.sleep(0.1)
    async with await psycopg.AsyncConnection.connect(postgres_url) as connection:
        await connection.execute("SET lock_timeout = '10ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await connection.execute("SELECT 1 FROM turn")
    await locking
    async with await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as connection:
        await database.cut()
        with pytest.raises(psycopg.OperationalError):
            await connection.execute("SELECT 1")


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that may suffer."""
    server = PostgresServer.start()
    yield server
    server.stop()


async def test_a_server_without_room_cannot_grow_a_table_and_later_can(own_server: PostgresServer) -> None:
    with own_server.database() as name:
        database = Postgres(own_server, own_server.url(name))
        keep_commits(database.url)
        async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as connection:
            await connection.execute("CREATE TABLE t (x text)")
            filling = asyncio.create_task(database.fill(0.3, ()))
            await asyncio.sleep(0.15)
            with pytest.raises(psycopg.Error):
                await connection.execute("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 100)")
            await filling
        async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as connection:
            await connection.execute("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 100)")


def test_every_trouble_is_one_of_some_database() -> None:
    assert Sqlite(Path()).troubles == frozenset(Trouble) - {Trouble.DATABASE_CUT}
    assert Postgres.__dataclass_fields__["troubles"].default == frozenset(Trouble)
