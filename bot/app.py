"""The one place where objects are built, platforms are loaded and the shutdown is kept."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack
from importlib.metadata import EntryPoint, entry_points

from pydantic import ValidationError

from bot import backend, settings
from bot.backend import Backend, refreshing
from bot.contract import Connect, Platform
from bot.crew import Alone, Crew, Shared
from bot.engine import Engine
from bot.errors import SettingsError
from bot.features import Kit, commands
from bot.host import CoreHost
from bot.model import Bounds
from bot.runner import sharing
from bot.runner.local import LocalRunner, Work
from bot.runner.sharing import Pace
from bot.settings import Settings
from bot.store import Store
from bot.store.database import is_shared
from bot.supervise import Supervisor
from bot.web import serving
from bot.words import Words

log = logging.getLogger("parley.app")

GROUP = "bot.platforms"


async def serve(config: Settings, only: Collection[str] | None = None) -> None:
    """Run until a signal comes or every platform has ended. Raises `SettingsError`.

    `only` names the platforms to run, configured or not; None runs all that are configured, and where none
    is, the one that needs nothing. What runs so is answered by this process alone, whatever its role.
    """
    words = Words.load(config.locale)
    platforms = () if only else connected(words)
    queue = sharing.queue(config.database) if platforms and is_shared(config.database) else None
    if not platforms:
        platforms, config = _by_itself(config, words, only)
    async with AsyncExitStack() as stack:
        store = await _open(stack, config, queue)
        found = await backend.find(stack, config)
        kit = await backend.kit(stack, config, store, words, found)
        _announce(config, platforms, found)
        await _run(config, kit, platforms, queue)


async def upgrade(config: Settings) -> None:
    """Bring the database up to this version's schema. Raises `SettingsError`."""
    await (await Store.open(config.database, upgrade=True)).close()
    if is_shared(config.database):
        await sharing.upgrade(config.database)


def _by_itself(config: Settings, words: Words, only: Collection[str] | None) -> tuple[tuple[Platform, ...], Settings]:
    if only is None and config.role != "all":
        raise SettingsError("BOT_ROLE", f"there is no platform for the role {config.role!r}", "configure one")
    if "log_level" not in config.model_fields_set:
        # Somebody sits in front of it: what is only of interest later would stand between the lines of the chat.
        logging.getLogger("parley").setLevel(logging.WARNING)
    return connected(words, only, alone=True), config.model_copy(update={"role": "all"})


async def _open(stack: AsyncExitStack, config: Settings, queue: sharing.Queue | None) -> Store:
    enqueue = None if queue is None else queue.enqueue
    store = await stack.enter_async_context(await Store.open(config.database, enqueue=enqueue))
    if queue is not None:
        stack.push_async_callback(queue.close)
        await queue.open()
    return store


def connected(words: Words, only: Collection[str] | None = None, *, alone: bool = False) -> tuple[Platform, ...]:
    """The platforms that are configured, by their entry points. Raises `SettingsError` for wrong settings.

    With `alone` they are told that nothing else is, so that the one that needs no setting steps in.
    """
    host = CoreHost(words, alone=alone)
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    found = (_connect(point, host) for point in points if only is None or point.name in only)
    return tuple(platform for platform in found if platform is not None)


def _connect(point: EntryPoint, host: CoreHost) -> Platform | None:
    try:
        connect: Connect = point.load()
        return connect(host)
    except ModuleNotFoundError as error:
        log.info(
            "platform_not_installed platform=%s lacks=%s fix=\"pip install 'parley-bot[%s]'\"",
            *(point.name, error.name, point.name),
        )
        return None
    except ValidationError as error:
        raise settings.explain(error) from None


def _crew(config: Settings, queue: sharing.Queue | None, work: Work) -> Crew:
    if queue is None:
        return Alone(LocalRunner(work, limit=config.max_running, grace_s=config.stop_grace))
    pace = Pace(
        limit=config.max_running,
        grace_s=config.stop_grace,
        heartbeat_s=config.heartbeat,
        stalled_s=config.stalled,
    )
    return Shared(queue.runner(work, pace), works=config.role != "intake")


async def _run(config: Settings, kit: Kit, platforms: Sequence[Platform], queue: sharing.Queue | None) -> None:
    """The order of a stop: no more events, then running answers end, then the platforms are left."""
    stop = _stop_asked()
    table = commands(kit.words, kit.catalogue)
    bounds = Bounds(config.max_waiting, config.max_open_turns)
    # Behind the lock of a shared job nobody else is at work: a turn that has begun was left behind.
    crew = _crew(config, queue, lambda conversation: engine.work(conversation, again=not crew.begins))
    named = {platform.name: platform for platform in platforms}
    engine = Engine(kit, named, table, bounds, crew.wake, begins=crew.begins)
    await engine.prepare()
    listens = config.role != "worker"
    supervisors = [Supervisor(platform, engine.accept, table, listens=listens) for platform in platforms]
    async with _web(config, kit.store, supervisors), refreshing(config, kit), asyncio.TaskGroup() as tasks:
        for supervisor in supervisors:
            tasks.create_task(supervisor.run(), name=f"platform-{supervisor.platform.name}")
        working = tasks.create_task(crew.take_up(kit.store, engine, supervisors))
        await _until_stopped(supervisors, stop)
        for supervisor in supervisors:
            supervisor.stop_listening()
        await engine.taken_in()
        working.cancel()
        await crew.stop()
        await engine.settle()
        for supervisor in supervisors:
            supervisor.release()


def _web(
    config: Settings, store: Store, supervisors: Sequence[Supervisor]
) -> contextlib.AbstractAsyncContextManager[None]:
    """A worker answers for its health alone: what the platforms send is for those who listen."""
    heard = [supervisor.platform for supervisor in supervisors if config.role != "worker"]
    return serving(
        config.http_host,
        config.http_port,
        store,
        heard,
        lambda: {each.platform.name: each.state for each in supervisors},
    )


def _stop_asked() -> asyncio.Event:
    """Set at SIGINT or SIGTERM, from now on and once: a second one gets the system's own handling, and ends at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _first_signal, loop, stop)
    return stop


async def _until_stopped(supervisors: Sequence[Supervisor], stop: asyncio.Event) -> None:
    """Returns when a stop is asked for, or when no platform has anything more to receive."""
    ended = asyncio.create_task(_all_deaf(supervisors))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait((ended, stopped), return_when=asyncio.FIRST_COMPLETED)
    for task in (ended, stopped):
        task.cancel()


async def _all_deaf(supervisors: Sequence[Supervisor]) -> None:
    for supervisor in supervisors:
        await supervisor.deaf()


def _first_signal(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    log.info("stopping")
    stop.set()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(number)


def _announce(config: Settings, platforms: Sequence[Platform], found: Backend) -> None:
    """Two lines for whoever starts it: what runs, and what to set for more."""
    names = ", ".join(platform.name for platform in platforms)
    where = config.base_url or "the embedded demonstration model"
    if found.endpoint is None:
        where = "no model: the embedded one is not installed or does not start on this machine"
    print(f"Parley is running on {names} with {where}.", file=sys.stderr)  # noqa: T201 - for the operator's eyes
    if config.keyless:
        print(f"{_SMALL if found.endpoint else ''}{_MORE}", file=sys.stderr)  # noqa: T201 - for the operator's eyes


_SMALL = "That model is a small demonstration and often wrong. "
_MORE = (
    "TOKENGATE_BASE_URL and TOKENGATE_API_KEY bring in the "
    "gateway's models, SLACK_BOT_TOKEN and SLACK_APP_TOKEN bring in Slack, DISCORD_BOT_TOKEN brings in Discord."
)
