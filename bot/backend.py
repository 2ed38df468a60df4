"""Where the models are: the gateway, the embedded backend or nowhere; and what the features are given of it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot import embedded
from bot.embedded import Embedded
from bot.errors import GatewayError, SettingsError
from bot.features import Defaults, Kit
from bot.gateway.catalogue import Catalogue
from bot.gateway.client import Endpoint, GatewayClient, Patience
from bot.settings import Settings
from bot.store import Store
from bot.words import Words

log = logging.getLogger("parley.app")

DEFAULT_MODEL = "gpt-5.4"
LOCAL_MODEL = "smollm2-135m-instruct"
REFRESH_S = 3600.0


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
    for setting, name in (("BOT_MODEL", config.model), ("BOT_FALLBACK_MODEL", config.fallback_model)):
        if name is not None and catalogue.get(name) is None:
            raise SettingsError(setting, f"there is no model {name!r}", "`parley models` lists them")
    headers = {name: value.get_secret_value() for name, value in config.gateway_headers.items()}
    endpoint = Endpoint(config.base_url, config.api_key.get_secret_value(), headers, config.gateway_proxy)
    return Backend(endpoint, catalogue, config.model or DEFAULT_MODEL)


async def kit(stack: AsyncExitStack, config: Settings, store: Store, words: Words, backend: Backend) -> Kit:
    """What the features work with; its gateway client lives as long as the stack."""
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
        catch_up_s=config.catch_up,
        answer_bots=config.answer_bots,
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


@asynccontextmanager
async def refreshing(config: Settings, kit: Kit) -> AsyncIterator[None]:
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
