"""The stage of the wire tests: a fake Discord, the adapter on it, and an engine that only writes down."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import discord
import pytest
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.contract import Post
from tests.adapters.channel_contract import Shelf
from tests.adapters.discord.stage import Stage
from tests.fakes.discord import FakeDiscord


@pytest.fixture(autouse=True)
def sdk_as_it_was() -> Iterator[None]:
    """The SDK keeps addresses for the whole process; every test gets them as they are shipped."""
    kept = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE
    warnings = discord.VoiceClient.warn_nacl, discord.VoiceClient.warn_dave
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE = kept
    discord.VoiceClient.warn_nacl, discord.VoiceClient.warn_dave = warnings


@pytest.fixture
async def world() -> AsyncIterator[FakeDiscord]:
    """Discord, empty."""
    async with FakeDiscord() as discord_:
        yield discord_


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Files of the bot's own."""
    return Shelf(tmp_path)


@pytest.fixture
def picture(shelf: Shelf) -> Post:
    """A post with a picture."""
    return Post("A balloon.", final=True, key="t1-f0", files=(shelf.picture("t1-f0"),))


@pytest.fixture
async def stage(world: FakeDiscord) -> AsyncIterator[Stage]:
    """The adapter, listening, with a server, a channel and two people."""
    async with Stage(world) as stage:
        yield stage


@pytest.fixture
async def speaking(world: FakeDiscord) -> AsyncIterator[Stage]:
    """The adapter as a worker has it: it speaks, and listens to nothing."""
    async with Stage(world, listens=False) as stage:
        yield stage
