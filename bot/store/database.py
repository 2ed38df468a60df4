"""What the store asks of a database: to run a whole transaction, given as a plain function, off the loop."""

from collections.abc import Awaitable, Callable
from pkgutil import resolve_name
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import SettingsError
from bot.store.pending import Pending
from bot.store.sqlite import Sqlite

P = ParamSpec("P")
T = TypeVar("T")

_SETTING = "DATABASE_URL"
# Loaded by name when it is asked for: its drivers are an extra, and 13 MB that SQLite need not pay.
_POSTGRES = "bot.store.postgres:Postgres.open"


class Database(Protocol):
    """Runs transactions. A function that it runs uses only the connection it is handed, and never waits."""

    async def tx(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in one transaction: committed when it returns, rolled back when it raises."""
        ...

    async def tx_relaxed(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for what may be lost in a power cut, because it is simply done again afterwards."""
        ...

    async def tx_early(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Pending[T]:
        """Run `work` in one transaction and hand out what it returned while the commit is still under way."""
        ...

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work`, which writes nothing, on one snapshot."""
        ...

    async def close(self) -> None:
        """Let go of everything; a transaction that runs is waited for."""
        ...


async def connect(url: str) -> Database:
    """The database of `DATABASE_URL`; the driver is ours to choose. Raises `SettingsError`."""
    parsed = _parse(url)
    if parsed.drivername == "sqlite":
        return await Sqlite.open(parsed)
    return await _postgres()(parsed)


def is_shared(url: str) -> bool:
    """Whether other processes may use the database too, so that it is not for one of them to change its shape."""
    return _parse(url).drivername == "postgresql"


def _parse(url: str) -> URL:
    wrong = SettingsError(
        _SETTING, "is no address of a database", "write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
    )
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise wrong from None
    if parsed.drivername not in ("sqlite", "postgresql"):
        raise wrong
    return parsed


def _postgres() -> Callable[[URL], Awaitable[Database]]:
    try:
        opener: Callable[[URL], Awaitable[Database]] = resolve_name(_POSTGRES)
    except ImportError as error:
        raise SettingsError(_SETTING, "PostgreSQL needs its driver", "pip install 'parley-bot[postgres]'") from error
    return opener
