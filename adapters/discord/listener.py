"""What listens: one gateway connection, from discord.py's events to the contract's."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import aiohttp
import discord

from adapters.discord import commands as table
from adapters.discord import events, sdk
from adapters.discord.ears import Ears
from adapters.discord.interactions import Interactions
from adapters.discord.me import Me
from bot.contract import Address, Addressed, EventsMissed, MessageEdited, MessageReceived, Origin, PersonKind
from bot.errors import ChannelError

log = logging.getLogger("parley.discord")

_ASKING_S = 10.0
_EDITS = 1000
"""Edited messages whose time is kept in mind."""

Place = discord.abc.Messageable | discord.abc.GuildChannel | discord.Thread


class Listener(discord.Client):
    """Good for one `login` and one `connect`: after a failure a new one is made."""

    def __init__(self, ears: Ears, *, content: bool) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=content)
        super().__init__(intents=intents, **sdk.OPTIONS)
        self._ears = ears
        self._interactions = Interactions(ears)
        self._parents: dict[int, int | None] = {}
        self._edits: dict[str, datetime | None] = {}
        self._working: set[asyncio.Task[Any]] = set()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """As the library's, which says that it is ready some seconds later, and trips where it was closed since."""
        if not self.is_closed():
            super().dispatch(event, *args, **kwargs)

    async def leave(self, timeout: float) -> None:
        """Let what is being saved be saved, and close the connection."""
        if self._working:
            await asyncio.wait(self._working, timeout=timeout)
        await self.close()

    async def setup_hook(self) -> None:
        """Once for each start; `on_ready` would come again with every new session."""
        if self.application_id is not None:
            await table.sync(self, self.application_id, self._ears.commands)

    async def on_connect(self) -> None:
        """A new session, which knows nothing of what came before it; one that goes on is told of what it missed."""
        async with self._work():
            await self._ears.accept(EventsMissed(events.PLATFORM))

    async def on_ready(self) -> None:
        log.info("discord_connected guilds=%d", len(self.guilds))

    async def on_resumed(self) -> None:
        log.info("discord_resumed")

    async def on_disconnect(self) -> None:
        log.info("discord_disconnected")

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """The SDK's supervising loop: one event that breaks us must not end the others."""
        log.exception("discord_event_failed event=%s", event_method)

    async def on_message(self, message: discord.Message) -> None:
        me = self._me(message.guild)
        if not events.heard(message, me):
            return
        async with self._work():
            event = events.message_received(message, await self._address(message.channel), me)
            # Without the content intent, what is not for us arrives empty.
            if events.says_something(event) or event.addressed is Addressed.BOT:
                await self._save(event)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        message = payload.message
        me = self._me(message.guild)
        if not events.by_a_person(message, me):
            return
        async with self._work():
            event = events.message_edited(message, await self._address(message.channel), me)
            if event is not None and self._is_news(event):
                await self._ears.accept(event)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        await self._deleted(payload.guild_id, payload.channel_id, [payload.message_id])

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        await self._deleted(payload.guild_id, payload.channel_id, sorted(payload.message_ids))

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        async with self._work():
            await self._interactions.take(interaction, self._me(None))

    async def _save(self, event: MessageReceived) -> None:
        try:
            await self._ears.accept(event)
        except Exception:  # the rim of receiving: whatever kept it from being saved, the asker is told
            log.exception("discord_message_not_saved message=%s", event.origin.message_id)
            # A program might answer an apology, and so for ever.
            if event.addressed is Addressed.BOT and event.origin.asker.kind is PersonKind.HUMAN:
                await self._apologise(event.origin)

    async def _apologise(self, origin: Origin) -> None:
        try:
            await self._ears.open(origin).notify(self._ears.host.text("not-saved", origin.locale))
        except ChannelError as error:
            log.warning("discord_apology_lost reason=%s", error)

    async def _deleted(self, guild: int | None, channel: int, messages: Sequence[int]) -> None:
        async with self._work():
            place = await self._address(self._place(guild, channel))
            for message in messages:
                await self._ears.accept(events.message_deleted(place, message))

    def _is_news(self, event: MessageEdited) -> bool:
        """Whether this edit was not heard before: a preview or a pin that comes later brings the same time again."""
        known = self._edits.pop(event.message_id, None)
        self._edits[event.message_id] = event.edited_at
        if len(self._edits) > _EDITS:
            del self._edits[next(iter(self._edits))]
        return known != event.edited_at

    def _me(self, guild: discord.Guild | None) -> Me:
        role = guild.self_role if guild is not None else None
        return Me(self.user.id if self.user else 0, role.id if role else None)

    def _place(self, guild_id: int | None, channel: int) -> Place:
        guild = self.get_guild(guild_id) if guild_id is not None else None
        known = guild.get_channel_or_thread(channel) if guild is not None else None
        return known or self.get_partial_messageable(channel, guild_id=guild_id)

    async def _address(self, place: Place) -> Address:
        if isinstance(place, discord.Thread):
            return events.address(place.guild.id, place.id, place.parent_id)
        if isinstance(place, discord.abc.GuildChannel):
            return events.address(place.guild.id, place.id)
        channel: Any = place
        guild = getattr(place, "guild_id", None)
        return events.address(guild, channel.id, None if guild is None else await self._parent(channel.id))

    async def _parent(self, channel: int) -> int | None:
        """A thread that was archived when we connected is in no cache: ask once whose it is."""
        if channel not in self._parents:
            try:
                async with asyncio.timeout(_ASKING_S):
                    found: Any = await self.fetch_channel(channel)
            except (discord.HTTPException, aiohttp.ClientError, TimeoutError):
                return None
            self._parents[channel] = found.parent_id if isinstance(found, discord.Thread) else None
        return self._parents[channel]

    @asynccontextmanager
    async def _work(self) -> AsyncIterator[None]:
        """Mark the running task as one that a stop has to wait for."""
        task = asyncio.current_task()
        if task is not None:
            self._working.add(task)
            task.add_done_callback(self._working.discard)
        yield
