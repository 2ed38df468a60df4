"""The migrations make what the tables say, and a database of another shape is upgraded or refused in clear words."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.errors import SettingsError
from bot.store import Store, schema
from bot.store.database import Database, connect
from bot.store.schema import MIGRATIONS
from bot.store.tables import metadata
from bot.store.upgrade import LOCK
from tests.postgres import PostgresServer

_ROOT = Path(__file__).parents[1]
_POSTGRES_SHAPE = """
SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable FROM information_schema.columns
 WHERE table_schema = 'public'
UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
 WHERE connamespace = 'public'::regnamespace
"""
# Not the text of CREATE TABLE: what ALTER TABLE has added stands elsewhere in it.
_SQLITE_SHAPE = """
SELECT t.name || '.' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk
  FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'
UNION ALL SELECT t.name || '.' || f."from" || ' -> ' || f."table" || '.' || f."to"
  FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'
UNION ALL SELECT t.name || ' ' || i.origin || ' ' || i."unique" || ' ' || group_concat(x.name)
  FROM sqlite_master t JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) x WHERE t.type = 'table'
 GROUP BY t.name, i.name
UNION ALL SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL
"""
_OPEN = """
import asyncio, sys
from bot.store import Store

async def upgrade():
    async with await Store.open(sys.argv[1], upgrade=True) as store:
        await store.ready()

asyncio.run(upgrade())
"""


@pytest.fixture
async def database(empty_url: str) -> AsyncIterator[Database]:
    """A database without any table."""
    opened = await connect(empty_url)
    yield opened
    await opened.close()


async def test_alembic_finds_no_difference_between_migrations_and_tables(database: Database) -> None:
    await database.tx(schema.ensure, upgrade=True)
    assert await database.tx(_differences) == []


async def test_an_upgraded_database_is_the_one_that_the_tables_make(database: Database) -> None:
    await database.tx(metadata.create_all)
    wanted = await database.tx(_shape)
    await database.tx(metadata.drop_all)
    await database.tx(schema.ensure, upgrade=True)
    found = [line for line in await database.tx(_shape) if "alembic_version" not in line]
    assert found == [line for line in wanted if "alembic_version" not in line]
    assert any("WHERE (closed_at IS NULL)" in line or "WHERE closed_at IS NULL" in line for line in found)


async def test_an_upgraded_database_has_the_newest_version_and_a_second_upgrade_does_nothing(
    database: Database,
) -> None:
    assert await database.tx(schema.current) is None
    await database.tx(schema.ensure, upgrade=True)
    assert await database.tx(schema.current) == schema.known()[-1]
    before = await database.tx(_shape)
    await database.tx(schema.ensure, upgrade=True)
    assert await database.tx(_shape) == before


def test_the_versions_are_one_line_and_only_go_forward() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    revisions = list(ScriptDirectory.from_config(config).walk_revisions())
    assert tuple(revision.revision for revision in reversed(revisions)) == schema.known()
    assert not any(revision.is_branch_point or hasattr(revision.module, "downgrade") for revision in revisions)


async def test_a_failed_upgrade_leaves_no_table_behind(database: Database) -> None:
    await database.tx(_run, "CREATE TABLE lesson (model TEXT)")  # in the way of the last table of the first version
    with pytest.raises(Exception, match="lesson"):
        await database.tx(schema.ensure, upgrade=True)
    assert await database.tx(schema.current) is None
    assert not any("conversation" in line for line in await database.tx(_shape))


async def test_sqlite_is_upgraded_at_the_start_and_postgresql_says_what_to_do(empty_url: str) -> None:
    if empty_url.startswith("sqlite"):
        async with await Store.open(empty_url) as store:
            await store.ready()
        return
    with pytest.raises(SettingsError, match=r"^DATABASE_URL: the database's schema is missing.*; run `parley db upg"):
        await Store.open(empty_url)
    async with await Store.open(empty_url, upgrade=True):
        pass
    async with await Store.open(empty_url) as store:
        await store.ready()


async def test_an_older_schema_is_refused_where_it_may_not_be_upgraded(database: Database) -> None:
    await database.tx(schema.ensure, upgrade=True)
    await database.tx(_run, "DELETE FROM alembic_version")
    with pytest.raises(SettingsError, match="run `parley db upgrade`"):
        await database.tx(schema.ensure, upgrade=False)


async def test_a_newer_schema_is_refused_and_left_alone(database: Database, empty_url: str) -> None:
    await database.tx(schema.ensure, upgrade=True)
    await database.tx(_run, "UPDATE alembic_version SET version_num = '9999'")
    await database.close()
    for upgrade in (None, True, False):
        with pytest.raises(SettingsError, match=r"schema 9999 is newer than .* \(\d{4}\); install the newer version"):
            await Store.open(empty_url, upgrade=upgrade)


async def test_processes_that_upgrade_a_server_at_once_take_turns(postgres: PostgresServer) -> None:
    with postgres.database() as name:
        async with await psycopg.AsyncConnection.connect(postgres.url(name)) as other:
            await other.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
            opening = asyncio.create_task(Store.open(postgres.url(name), upgrade=True))
            while not await _somebody_waits(other):  # noqa: ASYNC110 - the server has no event to wait for
                await asyncio.sleep(0.01)
            assert not opening.done()
        await (await opening).close()


def test_an_installed_program_finds_its_migrations(tmp_path: Path) -> None:
    shutil.copytree(_ROOT / "bot", tmp_path / "bot")
    shutil.copytree(_ROOT / "migrations", tmp_path / "bot" / "store" / "migrations")
    url = f"sqlite:///{tmp_path / 'parley.db'}"
    code = f"{_OPEN}\nfrom bot.store import schema\nprint(schema.MIGRATIONS)"
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith("COV")
    }  # the copy is not measured
    ran = subprocess.run(
        [sys.executable, "-c", code, url], cwd=tmp_path, env=plain, check=True, capture_output=True, text=True
    )
    assert ran.stdout.strip() == str(tmp_path / "bot" / "store" / "migrations")


async def _somebody_waits(connection: psycopg.AsyncConnection[tuple[object, ...]]) -> bool:
    waiting = await connection.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    return await waiting.fetchone() is not None


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    return list(compare_metadata(context, metadata))


def _shape(connection: Connection) -> list[str]:
    """Every line that defines a table or an index, in an order that does not depend on how it came about."""
    if connection.dialect.name == "postgresql":
        return sorted(connection.execute(text(_POSTGRES_SHAPE)).scalars())
    return sorted(connection.execute(text(_SQLITE_SHAPE)).scalars())


def _run(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))
