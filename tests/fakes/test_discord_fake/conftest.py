"""A fake Discord with one guild, one channel and one person, and a discord.py client connected to it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import discord
import pytest

from tests.fakes.discord import Channel, FakeDiscord, Guild, Limits, User
from tests.fakes.discord_bot import Bot, running


@dataclass(frozen=True, slots=True)
class Scene:
    """Who is there."""

    fake: FakeDiscord
    bot: Bot
    guild: Guild
    channel: Channel
    ann: User

    @property
    def place(self) -> discord.PartialMessageable:
        """The channel as the client speaks to it."""
        return self.bot.get_partial_messageable(self.channel.id, guild_id=self.guild.id)

    async def mention(self, text: str = "hello") -> discord.Message:
        """Ann mentions the bot; the message as the client got it."""
        before = len(self.bot.messages)
        await self.fake.say(self.ann, self.channel, f"<@{self.fake.bot_user_id}> {text}")
        await self.fake.until(lambda: len(self.bot.messages) > before)
        return self.bot.messages[-1]

    def contents(self) -> list[str]:
        """What everybody reads in the channel."""
        return [message.content for message in self.fake.screen(self.channel)]


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with FakeDiscord(limits=Limits(enabled=False)) as fake:
        guild = fake.guild()
        channel, ann = fake.channel(guild), fake.user("Ann")
        async with running(fake) as bot:
            yield Scene(fake, bot, guild, channel, ann)
