"""Fixtures that many tests share: real but for the far ends."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, make_url

from bot.store import Store
from bot.store.upgrade import upgrade
from tests.postgres import PostgresServer, empty

DATABASES = ("sqlite", "postgresql")

settings.register_profile("house", deadline=None)
settings.load_profile("house")
"""How long an example takes says something about the machine and nothing about the code."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The one PostgreSQL of the whole run, started when the first test asks for it."""
    server = PostgresServer.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite file with the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "parley.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """A PostgreSQL database with the newest schema; every test that uses it empties it."""
    with postgres.database() as name:
        _migrate(postgres.url(name))
        yield postgres.url(name)


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of this test's own, without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'parley.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database() as name:
        yield server.url(name)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of this test's own, with the newest schema."""
    if request.param == "sqlite":
        copied = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "parley.db")
        yield f"sqlite:///{copied}"
        return
    url: str = request.getfixturevalue("postgres_url")
    yield url
    empty(url)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A store on each of the databases that the house serves."""
    async with await Store.open(database_url) as opened:
        yield opened


@pytest.fixture
async def sqlite_store(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Store]:
    """A store of a process that works alone, for what only such a one does."""
    copied = shutil.copy(sqlite_template, tmp_path / "alone.db")
    async with await Store.open(f"sqlite:///{copied}") as opened:
        yield opened


WITH_A_CHILD = frozenset(
    {
        "test_embedded.py",
        "test_following_end_to_end.py",
        "test_hearing_long.py",
        "test_looking.py",
        "test_picturing.py",
        "test_speaking.py",
        "test_steering_end_to_end.py",
        "test_studio.py",
        "test_tools.py",
        "test_transcribing.py",
        "test_varying.py",
    }
)
"""Files whose tests start processes: a decoder in each house takes half a second, the program itself two."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every query is tried on both databases each time; the whole house on PostgreSQL is for the longer run, and so
    is what starts a process of its own for each test.
    """
    for item in items:
        if item.path.parent.name == "crashing" or item.path.name in WITH_A_CHILD:
            item.add_marker(pytest.mark.long)
        on_postgres = getattr(item, "callspec", None) is not None and "[postgresql" in item.name
        if on_postgres and item.path.parent.name == "bot":
            item.add_marker(pytest.mark.long)


def _migrate(url: str) -> None:
    address = make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = create_engine(address)
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
