"""The job queue's tables: made once, brought up by what procrastinate ships, and refused in any other shape."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from procrastinate.schema import SchemaManager
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from bot.errors import SettingsError
from bot.runner import jobs, sharing
from tests.postgres import PostgresServer

SHAPE = """
SELECT proname || pg_get_function_arguments(oid) || md5(prosrc) FROM pg_proc WHERE proname LIKE 'procrastinate%'
UNION ALL SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'procrastinate%'
UNION ALL SELECT table_name || '.' || column_name || ' ' || data_type FROM information_schema.columns
 WHERE table_name LIKE 'procrastinate%'
UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname LIKE 'procrastinate%'
"""


@pytest.fixture
def url(postgres: PostgresServer) -> Iterator[str]:
    with postgres.database() as name:
        yield postgres.url(name)


def shape(url: str) -> set[str]:
    with closing(psycopg.connect(url)) as connection:
        return {str(row[0]) for row in connection.execute(SHAPE)}


def execute(url: str, statement: LiteralString | bytes, *values: object) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(statement, values or None)


SHIPPED = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


async def test_missing_tables_are_refused_and_made_by_an_upgrade(url: str) -> None:
    with pytest.raises(SettingsError, match="missing; run `parley db upgrade`"):
        await jobs.ensure(url, upgrade=False)
    await sharing.upgrade(url)
    await jobs.ensure(url, upgrade=False)
    made = shape(url)
    await sharing.upgrade(url)
    assert shape(url) == made


async def test_older_tables_are_refused_and_brought_up_by_the_shipped_migrations(
    url: str, postgres: PostgresServer
) -> None:
    execute(url, "CREATE TABLE queue_migration (name text PRIMARY KEY)")
    for path in SHIPPED[:-3]:
        execute(url, path.read_bytes())
        execute(url, "INSERT INTO queue_migration VALUES (%s)", path.stem)
    with pytest.raises(SettingsError, match="older than needed; run `parley db upgrade`"):
        await jobs.ensure(url, upgrade=False)
    await sharing.upgrade(url)
    await jobs.ensure(url, upgrade=False)
    with postgres.database() as name:
        await sharing.upgrade(postgres.url(name))
        assert shape(url) == shape(postgres.url(name))


async def test_tables_of_a_newer_version_are_left_alone(url: str) -> None:
    await sharing.upgrade(url)
    execute(url, "INSERT INTO queue_migration VALUES ('99.00.00_01_pre_next')")
    for upgrade in (False, True):
        with pytest.raises(SettingsError, match="install the newer version again"):
            await jobs.ensure(url, upgrade=upgrade)


async def test_two_upgrades_at_once_make_the_tables_once(url: str) -> None:
    await asyncio.gather(sharing.upgrade(url), sharing.upgrade(url))
    await jobs.ensure(url, upgrade=False)


async def test_a_database_where_somebody_else_keeps_such_tables_is_refused(url: str) -> None:
    execute(url, "CREATE TABLE procrastinate_jobs (id int)")
    with pytest.raises(SettingsError, match="cannot be made or read"):
        await sharing.upgrade(url)


async def test_an_unreachable_server_is_named_without_the_password() -> None:
    with pytest.raises(SettingsError) as refused:
        await jobs.ensure("postgresql://parley:s3cret@127.0.0.1:1/parley", upgrade=False)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("password", ["plain", "p@ss:w/rd%", "höher"])
def test_the_address_is_quoted_as_the_driver_reads_it(password: str) -> None:
    given = make_url("postgresql://localhost/parley").set(username="parley", password=password)
    found = conninfo_to_dict(jobs.conninfo(given.render_as_string(hide_password=False)))
    assert found == {"user": "parley", "password": password, "host": "localhost", "dbname": "parley"}
