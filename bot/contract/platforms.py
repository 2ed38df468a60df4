"""A platform as the core sees it, the commands that it serves, and what the core lends to it."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

from bot.contract.events import Accept, MessageReceived
from bot.contract.places import Address, Origin
from bot.contract.speaking import Channel

AsgiApp = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]
]
"""A web application by the ASGI 3 specification (https://asgi.readthedocs.io)."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command. `suggest` completes a prefix from memory, best first, at most 25 values.

    `file` takes a file instead of words; a platform whose commands cannot carry one leaves the option out.
    """

    name: str
    summary: Mapping[str, str]
    required: bool = False
    suggest: Callable[[str], Sequence[str]] | None = None
    file: bool = False


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

    def read(self, text: str) -> Mapping[str, str]:
        """The options in one line of text, where a platform has no better way to give them; files are none of them.

        All of it is the first option; in a command that has several, a word like `size=2K` is the option of that name.
        """
        names = [option.name for option in self.options if not option.file]
        named: dict[str, str] = {}
        rest: list[str] = []
        for word in text.split(" "):
            name, sign, value = word.partition("=")
            if len(names) > 1 and sign and value and name.lower() in names:
                named[name.lower()] = value
            else:
                rest.append(word)
        for first in names[:1]:
            said = " ".join(filter(None, (named.pop(first, ""), " ".join(rest).strip())))
            named = {first: said, **named} if said else named
        return named


@dataclass(frozen=True, slots=True)
class Survey:
    """What one look at a flat channel shows of what was said there and in its threads after a message.

    `messages` are those of the flat channel, oldest first. In the `fresh` threads something was said, the latest come
    first; of the `hidden` ones, which were asked for, that cannot be seen from outside. `upto` is the id of the newest
    message that was there, in a thread or not; None where there was none.
    """

    messages: Sequence[MessageReceived]
    fresh: Sequence[Address]
    hidden: Sequence[Address]
    upto: str | None


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

    async def survey(
        self, channel: Address, threads: Sequence[Address], after: str | None, since: datetime, limit: int
    ) -> Survey:
        """Look at a flat channel, in as few calls as the platform allows; `threads` are those of it that matter.

        What is older than `since` or than the message `after` is left out, and of the flat channel's messages all
        but the newest `limit`. Raises `ChannelError`.
        """
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
