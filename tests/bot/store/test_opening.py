"""Opening a database: what is made, what is refused, and with which words."""

import asyncio
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.errors import SettingsError
from bot.store import Store, sqlite
from bot.store.database import connect
from tests.bot.store.builders import CHANNEL, LIMIT, exchange, said, spoken
from tests.postgres import PostgresServer

_HOLD = """
import asyncio, sys
from bot.store import Store

async def hold():
    async with await Store.open(sys.argv[1]):
        print("held", flush=True)
        sys.stdin.read()

asyncio.run(hold())
"""


def _scalar(connection: Connection, statement: str) -> object:
    return connection.exec_driver_sql(statement).scalar()


def _url(path: Path) -> str:
    return f"sqlite:///{path}"


async def test_a_new_file_is_made_with_its_folder_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deeper" / "parley.db"
    async with await Store.open(_url(path)) as store:
        await store.ready()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_what_was_written_is_there_after_a_restart(database_url: str) -> None:
    async with await Store.open(database_url) as store:
        conversation = await exchange(store, said("1", "One"), "1")
    async with await Store.open(database_url) as store:
        assert await store.find(CHANNEL) == conversation
        assert spoken(await store.window(conversation, LIMIT)) == ["user: One", "assistant: 1"]


async def test_a_healthy_database_is_ready(store: Store) -> None:
    await store.ready()


async def test_the_file_is_written_so_that_a_commit_outlives_a_power_cut(tmp_path: Path) -> None:
    database = await connect(_url(tmp_path / "parley.db"))
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    for pragma, value in wanted.items():
        assert await database.tx_relaxed(_scalar, "SELECT 1") == 1
        assert await database.tx(_scalar, f"PRAGMA {pragma}") == value
    await database.close()


async def test_a_failed_transaction_leaves_nothing_behind(database_url: str) -> None:
    database = await connect(database_url)

    def half(connection: Connection) -> None:
        connection.exec_driver_sql("INSERT INTO lesson (model, field, remedy) VALUES ('m', 'f', 'drop')")
        raise ValueError("half-way")

    with pytest.raises(ValueError, match="half-way"):
        await database.tx(half)
    assert await database.read(_scalar, "SELECT count(*) FROM lesson") == 0
    await database.close()


async def test_the_event_loop_turns_while_the_database_works(tmp_path: Path) -> None:
    database = await connect(_url(tmp_path / "parley.db"))
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT count(*) FROM n"
    work = asyncio.create_task(database.read(_scalar, slow))
    turns = 0
    while not work.done():
        turns += 1
        await asyncio.sleep(0.001)
    assert await work == 200000
    assert turns > 2
    await database.close()


async def test_a_second_process_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    url = _url(tmp_path / "parley.db")
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLD, url, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    with pytest.raises(SettingsError, match=r"^DATABASE_URL: .*parley\.db is in use by another process; stop that"):
        await Store.open(url)
    holder.kill()
    await holder.communicate()
    async with await Store.open(url) as store:
        await store.ready()


async def test_a_second_store_of_the_same_process_is_refused(tmp_path: Path) -> None:
    url = _url(tmp_path / "parley.db")
    async with await Store.open(url):
        with pytest.raises(SettingsError, match="in use by another process"):
            await Store.open(url)


async def test_a_reader_such_as_a_backup_is_let_in(tmp_path: Path) -> None:
    path = tmp_path / "parley.db"
    async with await Store.open(_url(path)) as store:
        await exchange(store, said("1", "One"), "1")
        with closing(sqlite3.connect(path)) as backup:
            assert backup.execute("SELECT count(*) FROM message").fetchone() == (2,)


async def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError, match=r"^DATABASE_URL: .*parley\.db cannot be written .*; choose a writable"):
        await Store.open(_url(tmp_path / "file" / "parley.db"))


async def test_a_file_that_is_no_database_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ann, " * 100)
    with pytest.raises(SettingsError, match=r"letter\.txt: file is not a database"):
        await Store.open(_url(path))
    assert path.read_text().startswith("Dear Ann")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://host/parley.db"])
async def test_an_address_without_a_file_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="names no file"):
        await Store.open(url)


@pytest.mark.parametrize("url", ["", "parley.db", "mysql://root:hunter2@db/x", "postgresql+asyncpg://u:hunter2@db/x"])
async def test_an_address_of_another_kind_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^DATABASE_URL: is no address .*; write sqlite:///PATH or") as caught:
        await Store.open(url)
    assert "hunter2" not in str(caught.value)


async def test_a_server_that_does_not_answer_is_named_without_the_password() -> None:
    with pytest.raises(SettingsError, match=r"^DATABASE_URL: PostgreSQL cannot be used .*refused") as caught:
        await Store.open("postgresql://parley:hunter2@127.0.0.1:1/parley")
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_missing_driver_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bot.store.postgres", None)
    with pytest.raises(SettingsError, match=r"needs its driver; pip install 'parley-bot\[postgres\]'"):
        await Store.open("postgresql://parley@127.0.0.1/parley")


async def test_a_server_that_was_restarted_is_found_again(postgres: PostgresServer, postgres_url: str) -> None:
    async with await Store.open(postgres_url) as store:
        await store.ready()
        postgres.cut(postgres_url)
        await store.ready()


async def test_sqlite_pays_for_neither_postgresql_nor_migrations(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "parley.db"
    shutil.copy(sqlite_template, path)
    code = _HOLD.replace("sys.stdin.read()", "print({'alembic', 'psycopg', 'greenlet'} & {*sys.modules})")
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, _url(path), stdout=subprocess.PIPE)
    output, _ = await process.communicate()
    assert output.decode().split("\n")[:2] == ["held", "set()"]


async def test_a_file_that_another_program_has_locked_is_said_to_be_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_PRAGMAS", ("PRAGMA busy_timeout = 10", *sqlite._PRAGMAS[1:]))
    path = tmp_path / "parley.db"
    async with await Store.open(_url(path)):
        pass
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SettingsError, match="database is locked; end what uses it, or choose another file"):
            await Store.open(_url(path))
