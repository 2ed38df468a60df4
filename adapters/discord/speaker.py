"""What speaks: a logged-in REST client without a gateway, its rate budget and its intermediate edits."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
import discord

from adapters.discord.drafts import Drafts
from adapters.discord.failures import Banned, translated
from bot.contract import Budget
from bot.errors import ChannelBusy

T = TypeVar("T")

CALL_S = 90.0
"""More than the SDK's own five tries and its longest wait for a bucket take together."""
_PATIENCE_S = 1.0
CLOSING_S = 5.0
_MANY_PLACES = 256


class Speaker:
    """Made by `enter`, used until `close`. `webhooks` is for calls by an interaction's token, each with a timeout
    of its own."""

    def __init__(self, client: discord.Client, webhooks: aiohttp.ClientSession, budget: Budget) -> None:
        self.client = client
        self.webhooks = webhooks
        self._budget = budget
        self._drafts: dict[str, Drafts] = {}

    @classmethod
    async def enter(cls, client: discord.Client, token: str, budget: Budget) -> "Speaker":
        """Log in. Raises what discord.py raises, with nothing left open."""
        try:
            await client.login(token)
        except BaseException:
            await client.close()
            raise
        return cls(client, aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)), budget)

    async def close(self) -> None:
        """Let what is in flight end, shortly, and close all connections."""
        for drafts in self._drafts.values():
            await drafts.close(CLOSING_S)
        await self.webhooks.close()
        await self.client.close()

    async def call(self, make: Callable[[], Awaitable[T]], extra_s: float = 0.0) -> T:
        """One call by the bot's token that must be made, in more time than usual. Raises `ChannelError`."""
        wait = self._budget.wait()
        if wait > _PATIENCE_S:
            raise ChannelBusy("the bot's own limit", wait)
        await self._budget.take()
        return await self._made(make, extra_s)

    async def try_call(self, make: Callable[[], Awaitable[Any]]) -> None:
        """One call by the bot's token that is left out when the budget is short. Raises `ChannelError`."""
        if self._budget.try_take():
            await self._made(make)

    def drafts(self, place: str) -> Drafts:
        """The intermediate edits of a place."""
        if len(self._drafts) > _MANY_PLACES:
            self._drafts = {name: drafts for name, drafts in self._drafts.items() if not drafts.idle}
        return self._drafts.setdefault(place, Drafts())

    async def _made(self, make: Callable[[], Awaitable[T]], extra_s: float = 0.0) -> T:
        try:
            with translated():
                async with asyncio.timeout(CALL_S + extra_s):
                    return await make()
        except Banned as error:
            self._budget.pause(error.retry_after)
            raise
