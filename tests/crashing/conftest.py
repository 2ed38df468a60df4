"""Databases that a whole bot can be started on, and processes to start it in."""

import asyncio
import shutil
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import psycopg
import pytest

from bot.runner import sharing
from tests.conftest import DATABASES
from tests.crashing.launcher import forks
from tests.postgres import empty


@pytest.fixture(scope="session")
def bots() -> ForkServerContext:
    """Where processes come from."""
    return forks()


@pytest.fixture(scope="session")
def shared_url(postgres_url: str) -> str:
    """The PostgreSQL database of the run, with the job queue's tables as well."""
    asyncio.run(sharing.upgrade(postgres_url))
    return postgres_url


@pytest.fixture(params=[DATABASES[0], *(pytest.param(name, marks=pytest.mark.long) for name in DATABASES[1:])])
def bot_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database that a bot can be started on."""
    if request.param == "sqlite":
        copied = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "parley.db")
        yield f"sqlite:///{copied}"
        return
    url: str = request.getfixturevalue("shared_url")
    yield url
    empty(url)
    with psycopg.connect(url) as connection:
        connection.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
    connection.close()
