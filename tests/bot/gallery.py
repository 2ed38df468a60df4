"""A house where pictures can be shown, and what hangs in it."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, select

from bot.contract import Address
from bot.made import Drawn
from bot.model import Message, TurnId
from bot.store import Store
from bot.store.tables import turn
from tests.bot.house import CHANNEL, House, house
from tests.fakes.channel import ROOMY, ShownPost
from tests.fakes.gateway.painting import Painting

ROOM = 8_000_000
_KEY = re.compile(r"t(\d+)((?:r\d+)?-f?\d+)")


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


async def turns(store: Store) -> Sequence[TurnId]:
    """The turns of this test, in order: on a server they go on counting from test to test."""
    return await store._database.read(_turns)


async def drawn(store: Store, nth: int) -> list[Drawn]:
    """The pictures that the nth turn has paid for."""
    made = await store.works.made((await turns(store))[nth - 1])
    return [each for each in made.values() if isinstance(each, Drawn)]


def keys(home: House, posts: Sequence[ShownPost]) -> list[str]:
    """The keys of posts, as if the first turn that was answered here had the number 1."""
    found = (_KEY.fullmatch(post.key) for post in home.platform.posts())
    numbers = sorted({int(key[1]) for key in found if key is not None})
    parts = [key for post in posts if (key := _KEY.fullmatch(post.key)) is not None]
    return [f"t{numbers.index(int(key[1])) + 1}{key[2]}" for key in parts]


def _turns(connection: Connection) -> list[TurnId]:
    return [TurnId(number) for number in connection.execute(select(turn.c.id).order_by(turn.c.id)).scalars()]


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


async def given_up(home: House, place: Address = CHANNEL) -> None:
    """After one run that has died two more do, and the next one gives the turn up."""
    conversation = await home.store.find(place)
    assert conversation is not None
    for _ in range(2):
        await home.store.claim(conversation, 40, again=True)
    await run_again(home, place)
    assert captions(home)[-1] == home.say_so("interrupted")
