"""The real adapter over the real SDK against the fake server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from adapters.slack.channel import SlackChannel
from adapters.slack.platform import SlackPlatform
from adapters.slack.settings import SlackSettings
from adapters.slack.timing import Timing
from bot.contract import Address, Command, Event, EventsMissed, Option, Origin, Person
from tests.adapters.host import FakeHost
from tests.fakes.slack import FakeSlack

ANN, BOB, ROOM, DIRECT = "U0ANN", "U0BOB", "C0ROOM", "D0ANN"
FAST = Timing(
    call_s=2.0,
    connect_s=2.0,
    ping_s=0.05,
    watch_s=0.05,
    deaf_s=0.3,
    drain_s=0.5,
    name_s=0.5,
    release_s=0.3,
    file_waits_s=(0.0, 0.01, 0.01),
)

COMMANDS = (
    Command("ask", {"en": "Ask the model"}, (Option("question", {"en": "What to ask"}, required=True),)),
    Command("model", {"en": "Show or set the model"}, (Option("name", {"en": "Which"}),)),
    Command("help", {"en": "What can you do?"}, private=True),
)


class Ear:
    """An `accept` that keeps what it heard; `deaf` makes it fail so many times first, a closed `open` makes it wait.

    `gaps` counts how often it was told that events may have been missed; that is not among what was heard.
    """

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.gaps = 0
        self.deaf = 0
        self.open = asyncio.Event()
        self.open.set()
        self._news = asyncio.Condition()

    async def __call__(self, event: Event) -> None:
        async with self._news:
            if isinstance(event, EventsMissed):
                self.gaps += 1
                self._news.notify_all()
                return
            if self.deaf:
                self.deaf -= 1
                self._news.notify_all()
                raise OSError("the disk is full")
            self.heard.append(event)
            self._news.notify_all()
        await self.open.wait()

    async def hard_of_hearing(self, left: int) -> None:
        """Wait until only so many failures are left."""
        async with asyncio.timeout(5.0), self._news:
            await self._news.wait_for(lambda: self.deaf <= left)

    async def gap(self, wanted: int) -> None:
        """Wait until it was told so often that events may have been missed."""
        async with asyncio.timeout(5.0), self._news:
            await self._news.wait_for(lambda: self.gaps >= wanted)

    async def count(self, wanted: int) -> Sequence[Event]:
        """Wait until so many events were heard."""
        async with asyncio.timeout(5.0), self._news:
            await self._news.wait_for(lambda: len(self.heard) >= wanted)
        return self.heard


def settings_for(slack: FakeSlack, *, http: bool = False) -> SlackSettings:
    """What an operator would have set for this server; nothing comes from the environment."""
    given = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_API_URL": slack.api_url, "SLACK_FILE_HOSTS": slack.files_host}
    secret = {"SLACK_SIGNING_SECRET": slack.signing_secret} if http else {"SLACK_APP_TOKEN": slack.app_token}
    return SlackSettings.model_validate({**given, **secret})


def wrong(settings: SlackSettings, **secrets: str) -> SlackSettings:
    """The same with other secrets."""
    return settings.model_copy(update={name: SecretStr(value) for name, value in secrets.items()})


@asynccontextmanager
async def listening(platform: SlackPlatform, ear: Ear) -> AsyncIterator[None]:
    """The platform entered and listening, and left again."""
    async with platform:
        task = asyncio.create_task(platform.listen(ear, COMMANDS))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def origin_at(slack: FakeSlack, channel: str, thread: str | None, message: str | None = None) -> Origin:
    """Where Ann asked."""
    return Origin(Address("slack", slack.team_id, channel, thread), Person(ANN, "Ann"), message, "de-DE")


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as server:
        server.user(ANN, "Ann", "de-DE")
        server.user(BOB, "Bob")
        server.channel(ROOM, members=(ANN, BOB))
        server.channel(DIRECT, "im", members=(ANN,))
        yield server


@pytest.fixture
def host() -> FakeHost:
    return FakeHost()


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
async def platform(slack: FakeSlack, host: FakeHost) -> AsyncIterator[SlackPlatform]:
    """Entered, not listening."""
    async with SlackPlatform(host, settings_for(slack), FAST) as entered:
        yield entered


@pytest.fixture
async def asked(slack: FakeSlack) -> str:
    """Ann's question in the room, and so the thread of the answer."""
    return slack.earlier(ANN, ROOM, "What is the capital of France?")


@pytest.fixture
def thread(slack: FakeSlack, platform: SlackPlatform, asked: str) -> SlackChannel:
    return platform.open(origin_at(slack, ROOM, asked, asked))


@pytest.fixture
def direct(slack: FakeSlack, platform: SlackPlatform) -> SlackChannel:
    return platform.open(origin_at(slack, DIRECT, None))
