"""The job queue's own tables: made as procrastinate ships them, and brought up by the migrations that it ships."""

from pathlib import Path

import psycopg
from procrastinate.schema import SchemaManager
from sqlalchemy import make_url

from bot.errors import SettingsError

_SETTING = "DATABASE_URL"
_CONNECT_SECONDS = 10
_LOCK = "SELECT pg_advisory_xact_lock(7245140)"  # processes that upgrade at once take turns; arbitrary and ours
# procrastinate keeps no record of its own.
_RECORD = "CREATE TABLE IF NOT EXISTS queue_migration (name text PRIMARY KEY)"
_RECORDED = "SELECT to_regclass('queue_migration') IS NOT NULL"
_KNOWN = "SELECT name FROM queue_migration"
_NOTE = "INSERT INTO queue_migration (name) VALUES (%s)"

Connection = psycopg.AsyncConnection


def conninfo(url: str) -> str:
    """The address as the driver wants it: what SQLAlchemy reads leniently is quoted anew."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def ensure(url: str, *, upgrade: bool) -> None:
    """Return when the tables are the newest; older ones are upgraded first, where that is allowed.

    Raises `SettingsError` for older ones otherwise, and always for those that a newer program made.
    """
    try:
        connection = await psycopg.AsyncConnection.connect(
            conninfo(url), autocommit=True, connect_timeout=_CONNECT_SECONDS
        )
        async with connection:
            if upgrade:
                await _upgrade(connection)
            _complain(await _known(connection))
    except psycopg.Error as error:
        wrong = f"the tables of the job queue cannot be made or read ({_first_line(error)})"
        raise SettingsError(_SETTING, wrong, "name an own database") from error


async def _upgrade(connection: Connection) -> None:
    async with connection.transaction():
        await connection.execute(_LOCK)
        await connection.execute(_RECORD)
        if not await _known(connection):
            await connection.execute(SchemaManager.get_schema())
            await _note(connection, _shipped())
    for name in _shipped():
        await _apply(connection, name)


async def _apply(connection: Connection, name: str) -> None:
    """One migration, one transaction: the next may use a value of a type that this one adds."""
    async with connection.transaction():
        await connection.execute(_LOCK)
        if name not in await _known(connection):
            await connection.execute(_statements(name))
            await _note(connection, [name])


async def _known(connection: Connection) -> frozenset[str]:
    recorded = await (await connection.execute(_RECORDED)).fetchone()
    if recorded is None or not recorded[0]:
        return frozenset()
    return frozenset([str(row[0]) async for row in await connection.execute(_KNOWN)])


async def _note(connection: Connection, names: list[str]) -> None:
    async with connection.cursor() as cursor:
        await cursor.executemany(_NOTE, [(name,) for name in names])


def _complain(known: frozenset[str]) -> None:
    shipped = frozenset(_shipped())
    if known - shipped:
        wrong = "the tables of the job queue are newer than this version of Parley knows"
        raise SettingsError(_SETTING, wrong, "install the newer version again")
    if shipped - known:
        wrong = f"the tables of the job queue are {'older than needed' if known else 'missing'}"
        raise SettingsError(_SETTING, wrong, "run `parley db upgrade`")


def _shipped() -> list[str]:
    return sorted(path.stem for path in Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def _statements(name: str) -> bytes:
    return Path(SchemaManager.get_migrations_path(), f"{name}.sql").read_bytes()


def _first_line(error: psycopg.Error) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
