"""The state of the fake: who is there, where they talk, and what was said."""

from dataclasses import dataclass, field
from enum import IntEnum

from tests.fakes.discord.clock import Clock, Snowflakes
from tests.fakes.discord.wire import ApiError, Json, Problem


class Permission(IntEnum):
    """The rights that the fake looks at."""

    MANAGE_MESSAGES = 1 << 13
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38
    SEND_VOICE_MESSAGES = 1 << 46
    BYPASS_SLOWMODE = 1 << 52


ALL_PERMISSIONS = (1 << 53) - 1
NONCE_LIFE_S = 180.0
"""For how long a nonce is compared and given back; Discord says "a few minutes"."""
INVITED = 70_677_981_940_800
"""What the bot is invited with: view, send, send in threads, create threads, embed, attach, voice, history, react."""


class Kind(IntEnum):
    """Types of channels."""

    TEXT = 0
    DM = 1
    THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15


class MessageKind(IntEnum):
    """Types of messages."""

    DEFAULT = 0
    THREAD_CREATED = 18
    REPLY = 19
    COMMAND = 20
    THREAD_STARTER = 21


class Flag(IntEnum):
    """Bits of a message's flags."""

    SUPPRESS_EMBEDS = 1 << 2
    HAS_THREAD = 1 << 5
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    VOICE = 1 << 13
    COMPONENTS_V2 = 1 << 15


@dataclass(slots=True)
class User:
    """A person, or the bot. `takes_dms` False answers the bot's direct messages with 50007."""

    id: int
    name: str
    bot: bool = False
    locale: str = "en-US"
    takes_dms: bool = True


@dataclass(slots=True)
class Guild:
    """A server. The bot has the rights of everyone plus those of its own role."""

    id: int
    name: str
    owner_id: int
    bot_role_id: int
    everyone_permissions: int
    bot_permissions: int
    locale: str = "en-US"
    member_ids: set[int] = field(default_factory=set)
    moderator_role_id: int = 0
    moderator_ids: set[int] = field(default_factory=set)
    """People with the role that may manage messages."""
    premium_tier: int = 0
    """0 to 3, by how many boost it; larger files may be sent from 2 on."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message; the bytes stay behind a signed, expiring address.

    `title` is the name that it came with where Discord could not keep it; `waveform` is base64 as on the wire.
    """

    id: int
    name: str
    content: bytes = field(repr=False)
    media_type: str | None = None
    voice_seconds: float | None = None
    waveform: str | None = None
    description: str | None = None
    title: str | None = None


@dataclass(slots=True)
class Message:
    """One message. `seen_by` is the only person who sees an ephemeral one."""

    id: int
    channel_id: int
    author: User
    content: str
    at: float
    kind: MessageKind = MessageKind.DEFAULT
    edited_at: float | None = None
    reply_to: int | None = None
    mentions: tuple[int, ...] = ()
    mention_roles: tuple[int, ...] = ()
    mention_everyone: bool = False
    attachments: list[Attachment] = field(default_factory=list)
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    flags: int = 0
    nonce: str | int | None = None
    seen_by: int | None = None
    interaction_id: int | None = None
    asker_id: int | None = None
    interaction_kind: int | None = None
    original_id: int | None = None
    """For a follow-up: the first answer of its interaction."""
    pressed_id: int | None = None
    forwarded: "Message | None" = None
    """What it shows again, as it was then."""


@dataclass(slots=True)
class Channel:
    """A place to talk. `bot_permissions` replaces the bot's rights here; `recipient_id` is a DM's person."""

    id: int
    kind: Kind
    name: str
    guild_id: int | None = None
    parent_id: int | None = None
    slowmode_s: int = 0
    bot_permissions: int | None = None
    recipient_id: int | None = None
    owner_id: int | None = None
    archived: bool = False
    locked: bool = False
    messages: dict[int, Message] = field(default_factory=dict)
    bot_spoke_at: float | None = None
    typing_since: float | None = None

    @property
    def thread(self) -> bool:
        """Whether this is a thread."""
        return self.kind in (Kind.THREAD, Kind.PRIVATE_THREAD)


@dataclass(frozen=True, slots=True)
class Ping:
    """A mention by the bot that notifies: `target` is a user or role id, "everyone" or "here"."""

    message_id: int
    target: int | str
    by_edit: bool = False


class World:
    """Everything there is, by id."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.ids = Snowflakes(clock)
        self.application_id = self.ids.next()
        self.bot = User(self.ids.next(), "Parley", bot=True)
        self.users: dict[int, User] = {self.bot.id: self.bot}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.pinged: list[Ping] = []
        self.content_switch = True
        self.outside: set[int] = set()
        self.ephemeral: dict[int, Attachment] = {}
        """Files given to commands, which belong to no message."""

    def user(self, user_id: int) -> User:
        """A user, or 10013."""
        if user_id not in self.users:
            raise ApiError(Problem.UNKNOWN_USER)
        return self.users[user_id]

    def channel(self, channel_id: int) -> Channel:
        """A channel, or 10003."""
        if channel_id not in self.channels:
            raise ApiError(Problem.UNKNOWN_CHANNEL)
        return self.channels[channel_id]

    def guild_of(self, channel: Channel) -> Guild | None:
        """The guild of a channel, None for a DM and where the bot was thrown out."""
        return None if channel.guild_id is None else self.guilds.get(channel.guild_id)

    def message(self, channel: Channel, message_id: int) -> Message:
        """A message of that channel, or 10008; an ephemeral one cannot be had this way."""
        message = channel.messages.get(message_id)
        if message is None or message.seen_by is not None:
            raise ApiError(Problem.UNKNOWN_MESSAGE)
        return message

    def find(self, message_id: int) -> tuple[Channel, Message]:
        """A message wherever it is; for people, who do not name the channel."""
        for channel in self.channels.values():
            if message_id in channel.messages:
                return channel, channel.messages[message_id]
        raise LookupError(f"no message {message_id}")

    def dm(self, user: User) -> Channel:
        """The direct-message channel with a user, made on first use."""
        for channel in self.channels.values():
            if channel.recipient_id == user.id:
                return channel
        return self.add(Channel(self.ids.next(), Kind.DM, user.name, recipient_id=user.id))

    def add(self, channel: Channel) -> Channel:
        """Put a channel into the world."""
        self.channels[channel.id] = channel
        return channel

    def bot_permissions(self, channel: Channel) -> int:
        """What the bot may do in a channel; a thread has its parent's rights."""
        if channel.thread and channel.parent_id is not None and channel.bot_permissions is None:
            return self.bot_permissions(self.channels[channel.parent_id])
        if channel.id in self.outside:
            return 0
        guild = self.guild_of(channel)
        if guild is None:
            return ALL_PERMISSIONS
        if channel.bot_permissions is not None:
            return channel.bot_permissions
        return guild.everyone_permissions | guild.bot_permissions

    def allowed(self, channel: Channel, permission: Permission) -> bool:
        """Whether the bot has a right in a channel."""
        return bool(self.bot_permissions(channel) & permission)

    def require(self, channel: Channel, *permissions: Permission) -> None:
        """50001 where the bot cannot see, 50013 where it may not do."""
        if not self.allowed(channel, Permission.VIEW_CHANNEL):
            raise ApiError(Problem.MISSING_ACCESS)
        if not all(self.allowed(channel, permission) for permission in permissions):
            raise ApiError(Problem.MISSING_PERMISSIONS)
