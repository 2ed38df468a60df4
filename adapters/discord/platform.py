"""The Platform: Discord as a place to listen and to speak."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Self

import aiohttp
import discord

from adapters.discord import events, sdk
from adapters.discord.channel import DiscordChannel
from adapters.discord.deferral import Deferrals
from adapters.discord.downloads import Downloads
from adapters.discord.ears import DEFER_AFTER_S, Ears
from adapters.discord.failures import brief
from adapters.discord.listener import Listener
from adapters.discord.reading import Reader
from adapters.discord.settings import DiscordSettings
from adapters.discord.speaker import Speaker
from adapters.discord.token import FILE_LIMIT
from bot.contract import Accept, Address, AsgiApp, Channel, Command, Host, MessageReceived, Origin, Survey
from bot.errors import ChannelBusy, PlatformError

log = logging.getLogger("parley.discord")

CALLS, IN_SECONDS = 4, 0.09
"""Discord allows a bot 50 calls a second (https://discord.com/developers/docs/topics/rate-limits) and the SDK counts
none. These are 44 a second, few at once: of a burst of 44 some calls arrive late, and then count with the next."""

_PORTAL = "https://discord.com/developers/applications"
_AWAY_S = 2.0
_LEAVING_S = 5.0
_LOGIN_S = 90.0


class DiscordPlatform:
    """Speaks by REST as soon as it is entered; each `listen` makes a gateway connection of its own."""

    def __init__(self, settings: DiscordSettings, host: Host, *, defer_after: float = DEFER_AFTER_S) -> None:
        self._settings = settings
        self._host = host
        self._defer_after = defer_after
        self._deferrals = Deferrals()
        self._speaker: Speaker | None = None
        self._listener: Listener | None = None
        self._reader = Reader(self._speaking)
        self._downloads = Downloads(self._speaking, settings.api_base)

    @property
    def name(self) -> str:
        """The name in every address."""
        return events.PLATFORM

    @property
    def web(self) -> AsgiApp | None:
        """Everything comes over the gateway."""
        return None

    async def __aenter__(self) -> Self:
        sdk.prepare(self._settings.api_base)
        budget = self._host.budget("discord:global", CALLS, IN_SECONDS)
        with _explained():
            async with asyncio.timeout(_LOGIN_S):
                self._speaker = await Speaker.enter(sdk.speaking_client(), self._settings.bot_token, budget)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        speaker, self._speaker = self._speaker, None
        if speaker is not None:
            await speaker.close()

    async def listen(self, accept: Accept, commands: Sequence[Command]) -> None:
        """Receive until cancelled; the SDK reconnects and resumes by itself, except for the first connection."""
        ears = Ears(self._host, self._deferrals, self.open, accept, commands, self._defer_after)
        self._listener = listener = Listener(ears, content=not self._settings.mentions_only)
        try:
            with _explained():
                async with asyncio.timeout(_LOGIN_S):
                    await listener.login(self._settings.bot_token)
                await _connect(listener)
        finally:
            self._listener = None
            await listener.leave(_LEAVING_S)

    def open(self, origin: Origin) -> Channel:
        """A channel on this origin."""
        limit = self._file_limit(origin.address)
        return DiscordChannel(origin, self._speaking, self._deferrals, self._downloads, limit)

    async def read(self, address: Address, after: str | None, limit: int) -> Sequence[MessageReceived]:
        """The newest messages of a place, oldest first, our own among them."""
        return await self._reader.read(address, after, limit)

    async def survey(
        self, channel: Address, threads: Sequence[Address], after: str | None, since: datetime, limit: int
    ) -> Survey:
        """What was said in a channel; its threads are taken as they are known. Raises `ChannelError`."""
        return await self._reader.survey(channel, threads, after, since, limit)

    def _file_limit(self, address: Address) -> int:
        """A server that is boosted takes more; only who listens knows of that."""
        if self._listener is None or address.workspace == events.DIRECT:
            return FILE_LIMIT
        guild = self._listener.get_guild(int(address.workspace))
        return FILE_LIMIT if guild is None else guild.filesize_limit

    def _speaking(self) -> Speaker:
        if self._speaker is None:
            raise ChannelBusy("discord is not connected", _AWAY_S)
        return self._speaker


async def _connect(listener: Listener) -> None:
    try:
        await listener.connect(reconnect=True)
    except AttributeError as error:
        # The SDK cannot retry a first connection that failed: it asks the connection it never had for its place.
        if listener.ws is None:
            raise PlatformError("no connection to Discord's gateway", _NETWORK) from error
        raise


_NETWORK = "check the network, and DISCORD_API_BASE if it is set; it is tried again"
_TOKEN = f"copy the bot's token again from {_PORTAL} (your application, Bot) into DISCORD_BOT_TOKEN"
_INTENT = (
    f"switch on 'Message Content Intent' at {_PORTAL} (your application, Bot, Privileged Gateway Intents), "
    "or set DISCORD_MENTIONS_ONLY=true"
)
_CLOSED = {
    4004: ("Discord does not know the bot's token", _TOKEN),
    4011: ("the bot is in too many servers for one connection", "sharding is not offered yet"),
    4013: ("Discord does not know an intent", "install the version of discord.py that this release asks for"),
    4014: ("the message content intent is switched off", _INTENT),
}


@contextmanager
def _explained() -> Iterator[None]:
    """Raises `PlatformError` with the exact fix for everything that ends a login or a connection."""
    try:
        yield
    except discord.LoginFailure as error:
        raise PlatformError("Discord does not know the bot's token", _TOKEN) from error
    except discord.PrivilegedIntentsRequired as error:
        raise PlatformError(*_CLOSED[4014]) from error
    except discord.ConnectionClosed as error:
        reason = f"Discord closed the connection with {error.code}"
        raise PlatformError(*_CLOSED.get(error.code, (reason, "it is tried again"))) from error
    except discord.HTTPException as error:
        raise PlatformError(f"Discord answered {brief(error)}", "it is tried again") from error
    except (TimeoutError, discord.DiscordException, aiohttp.ClientError, OSError) as error:
        raise PlatformError(f"no connection to Discord: {type(error).__name__}", _NETWORK) from error
