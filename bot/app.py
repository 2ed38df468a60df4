"""The one place where objects are built, platforms are loaded and the shutdown is kept."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from pydantic import ValidationError

from bot import embedded, settings
from bot.contract import Connect, Platform
from bot.embedded import Embedded
from bot.engine import Engine
from bot.errors import GatewayError, SettingsError
from bot.features import Defaults, Kit, commands
from bot.gateway.catalogue import Catalogue
from bot.gateway.client import Endpoint, GatewayClient, Patience
from bot.host import CoreHost
from bot.model import Bounds, ConversationId
from bot.runner.local import LocalRunner
from bot.settings import Settings
from bot.store import Store
from bot.supervise import Supervisor
from bot.web import application, listener, server
from bot.words import Words

log = logging.getLogger("parley.app")

GROUP = "bot.platforms"
DEFAULT_MODEL = "gpt-5.4"
LOCAL_MODEL = "smollm2-135m-instruct"
ABLE_S = 15.0
"""How long open turns of an earlier run wait for their platforms before they are taken up."""
REFRESH_S = 3600.0
LOOK_AGAIN_S = 5.0


async def serve(config: Settings, only: Collection[str] | None = None) -> None:
    """Run until a signal comes or every platform has ended. Raises `SettingsError`.

    `only` names the platforms to run, configured or not; None runs all that are configured, and where none
    is, the one that needs nothing.
    """
    words = Words.load(config.locale)
    platforms = () if only else connected(words)
    if not platforms:
        platforms = connected(words, only, alone=True)
        if "log_level" not in config.model_fields_set:
            # Somebody sits in front of it: what is only of interest later would stand between the lines of the chat.
            logging.getLogger("parley").setLevel(logging.WARNING)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(await Store.open(config.database))
        backend = await _backend(stack, config)
        kit = await _kit(stack, config, store, words, backend)
        _announce(config, platforms, backend)
        await _run(config, kit, platforms)


async def upgrade(config: Settings) -> None:
    """Bring the database up to this version's schema. Raises `SettingsError`."""
    await (await Store.open(config.database, upgrade=True)).close()


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


@dataclass(frozen=True, slots=True)
class _Backend:
    """Where the models are: the gateway, the embedded backend, or nowhere."""

    endpoint: Endpoint | None
    catalogue: Catalogue
    model: str


async def _backend(stack: AsyncExitStack, config: Settings) -> _Backend:
    if not config.keyless:
        return _gateway(config)
    local = Catalogue.load("local.toml")
    if not embedded.installed():
        return _Backend(None, local, LOCAL_MODEL)
    try:
        child = await stack.enter_async_context(Embedded())
    except OSError as error:
        log.error("embedded_not_started reason=%s", error)
        return _Backend(None, local, LOCAL_MODEL)
    return _Backend(Endpoint(child.url, child.token, {}, None), local, LOCAL_MODEL)


def _gateway(config: Settings) -> _Backend:
    if config.base_url is None:
        raise SettingsError("TOKENGATE_BASE_URL", "is not set", "write the gateway's address, as https://HOST")
    if config.api_key is None:
        raise SettingsError("TOKENGATE_API_KEY", "is not set", "write the gateway's API key")
    catalogue = Catalogue.load(overrides=config.model_overrides, aliases=config.model_aliases)
    for setting, name in (("BOT_MODEL", config.model), ("BOT_FALLBACK_MODEL", config.fallback_model)):
        if name is not None and catalogue.get(name) is None:
            raise SettingsError(setting, f"there is no model {name!r}", "`parley models` lists them")
    headers = {name: value.get_secret_value() for name, value in config.gateway_headers.items()}
    endpoint = Endpoint(config.base_url, config.api_key.get_secret_value(), headers, config.gateway_proxy)
    return _Backend(endpoint, catalogue, config.model or DEFAULT_MODEL)


async def _kit(stack: AsyncExitStack, config: Settings, store: Store, words: Words, backend: _Backend) -> Kit:
    gateway = None
    if backend.endpoint is not None:
        lessons = await store.lessons()
        client = GatewayClient(
            backend.endpoint, backend.catalogue, _patience(config), lessons=lessons, learned=store.learn
        )
        gateway = await stack.enter_async_context(client)
    defaults = Defaults(
        model=backend.model,
        persona=config.persona,
        fallback_model=config.fallback_model,
        history_tokens=config.history_tokens,
        history_messages=config.history_messages,
        max_output_tokens=config.max_output_tokens,
    )
    return Kit(store, backend.catalogue, gateway, words, defaults)


def _patience(config: Settings) -> Patience:
    return Patience(
        connect_s=config.connect_timeout,
        first_byte_s=config.first_byte_timeout,
        gap_s=config.gap_timeout,
        total_s=config.total_timeout,
        tries=config.gateway_tries,
        max_wait_s=config.gateway_max_wait,
    )


async def _run(config: Settings, kit: Kit, platforms: Sequence[Platform]) -> None:
    """The order of a stop: no more events, then running answers end, then the platforms are left."""
    table = commands(kit.words, kit.catalogue)
    bounds = Bounds(config.max_waiting, config.max_open_turns)
    runner = LocalRunner(
        lambda conversation: engine.work(conversation), limit=config.max_running, grace_s=config.stop_grace
    )
    engine = Engine(kit, {platform.name: platform for platform in platforms}, table, bounds, runner.wake)
    supervisors = [Supervisor(platform, engine.accept, table) for platform in platforms]
    async with _web(config, kit.store, supervisors), _refreshing(config, kit), asyncio.TaskGroup() as tasks:
        for supervisor in supervisors:
            tasks.create_task(supervisor.run(), name=f"platform-{supervisor.platform.name}")
        recovery = tasks.create_task(_recover(kit.store, engine, supervisors))
        await _until_stopped(supervisors)
        for supervisor in supervisors:
            supervisor.stop_listening()
        recovery.cancel()
        await runner.stop()
        await engine.settle()
        for supervisor in supervisors:
            supervisor.release()


async def _recover(store: Store, engine: Engine, supervisors: Sequence[Supervisor]) -> None:
    """Take up the turns that an earlier run left open, once their platforms can speak."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ABLE_S):
            for supervisor in supervisors:
                await supervisor.able.wait()
    waiting = await _left_open(store, [supervisor.platform.name for supervisor in supervisors])
    for conversation in waiting:
        engine.recover(conversation)
    if waiting:
        log.info("turns_taken_up conversations=%d", len(waiting))


async def _left_open(store: Store, platforms: Collection[str]) -> Sequence[ConversationId]:
    """Those of the platforms that run: the others' turns keep their attempts until somebody can answer them."""
    while True:
        try:
            return await store.open_conversations(platforms)
        except Exception as error:  # the recovery's own loop: a database that comes back is asked again
            log.warning("turns_not_taken_up reason=%s again_in=%.0f", type(error).__name__, LOOK_AGAIN_S)
            await asyncio.sleep(LOOK_AGAIN_S)


async def _until_stopped(supervisors: Sequence[Supervisor]) -> None:
    """Returns at SIGINT or SIGTERM, or when no platform has anything more to receive."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Once only: a second signal gets the system's own handling and ends the process at once.
        loop.add_signal_handler(number, _first_signal, loop, stop)
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


@asynccontextmanager
async def _web(config: Settings, store: Store, supervisors: Sequence[Supervisor]) -> AsyncIterator[None]:
    """The HTTP side while the platforms run, where a port is set."""
    platforms = [supervisor.platform for supervisor in supervisors]
    if config.http_port is None:
        needing = [platform.name for platform in platforms if platform.web is not None]
        if needing:
            raise SettingsError(
                "BOT_HTTP_PORT", "is not set", f"{needing[0]} is in HTTP mode and needs a port, as 8080"
            )
        yield
        return
    app = application(store, platforms, lambda: {each.platform.name: each.state for each in supervisors})
    web = server(app)
    with listener(config.http_host, config.http_port) as socket:
        serving = asyncio.create_task(web.serve([socket]))
        try:
            yield
        finally:
            web.should_exit = True
            await serving


@asynccontextmanager
async def _refreshing(config: Settings, kit: Kit) -> AsyncIterator[None]:
    """Holds the catalogue against the gateway's own list, at once and every hour."""
    task = asyncio.create_task(_refresh(config, kit))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _refresh(config: Settings, kit: Kit) -> None:
    while kit.gateway is not None:
        try:
            missing = kit.catalogue.offer(await kit.gateway.models(), trust=config.trust_models_list)
            if missing:
                log.warning("models_not_listed hidden=%s models=%s", config.trust_models_list, ",".join(missing))
        except GatewayError as error:
            log.warning("models_unread reason=%s", error)
        await asyncio.sleep(REFRESH_S)


def _announce(config: Settings, platforms: Sequence[Platform], backend: _Backend) -> None:
    """Two lines for whoever starts it: what runs, and what to set for more."""
    names = ", ".join(platform.name for platform in platforms)
    where = config.base_url or "the embedded demonstration model"
    if backend.endpoint is None:
        where = "no model: the embedded one is not installed or does not start on this machine"
    print(f"Parley is running on {names} with {where}.", file=sys.stderr)  # noqa: T201 - for the operator's eyes
    if config.keyless:
        print(f"{_SMALL if backend.endpoint else ''}{_MORE}", file=sys.stderr)  # noqa: T201 - for the operator's eyes


_SMALL = "That model is a small demonstration and often wrong. "
_MORE = (
    "TOKENGATE_BASE_URL and TOKENGATE_API_KEY bring in the "
    "gateway's models, SLACK_BOT_TOKEN and SLACK_APP_TOKEN bring in Slack, DISCORD_BOT_TOKEN brings in Discord."
)
