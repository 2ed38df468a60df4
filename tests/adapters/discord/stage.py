"""The adapter on a fake Discord, with what a person sees and what the engine would have got."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

from adapters.discord.platform import DiscordPlatform
from adapters.discord.settings import DiscordSettings
from bot.contract import (
    Address,
    ButtonPressed,
    Channel,
    Command,
    CommandInvoked,
    Event,
    EventsMissed,
    MessageReceived,
    Option,
    Origin,
    Person,
)
from tests.adapters.host import FakeHost
from tests.fakes.discord import Channel as Room
from tests.fakes.discord import FakeDiscord, File, Interaction, User

E = TypeVar("E", bound=Event)

SEND = "POST /channels/{channel_id}/messages"
EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"

MODELS = ("gpt-5.4", "gpt-5.4-mini", "gemini-3-pro")
TABLE = (
    Command(
        "ask",
        {"en": "Ask something", "zh": "提问"},
        (Option("question", {"en": "What to ask", "zh": "问题"}, required=True),),
    ),
    Command(
        "model",
        {"en": "Choose a model"},
        (Option("name", {"en": "A model"}, suggest=lambda prefix: [m for m in MODELS if m.startswith(prefix)]),),
        private=True,
    ),
)

EDIT_PICTURE = Command(
    "edit",
    {"en": "Alter a picture"},
    (
        Option("prompt", {"en": "What to change"}),
        Option("picture", {"en": "A picture"}, required=True, file=True),
        Option("mask", {"en": "Where"}, file=True),
    ),
)
"""A command that takes files."""


def settings(world: FakeDiscord, *, token: str | None = None, mentions_only: bool = False) -> DiscordSettings:
    """What the environment would say."""
    return DiscordSettings.model_validate(
        {
            "DISCORD_BOT_TOKEN": token or world.token,
            "DISCORD_API_BASE": world.base_url,
            "DISCORD_MENTIONS_ONLY": mentions_only,
        }
    )


class Stage:
    """`async with`: the platform is entered and, as a rule, listens. `events` is what the engine was given.

    `gaps` are its notes that something may have been missed, each with how much had been heard by then.
    `refusing` makes the engine fail to save; `gate`, while it is cleared, makes it take its time, and `waiting`
    counts what it is taking its time over.
    """

    def __init__(
        self,
        world: FakeDiscord,
        *,
        listens: bool = True,
        mentions_only: bool = False,
        defer_after: float = 1.5,
        commands: Sequence[Command] = TABLE,
    ) -> None:
        self.world = world
        self.host = FakeHost()
        self.events: list[Event] = []
        self.gaps: list[tuple[EventsMissed, int]] = []
        self.refusing: Exception | None = None
        self.waiting = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.ann = world.user("Ann")
        self.bob = world.user("Bob")
        self.guild = world.guild()
        self.general = world.channel(self.guild)
        self.platform = DiscordPlatform(
            settings(world, mentions_only=mentions_only), self.host, defer_after=defer_after
        )
        self._commands = commands
        self._listens = listens
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.platform.__aenter__()
        if self._listens:
            await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_listening()
        await self.platform.__aexit__(None, None, None)

    async def listen(self) -> None:
        """Begin to listen, and return once Discord knows."""
        self._listening = asyncio.create_task(self.platform.listen(self.accept, self._commands))
        await self.world.until(lambda: bool(self.world.hub.sessions) or self._ended())
        if self._ended():
            await self._listening

    async def stop_listening(self) -> None:
        """As the supervisor does it."""
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
            self._listening = None

    async def ended(self) -> None:
        """Returns, or raises, when the listening does."""
        listening, self._listening = self._listening, None
        if listening is not None:
            await listening

    async def accept(self, event: Event) -> None:
        """The engine's."""
        if isinstance(event, EventsMissed):
            self.gaps.append((event, len(self.events)))
            return
        self.waiting += 1
        await self.gate.wait()
        self.waiting -= 1
        if self.refusing is not None:
            raise self.refusing
        self.events.append(event)

    async def heard(self, kind: type[E], count: int = 1) -> E:
        """The newest event of a kind, once there are so many."""
        await self.world.until(lambda: len(self.all(kind)) >= count)
        return self.all(kind)[-1]

    def all(self, kind: type[E]) -> list[E]:
        """All events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def texts(self) -> list[str]:
        """What people said, in order."""
        return [event.text for event in self.all(MessageReceived)]

    async def said(self, user: User, channel: Room, text: str) -> MessageReceived:
        """A person writes, and the engine gets it."""
        before = len(self.all(MessageReceived))
        await self.world.say(user, channel, text)
        return await self.heard(MessageReceived, before + 1)

    async def called(
        self, name: str, channel: Room | None = None, **options: str | File
    ) -> tuple[Interaction, CommandInvoked]:
        """Ann calls a command, and the engine gets it."""
        before = len(self.all(CommandInvoked))
        interaction = await self.world.command(self.ann, channel or self.general, name, options)
        return interaction, await self.heard(CommandInvoked, before + 1)

    async def pressed(self, user: User, post_id: str, button: str) -> tuple[Interaction, ButtonPressed]:
        """A person presses a button, and the engine gets it."""
        before = len(self.all(ButtonPressed))
        interaction = await self.world.press(user, int(post_id), button)
        return interaction, await self.heard(ButtonPressed, before + 1)

    def origin(self, channel: Room | None = None, message_id: int | None = None) -> Origin:
        """Ann's question, as the store would give it back."""
        place = channel or self.general
        address = Address("discord", str(place.guild_id or "@me"), str(place.id))
        return Origin(address, Person(str(self.ann.id), "Ann"), None if message_id is None else str(message_id))

    def speech(self, origin: Origin | None = None) -> Channel:
        """A channel on an origin."""
        return self.platform.open(origin or self.origin())

    @property
    def at_bot(self) -> str:
        """The raw mention of the bot."""
        return f"<@{self.world.bot_user_id}>"

    def screen(self, channel: Room | None = None, user: User | None = None) -> list[str]:
        """What the bot says in a channel, as a person sees it."""
        shown = self.world.screen(channel or self.general, user)
        return [message.content for message in shown if message.author == "Parley"]

    def made(self, route: str) -> int:
        """How often a REST route was called."""
        return sum(call.route == route for call in self.world.calls)

    def _ended(self) -> bool:
        return self._listening is not None and self._listening.done()
