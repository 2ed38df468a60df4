"""The world as Discord writes it down in JSON."""

from dataclasses import dataclass

from tests.fakes.discord import roles
from tests.fakes.discord.clock import iso
from tests.fakes.discord.files import ephemeral_path_of, limit, path_of, signed
from tests.fakes.discord.wire import Json
from tests.fakes.discord.world import (
    ALL_PERMISSIONS,
    NONCE_LIFE_S,
    Attachment,
    Channel,
    Guild,
    Kind,
    Message,
    MessageKind,
    User,
    World,
)


@dataclass(slots=True)
class Payloads:
    """Writes the world's things as JSON; `base_url` goes into links, and is known once the server listens."""

    world: World
    base_url: str = ""

    @property
    def gateway_url(self) -> str:
        """Where the gateway listens."""
        return f"{self.base_url.replace('http', 'ws', 1)}/gateway"

    def user(self, user: User) -> Json:
        """A user object."""
        return {
            "id": str(user.id),
            "username": user.name.lower(),
            "global_name": None if user.bot else user.name,
            "discriminator": "0",
            "avatar": None,
            "bot": user.bot,
            "public_flags": 0,
        }

    def member(self, user: User, guild: Guild) -> Json:
        """A member object without its user."""
        return {
            "roles": roles.of_member(self.world, user, guild),
            "nick": None,
            "avatar": None,
            "joined_at": "2026-01-01T00:00:00+00:00",
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "flags": 0,
            "pending": False,
            "communication_disabled_until": None,
        }

    def guild(self, guild: Guild) -> Json:
        """A guild as GET /guilds/{id} gives it."""
        return {
            "id": str(guild.id),
            "name": guild.name,
            "owner_id": str(guild.owner_id),
            "preferred_locale": guild.locale,
            "roles": roles.of_guild(self.world, guild),
            "emojis": [],
            "stickers": [],
            "features": [],
            "verification_level": 1,
            "default_message_notifications": 1,
            "explicit_content_filter": 0,
            "nsfw_level": 0,
            "mfa_level": 0,
            "premium_tier": guild.premium_tier,
            "afk_timeout": 300,
            "system_channel_flags": 0,
        }

    def guild_create(self, guild: Guild) -> Json:
        """A guild as GUILD_CREATE brings it: with channels, threads, and no member but the bot."""
        channels = [c for c in self.world.channels.values() if c.guild_id == guild.id]
        me = self.member(self.world.bot, guild) | {"user": self.user(self.world.bot)}
        return self.guild(guild) | {
            "joined_at": "2026-01-01T00:00:00+00:00",
            "large": False,
            "unavailable": False,
            "member_count": len(guild.member_ids) + 1,
            "members": [me],
            "channels": [self.channel(c) for c in channels if not c.thread],
            "threads": [self.channel(c) for c in channels if c.thread and not c.archived],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def channel(self, channel: Channel) -> Json:
        """A channel, thread or DM object."""
        shown: Json = {"id": str(channel.id), "type": int(channel.kind), "flags": 0}
        last = next(reversed(channel.messages), None)
        shown["last_message_id"] = None if last is None else str(last)
        if channel.kind is Kind.DM:
            return shown | {"recipients": [self.user(self.world.users[channel.recipient_id or 0])]}
        shown |= {"guild_id": str(channel.guild_id), "name": channel.name, "rate_limit_per_user": channel.slowmode_s}
        shown["parent_id"] = None if channel.parent_id is None else str(channel.parent_id)
        if channel.thread:
            return shown | self._thread_fields(channel)
        return shown | {
            "position": 0,
            "topic": None,
            "nsfw": False,
            "permission_overwrites": roles.overwrites(self.world, channel),
            "available_tags": [],
        }

    def message(self, message: Message, *, referenced: bool = True) -> Json:
        """A message as REST gives it: without guild_id and member. `referenced` inlines one level only."""
        shown: Json = {
            "id": str(message.id),
            "channel_id": str(message.channel_id),
            "type": int(message.kind),
            "author": self.user(message.author),
            "content": message.content,
            "timestamp": iso(message.at),
            "edited_timestamp": None if message.edited_at is None else iso(message.edited_at),
            "tts": False,
            "pinned": False,
            "mention_everyone": message.mention_everyone,
            "mentions": [self.user(self.world.users[i]) for i in message.mentions],
            "mention_roles": [str(i) for i in message.mention_roles],
            "attachments": self._attachments(message),
            "embeds": message.embeds,
            "components": message.components,
            "flags": message.flags,
        }
        if message.nonce is not None and self.world.clock.now() - message.at <= NONCE_LIFE_S:
            shown["nonce"] = message.nonce
        shown |= self._of_interaction(message) | self._forward(message)
        return shown | (self._reference(message, referenced) if message.reply_to is not None else {})

    def gateway_message(self, message: Message) -> Json:
        """A message as the gateway brings it: with guild_id and the members."""
        shown = self.message(message)
        guild = self.world.guild_of(self.world.channels[message.channel_id])
        if guild is None:
            return shown
        shown["guild_id"] = str(guild.id)
        if not message.author.bot or message.author.id == self.world.bot.id:
            shown["member"] = self.member(message.author, guild)
        for mention in shown["mentions"]:
            mention["member"] = self.member(self.world.users[int(mention["id"])], guild)
        return shown

    def attachment(self, path: str, attachment: Attachment, **more: object) -> Json:
        """An attachment with a link that expires."""
        url = signed(self.base_url, path, self.world.clock.now())
        shown: Json = {
            "id": str(attachment.id),
            "filename": attachment.name,
            "size": len(attachment.content),
            "url": url,
            "proxy_url": url,
        }
        told: Json = {
            "content_type": attachment.media_type,
            "title": attachment.title,
            "description": attachment.description,
            "duration_secs": attachment.voice_seconds,
            "waveform": attachment.waveform,
        }
        return shown | {name: value for name, value in told.items() if value is not None} | more

    def option(self, attachment: Attachment) -> Json:
        """A file that was given to a command."""
        return self.attachment(ephemeral_path_of(self.world.application_id, attachment), attachment, ephemeral=True)

    def interaction_place(self, user: User, channel: Channel) -> Json:
        """The fields of an interaction that tell who asked, where, and in which language."""
        guild = self.world.guild_of(channel)
        shown: Json = {
            "version": 1,
            "application_id": str(self.world.application_id),
            "channel_id": str(channel.id),
            "channel": self.channel(channel) | {"permissions": str(ALL_PERMISSIONS)},
            "app_permissions": str(self.world.bot_permissions(channel)),
            "locale": user.locale,
            "entitlements": [],
            "attachment_size_limit": limit(guild),
        }
        if guild is None:
            return shown | {"user": self.user(user), "context": 1, "authorizing_integration_owners": {"0": "0"}}
        member = self.member(user, guild) | {"user": self.user(user), "permissions": str(roles.rights(user, guild))}
        return shown | {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
            "guild_locale": guild.locale,
            "member": member,
            "context": 0,
            "authorizing_integration_owners": {"0": str(guild.id)},
        }

    def application(self) -> Json:
        """The bot's application."""
        return {
            "id": str(self.world.application_id),
            "name": self.world.bot.name,
            "description": "",
            "icon": None,
            "bot_public": True,
            "bot_require_code_grant": False,
            "owner": self.user(User(self.world.application_id, "owner")),
            "team": None,
            "verify_key": "00" * 32,
            "flags": (1 << 19) if self.world.content_switch else 0,
        }

    def _of_interaction(self, message: Message) -> Json:
        if message.author.id != self.world.bot.id or message.interaction_id is None:
            return {}
        shown: Json = {"application_id": str(self.world.application_id), "webhook_id": str(self.world.application_id)}
        if message.asker_id is not None:
            shown["interaction_metadata"] = self._metadata(message, message.asker_id)
        return shown

    def _metadata(self, message: Message, asker: int) -> Json:
        """From which interaction a message came; which was the first answer is said by the others."""
        owners: Json = {}
        shown: Json = {
            "id": str(message.interaction_id),
            "type": message.interaction_kind,
            "user": self.user(self.world.users[asker]),
            "authorizing_integration_owners": owners,
        }
        if message.original_id is not None:
            shown["original_response_message_id"] = str(message.original_id)
        if message.pressed_id is not None:
            shown["interacted_message_id"] = str(message.pressed_id)
        return shown

    def _attachments(self, message: Message) -> list[Json]:
        return [self.attachment(path_of(message.channel_id, each), each) for each in message.attachments]

    def _forward(self, message: Message) -> Json:
        """What a message shows again: no author, no id but in the reference."""
        original = message.forwarded
        if original is None:
            return {}
        ids: Json = {"type": 1, "channel_id": str(original.channel_id), "message_id": str(original.id)}
        snapshot: Json = {
            "type": int(original.kind),
            "content": original.content,
            "timestamp": iso(original.at),
            "edited_timestamp": None if original.edited_at is None else iso(original.edited_at),
            "mentions": [],
            "mention_roles": [],
            "attachments": self._attachments(original),
            "embeds": original.embeds,
            "components": [],
            "flags": original.flags,
        }
        return {"message_reference": ids, "message_snapshots": [{"message": snapshot}]}

    def _reference(self, message: Message, referenced: bool) -> Json:
        channel = self.world.channels[message.channel_id]
        if message.kind is MessageKind.THREAD_STARTER and channel.parent_id is not None:
            channel = self.world.channels[channel.parent_id]
        ids: Json = {"type": 0, "channel_id": str(channel.id), "message_id": str(message.reply_to)}
        if channel.guild_id is not None:
            ids["guild_id"] = str(channel.guild_id)
        if not referenced or message.reply_to is None:
            return {"message_reference": ids}
        target = channel.messages.get(message.reply_to)
        shown = None if target is None else self.message(target, referenced=False)
        return {"message_reference": ids, "referenced_message": shown}

    def _thread_fields(self, channel: Channel) -> Json:
        return {
            "owner_id": str(channel.owner_id),
            "message_count": len(channel.messages),
            "total_message_sent": len(channel.messages),
            "member_count": 1,
            "thread_metadata": {
                "archived": channel.archived,
                "locked": channel.locked,
                "auto_archive_duration": 1440,
                "archive_timestamp": "2026-01-01T00:00:00+00:00",
            },
        }
