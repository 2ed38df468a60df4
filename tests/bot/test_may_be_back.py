"""What an error of the database says of the next try."""

import sqlite3

import pytest
from procrastinate.exceptions import ConnectorException
from psycopg.errors import InternalError_
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.store import may_be_back


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (OperationalError("select", {}, OSError("locked")), True),
        (sqlite3.OperationalError("database or disk is full"), True),
        (caused(ConnectorException(), InternalError_("in recovery")), True),
        (DBAPIError("select", {}, OSError("closed"), connection_invalidated=True), True),
        (PoolTimeout(), True),
        (TimeoutError(), True),
        (IntegrityError("insert", {}, OSError("twice")), False),
        (ProgrammingError("select", {}, OSError("no such column")), False),
        (caused(ConnectorException(), ValueError("?")), False),
        (KeyError("a bug"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_database_that_is_away_is_told_from_a_mistake(error: Exception, passes: bool) -> None:
    assert may_be_back(error) is passes
