"""FakeDiscord: the face of the fake for tests, a bench, or a trial by hand."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from tests.fakes.discord.interactions import Interaction
from tests.fakes.discord.people import Choice, File, OptionValue, ShownMessage
from tests.fakes.discord.server import Server
from tests.fakes.discord.sessions import Intent
from tests.fakes.discord.world import INVITED, Channel, Guild, Kind, Permission, User

_KINDS = {"text": Kind.TEXT, "forum": Kind.FORUM}


class FakeDiscord(Server):
    """Discord on one loopback port: REST under `{base_url}/api/v10`, the gateway at `ws://…/gateway`.

    `async with FakeDiscord() as discord`. The world can be filled before or after; guilds made before a client
    identifies come with its READY.
    """

    def user(self, name: str, *, locale: str = "en-US", takes_dms: bool = True, bot: bool = False) -> User:
        """A person, member of every guild there is and will be."""
        user = User(self.world.ids.next(), name, bot, locale, takes_dms)
        self.world.users[user.id] = user
        for guild in self.world.guilds.values():
            guild.member_ids.add(user.id)
        return user

    def guild(self, name: str = "Guild", *, permissions: int | None = None, locale: str = "en-US") -> Guild:
        """A server. `permissions` are the bot's; as a rule those of its invite, and @everyone's right to ping all."""
        everyone = int(Permission.VIEW_CHANNEL | Permission.MENTION_EVERYONE) if permissions is None else 0
        mine = INVITED if permissions is None else permissions
        ids = self.world.ids
        guild = Guild(ids.next(), name, self.world.application_id, ids.next(), everyone, mine, locale)
        guild.moderator_role_id = ids.next()
        guild.member_ids = set(self.world.users) - {self.world.bot.id}
        self.world.guilds[guild.id] = guild
        if self.hub.sessions:
            self.hub.publish("GUILD_CREATE", self.payloads.guild_create(guild), Intent.GUILDS, guild.id)
        return guild

    async def boost(self, guild: Guild, tier: int) -> None:
        """People boost a server to a tier, or no longer."""
        guild.premium_tier = tier
        self.hub.publish("GUILD_UPDATE", self.payloads.guild(guild), Intent.GUILDS, guild.id)

    def promote(self, user: User, guild: Guild) -> None:
        """Make a person a moderator, who may manage messages in every channel of a server."""
        guild.moderator_ids.add(user.id)

    def channel(
        self,
        guild: Guild,
        name: str = "general",
        *,
        kind: str = "text",
        slowmode_s: int = 0,
        permissions: int | None = None,
    ) -> Channel:
        """A "text" or "forum" channel; `permissions` replaces the bot's rights in it."""
        made = Channel(self.world.ids.next(), _KINDS[kind], name, guild.id, None, slowmode_s, permissions)
        self.world.add(made)
        self.hub.channel("CHANNEL_CREATE", made)
        return made

    def dm(self, user: User) -> Channel:
        """The direct-message channel of a person and the bot."""
        return self.world.dm(user)

    async def remove_channel(self, channel: Channel) -> None:
        """A person deletes a channel or thread, with all that is in it: 10003 from now on."""
        self.hub.channel("THREAD_DELETE" if channel.thread else "CHANNEL_DELETE", channel)
        del self.world.channels[channel.id]

    async def remove_bot(self, guild: Guild) -> None:
        """A person throws the bot out of a server: GUILD_DELETE, and nothing there can be reached."""
        self.hub.publish("GUILD_DELETE", {"id": str(guild.id)}, Intent.GUILDS, guild.id)
        del self.world.guilds[guild.id]
        self.world.outside |= {c.id for c in self.world.channels.values() if c.guild_id == guild.id}

    async def thread(self, user: User, parent: Channel, name: str = "thread", message_id: int | None = None) -> Channel:
        """A person starts a thread, under a message or by itself."""
        message = None if message_id is None else parent.messages[message_id]
        return self.channels.start_thread(user, parent, name, message)

    async def say(
        self,
        user: User,
        channel: Channel,
        content: str,
        *,
        reply_to: int | None = None,
        mention_reply: bool = True,
        attachments: Sequence[File] = (),
    ) -> int:
        """A person writes; gives the message's id."""
        return self.people.say(user, channel, content, reply_to, mention_reply, attachments)

    async def forward(self, user: User, channel: Channel, message_id: int) -> int:
        """A person shows another message again; gives the new message's id."""
        return self.people.forward(user, channel, message_id)

    async def edit(self, message_id: int, content: str) -> None:
        """A person changes a message."""
        self.people.edit(message_id, content)

    async def delete(self, message_id: int) -> None:
        """A person takes a message away, their own or another's."""
        self.people.delete(message_id)

    async def purge(self, channel: Channel, message_ids: Sequence[int]) -> None:
        """A moderator takes many messages of a channel away at one stroke."""
        self.people.purge(channel, message_ids)

    async def embeds_resolved(self, message_id: int) -> None:
        """The preview of a link appears under a message: MESSAGE_UPDATE without an edit."""
        self.people.resolve_embeds(message_id)

    async def command(
        self, user: User, channel: Channel, name: str, options: Mapping[str, OptionValue] | None = None
    ) -> Interaction:
        """A person calls a registered slash command; returns at once."""
        return self.people.command(user, channel, name, options or {})

    async def autocomplete(
        self,
        user: User,
        channel: Channel,
        name: str,
        option: str,
        typed: str,
        others: Mapping[str, OptionValue] | None = None,
    ) -> list[Choice]:
        """A person types into an option; the suggestions, or `NotAnswered` after three seconds."""
        return await self.people.autocomplete(user, channel, name, option, typed, others or {})

    async def press(self, user: User, message_id: int, custom_id: str) -> Interaction:
        """A person presses a button that they see; returns at once."""
        return self.people.press(user, message_id, custom_id)

    def screen(self, channel: Channel, user: User | None = None) -> list[ShownMessage]:
        """The channel as that person sees it, or as everybody does; oldest first."""
        return self.people.screen(channel, user)

    def typing(self, channel: Channel) -> bool:
        """Whether the bot's typing sign shows."""
        return self.people.typing(channel)

    async def until(self, condition: Callable[[], bool], timeout: float = 5.0) -> None:
        """Wait until something is so; `TimeoutError` after real seconds."""
        async with asyncio.timeout(timeout):
            while not condition():  # noqa: ASYNC110 - what is waited for lies in many places, none of which signals
                await asyncio.sleep(0.002)

    async def settled(self, channel: Channel, *, quiet_s: float = 1.5, timeout: float = 60.0) -> None:
        """Wait until the last message is the bot's and nothing has changed for a while, in real seconds."""
        seen: object = None
        since = asyncio.get_running_loop().time()
        async with asyncio.timeout(timeout):
            while seen is None or asyncio.get_running_loop().time() - since < quiet_s:
                now = self.screen(channel)
                mine = bool(now) and now[-1].author == self.world.bot.name and not now[-1].thinking
                if now != seen or not mine:
                    seen, since = now, asyncio.get_running_loop().time()
                await asyncio.sleep(0.01)
