"""Where the models are: the gateway, the embedded backend or nowhere; and what the features are given of it."""

import asyncio
import logging
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import embedded
from bot.embedded import Embedded
from bot.errors import FileError, GatewayError, SettingsError
from bot.features import Defaults, Kit, Workshop
from bot.files import Blobs, Door
from bot.gateway.audio import AudioClient
from bot.gateway.catalogue import Catalogue
from bot.gateway.client import Endpoint, GatewayClient, Patience
from bot.gateway.images import ImageClient
from bot.media.studio import Studio
from bot.settings import Settings
from bot.store import Store
from bot.words import Words

log = logging.getLogger("parley.app")

DEFAULT_MODEL = "gpt-5.4"
LOCAL_MODEL = "smollm2-135m-instruct"
REFRESH_S = 3600.0
TIDY_S = 3600.0
UNUSED_S = 24 * 3600.0
NEXT_S = 1.0
DELIVERIES_KEPT = timedelta(days=14)
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Backend:
    """Who answers: no `endpoint` means nobody."""

    endpoint: Endpoint | None
    catalogue: Catalogue
    model: str


async def find(stack: AsyncExitStack, config: Settings) -> Backend:
    """The gateway, or without one the embedded backend, which lives as long as the stack. Raises `SettingsError`."""
    if not config.keyless:
        return _gateway(config)
    local = Catalogue.load("local.toml")
    if not embedded.installed():
        return Backend(None, local, LOCAL_MODEL)
    try:
        child = await stack.enter_async_context(Embedded())
    except OSError as error:
        log.error("embedded_not_started reason=%s", error)
        return Backend(None, local, LOCAL_MODEL)
    return Backend(Endpoint(child.url, child.token, {}, None), local, LOCAL_MODEL)


def _gateway(config: Settings) -> Backend:
    if config.base_url is None:
        raise SettingsError("TOKENGATE_BASE_URL", "is not set", "write the gateway's address, as https://HOST")
    if config.api_key is None:
        raise SettingsError("TOKENGATE_API_KEY", "is not set", "write the gateway's API key")
    catalogue = Catalogue.load(overrides=config.model_overrides, aliases=config.model_aliases)
    named = (
        ("BOT_MODEL", config.model),
        ("BOT_FALLBACK_MODEL", config.fallback_model),
        ("BOT_TRANSCRIPT_MODEL", config.transcript_model),
        ("BOT_SPEECH_MODEL", config.speech_model),
        ("BOT_PICTURE_MODEL", config.picture_model),
        ("BOT_EDIT_MODEL", config.edit_model),
    )
    for setting, name in named:
        if name is not None and catalogue.get(name) is None:
            raise SettingsError(setting, f"there is no model {name!r}", "`parley models` lists them")
    headers = {name: value.get_secret_value() for name, value in config.gateway_headers.items()}
    token = config.api_key.get_secret_value()
    endpoint = Endpoint(config.base_url, token, headers, config.gateway_proxy, config.result_hosts)
    return Backend(endpoint, catalogue, config.model or DEFAULT_MODEL)


async def kit(stack: AsyncExitStack, config: Settings, store: Store, words: Words, backend: Backend) -> Kit:
    """What the features work with; its gateway client lives as long as the stack."""
    gateway = workshop = None
    if backend.endpoint is not None:
        lessons = await store.lessons()
        client = GatewayClient(
            backend.endpoint, backend.catalogue, _patience(config), lessons=lessons, learned=store.learn
        )
        gateway = await stack.enter_async_context(client)
        workshop = await _workshop(stack, config, gateway, backend.catalogue)
    defaults = Defaults(
        model=backend.model,
        persona=config.persona,
        fallback_model=config.fallback_model,
        history_tokens=config.history_tokens,
        history_messages=config.history_messages,
        catch_up_s=config.catch_up,
        answer_bots=config.answer_bots,
        max_output_tokens=config.max_output_tokens,
        transcript_model=config.transcript_model,
        speech_model=config.speech_model,
        picture_model=config.picture_model,
        edit_model=config.edit_model,
        most_file=config.max_file_mb * MEGABYTE,
        tool_rounds=config.tool_rounds,
    )
    return Kit(store, backend.catalogue, gateway, words, defaults, workshop)


async def _workshop(stack: AsyncExitStack, config: Settings, gateway: GatewayClient, catalogue: Catalogue) -> Workshop:
    try:
        blobs = await Blobs.open(config.files, config.files_mb * MEGABYTE)
        making = config.files / "making"
        await asyncio.to_thread(making.mkdir, mode=0o700, exist_ok=True)
    except (OSError, FileError) as error:
        raise SettingsError("BOT_FILES_DIR", f"{config.files} cannot be used ({error})", "name another") from None
    return Workshop(
        await stack.enter_async_context(Door(blobs)),
        blobs,
        await stack.enter_async_context(Studio()),
        AudioClient(gateway, catalogue),
        ImageClient(gateway, catalogue),
        making,
    )


def _sweep(folder: Path) -> None:
    """Take away what runs that were killed have left half-made."""
    for left in folder.iterdir():
        if time.time() - left.stat().st_mtime > UNUSED_S:
            shutil.rmtree(left, ignore_errors=True)


def _patience(config: Settings) -> Patience:
    return Patience(
        connect_s=config.connect_timeout,
        first_byte_s=config.first_byte_timeout,
        gap_s=config.gap_timeout,
        total_s=config.total_timeout,
        tries=config.gateway_tries,
        max_wait_s=config.gateway_max_wait,
    )


@asynccontextmanager
async def refreshing(config: Settings, kit: Kit) -> AsyncIterator[None]:
    """Holds the catalogue against the gateway's own list, tidies the files and forgets, at once and every hour."""
    tasks = [asyncio.create_task(each) for each in (_refresh(config, kit), _tidy(kit), _forget(kit))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _tidy(kit: Kit) -> None:
    """Drop the files that no history refers to; young ones may belong to an answer that is being made."""
    while kit.workshop is not None:
        try:
            await asyncio.to_thread(_sweep, kit.workshop.folder)
            dropped = await kit.workshop.blobs.prune(UNUSED_S, await kit.store.works.used())
            log.info("files_tidied dropped=%d kept=%d", dropped, await kit.workshop.blobs.count())
        except Exception as error:  # a loop without a caller: a database or a disk that is away must not end it
            log.warning("files_untidied reason=%s", type(error).__name__)
        await asyncio.sleep(TIDY_S)


async def _forget(kit: Kit) -> None:
    """Drop what was noted of deliveries that nobody will repeat: platforms do so for minutes, a look back for hours."""
    kept = max(DELIVERIES_KEPT, timedelta(seconds=2 * kit.defaults.catch_up_s))
    while True:
        try:
            dropped = await kit.store.missed.forget(datetime.now(UTC) - kept)
        except Exception as error:  # a loop without a caller, as above
            log.warning("deliveries_kept reason=%s", type(error).__name__)
            dropped = 0
        await asyncio.sleep(NEXT_S if dropped else TIDY_S)


async def _refresh(config: Settings, kit: Kit) -> None:
    while kit.gateway is not None:
        try:
            missing = kit.catalogue.offer(await kit.gateway.models(), trust=config.trust_models_list)
            if missing:
                log.warning("models_not_listed hidden=%s models=%s", config.trust_models_list, ",".join(missing))
        except GatewayError as error:
            log.warning("models_unread reason=%s", error)
        await asyncio.sleep(REFRESH_S)
