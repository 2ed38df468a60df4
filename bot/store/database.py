"""What the store asks of a database: to run a whole transaction, given as a plain function, off the loop."""

from collections.abc import Awaitable, Callable
from pkgutil import resolve_name
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from bot.errors import SettingsError
from bot.model import ConversationId
from bot.store.pending import Pending
from bot.store.sqlite import Sqlite

P = ParamSpec("P")
T = TypeVar("T")

_SETTING = "DATABASE_URL"
_PASSING = {"OperationalError", "InterfaceError", "InternalError", "TimeoutError"}
# Loaded by name when it is asked for: its drivers are an extra, and 13 MB that SQLite need not pay.
_POSTGRES = "bot.store.postgres:Postgres.open"


class Enqueue(Protocol):
    """Has a conversation worked on, by whichever process, from the commit of the transaction on."""

    async def __call__(self, connection: object, conversation: ConversationId) -> None:
        """`connection` is the driver's own, in the middle of the transaction."""
        ...


class Database(Protocol):
    """Runs transactions. A function that it runs uses only the connection it is handed, and never waits.

    `woken` tells from what a transaction returned which conversation has a turn to work on now. Where the work is
    shared by several processes, that is put down in the same transaction: neither is there without the other.
    """

    async def tx(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in one transaction: committed when it returns, rolled back when it raises."""
        ...

    async def tx_relaxed(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for what may be lost in a power cut, because it is simply done again afterwards."""
        ...

    async def tx_waking(
        self,
        woken: Callable[[T], ConversationId | None],
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The same as `tx` for what may open a turn."""
        ...

    async def tx_early(
        self,
        woken: Callable[[T], ConversationId | None],
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Pending[T]:
        """The same as `tx_waking`, and hand out what `work` returned while the commit is still under way."""
        ...

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work`, which writes nothing, on one snapshot."""
        ...

    async def close(self) -> None:
        """Let go of everything; a transaction that runs is waited for."""
        ...


def may_be_back(error: Exception) -> bool:
    """Whether this says that the database is away, locked, full or slow: the same may succeed a moment later.

    By the names of such errors, which are PEP 249's but for the last: they come from SQLAlchemy, from a driver, or as
    the cause of another library's own.
    """
    cause: BaseException | None = error
    while cause is not None:
        names = {kind.__name__ for kind in type(cause).__mro__}
        if names & _PASSING or (isinstance(cause, DBAPIError) and cause.connection_invalidated):
            return True
        cause = cause.__cause__
    return False


async def connect(url: str, enqueue: Enqueue | None = None) -> Database:
    """The database of `DATABASE_URL`; the driver is ours to choose. Raises `SettingsError`.

    SQLite has no use for `enqueue`: its one process does all the work itself.
    """
    parsed = _parse(url)
    if parsed.drivername == "sqlite":
        return await Sqlite.open(parsed)
    return await _postgres()(parsed, enqueue)


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


def _postgres() -> Callable[[URL, Enqueue | None], Awaitable[Database]]:
    try:
        opener: Callable[[URL, Enqueue | None], Awaitable[Database]] = resolve_name(_POSTGRES)
    except ImportError as error:
        raise SettingsError(_SETTING, "PostgreSQL needs its driver", "pip install 'parley-bot[postgres]'") from error
    return opener
