"""What came in, past tense, and how it is handed over."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bot.contract.files import Attachment
from bot.contract.places import Address, Origin
from bot.contract.speaking import PostId


@dataclass(frozen=True, slots=True)
class Keys:
    """By what a redelivery is known.

    `event` names the delivery (the same on each retry of it); `place` names the thing delivered about,
    from `Address.place`, and makes twins with different delivery ids one.
    """

    event: str
    place: str | None = None


class Addressed(Enum):
    """To whom a message speaks, as far as the platform can tell."""

    BOT = "bot"
    """A mention of the bot, a reply to it, or a direct message."""
    OPEN = "open"
    """Nobody in particular."""
    OTHER = "other"
    """Another person or bot, and not this bot."""


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """Somebody wrote. `text` is CommonMark with mentions turned into names and the bot's own taken out."""

    keys: Keys
    origin: Origin
    text: str
    addressed: Addressed
    sent_at: datetime
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    """The id of the post or message that it answers, where the platform has such a thing beside threads."""
    quoted: tuple[Attachment, ...] = ()
    """The files of messages that it shows again: of the one it answers, of those it forwards or shares."""
    edited_at: datetime | None = None
    """When it got this text, by the platform's own time, where that is not the first one."""

    @property
    def files(self) -> tuple[Attachment, ...]:
        """All files that it is about."""
        return (*self.attachments, *(file for file in self.quoted if file not in self.attachments))


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """A message got a new text (not an unfurl, not an update of our own).

    `edited_at` is the platform's own time of the change, which puts edits that are delivered twice or in another
    order back in line; None where the platform does not say.
    """

    address: Address
    message_id: str
    text: str
    edited_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """A message was taken away by a person."""

    address: Address
    message_id: str


@dataclass(frozen=True, slots=True)
class CommandInvoked:
    """A declared command was called, with its options as text; missing ones are absent.

    `attachments` are the files given for options that take one, in the order of the options.
    """

    keys: Keys
    origin: Origin
    name: str
    options: Mapping[str, str]
    sent_at: datetime
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """Somebody pressed a button of ours. `origin` speaks to whoever pressed, `post` is where the button stands."""

    keys: Keys
    origin: Origin
    button: str
    post: PostId


@dataclass(frozen=True, slots=True)
class StopRequested:
    """Somebody pressed the platform's own stop sign. `posts` are those that were growing, where it says so."""

    origin: Origin
    posts: tuple[PostId, ...] = ()


@dataclass(frozen=True, slots=True)
class EventsMissed:
    """A platform may have kept events from us: it was not listened to, or its session was lost.

    Said at the start of `Platform.listen` as well, once the platform is able to read.
    """

    platform: str


Event = MessageReceived | MessageEdited | MessageDeleted | CommandInvoked | ButtonPressed | StopRequested | EventsMissed


Accept = Callable[[Event], Awaitable[None]]
"""Returns once the event is committed. If it raises, the platform must not be told that we have it."""
