"""One process, nothing but environment variables: a mention in, a streamed answer out, on both platforms at once."""

import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.discord import Channel as Room
from tests.fakes.discord import FakeDiscord, User
from tests.fakes.gateway import FakeGateway
from tests.fakes.slack import FakeSlack
from tests.postgres import PostgresServer
from tests.process import Program

PEOPLE = ("U1", "Ann")


@dataclass(slots=True)
class World:
    """The three far ends, with a person and a channel on each platform."""

    slack: FakeSlack
    discord: FakeDiscord
    gateway: FakeGateway
    ann: User
    general: Room
    direct: Room

    def environment(self) -> dict[str, str]:
        return {
            "TOKENGATE_BASE_URL": self.gateway.url,
            "TOKENGATE_API_KEY": self.gateway.token,
            "SLACK_API_URL": self.slack.api_url,
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "DISCORD_API_BASE": self.discord.base_url,
            "DISCORD_BOT_TOKEN": self.discord.token,
        }

    def in_slack(self, channel: str, thread: str | None = None) -> list[str]:
        """What the bot shows there, finished answers only."""
        shown = self.slack.screen(channel, thread)
        return [each.text for each in shown if each.author not in PEOPLE and not each.streaming]

    def in_discord(self, room: Room) -> list[str]:
        """What the bot shows there."""
        return [each.content for each in self.discord.screen(room) if each.author not in PEOPLE]

    async def ready(self) -> None:
        """Both platforms are listened to."""
        await self.slack.connected(2)
        await self.discord.until(lambda: bool(self.discord.hub.sessions))


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    async with FakeSlack() as slack, FakeDiscord() as discord, FakeGateway() as gateway:
        slack.user("U1", "Ann")
        slack.channel("C1", members=["U1"])
        slack.channel("D1", kind="im", members=["U1"])
        ann = discord.user("Ann")
        general = discord.channel(discord.guild())
        yield World(slack, discord, gateway, ann, general, discord.dm(ann))


def answer(question: str) -> str:
    return f"You said: {question}"


async def test_a_mention_a_direct_message_a_thread_and_ask_are_answered_on_both_platforms_at_once(
    tmp_path: Path,
) -> None:
    async with world() as far, Program("run", environment=far.environment(), folder=tmp_path) as bot:
        await far.ready()
        slack, discord = far.slack, far.discord
        ts = await slack.say("U1", "C1", f"<@{slack.bot_user_id}> slack mention")
        await discord.say(far.ann, far.general, f"<@{discord.bot_user_id}> discord mention")
        await slack.say("U1", "D1", "slack direct")
        await discord.say(far.ann, far.direct, "discord direct")
        await slack.until(lambda: answer("slack mention") in far.in_slack("C1", ts), 15)
        await slack.until(lambda: answer("slack direct") in far.in_slack("D1"), 15)
        await discord.until(lambda: answer("discord mention") in far.in_discord(far.general), 15)
        await discord.until(lambda: answer("discord direct") in far.in_discord(far.direct), 15)

        await slack.say("U1", "C1", "slack follow-up", thread_ts=ts)
        await slack.until(lambda: answer("slack follow-up") in far.in_slack("C1", ts), 15)
        thread = await discord.thread(far.ann, far.general, "a thread")
        await discord.say(far.ann, thread, f"<@{discord.bot_user_id}> into the thread")
        await discord.until(lambda: answer("into the thread") in far.in_discord(thread), 15)
        await discord.say(far.ann, thread, "discord follow-up")
        await discord.until(lambda: answer("discord follow-up") in far.in_discord(thread), 15)

        await slack.command("U1", "C1", "/ask", "slack command")
        await discord.command(far.ann, far.general, "ask", {"question": "discord command"})
        await slack.until(lambda: any(answer("slack command") in str(each) for each in _threads(far)), 15)
        await discord.until(lambda: answer("discord command") in far.in_discord(far.general), 15)
        assert await bot.stop() == 0
    assert far.slack.pinged == []
    assert far.discord.pinged == []
    assert "Traceback" not in bot.errors


def _threads(far: World) -> list[list[str]]:
    tops = [each.ts for each in far.slack.screen("C1")]
    return [far.in_slack("C1", ts) for ts in tops]


@pytest.mark.long
async def test_the_conversation_is_remembered_over_a_restart(tmp_path: Path) -> None:
    async with world() as far:
        async with Program("run", environment=far.environment(), folder=tmp_path):
            await far.ready()
            await far.discord.say(far.ann, far.direct, "my name is Ann")
            await far.discord.until(lambda: answer("my name is Ann") in far.in_discord(far.direct), 15)
        async with Program("run", environment=far.environment(), folder=tmp_path):
            await far.ready()
            await far.discord.say(far.ann, far.direct, "what is my name?")
            await far.discord.until(lambda: answer("what is my name?") in far.in_discord(far.direct), 15)
        sent = [str(each["content"]) for each in far.gateway.asked()[-1].body["messages"]]  # type: ignore[attr-defined]  # parsed JSON
        assert sent[1:] == ["my name is Ann", answer("my name is Ann"), "what is my name?"]


async def test_a_wrong_token_on_one_platform_leaves_the_other_working(tmp_path: Path) -> None:
    async with world() as far:
        wrong = far.environment() | {"DISCORD_BOT_TOKEN": "MTIzNDU2Nzg5MDEyMzQ1Njc4.wrong.token"}
        async with Program("run", environment=wrong, folder=tmp_path) as bot:
            await far.slack.connected(2)
            await far.slack.say("U1", "D1", "hello")
            await far.slack.until(lambda: answer("hello") in far.in_slack("D1"), 15)
            assert await bot.stop() == 0
        assert "platform_down platform=discord" in bot.errors
        assert "DISCORD_BOT_TOKEN" in bot.errors
        assert "wrong.token" not in bot.errors


@pytest.mark.long
async def test_a_second_process_on_the_same_file_is_turned_away(tmp_path: Path) -> None:
    async with world() as far, Program("run", environment=far.environment(), folder=tmp_path):
        second = Program("run", environment=far.environment(), folder=tmp_path)
        async with second:
            assert await second.process.wait() == 2
        assert "in use by another process" in second.errors


async def test_a_running_answer_is_finished_before_a_stop(tmp_path: Path) -> None:
    async with world() as far, Program("run", environment=far.environment(), folder=tmp_path) as bot:
        await far.ready()
        far.gateway.answer("a long answer in many pieces", chunks=20, delay_s=0.05)
        await far.discord.say(far.ann, far.direct, "hello")
        await far.discord.until(lambda: bool(far.gateway.asked()), 15)
        assert await bot.stop(signal.SIGTERM) == 0
        assert far.in_discord(far.direct) == ["a long answer in many pieces"]


@pytest.mark.long
async def test_slack_over_signed_requests_on_the_port_that_was_set(tmp_path: Path) -> None:
    async with world() as far:
        port = _free_port()
        signed = far.environment() | {
            "SLACK_APP_TOKEN": "",
            "SLACK_SIGNING_SECRET": far.slack.signing_secret,
            "BOT_HTTP_PORT": str(port),
        }
        hooks = far.slack.use_http(f"http://127.0.0.1:{port}/slack/events")
        async with Program("run", environment=signed, folder=tmp_path) as bot:
            await far.discord.until(lambda: bool(far.discord.hub.sessions), 15)
            assert await hooks.verify()
            await far.slack.say("U1", "D1", "hello")
            await far.slack.until(lambda: answer("hello") in far.in_slack("D1"), 15)
            assert await bot.stop() == 0


@pytest.mark.long
async def test_on_postgresql_an_older_schema_is_refused_and_after_the_upgrade_it_answers(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    with postgres.database() as name:
        async with world() as far:
            shared = far.environment() | {"DATABASE_URL": postgres.url(name)}
            async with Program("run", environment=shared, folder=tmp_path) as refused:
                assert await refused.process.wait() == 2
            assert "run `parley db upgrade`" in refused.errors
            async with Program("db", "upgrade", environment=shared, folder=tmp_path) as upgrading:
                assert await upgrading.process.wait() == 0
            for question in ("first", "second"):
                async with Program("run", environment=shared, folder=tmp_path):
                    await far.ready()
                    await far.discord.say(far.ann, far.direct, question)
                    await far.discord.until(_shows(far, question), 15)
            sent = [str(each["content"]) for each in far.gateway.asked()[-1].body["messages"]]  # type: ignore[attr-defined]  # parsed JSON
            assert sent[1:] == ["first", answer("first"), "second"]


def _shows(far: World, question: str) -> Callable[[], bool]:
    return lambda: answer(question) in far.in_discord(far.direct)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
