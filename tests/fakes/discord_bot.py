"""A bare discord.py client pointed at the fake, for the fake's own tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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

    async def on_resumed(self) -> None:
        """Keep that a session went on."""
        self.connects.append("resumed")

    @property
    def heard(self) -> list[str]:
        """The texts that others said, in order."""
        return [message.content for message in self.messages]


def point_at(fake: FakeDiscord) -> None:
    """Make discord.py talk to the fake."""
    Route.BASE = f"{fake.base_url}/api/v10"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(fake.base_url.replace("http", "ws", 1) + "/gateway")
    Asset.BASE = fake.base_url


@asynccontextmanager
async def running(fake: FakeDiscord, *, intents: int = INTENTS, token: str | None = None) -> AsyncIterator[Bot]:
    """A client that is connected and ready."""
    point_at(fake)
    bot = Bot(intents=intents)
    task = asyncio.create_task(bot.start(token or fake.token))
    try:
        await fake.until(lambda: bool(bot.connects) or task.done())
        if task.done():
            await task
        yield bot
    finally:
        await bot.close()
        await asyncio.gather(task, return_exceptions=True)
