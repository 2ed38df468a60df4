"""Brings a database to the newest schema, with alembic, inside the caller's transaction."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from bot.store.schema import MIGRATIONS

LOCK = 7245139
"""The number of the PostgreSQL lock under which processes that upgrade at once take turns; arbitrary and ours."""
_TAKE_TURNS = text(f"SELECT pg_advisory_xact_lock({LOCK})")


def upgrade(connection: Connection) -> None:
    """Run the missing migrations; a second call finds nothing to do."""
    if connection.dialect.name == "postgresql":
        connection.execute(_TAKE_TURNS)
    command.upgrade(configured(connection), "head")


def configured(connection: Connection) -> Config:
    """Alembic's settings for this connection, without its ini file."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
