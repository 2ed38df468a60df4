"""Work shared by several processes, as the rest of the house sees it; what does it is loaded by name."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Protocol

from bot.errors import SettingsError
from bot.model import ConversationId
from bot.runner.local import Work

# Loaded by name when it is asked for: the job queue is in an extra, which a bot on SQLite need not have.
_QUEUE = "bot.runner.distributed:JobQueue"
_ENSURE = "bot.runner.jobs:ensure"


@dataclass(frozen=True, slots=True)
class Pace:
    """How much at once, and how often what is looked after.

    A process that has not been heard of for `stalled_s` is taken for dead. Every `look_s` its work and turns that
    are in nobody's hands are given out again. `poll_s` is for the rare job that no notification announces.
    """

    limit: int
    grace_s: float
    heartbeat_s: float = 5.0
    stalled_s: float = 20.0
    look_s: float = 2.0
    poll_s: float = 0.5


class SharedRunner(Protocol):
    """Works off what is in the queue, beside other processes that do the same."""

    def wake(self, conversation: ConversationId) -> None:
        """Nothing: the turn came with its job."""
        ...

    def start(self, platform: str) -> None:
        """Take on the conversations of this platform, from now on."""
        ...

    async def stop(self) -> None:
        """No new turns; the running ones may finish within the grace time, the rest goes to other processes."""
        ...


class Queue(Protocol):
    """Jobs in PostgreSQL, each of which says that a conversation has work."""

    async def enqueue(self, connection: object, conversation: ConversationId) -> None:
        """Have it worked on, from the commit of that connection's transaction on."""
        ...

    async def open(self) -> None:
        """Connect. Raises `SettingsError` when the queue's tables are not what this version needs."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...

    def runner(self, work: Work, pace: Pace) -> SharedRunner:
        """Somebody who does the work."""
        ...


def queue(url: str) -> Queue:
    """The job queue in the database of that address, not opened yet. Raises `SettingsError`."""
    with _from_the_extra():
        make: Callable[[str], Queue] = resolve_name(_QUEUE)
    return make(url)


async def upgrade(url: str) -> None:
    """Bring the queue's own tables up to date. Raises `SettingsError`."""
    with _from_the_extra():
        ensure: Callable[..., Awaitable[None]] = resolve_name(_ENSURE)
    await ensure(url, upgrade=True)


@contextmanager
def _from_the_extra() -> Generator[None, None, None]:
    try:
        yield
    except ImportError as error:
        wrong = "PostgreSQL needs its driver and its job queue"
        raise SettingsError("DATABASE_URL", wrong, "pip install 'parley-bot[postgres]'") from error
