"""What a crash test needs: a bot that dies and is started again, and one conversation on one platform."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from tests.crashing.launcher import Crash, live
from tests.fakes.discord import Channel, FakeDiscord, User
from tests.fakes.gateway import FakeGateway
from tests.fakes.slack import FakeSlack
from tests.process import clean_environment

DEAD_S = 20.0
PIECE_S = 0.01

Posts = list[tuple[str, str]]
"""The bot's posts in the conversation, by id, oldest first; one that still streams has three dots behind it."""


class Scene(Protocol):
    """One conversation with the bot."""

    def environment(self) -> dict[str, str]: ...

    async def ready(self) -> None:
        """The bot listens."""
        ...

    async def say(self, text: str) -> None:
        """Ask the bot."""
        ...

    async def again(self) -> None:
        """The first question is delivered once more."""
        ...

    def posts(self) -> Posts: ...


@dataclass(slots=True)
class SlackScene:
    """A thread under a mention."""

    slack: FakeSlack
    _first: str | None = None

    def environment(self) -> dict[str, str]:
        """Socket Mode."""
        slack = self.slack
        return {
            "SLACK_API_URL": slack.api_url,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
        }

    async def ready(self) -> None:
        """Both sockets are open."""
        await self.slack.connected(2)

    async def say(self, text: str) -> None:
        """The first question opens the thread."""
        ts = await self.slack.say("U1", "C1", f"<@{self.slack.bot_user_id}> {text}", self._first)
        self._first = self._first or ts

    async def again(self) -> None:
        """With the marks of a retry."""
        await self.slack.redeliver(self.slack.deliveries[0].id)

    def posts(self) -> Posts:
        """What stands in the thread."""
        shown = [each for each in self.slack.screen("C1", self._first) if each.author == self.slack.bot_user_id]
        return [(each.ts, each.text + ("..." if each.streaming else "")) for each in shown]


@dataclass(slots=True)
class DiscordScene:
    """A channel of a server."""

    discord: FakeDiscord
    ann: User
    room: Channel
    _first: int | None = None

    def environment(self) -> dict[str, str]:
        """The bot's token."""
        return {"DISCORD_API_BASE": self.discord.base_url, "DISCORD_BOT_TOKEN": self.discord.token}

    async def ready(self) -> None:
        """The gateway connection stands."""
        await self.discord.until(lambda: self.discord.connected > 0)

    async def say(self, text: str) -> None:
        """A mention."""
        said = await self.discord.say(self.ann, self.room, f"<@{self.discord.bot_user_id}> {text}")
        self._first = self._first or said

    async def again(self) -> None:
        """As a resumed session tells what it has told before."""
        self.discord.hub.message("MESSAGE_CREATE", self.room.messages[self._first or 0])

    def posts(self) -> Posts:
        """What stands in the channel."""
        messages = self.room.messages.values()
        return [(str(each.id), each.content) for each in messages if each.author.id == self.discord.bot_user_id]


@dataclass(slots=True)
class Bot:
    """`async with Bot(…) as bot`: started, started again after each death, stopped at the end."""

    forks: ForkServerContext
    environment: Mapping[str, str]
    folder: Path
    crash: Crash
    _process: ForkServerProcess | None = field(default=None)

    async def start(self) -> None:
        """A new process."""
        self._process = self.forks.Process(
            target=live, args=(dict(self.environment), self.folder, self.folder / "log", self.crash), daemon=True
        )
        await asyncio.to_thread(self._process.start)

    async def felled(self) -> int:
        """Returns when it has died: the number of the signal, or 0 where it had none."""
        process = self._process
        assert process is not None
        await asyncio.to_thread(process.join, DEAD_S)
        assert process.exitcode is not None, f"it lives on:\n{self.said}"
        return -process.exitcode

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.is_alive()

    @property
    def said(self) -> str:
        """All that it has logged."""
        return (self.folder / "log").read_text()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.is_alive():
            self._process.kill()
            await asyncio.to_thread(self._process.join, DEAD_S)


@asynccontextmanager
async def scene(platform: str) -> AsyncIterator[Scene]:
    """A platform with one person and one place."""
    if platform == "slack":
        async with FakeSlack() as slack:
            slack.user("U1", "Ann")
            slack.channel("C1", members=["U1"])
            yield SlackScene(slack)
        return
    async with FakeDiscord() as discord:
        ann = discord.user("Ann")
        yield DiscordScene(discord, ann, discord.channel(discord.guild()))


def environment(far: Scene, gateway: FakeGateway, url: str, folder: Path) -> dict[str, str]:
    """All that the bot is told."""
    gateway.answer(answer_to, chunks=12, delay_s=PIECE_S)
    return {
        **clean_environment(folder),
        **far.environment(),
        "TOKENGATE_BASE_URL": gateway.url,
        "TOKENGATE_API_KEY": gateway.token,
        "DATABASE_URL": url,
        "BOT_MODEL": "gpt-5-chat-latest",
        "BOT_STALLED": "1.2",
        "BOT_HEARTBEAT": "0.2",
    }


def answer(question: str) -> str:
    """Long enough to be cut in the middle."""
    return f"The answer to the {question} question is as long as it has to be and not a word longer than that."


def answer_to(body: Mapping[str, object]) -> str:
    """The answer to the last question."""
    messages = body["messages"]
    assert isinstance(messages, list)
    return answer(str(messages[-1]["content"]))


async def until(seen: Callable[[], bool], what: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait until something holds; where it never does, `what` says what stood instead."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not seen():  # noqa: ASYNC110 - what is waited for lies in fakes of several kinds
                await asyncio.sleep(0.005)
    assert seen(), what()
