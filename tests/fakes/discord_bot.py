"""A bare discord.py client pointed at the fake, for the fake's own tests."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import discord
import yarl
from discord import app_commands
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.fakes.discord import FakeDiscord

INTENTS = 37377
"""Guilds, guild and direct messages, message content."""


class Bot(discord.Client):
    """Keeps what it hears; tests look at the lists."""

    def __init__(self, *, intents: int = INTENTS) -> None:
        super().__init__(intents=discord.Intents._from_value(intents), guild_ready_timeout=0.02, allowed_mentions=None)
        self.tree = app_commands.CommandTree(self)
        self.messages: list[discord.Message] = []
        self.edits: list[discord.RawMessageUpdateEvent] = []
        self.deletes: list[int] = []
        self.connects: list[str] = []
        self._connected = asyncio.Event()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait the five seconds that the library leaves between sessions."""

    async def on_message(self, message: discord.Message) -> None:
        """Keep what others say."""
        if self.user is None or message.author.id != self.user.id:
            self.messages.append(message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Keep an edit."""
        self.edits.append(payload)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Keep a deletion."""
        self.deletes.append(payload.message_id)

    async def on_ready(self) -> None:
        """Keep that a session began."""
        self.connects.append("ready")
        self._connected.set()

    async def wait_until_connected(self) -> None:
        """Wait for the first session."""
        await self._connected.wait()

    async def on_resumed(self) -> None:
        """Keep that a session went on."""
        self.connects.append("resumed")

    async def raw(self, method: str, path: str, body: object = None) -> Any:
        """A call as the library would send it, with a body that it would not write."""
        return await self.http.request(Route(method, path), json=body)

    @property
    def heard(self) -> list[str]:
        """The texts that others said, in order."""
        return [message.content for message in self.messages]


def point_at(base_url: str) -> None:
    """Make discord.py talk to another address."""
    Route.BASE = f"{base_url}/api/v10"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(base_url.replace("http", "ws", 1) + "/gateway")
    Asset.BASE = base_url


@asynccontextmanager
async def running_at(base_url: str, token: str, *, intents: int = INTENTS) -> AsyncIterator[Bot]:
    """A client that is connected and ready; what it dies of is raised here."""
    with pointed_at(base_url):
        async with _connected(token, intents) as bot:
            yield bot


@contextmanager
def pointed_at(base_url: str) -> Iterator[None]:
    """The SDK speaks to this address; afterwards to the one before, since it keeps it for the whole process."""
    before = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE)
    point_at(base_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE = before


@asynccontextmanager
async def _connected(token: str, intents: int) -> AsyncIterator[Bot]:
    bot = Bot(intents=intents)
    task = asyncio.create_task(bot.start(token))
    ready = asyncio.create_task(bot.wait_until_connected())
    try:
        await asyncio.wait([task, ready], timeout=10, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        yield bot
    finally:
        ready.cancel()
        await bot.close()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def running(fake: FakeDiscord, *, intents: int = INTENTS, token: str | None = None) -> AsyncIterator[Bot]:
    """The same, at a fake of this process."""
    async with running_at(fake.base_url, token or fake.token, intents=intents) as bot:
        yield bot
