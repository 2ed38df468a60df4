"""All that the engine and a platform's adapter say to each other.

Standard library only. An adapter turns what its platform sends into an `Event` and hands it to `Accept`;
the engine opens a `Channel` on the event's `Origin` and drives it, one verb at a time. Everything that
crosses this line is a frozen value, so that it can be stored and replayed after a restart.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from types import TracebackType
from typing import Any, NewType, Protocol, Self

PostId = NewType("PostId", str)
"""What a platform calls one post of ours; unique inside an `Address`'s channel."""

AsgiApp = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]
]
"""A web application by the ASGI 3 specification (https://asgi.readthedocs.io)."""


@dataclass(frozen=True, slots=True)
class Address:
    """A place where a conversation lives: durable, and the key of its history.

    `workspace` is a Slack team or enterprise id, a Discord guild id, or a fixed word for direct messages;
    it is never empty. `thread` is None for the flat channel itself.
    """

    platform: str
    workspace: str
    channel: str
    thread: str | None = None

    def place(self, message_id: str) -> str:
        """The key of one message at this place, the same however its delivery was named."""
        return f"{self.platform}:{self.workspace}:{self.channel}:{message_id}"

    @property
    def parent(self) -> "Address":
        """The flat channel around a thread; itself where there is no thread."""
        return Address(self.platform, self.workspace, self.channel)


class PersonKind(Enum):
    """Who stands behind a message."""

    HUMAN = "human"
    BOT = "bot"
    """Another program."""
    SELF = "self"
    """This bot."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever wrote or pressed something. `name` is what people call them there; the id where unknown."""

    id: str
    name: str
    kind: PersonKind = PersonKind.HUMAN


@dataclass(frozen=True, slots=True)
class Origin:
    """What `Platform.open` needs to speak again, in any process, after any restart.

    `message_id` is the platform's id of the message that asked, None where a command has no message.
    `locale` is the asker's BCP 47 tag. `state` belongs to the adapter: opaque to the engine, stored with
    the turn, at most 4,000 characters.
    """

    address: Address
    asker: Person
    message_id: str | None = None
    locale: str | None = None
    state: str = ""


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
class Attachment:
    """A file that came with a message. `ref` is durable; the adapter can resolve it to bytes later."""

    name: str
    media_type: str
    size: int
    ref: str
    voice: bool = False


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """Somebody wrote. `text` is CommonMark with mentions turned into names and the bot's own taken out."""

    keys: Keys
    origin: Origin
    text: str
    addressed: Addressed
    sent_at: datetime
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """A message got a new text (not an unfurl, not an update of our own)."""

    address: Address
    message_id: str
    text: str


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """A message was taken away by a person."""

    address: Address
    message_id: str


@dataclass(frozen=True, slots=True)
class CommandInvoked:
    """A declared command was called, with its options as text; missing ones are absent."""

    keys: Keys
    origin: Origin
    name: str
    options: Mapping[str, str]
    sent_at: datetime


Event = MessageReceived | MessageEdited | MessageDeleted | CommandInvoked

Accept = Callable[[Event], Awaitable[None]]
"""Returns once the event is committed. If it raises, the platform must not be told that we have it."""


@dataclass(frozen=True, slots=True)
class Post:
    """A whole post as it should look now. `text` is CommonMark; `key` is known before the first send."""

    text: str
    final: bool
    key: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, read by `Reply` and by nobody else.

    `text_limit` is the most one post holds, counted by `measure` in the platform's own units, after its
    escaping. `edit_interval` (seconds) is the least time between two edits, None where a post cannot be
    edited. `post_lifetime` (seconds) is how long an unfinished post can be kept open, None for ever.
    `typing_interval` (seconds) is how often the typing sign must be renewed, None where there is none.
    """

    text_limit: int
    measure: Callable[[str], int]
    edit_interval: float | None
    post_lifetime: float | None = None
    typing_interval: float | None = None


class Channel(Protocol):
    """A place to speak in, opened on an `Origin`. Each verb is one step; each may raise `ChannelError`.

    A rate limit that asks for more than a second is `ChannelBusy`; nothing was done then.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What this place can do; fixed for the channel's life."""
        ...

    async def anchor(self, question: str) -> Origin:
        """Show a command's question as a visible post and return the origin under which its answer lives."""
        ...

    async def send(self, post: Post) -> PostId:
        """Show a new post; one with `final=False` will be edited until a final edit."""
        ...

    async def edit(self, post_id: PostId, post: Post) -> None:
        """Make a post look so. With `final=False` it may be skipped when a budget is short, else never."""
        ...

    async def delete(self, post_id: PostId) -> None:
        """Take a post of ours away; nothing happens if it is gone already."""
        ...

    async def notify(self, text: str) -> None:
        """Tell the asker alone, as privately as the place allows."""
        ...

    async def typing(self, status: str) -> None:
        """Show that an answer is being made; `status` in the asker's words where the place shows words."""
        ...


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command. `suggest` completes a prefix from memory, best first, at most 25 values."""

    name: str
    summary: Mapping[str, str]
    required: bool = False
    suggest: Callable[[str], Sequence[str]] | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A command, declared once and served by every platform.

    `summary` maps BCP 47 tags to texts of at most 100 characters; "en" is always there. `private` says that
    its answer is for the asker alone.
    """

    name: str
    summary: Mapping[str, str]
    options: tuple[Option, ...] = ()
    private: bool = False


class Platform(Protocol):
    """A chat platform. `async with platform` makes it able to speak; `listen` also receives.

    It may be entered again after it was left, so a supervisor can restart it; `open` must not fail while it
    is left: the channel's verbs then raise `ChannelBusy`.
    """

    @property
    def name(self) -> str:
        """The name that stands in every `Address` of this platform."""
        ...

    @property
    def web(self) -> AsgiApp | None:
        """The platform's web side, served under `/{name}/`; None where it has none."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def listen(self, accept: Accept, commands: Sequence[Command]) -> None:
        """Receive until cancelled, or until there is nothing more to receive. Raises `PlatformError`."""
        ...

    def open(self, origin: Origin) -> Channel:
        """A channel on this origin; cheap, no network."""
        ...

    async def read(self, address: Address, after: str | None, limit: int) -> Sequence[MessageReceived]:
        """The newest messages of a place, oldest first; `after` is a message id. Raises `ChannelError`."""
        ...


class Budget(Protocol):
    """A rate limit that several callers share: so many takes in so many seconds, bursts included."""

    def try_take(self) -> bool:
        """Take one now if there is one and nobody waits."""
        ...

    async def take(self) -> None:
        """Wait in line for one and take it."""
        ...

    def wait(self) -> float:
        """Seconds until a `take` called now would return; 0.0 if at once."""
        ...

    def pause(self, seconds: float) -> None:
        """Nobody gets one for so long: the far end has said so."""
        ...


class Host(Protocol):
    """What the core lends to an adapter, given to its `connect(host) -> Platform | None`.

    `alone` is True when no other platform is configured, so that a platform for trying out may step in.
    """

    @property
    def alone(self) -> bool: ...

    def text(self, message_id: str, locale: str | None, **params: object) -> str:
        """The house's words for a message id, in the nearest language to a BCP 47 tag."""
        ...

    def budget(self, key: str, count: int, seconds: float) -> Budget:
        """The budget of that key, made on first use."""
        ...


Connect = Callable[[Host], Platform | None]
"""The entry point of a platform: None when nothing is configured for it."""


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What a platform adds to the program's command line: `parley {platform} {name}` prints `run()`."""

    name: str
    summary: str
    run: Callable[[], str] = field(repr=False)


CommandLines = Callable[[Sequence[Command]], Sequence[CommandLine]]
"""The entry point of a platform's own command lines, handed the command table."""
