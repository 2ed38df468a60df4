"""The far ends of a storm: the strict fakes of both platforms and of the gateway, with people and places in them."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.discord import Channel, FakeDiscord, User
from tests.fakes.discord.clock import Clock, Snowflakes
from tests.fakes.gateway import FakeGateway
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.delivery import Outcome, Retry, Wire
from tests.fakes.slack.values import Json
from tests.storm import marks
from tests.storm.hosts import Mishaps, Quay
from tests.storm.model import Model
from tests.storm.values import Diary

ROOT = Path(__file__).parents[2]
"""The checkout that is stormed, whatever else is installed."""

PEOPLE = ("Ann", "Ben", "Cy")
ROOMS = 3
RETRIES_S = (0.0, 3.0, 15.0)
"""Slack's own waits before its further tries, twenty times as fast."""


class Wandering(Clock):
    """A clock for message ids that can be set apart from the time by which everything else is measured."""

    def __init__(self) -> None:
        super().__init__()
        self.skew_s = 0.0

    def now(self) -> float:
        """Seconds since 1970, as far as the ids say."""
        return super().now() + self.skew_s


@dataclass(slots=True)
class Witness:
    """Stands between Slack and its wire, and writes down when the bot said that it has a question."""

    wire: Wire
    diary: Diary
    bot: str

    async def send(self, kind: str, payload: Json, retry: Retry | None) -> Outcome:
        """Send it on."""
        outcome = await self.wire.send(kind, payload, retry)
        event = payload.get("event")
        if outcome.acked and isinstance(event, dict) and event.get("user") != self.bot and _says(event):
            for number in _asked(event):
                question = self.diary.questions.get(number)
                if question is not None and question.taken_at is None:
                    question.taken_at = time.monotonic()
        return outcome


def _says(event: Json) -> bool:
    """Somebody says something, with or without files; everything else has another subtype."""
    return event.get("subtype") in (None, "file_share")


def _asked(event: Json) -> tuple[int, ...]:
    """By the words, or by the names of the files."""
    shared = event.get("files")
    names = [str(file.get("name")) for file in shared if isinstance(file, dict)] if isinstance(shared, list) else []
    return marks.asked(str(event.get("text"))) + marks.named(" ".join(names))


@dataclass(slots=True)
class World:
    """All far ends; the same people on both platforms."""

    slack: FakeSlack
    discord: FakeDiscord
    gateway: FakeGateway
    model: Model
    diary: Diary
    users: tuple[User, ...]
    rooms: tuple[Channel, ...]
    ids: Wandering
    mishaps: Mishaps

    def environment(self) -> dict[str, str]:
        """What leads the bot to them, with waits that are short enough for a storm."""
        return {
            "PYTHONPATH": str(ROOT),
            "TOKENGATE_BASE_URL": self.gateway.url,
            "TOKENGATE_API_KEY": self.gateway.token,
            "SLACK_API_URL": self.slack.api_url,
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_FILE_HOSTS": self.slack.files_host,
            "DISCORD_API_BASE": self.discord.base_url,
            "DISCORD_BOT_TOKEN": self.discord.token,
            "BOT_MODEL": "gpt-5-chat-latest",
            "BOT_STOP_GRACE": "3",
            "BOT_HEARTBEAT": "1",
            "BOT_STALLED": "3",
            "BOT_CONNECT_TIMEOUT": "2",
            "BOT_FIRST_BYTE_TIMEOUT": "3",
            "BOT_GAP_TIMEOUT": "2",
            "BOT_TOTAL_TIMEOUT": "60",
            "BOT_GATEWAY_MAX_WAIT": "5",
        }


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """Fakes that listen, with people, rooms and direct messages."""
    diary = Diary()
    mishaps, slack, discord = Mishaps(diary), FakeSlack(), FakeDiscord()
    slack.server.depot = Quay(slack.workspace, slack.bot_token, mishaps)
    discord.extend(mishaps.attach)
    async with slack, discord, FakeGateway() as gateway:
        _people_slack(slack, diary)
        ids = Wandering()
        discord.world.ids = Snowflakes(ids)
        users = tuple(discord.user(name) for name in PEOPLE)
        guild = discord.guild("Storm")
        rooms = tuple(discord.channel(guild, f"room-{number}") for number in range(ROOMS))
        for user in users:
            discord.dm(user)
        model = Model(diary)
        model.attach(gateway)
        yield World(slack, discord, gateway, model, diary, users, rooms, ids, mishaps)


def _people_slack(slack: FakeSlack, diary: Diary) -> None:
    # The limits are real ones to the bot, which keeps them; after a kill it has forgotten what it spent, and a fake
    # that remembers would hold every answer up for a minute. 429 is ordered instead.
    slack.limit(None)
    deliveries = slack.server.deliveries
    deliveries.retries = RETRIES_S
    deliveries.wire = Witness(deliveries.wire, diary, slack.bot_user_id)
    for number, name in enumerate(PEOPLE):
        slack.user(f"U{number}", name)
    for number in range(ROOMS):
        slack.channel(f"C{number}", members=[f"U{each}" for each in range(len(PEOPLE))])
    for number in range(len(PEOPLE)):
        slack.channel(f"D{number}", "im", [f"U{number}"])
