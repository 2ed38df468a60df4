"""INSERT … ON CONFLICT DO NOTHING, spelled once for both databases."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ClauseElement, Connection, Insert, Table, insert, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.base import SyntaxExtension
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal


class _OrNothing(SyntaxExtension, ClauseElement):
    """Any unique key may be the one in the way; then no row is inserted and RETURNING gives none."""

    inherit_cache = True
    _traverse_internals: list[tuple[str, InternalTraversal]] = []  # noqa: RUF012 - read by SQLAlchemy, never written

    def apply_to_insert(self, insert_stmt: Insert) -> None:
        """Stand between the values and RETURNING."""
        insert_stmt.apply_syntax_extension_point(self.append_replacing_same_type, "post_values")


@compiles(_OrNothing)
def _spell(element: _OrNothing, compiler: SQLCompiler, **kw: object) -> str:
    return "ON CONFLICT DO NOTHING"


def insert_new(table: Table[Any]) -> Insert:
    """An INSERT that does nothing where a unique key is taken."""
    return insert(table).ext(_OrNothing())


def put(connection: Connection, table: Table[Any], key: Mapping[str, object], values: Mapping[str, object]) -> None:
    """Make the row of that key have these values, whether it is there already or not."""
    same = [table.c[name] == value for name, value in key.items()]
    # Asked by RETURNING: the count of inserted rows is not to be had from every driver.
    made = connection.execute(insert_new(table).values({**key, **values}).returning(*table.primary_key))
    if made.one_or_none() is None:
        connection.execute(update(table).where(*same).values(**values))
