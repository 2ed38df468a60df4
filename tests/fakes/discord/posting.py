"""What the bot does to messages: sending, editing, deleting, with every rule and every event that follows."""

from dataclasses import dataclass, field

from tests.fakes.discord.bodies import SENDABLE_FLAGS, check_body, check_filled, check_nonce
from tests.fakes.discord.files import check_metadata, check_sizes, check_voice, limit, uploaded
from tests.fakes.discord.limits import RateLimiter
from tests.fakes.discord.mentions import Allowed, allowed_mentions, mark
from tests.fakes.discord.sessions import Hub, Intent
from tests.fakes.discord.wire import ApiError, Ask, Json, Problem, invalid
from tests.fakes.discord.world import (
    NONCE_LIFE_S,
    Attachment,
    Channel,
    Flag,
    Kind,
    Message,
    MessageKind,
    Permission,
    World,
)

OLD_S = 3600.0
_SYSTEM = (MessageKind.THREAD_CREATED, MessageKind.THREAD_STARTER)


@dataclass(slots=True)
class Posting:
    """The bot's pen."""

    world: World
    hub: Hub
    limiter: RateLimiter
    _nonces: dict[str, Message] = field(default_factory=dict)

    def send(self, channel: Channel, ask: Ask) -> Message:
        """POST of a message by the bot; a repeated enforced nonce gives the first message again."""
        body = ask.form
        self.check_place(channel)
        self.check(channel, ask)
        check_nonce(body.get("nonce"))
        known = self._repeated(body)
        if known is not None:
            return known
        reply_to = self._reference(channel, body)
        message = self.write(channel, ask, allowed_mentions(body), reply_to)
        if body.get("enforce_nonce") and body.get("nonce") is not None:
            self._nonces[str(body["nonce"])] = message
        self._spoken(channel)
        self.hub.message("MESSAGE_CREATE", message)
        return message

    def check(self, channel: Channel, ask: Ask, extra_flags: int = 0) -> None:
        """Refuse a new message with a wrong field or file."""
        body = ask.form
        check_body(body, extra_flags)
        check_sizes(ask.files, limit(self.world.guild_of(channel)))
        check_metadata(body, ask.files)
        if (body.get("flags") or 0) & Flag.VOICE:
            check_voice(self.world, channel, body, ask.files)

    def check_place(self, channel: Channel) -> None:
        """Whether the bot may speak here now."""
        if channel.kind is Kind.FORUM:
            raise ApiError(Problem.NOT_IN_FORUM)
        speak = Permission.SEND_MESSAGES_IN_THREADS if channel.thread else Permission.SEND_MESSAGES
        self.world.require(channel, speak)
        if channel.kind is Kind.DM and not self.world.users[channel.recipient_id or 0].takes_dms:
            raise ApiError(Problem.NO_DMS)
        if channel.locked and not self.world.allowed(channel, Permission.MANAGE_THREADS):
            raise ApiError(Problem.THREAD_LOCKED)
        self._check_slowmode(channel)

    def write(self, channel: Channel, ask: Ask, allowed: Allowed, reply_to: int | None = None) -> Message:
        """Put a checked message into the channel; nobody is told yet."""
        body = ask.form
        kind = MessageKind.DEFAULT if reply_to is None else MessageKind.REPLY
        message = Message(self.world.ids.next(), channel.id, self.world.bot, "", self.world.clock.now(), kind)
        message.reply_to = reply_to
        message.nonce = body.get("nonce")
        self.fill(channel, message, ask)
        check_filled(message.content, message.embeds, message.components, message.attachments)
        channel.messages[message.id] = message
        self.remark(channel, message, allowed)
        return message

    def edit(self, channel: Channel, message: Message, ask: Ask) -> Message:
        """PATCH of a message by the bot."""
        self.world.require(channel)
        if message.author.id != self.world.bot.id:
            raise ApiError(Problem.NOT_AUTHOR)
        if channel.archived:
            raise ApiError(Problem.ARCHIVED)
        wait = self.limiter.old_edit_wait(channel.id) if self.world.clock.now() - message.at > OLD_S else 0.0
        if wait:
            raise ApiError(Problem.OLD_EDITS, {"retry_after": wait}, {"Retry-After": str(int(wait) + 1)})
        return self.revise(channel, message, ask)

    def revise(self, channel: Channel, message: Message, ask: Ask) -> Message:
        """Check and apply an edit, whoever's token it came with, and tell the gateway."""
        if message.flags & Flag.VOICE:
            raise ApiError(Problem.VOICE_EDITED)
        body = ask.form
        if body.get("flags") is not None:
            # Not refused, but no message becomes a voice message later.
            body["flags"] &= ~Flag.VOICE
        check_body(body, Flag.EPHEMERAL)
        check_sizes(ask.files, limit(self.world.guild_of(channel)))
        check_metadata(body, ask.files, [attachment.id for attachment in message.attachments])
        before = (message.content, message.embeds, message.components, message.attachments)
        self.fill(channel, message, ask)
        try:
            check_filled(message.content, message.embeds, message.components, message.attachments)
        except ApiError:
            message.content, message.embeds, message.components, message.attachments = before
            raise
        if message.flags & Flag.LOADING:
            message.flags &= ~Flag.LOADING
        else:
            message.edited_at = self.world.clock.now()
        self.remark(channel, message, allowed_mentions(body))
        self.hub.message("MESSAGE_UPDATE", message)
        return message

    def delete(self, channel: Channel, message: Message) -> None:
        """DELETE of a message by the bot: its own, or anybody's with Manage Messages."""
        self.world.require(channel)
        if message.author.id != self.world.bot.id:
            self.world.require(channel, Permission.MANAGE_MESSAGES)
        self.remove(channel, message)

    def remove(self, channel: Channel, message: Message) -> None:
        """Take a message away, whoever does it."""
        del channel.messages[message.id]
        if message.seen_by is None:
            data: Json = {"id": str(message.id)}
            self.hub.in_channel("MESSAGE_DELETE", data, channel, Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES)

    def remark(self, channel: Channel, message: Message, allowed: Allowed) -> None:
        """Work out the mentions again, and note whom the bot's text notifies for the first time."""
        pings = mark(self.world, channel, message, allowed, mention_reply=allowed.replied_user)
        known = {ping.target for ping in self.world.pinged if ping.message_id == message.id}
        self.world.pinged += [ping for ping in pings if ping.target not in known]

    def fill(self, channel: Channel, message: Message, ask: Ask) -> None:
        """Take over the fields that were given; Discord trims the text, and drops embeds that are not allowed."""
        body = ask.form
        message.attachments = self._kept(message, body) + self._files(channel, message, ask)
        if "content" in body:
            message.content = (body["content"] or "").strip()
        if "embeds" in body:
            may = self.world.allowed(channel, Permission.EMBED_LINKS) or message.interaction_id is not None
            message.embeds = (body["embeds"] or []) if may else []
        if "components" in body:
            message.components = body["components"] or []
        if body.get("flags") is not None:
            lasting = message.flags & (~SENDABLE_FLAGS | Flag.COMPONENTS_V2)
            message.flags = lasting | body["flags"]

    def _kept(self, message: Message, body: Json) -> list[Attachment]:
        if "attachments" not in body:
            return message.attachments
        kept = {str(entry.get("id")) for entry in body["attachments"] or []}
        return [attachment for attachment in message.attachments if str(attachment.id) in kept]

    def _files(self, channel: Channel, message: Message, ask: Ask) -> list[Attachment]:
        """Answers to interactions may always have files, and voice messages have a right of their own."""
        free = message.interaction_id is not None or (ask.form.get("flags") or 0) & Flag.VOICE
        if ask.files and not free and channel.kind is not Kind.DM:
            self.world.require(channel, Permission.ATTACH_FILES)
        return uploaded(self.world, ask.form, ask.files)

    def _repeated(self, body: Json) -> Message | None:
        if not body.get("enforce_nonce") or body.get("nonce") is None:
            return None
        known = self._nonces.get(str(body["nonce"]))
        if known is None or self.world.clock.now() - known.at > NONCE_LIFE_S:
            return None
        return known

    def _reference(self, channel: Channel, body: Json) -> int | None:
        """The message replied to; None for a plain message, and for a lost one where that is no failure."""
        reference = body.get("message_reference")
        if reference is None:
            return None
        if not self.world.allowed(channel, Permission.READ_MESSAGE_HISTORY):
            raise ApiError(Problem.NO_HISTORY_TO_REPLY)
        target = channel.messages.get(int(reference.get("message_id", 0)))
        elsewhere = int(reference.get("channel_id", channel.id)) != channel.id
        if target is None or elsewhere or target.seen_by is not None:
            if reference.get("fail_if_not_exists", True):
                raise invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            return None
        if target.kind in _SYSTEM:
            message = "Cannot reply to a system message"
            raise invalid("message_reference", "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", message)
        return target.id

    def _check_slowmode(self, channel: Channel) -> None:
        if not channel.slowmode_s or self.world.allowed(channel, Permission.BYPASS_SLOWMODE):
            return
        if channel.bot_spoke_at is None:
            return
        left = channel.bot_spoke_at + channel.slowmode_s - self.world.clock.now()
        if left > 0:
            wait = self.world.clock.real(left)
            raise ApiError(Problem.SLOWMODE, {"retry_after": wait}, {"Retry-After": str(int(wait) + 1)})

    def _spoken(self, channel: Channel) -> None:
        channel.bot_spoke_at = self.world.clock.now()
        channel.typing_since = None
        if channel.archived:
            channel.archived = False
            self.hub.channel("THREAD_UPDATE", channel)
