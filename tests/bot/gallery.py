"""A house where pictures can be shown, and what hangs in it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from bot.contract import Address
from bot.made import Drawn
from bot.model import Message, TurnId
from bot.store import Store
from bot.store.works import Works
from tests.bot.house import CHANNEL, House, house
from tests.fakes.channel import ROOMY, ShownPost
from tests.fakes.gateway.painting import Painting

ROOM = 8_000_000


@asynccontextmanager
async def gallery(store: Store, *, limit: int = ROOM) -> AsyncIterator[House]:
    """A house whose posts take files of so many bytes."""
    async with house(store) as home:
        home.platform.capabilities = replace(ROOMY, file_limit=limit)
        yield home


def pictures(home: House) -> list[ShownPost]:
    """The posts with pictures that stand on the screen."""
    return [post for post in home.standing() if post.files]


def captions(home: House) -> list[str]:
    """The texts of the others."""
    return [post.text for post in home.standing() if not post.files]


def painted(home: House) -> list[Painting]:
    """What the models were paid for, oldest first."""
    return home.gateway.gallery.paintings


def prompts(home: House) -> list[str]:
    """The words of it."""
    return [painting.prompt for painting in painted(home)]


async def history(home: House, place: Address = CHANNEL) -> Sequence[Message]:
    """What is remembered of a place."""
    conversation = await home.store.find(place)
    assert conversation is not None
    return (await home.store.window(conversation, 40)).messages


async def drawn(store: Store, turn: int) -> list[Drawn]:
    """The pictures that a turn has paid for."""
    made = await Works(store._database).made(TurnId(turn))
    return [each for each in made.values() if isinstance(each, Drawn)]


def dies(patch: pytest.MonkeyPatch, cls: type[Any], name: str, *, after: bool = False) -> None:
    """The next call of a method ends the run as a crash would: before it, or after it, and nobody is told."""
    method = getattr(cls, name)

    async def once(*args: Any, **kwargs: Any) -> Any:
        patch.setattr(cls, name, method)
        if after:
            await method(*args, **kwargs)
        raise asyncio.CancelledError

    patch.setattr(cls, name, once)


async def run_again(home: House, place: Address = CHANNEL) -> None:
    """Another process takes up what was left."""
    conversation = await home.store.find(place)
    assert conversation is not None
    home.restarted().recover(conversation)
    await home.quiet()
