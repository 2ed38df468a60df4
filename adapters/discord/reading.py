"""A place's history as events, as the gateway would have brought them."""

from collections.abc import Sequence
from datetime import datetime

import discord

from adapters.discord import events, history
from adapters.discord.me import Me
from adapters.discord.routes import Speaking
from adapters.discord.speaker import Speaker
from bot.contract import Address, MessageReceived, Survey
from bot.errors import ChannelGone


class Reader:
    """Needs no gateway. What the gateway alone would tell, our role in a server, is asked for once."""

    def __init__(self, speaking: Speaking) -> None:
        self._speaking = speaking
        self._roles: dict[int, int | None] = {}

    async def read(self, address: Address, after: str | None, limit: int) -> Sequence[MessageReceived]:
        """The newest messages after one, oldest first, our own among them. Raises `ChannelError`."""
        speaker, known = self._speaking(), int(after or 0)
        found = await history.newest(speaker, int(address.thread or address.channel), known, limit)
        roles = any(map(_names_a_role, found))
        me = await self._me(speaker, address, roles=roles)
        said = [events.said(message, address, me) for message in reversed(found)]
        # A thread's first item stands for the message above it, which may be the one that is known.
        return [event for event in said if event is not None and int(event.origin.message_id or 0) > known]

    async def survey(
        self, channel: Address, threads: Sequence[Address], after: str | None, since: datetime, limit: int
    ) -> Survey:
        """Of the threads only reading them tells; each has a rate limit of its own. Raises `ChannelError`."""
        start = max(int(after or 0), discord.utils.time_snowflake(since))
        messages = await self.read(channel, str(start), limit)
        return Survey(messages, threads, (), messages[-1].origin.message_id if messages else after)

    async def _me(self, speaker: Speaker, address: Address, *, roles: bool) -> Me:
        user = speaker.client.user
        direct = address.workspace == events.DIRECT
        role = await self._role(speaker, int(address.workspace)) if roles and not direct else None
        return Me(user.id if user else 0, role)

    async def _role(self, speaker: Speaker, guild: int) -> int | None:
        """The role that belongs to the bot alone; None where it has none, or where it may not ask."""
        if guild not in self._roles:
            try:
                found = await speaker.call(lambda: speaker.client.http.get_roles(guild))
            except ChannelGone:
                return None
            me = speaker.client.user
            mine = (int(role["id"]) for role in found if me and role.get("tags", {}).get("bot_id") == str(me.id))
            self._roles[guild] = next(mine, None)
        return self._roles[guild]


def _names_a_role(message: discord.Message) -> bool:
    other = message.reference.resolved if message.reference else None
    whole = [message, other] if isinstance(other, discord.Message) else [message]
    return any(each.raw_role_mentions for each in whole)
