"""Runs the migrations: on the connection that the program hands over, or on the address in `alembic.ini`."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, TypeDecorator, create_engine

from bot.store.tables import metadata


def _plain(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """A migration spells a column's type as the database knows it: the house's own types will change."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, render_item=_plain)
    with context.begin_transaction():
        context.run_migrations()


def _run_from_ini() -> None:
    with create_engine(context.config.get_main_option("sqlalchemy.url") or "").begin() as connection:
        _run(connection)


handed_over: Connection | None = context.config.attributes.get("connection")
if handed_over is None:
    _run_from_ini()
else:
    _run(handed_over)
