"""Gateway sessions: what a client has asked to hear, and what it has been told, kept for a RESUME."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from tests.fakes.discord.payloads import Payloads
from tests.fakes.discord.wire import Json
from tests.fakes.discord.world import Channel, Kind, Message, Permission, World


class Intent(IntEnum):
    """The intents that the fake knows events for."""

    NONE = 0
    GUILDS = 1 << 0
    MEMBERS = 1 << 1
    PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15


PRIVILEGED = Intent.MEMBERS | Intent.PRESENCES | Intent.MESSAGE_CONTENT
KNOWN_INTENTS = sum(1 << bit for bit in (*range(17), 20, 21, 24, 25))
REPLAYED = 10_000
"""How many events a session keeps for a RESUME."""


@dataclass(slots=True)
class Session:
    """One session of the gateway; it outlives its connections."""

    id: str
    intents: int
    shard: tuple[int, int]
    push: Callable[[Json], None] | None = None
    """Hands a frame to the connection; None while there is none."""
    left_at: float | None = None
    """When its last connection ended, on the fake's clock; None while there is one."""
    seq: int = 0
    sent: deque[Json] = field(default_factory=lambda: deque(maxlen=REPLAYED))

    def dispatch(self, name: str, data: Json) -> None:
        """Tell the client now, or keep it for its RESUME."""
        self.seq += 1
        frame: Json = {"op": 0, "t": name, "s": self.seq, "d": data}
        self.sent.append(frame)
        if self.push is not None:
            self.push(frame)

    def missed(self, seq: int) -> list[Json]:
        """The events after a sequence number."""
        return [frame for frame in self.sent if frame["s"] > seq]

    def hears(self, intent: int, guild_id: int | None) -> bool:
        """Whether an event of that intent and guild belongs to this session."""
        number, count = self.shard
        mine = number == (0 if guild_id is None else (guild_id >> 22) % count)
        return mine and (not intent or bool(self.intents & intent))


class Hub:
    """Spreads events to the sessions that may hear them."""

    def __init__(self, world: World, payloads: Payloads) -> None:
        self._world = world
        self._payloads = payloads
        self.sessions: dict[str, Session] = {}

    def publish(self, name: str, data: Json, intent: int, guild_id: int | None) -> None:
        """An event that is the same for everybody."""
        for session in list(self.sessions.values()):
            if session.hears(intent, guild_id):
                session.dispatch(name, data)

    def message(self, name: str, message: Message) -> None:
        """MESSAGE_CREATE or MESSAGE_UPDATE, with the content that each session may see; not for ephemeral ones."""
        channel = self._world.channels[message.channel_id]
        if message.seen_by is not None or not self._world.allowed(channel, Permission.VIEW_CHANNEL):
            return
        intent = Intent.DIRECT_MESSAGES if channel.kind is Kind.DM else Intent.GUILD_MESSAGES
        full = self._payloads.gateway_message(message)
        for session in list(self.sessions.values()):
            if session.hears(intent, channel.guild_id):
                readable = bool(session.intents & Intent.MESSAGE_CONTENT)
                session.dispatch(name, full if readable else self.veiled(full, channel))

    def in_channel(self, name: str, data: Json, channel: Channel, intent: int, dm_intent: int) -> None:
        """An event about a channel, if the bot can see it; ids of place are added."""
        if not self._world.allowed(channel, Permission.VIEW_CHANNEL):
            return
        place: Json = {"channel_id": str(channel.id)}
        if channel.guild_id is not None:
            place["guild_id"] = str(channel.guild_id)
        self.publish(name, data | place, dm_intent if channel.kind is Kind.DM else intent, channel.guild_id)

    def channel(self, name: str, channel: Channel, extra: Json | None = None) -> None:
        """CHANNEL_CREATE, THREAD_CREATE or an update of one."""
        data = self._payloads.channel(channel) | (extra or {})
        self.publish(name, data, Intent.GUILDS, channel.guild_id)

    def veiled(self, shown: Json, channel: Channel) -> Json:
        """A message as an app without the message-content intent sees it."""
        bot = str(self._world.bot.id)
        named = any(mention["id"] == bot for mention in shown["mentions"])
        open_to_bot = shown["author"]["id"] == bot or channel.kind is Kind.DM or named
        veiled = dict(shown)
        if not open_to_bot:
            veiled |= {"content": "", "embeds": [], "attachments": [], "components": []}
            veiled.pop("message_snapshots", None)
        if isinstance(veiled.get("referenced_message"), dict):
            veiled["referenced_message"] = self.veiled(veiled["referenced_message"], channel)
        return veiled
