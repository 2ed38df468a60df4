"""The SQLite side of the store: one file, one connection, one thread that runs whole transactions."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import URL, Connection, StaticPool, create_engine
from sqlalchemy.exc import DatabaseError

from bot.errors import SettingsError
from bot.model import ConversationId
from bot.store.pending import Pending

P = ParamSpec("P")
T = TypeVar("T")

_SETTING = "DATABASE_URL"
# The page cache is kept at 8 MB: the kernel caches the file anyway, and the process should stay small.
_PRAGMAS = (
    "PRAGMA busy_timeout=5000",
    "PRAGMA journal_mode=WAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-8192",
)
# IMMEDIATE takes the write lock at once: a transaction that reads first and writes later can be refused
# half-way in spite of the busy timeout.
_BEGIN = "BEGIN IMMEDIATE"
# A platform does not send again what it was told we have: such a commit has to outlive a power cut. Where a
# loss means only that the same is done again, waiting for the disk (most of a commit's time) is spared; the
# next safe commit writes the relaxed ones before it to the disk as well.
_SAFE = ("PRAGMA synchronous=FULL", _BEGIN)
_RELAXED = ("PRAGMA synchronous=NORMAL", _BEGIN)
_READ = ("BEGIN DEFERRED",)


class Sqlite:
    """A file that this process alone uses, until `close`."""

    def __init__(self, connection: Connection, held: ExitStack, thread: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._held = held
        self._thread = thread
        self._closed = False

    @classmethod
    async def open(cls, url: URL) -> Self:
        """Open or make the file. Raises `SettingsError` when it cannot be used or another process has it."""
        if url.host or not url.database or url.database == ":memory:":
            raise SettingsError(_SETTING, "names no file", "write sqlite:///PATH, four slashes for an absolute path")
        thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        try:
            connection, held = await asyncio.wrap_future(thread.submit(_open, url.database))
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(connection, held, thread)

    async def tx(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in one transaction, in the store's thread."""
        return await self._hop(_SAFE, partial(work, self._connection, *args, **kwargs))

    async def tx_relaxed(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same, except that a power cut may undo it for some seconds; the end of the process may not."""
        return await self._hop(_RELAXED, partial(work, self._connection, *args, **kwargs))

    async def tx_waking(
        self,
        woken: Callable[[T], ConversationId | None],
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The same as `tx`: who opened the turn works on it."""
        return await self.tx(work, *args, **kwargs)

    async def tx_early(
        self,
        woken: Callable[[T], ConversationId | None],
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Pending[T]:
        """Run `work` in one transaction; its result is here before the disk has it, which takes most of the time."""
        loop = asyncio.get_running_loop()
        early: asyncio.Future[T] = loop.create_future()

        def told(value: T) -> None:
            loop.call_soon_threadsafe(_give, early, value)

        job = partial(work, self._connection, *args, **kwargs)
        committed = asyncio.wrap_future(self._thread.submit(_run_early, self._connection, _SAFE, job, told))
        await asyncio.wait((early, committed), return_when=asyncio.FIRST_COMPLETED)
        if not early.done():
            await committed  # raises: it failed before there was a result
        return Pending(early.result(), committed)

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work`, which writes nothing, without taking the write lock."""
        return await self._hop(_READ, partial(work, self._connection, *args, **kwargs))

    async def close(self) -> None:
        """Close the file and let other processes have it; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        await asyncio.wrap_future(self._thread.submit(self._held.close))
        self._thread.shutdown()

    async def _hop(self, begin: tuple[str, ...], work: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self._thread.submit(_run, self._connection, begin, work))


def _run(connection: Connection, begin: tuple[str, ...], work: Callable[[], T]) -> T:
    with connection.begin():
        _say(connection, begin)
        return work()


def _run_early(
    connection: Connection, begin: tuple[str, ...], work: Callable[[], T], told: Callable[[T], object]
) -> None:
    with connection.begin():
        _say(connection, begin)
        told(work())


def _say(connection: Connection, statements: tuple[str, ...]) -> None:
    """To the driver itself: these have no parameters and no rows, and come before every transaction."""
    raw: sqlite3.Connection | None = connection.connection.driver_connection
    if raw is None:
        raise sqlite3.ProgrammingError("the connection is closed")
    for statement in statements:
        raw.execute(statement)


def _give(early: "asyncio.Future[T]", value: T) -> None:
    if not early.done():
        early.set_result(value)


def _open(name: str) -> tuple[Connection, ExitStack]:
    path = Path(name).expanduser()
    with ExitStack() as undo:
        undo.enter_context(closing(_lock(path)))
        engine = create_engine(
            URL.create("sqlite", database=str(path)),
            poolclass=StaticPool,
            # The store says BEGIN itself: the driver's own comes too late and is of the wrong kind.
            connect_args={"isolation_level": None, "check_same_thread": False, "cached_statements": 256},
            hide_parameters=True,  # they hold what people wrote, and an error would carry them into the log
        )
        undo.callback(engine.dispose)
        try:
            connection = undo.enter_context(engine.connect())
            _prepare(connection)
        except DatabaseError as error:
            first = "end what uses it, or " if "locked" in str(error.orig) else ""
            raise SettingsError(_SETTING, f"{path}: {error.orig}", f"{first}choose another file") from error
        return connection, undo.pop_all()


def _prepare(connection: Connection) -> None:
    for pragma in _PRAGMAS:
        connection.exec_driver_sql(pragma)
    # A write, so that a file that can only be read is found out now and not by the first question.
    connection.exec_driver_sql("PRAGMA user_version=1")
    connection.commit()


def _lock(path: Path) -> sqlite3.Connection:
    """Hold the file beside the database for as long as the returned connection lives.

    The lock is SQLite's own, on a file of its own: it works on every system, ends with the process however
    that ends, and leaves the database open to readers such as a backup.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        lock = sqlite3.connect(f"{path}.lock", timeout=0, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(_SETTING, f"{path} cannot be written ({error})", "choose a writable file") from error
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        lock.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise SettingsError(_SETTING, f"{path} is in use by another process", "stop that one first") from error
        raise SettingsError(_SETTING, f"{path} cannot be locked ({error})", "choose a writable file") from error
    return lock
