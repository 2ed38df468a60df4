"""REST routes under /channels: messages, typing, threads."""

from dataclasses import dataclass

from tests.fakes.discord.payloads import Payloads
from tests.fakes.discord.posting import Posting
from tests.fakes.discord.sessions import Hub, Intent
from tests.fakes.discord.wire import ApiError, Ask, Json, Problem, check_length, invalid
from tests.fakes.discord.world import Channel, Flag, Kind, Message, MessageKind, Permission, User, World

_ARCHIVE_MINUTES = (60, 1440, 4320, 10080)


@dataclass(frozen=True, slots=True)
class ChannelRoutes:
    """What the bot's token can do in channels."""

    world: World
    payloads: Payloads
    hub: Hub
    posting: Posting

    def get(self, ask: Ask) -> Json:
        """GET of a channel that the bot can see."""
        return self.payloads.channel(self._visible(ask))

    def modify(self, ask: Ask) -> Json:
        """PATCH of a thread: archived, locked, name."""
        channel = self._visible(ask)
        if not channel.thread:
            raise ApiError(Problem.MISSING_PERMISSIONS)
        if channel.owner_id != self.world.bot.id or "locked" in ask.form:
            self.world.require(channel, Permission.MANAGE_THREADS)
        channel.archived = bool(ask.form.get("archived", channel.archived))
        channel.locked = bool(ask.form.get("locked", channel.locked))
        channel.name = check_length("name", ask.form.get("name", channel.name), 1, 100)
        self.hub.channel("THREAD_UPDATE", channel)
        return self.payloads.channel(channel)

    def send(self, ask: Ask) -> Json:
        """POST of a message."""
        return self.payloads.message(self.posting.send(self.world.channel(ask.id("channel_id")), ask))

    def edit(self, ask: Ask) -> Json:
        """PATCH of a message."""
        channel = self._visible(ask)
        message = self.world.message(channel, ask.id("message_id"))
        return self.payloads.message(self.posting.edit(channel, message, ask))

    def delete(self, ask: Ask) -> None:
        """DELETE of a message."""
        channel = self._visible(ask)
        self.posting.delete(channel, self.world.message(channel, ask.id("message_id")))

    def message(self, ask: Ask) -> Json:
        """GET of one message."""
        channel = self._visible(ask)
        self.world.require(channel, Permission.READ_MESSAGE_HISTORY)
        return self._read(channel, self.world.message(channel, ask.id("message_id")))

    def messages(self, ask: Ask) -> list[Json]:
        """GET of a page, newest first; empty without the right to read history."""
        channel = self._visible(ask)
        limit = _limit(ask.query.get("limit", "50"))
        if not self.world.allowed(channel, Permission.READ_MESSAGE_HISTORY):
            return []
        shown = [message for message in channel.messages.values() if message.seen_by is None]
        if "before" in ask.query:
            shown = [message for message in shown if message.id < _snowflake(ask, "before")]
        if "after" in ask.query:
            page = [message for message in shown if message.id > _snowflake(ask, "after")][:limit]
        else:
            page = shown[-limit:]
        return [self._read(channel, message) for message in reversed(page)]

    def typing(self, ask: Ask) -> None:
        """POST of the typing sign; it shows for ten seconds or until a message."""
        channel = self._visible(ask)
        self.world.require(channel, Permission.SEND_MESSAGES)
        channel.typing_since = self.world.clock.now()
        data: Json = {"user_id": str(self.world.bot.id), "timestamp": int(self.world.clock.now())}
        self.hub.in_channel("TYPING_START", data, channel, Intent.GUILD_TYPING, Intent.DIRECT_TYPING)

    def thread_from_message(self, ask: Ask) -> Json:
        """POST of a thread under a message; it gets the message's id."""
        parent = self._visible(ask)
        message = self.world.message(parent, ask.id("message_id"))
        self.world.require(parent, Permission.CREATE_PUBLIC_THREADS)
        if parent.kind is not Kind.TEXT:
            raise ApiError(Problem.NOT_IN_FORUM)
        name = _thread_name(ask)
        return self.payloads.channel(self.start_thread(self.world.bot, parent, name, message))

    def thread(self, ask: Ask) -> Json:
        """POST of a thread without a message; in a forum its first message comes along."""
        parent = self._visible(ask)
        self.world.require(parent, Permission.CREATE_PUBLIC_THREADS)
        name = _thread_name(ask)
        if parent.kind is not Kind.FORUM:
            return self.payloads.channel(self.start_thread(self.world.bot, parent, name))
        first = Ask(ask.path, ask.query, ask.form.get("message") or {}, ask.files)
        thread = self.start_thread(self.world.bot, parent, name)
        message = self.posting.send(thread, first)
        return self.payloads.channel(thread) | {"message": self.payloads.message(message)}

    def join(self, ask: Ask) -> None:
        """PUT of the bot into a thread."""
        channel = self._visible(ask)
        if channel.archived:
            raise ApiError(Problem.ARCHIVED)

    def start_thread(self, owner: User, parent: Channel, name: str, message: Message | None = None) -> Channel:
        """A new public thread, whoever starts it; THREAD_CREATE and the starter message follow."""
        if message is not None and message.id in self.world.channels:
            raise ApiError(Problem.THREAD_EXISTS)
        thread_id = self.world.ids.next() if message is None else message.id
        thread = Channel(thread_id, Kind.THREAD, name, parent.guild_id, parent.id, owner_id=owner.id)
        self.world.add(thread)
        self.hub.channel("THREAD_CREATE", thread, {"newly_created": True})
        if message is not None:
            message.flags |= Flag.HAS_THREAD
            self._system(thread, owner, MessageKind.THREAD_STARTER, message.id)
            self.hub.message("MESSAGE_UPDATE", message)
        elif parent.kind is Kind.TEXT:
            self._system(parent, owner, MessageKind.THREAD_CREATED, None, name)
        return thread

    def _system(self, place: Channel, author: User, kind: MessageKind, about: int | None, text: str = "") -> None:
        now = self.world.clock.now()
        message = Message(self.world.ids.next(), place.id, author, text, now, kind, reply_to=about)
        place.messages[message.id] = message
        self.hub.message("MESSAGE_CREATE", message)

    def _visible(self, ask: Ask) -> Channel:
        channel = self.world.channel(ask.id("channel_id"))
        self.world.require(channel)
        return channel

    def _read(self, channel: Channel, message: Message) -> Json:
        shown = self.payloads.message(message)
        return shown if self.world.content_switch else self.hub.veiled(shown, channel)


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise invalid("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    return int(text)


def _snowflake(ask: Ask, name: str) -> int:
    value = ask.query[name]
    if not value.isdecimal():
        raise invalid(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
    return int(value)


def _thread_name(ask: Ask) -> str:
    if ask.form.get("auto_archive_duration", 1440) not in (*_ARCHIVE_MINUTES, None):
        raise invalid("auto_archive_duration", "BASE_TYPE_CHOICES", f"Value must be one of {_ARCHIVE_MINUTES}.")
    return check_length("name", ask.form.get("name"), 1, 100)
