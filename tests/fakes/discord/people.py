"""What people do in front of the bot, and what they see of it."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tests.fakes.discord.bodies import BUTTON
from tests.fakes.discord.channel_routes import ChannelRoutes
from tests.fakes.discord.commands import Commands
from tests.fakes.discord.files import cleansed
from tests.fakes.discord.interactions import Interaction, Interactions
from tests.fakes.discord.mentions import Allowed, mark
from tests.fakes.discord.posting import Posting
from tests.fakes.discord.sessions import Hub, Intent
from tests.fakes.discord.wire import Json, utf16
from tests.fakes.discord.world import Attachment, Channel, Flag, Message, MessageKind, User, World

PERSON_LIMIT = 4_000
OPTION_LIMIT = 6_000
WAVEFORM = bytes(range(0, 256, 4))
TYPING_S = 10.0
_TYPES: dict[int, type | tuple[type, ...]] = {3: str, 4: int, 5: bool, 6: int, 7: int, 10: (int, float)}
_FILE = 11
"""The type of an option that takes a file."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that a person attaches; `media_type` None as Discord leaves it for unknown ones."""

    name: str
    content: bytes
    media_type: str | None = None
    voice_seconds: float | None = None


OptionValue = str | int | float | bool | File


@dataclass(frozen=True, slots=True)
class Choice:
    """One suggestion under an option."""

    name: str
    value: OptionValue


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message as a person sees it. `thinking` is the placeholder of a deferred answer.

    `buttons` holds the ids of what can be pressed under it, `labels` what can be read there; `alts` are the
    descriptions of its files. `voice` says that it is played as a voice message.
    """

    id: int
    author: str
    content: str
    reply_to: int | None
    edited: bool
    ephemeral: bool
    thinking: bool
    files: tuple[str, ...]
    alts: tuple[str, ...]
    voice: bool
    embeds: int
    buttons: tuple[str, ...]
    labels: tuple[str, ...]
    kind: MessageKind


@dataclass(slots=True)
class People:
    """Everybody but the bot."""

    world: World
    hub: Hub
    posting: Posting
    channels: ChannelRoutes
    commands: Commands
    interactions: Interactions

    def say(
        self,
        user: User,
        channel: Channel,
        content: str,
        reply_to: int | None,
        mention_reply: bool,
        attachments: Sequence[File],
    ) -> int:
        """Write a message; gives its id."""
        if not content.strip() and not attachments:
            raise ValueError("a person cannot send an empty message")
        if utf16(content) > PERSON_LIMIT:
            raise ValueError(f"a person cannot send more than {PERSON_LIMIT} characters")
        kind = MessageKind.DEFAULT if reply_to is None else MessageKind.REPLY
        message = Message(self.world.ids.next(), channel.id, user, content.strip(), self.world.clock.now(), kind)
        message.reply_to = reply_to
        for file in attachments:
            message.attachments.append(self._attached(file))
            message.flags |= Flag.VOICE if file.voice_seconds is not None else 0
        channel.messages[message.id] = message
        mark(self.world, channel, message, Allowed(), mention_reply=mention_reply)
        self.hub.message("MESSAGE_CREATE", message)
        return message.id

    def forward(self, user: User, channel: Channel, message_id: int) -> int:
        """Show another message again; gives the new one's id."""
        _, original = self.world.find(message_id)
        message = Message(self.world.ids.next(), channel.id, user, "", self.world.clock.now())
        message.forwarded = replace(original)
        channel.messages[message.id] = message
        self.hub.message("MESSAGE_CREATE", message)
        return message.id

    def edit(self, message_id: int, content: str) -> None:
        """Change the text of a message."""
        channel, message = self.world.find(message_id)
        message.content = content.strip()
        message.edited_at = self.world.clock.now()
        mark(self.world, channel, message, Allowed(), mention_reply=message.author.id in message.mentions)
        self.hub.message("MESSAGE_UPDATE", message)

    def delete(self, message_id: int) -> None:
        """Take a message away."""
        self.posting.remove(*self.world.find(message_id))

    def purge(self, channel: Channel, message_ids: Sequence[int]) -> None:
        """Take many messages away: one event for all of them."""
        for message_id in message_ids:
            del channel.messages[message_id]
        data: Json = {"ids": [str(message_id) for message_id in message_ids]}
        self.hub.in_channel("MESSAGE_DELETE_BULK", data, channel, Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES)

    def resolve_embeds(self, message_id: int) -> None:
        """The preview of a link appears: an update without an edit."""
        _, message = self.world.find(message_id)
        message.embeds = [{"type": "link", "url": "https://example.com", "title": "Example"}]
        self.hub.message("MESSAGE_UPDATE", message)

    def command(self, user: User, channel: Channel, name: str, options: Mapping[str, OptionValue]) -> Interaction:
        """Call a registered slash command; the client would not let wrong options through."""
        command = self.commands.named(name, channel.guild_id)
        declared: dict[str, Json] = {option["name"]: option for option in command.get("options", [])}
        missing = [key for key, option in declared.items() if option.get("required") and key not in options]
        if missing or options.keys() - declared.keys():
            raise ValueError(f"/{name} wants {sorted(declared)}, not {sorted(options)}")
        given = [self._option(declared[key], value) for key, value in options.items()]
        return self.interactions.open(2, user, channel, _data(command, given) | self._resolved(given))

    async def autocomplete(
        self, user: User, channel: Channel, name: str, option: str, typed: str, others: Mapping[str, OptionValue]
    ) -> list[Choice]:
        """Type into an option; gives the suggestions, or `NotAnswered` after three seconds."""
        command = self.commands.named(name, channel.guild_id)
        declared: dict[str, Json] = {entry["name"]: entry for entry in command.get("options", [])}
        if not declared[option].get("autocomplete"):
            raise ValueError(f"option {option} of /{name} has no autocomplete")
        given = [self._option(declared[key], value) for key, value in others.items()]
        given.append({"name": option, "type": declared[option]["type"], "value": typed, "focused": True})
        made = await self.interactions.open(4, user, channel, _data(command, given)).acknowledgement()
        return [Choice(choice["name"], choice["value"]) for choice in made.choices]

    def press(self, user: User, message_id: int, custom_id: str) -> Interaction:
        """Press a button that stands under a message which this person sees, and is not greyed out."""
        channel, message = self.world.find(message_id)
        button = next((item for item in _items(message) if item.get("custom_id") == custom_id), None)
        if button is None or button.get("disabled") or message.seen_by not in (None, user.id):
            raise LookupError(f"no button {custom_id} on message {message_id}")
        data: Json = {"id": 1, "custom_id": custom_id, "component_type": button["type"]}
        if button["type"] != BUTTON:
            data["values"] = [(button.get("options") or [{"value": ""}])[0]["value"]]
        return self.interactions.open(3, user, channel, data, message)

    def screen(self, channel: Channel, user: User | None) -> list[ShownMessage]:
        """The channel as a person sees it; without one, as everybody sees it."""
        viewer = None if user is None else user.id
        return [shown(message) for message in channel.messages.values() if message.seen_by in (None, viewer)]

    def typing(self, channel: Channel) -> bool:
        """Whether the typing sign of the bot shows."""
        return channel.typing_since is not None and self.world.clock.now() - channel.typing_since < TYPING_S

    def _attached(self, file: File) -> Attachment:
        """A file as Discord keeps it."""
        identity = self.world.ids.next()
        name, title = cleansed(file.name, str(identity))
        voice = None if file.voice_seconds is None else b64encode(WAVEFORM).decode()
        return Attachment(identity, name, file.content, file.media_type, file.voice_seconds, voice, title=title)

    def _resolved(self, given: Sequence[Json]) -> Json:
        """What the ids among a command's options stand for."""
        files = [self.world.ephemeral[int(option["value"])] for option in given if option["type"] == _FILE]
        if not files:
            return {}
        return {"resolved": {"attachments": {str(file.id): self.interactions.payloads.option(file) for file in files}}}

    def _option(self, declared: Json, value: OptionValue) -> Json:
        if isinstance(value, File) and declared["type"] == _FILE:
            file = self._attached(value)
            self.world.ephemeral[file.id] = file
            return {"name": declared["name"], "type": _FILE, "value": str(file.id)}
        if declared["type"] == _FILE:
            raise TypeError(f"option {declared['name']} takes a file, not {value!r}")
        if not isinstance(value, _TYPES[declared["type"]]):
            raise TypeError(f"option {declared['name']} does not take {value!r}")
        if isinstance(value, str) and utf16(value) > min(OPTION_LIMIT, declared.get("max_length", OPTION_LIMIT)):
            raise ValueError(f"option {declared['name']} is too long")
        choices = [choice["value"] for choice in declared.get("choices") or []]
        if choices and value not in choices:
            raise ValueError(f"option {declared['name']} must be one of {choices}")
        return {"name": declared["name"], "type": declared["type"], "value": value}


def shown(message: Message) -> ShownMessage:
    """A message as a person sees it."""
    return ShownMessage(
        id=message.id,
        author=message.author.name,
        content=message.content,
        reply_to=message.reply_to,
        edited=message.edited_at is not None,
        ephemeral=message.seen_by is not None,
        thinking=bool(message.flags & Flag.LOADING),
        files=tuple(attachment.name for attachment in message.attachments),
        alts=tuple(attachment.description or "" for attachment in message.attachments),
        voice=bool(message.flags & Flag.VOICE) and all(a.voice_seconds is not None for a in message.attachments),
        embeds=len(message.embeds),
        buttons=tuple(str(item["custom_id"]) for item in _items(message) if item.get("custom_id")),
        labels=tuple(str(item.get("label") or "") for item in _items(message) if item.get("custom_id")),
        kind=message.kind,
    )


def _items(message: Message) -> list[Json]:
    """What stands in the rows of a message, in order."""
    return [item for row in message.components for item in row.get("components") or []]


def _data(command: Json, options: Sequence[Json]) -> Json:
    return {"id": command["id"], "name": command["name"], "type": 1, "options": list(options)}
