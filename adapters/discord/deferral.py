"""The three seconds in which an interaction must be answered, and what became of them."""

import asyncio
import logging
from time import monotonic
from typing import Any

import aiohttp
import discord

from adapters.discord.failures import brief
from adapters.discord.token import LIFETIME

log = logging.getLogger("parley.discord")

_ALREADY_ANSWERED = 40060
_FAILED = 500
"""From this status on it is Discord that has failed, and the call may have been done."""
_ANSWER_S = 5.0
"""Discord waits three; what takes longer has failed."""


class Deferral:
    """One interaction of this process; deferred at most once, by whoever comes first.

    While a command is deferred, "thinking" is shown; a press leaves its post as it is.
    """

    def __init__(self, interaction: discord.Interaction[Any], *, private: bool) -> None:
        self._interaction = interaction
        self._private = private
        self._thinks = interaction.type is not discord.InteractionType.component
        self._task: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self._dead = False
        self.untouched = True
        self.born = monotonic()

    def begin(self) -> asyncio.Task[None]:
        """Tell Discord to wait, if nobody has yet; the same task for all who ask."""
        if self._task is None:
            self._task = asyncio.create_task(self._defer())
        return self._task

    async def refuse(self, text: str) -> None:
        """Answer at once and for good, to the asker alone."""
        try:
            async with asyncio.timeout(2 * _ANSWER_S):
                await self._refuse(text)
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            log.warning("discord_refusal_lost interaction=%s error=%s", self._interaction.id, type(error).__name__)
        finally:
            self.untouched = False
            self._settled.set()

    async def usable(self) -> bool:
        """Whether the token can be used, once that is known."""
        await self._settled.wait()
        return not self._dead

    async def _refuse(self, text: str) -> None:
        silent = discord.AllowedMentions.none()
        if self._task is None:
            await self._interaction.response.send_message(text, ephemeral=True, allowed_mentions=silent)
            return
        await asyncio.wait({self._task})
        if self._thinks and not self._private:
            # The first follow-up would only fill the public placeholder, for all to see.
            await self._interaction.delete_original_response()
        await self._interaction.followup.send(text, ephemeral=True, allowed_mentions=silent)

    async def _defer(self) -> None:
        try:
            taken = await self._deferred()
            # Where nobody heard whether Discord has taken it, a second try tells: it is taken, or it is too late.
            self._dead = not (await self._deferred() if taken is None else taken)
        finally:
            self._settled.set()

    async def _deferred(self) -> bool | None:
        """Whether it is deferred; None where that is not known."""
        number = self._interaction.id
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._interaction.response.defer(ephemeral=self._private, thinking=self._thinks)
        except discord.HTTPException as error:
            if error.code == _ALREADY_ANSWERED:
                log.info("discord_deferred_before interaction=%s", number)
                return True
            log.warning("discord_defer_failed interaction=%s reason=%r", number, brief(error))
            return None if error.status >= _FAILED else False
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("discord_defer_failed interaction=%s reason=%s", number, type(error).__name__)
            return None
        return True


class Deferrals:
    """The interactions that this process received; of all others nothing is known here."""

    def __init__(self) -> None:
        self._known: dict[int, Deferral] = {}

    def add(self, interaction: discord.Interaction[Any], *, private: bool) -> Deferral:
        """Keep an interaction for as long as its token lives."""
        oldest = monotonic() - LIFETIME
        self._known = {key: deferral for key, deferral in self._known.items() if deferral.born > oldest}
        deferral = self._known[interaction.id] = Deferral(interaction, private=private)
        return deferral

    async def usable(self, interaction: int) -> bool:
        """False where the interaction is known to be lost; waits while it is being deferred."""
        deferral = self._known.get(interaction)
        return deferral is None or await deferral.usable()

    async def untouched(self, interaction: int) -> bool | None:
        """Whether the first response still waits to be filled; None where this process cannot know."""
        deferral = self._known.get(interaction)
        if deferral is None:
            return None
        await deferral.usable()
        return deferral.untouched

    def touch(self, interaction: int) -> None:
        """Note that the first response has been used."""
        if interaction in self._known:
            self._known[interaction].untouched = False
