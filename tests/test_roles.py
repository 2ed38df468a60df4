"""Several processes on one PostgreSQL: who listens need not answer, and what one leaves behind another finishes."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from bot import settings
from bot.app import serve
from bot.errors import SettingsError
from bot.runner import sharing
from bot.store import Store
from tests.fakes.gateway.behaviours import Answer
from tests.postgres import PostgresServer
from tests.process import Program
from tests.test_end_to_end import World, answer, world

pytestmark = pytest.mark.long

STALLED_S = 1.0
LONG = "a long answer in so many pieces that nobody has seen its end yet"


class Site:
    """The far ends, and processes that share a database."""

    def __init__(self, far: World, url: str, folder: Path) -> None:
        self.far = far
        self._shared = far.environment() | {
            "DATABASE_URL": url,
            "BOT_HEARTBEAT": "0.2",
            "BOT_STALLED": str(STALLED_S),
        }
        self._folder = folder

    def process(self, role: str, **settings: str) -> Program:
        return Program("run", environment=self._shared | {"BOT_ROLE": role} | settings, folder=self._folder)

    async def begin(self, question: str) -> asyncio.Event:
        """Ask, and let the answer come to a halt after its first words are on the screen; the event lets it go on."""
        held = asyncio.Event()
        self.far.gateway.script(Answer(text=LONG, chunks=6, hold=held, hold_after=3))
        await self.far.ready()
        await self.far.discord.say(self.far.ann, self.far.direct, question)
        await self.far.discord.until(lambda: any(LONG.startswith(each[:12]) for each in self.shown()[-1:]), 15)
        return held

    def shown(self) -> list[str]:
        return self.far.in_discord(self.far.direct)

    def posts(self) -> list[int]:
        shown = self.far.discord.screen(self.far.direct)
        return [each.id for each in shown if each.author != "Ann"]


@asynccontextmanager
async def site(postgres: PostgresServer, folder: Path) -> AsyncIterator[Site]:
    with postgres.database() as name:
        await (await Store.open(postgres.url(name), upgrade=True)).close()
        await sharing.upgrade(postgres.url(name))
        async with world() as far:
            yield Site(far, postgres.url(name), folder)


@asynccontextmanager
async def started(*programs: Program) -> AsyncIterator[None]:
    """All of them at once: each takes a second to begin."""
    async with AsyncExitStack() as stack:
        await asyncio.gather(*(stack.enter_async_context(program) for program in programs))
        yield


async def test_one_process_listens_and_one_without_any_connection_to_the_platforms_answers(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    async with site(postgres, tmp_path) as here:
        intake, worker, far = here.process("intake"), here.process("worker"), here.far
        async with started(intake, worker):
            await far.ready()
            ts = await far.slack.say("U1", "C1", f"<@{far.slack.bot_user_id}> slack mention")
            await far.discord.say(far.ann, far.general, f"<@{far.discord.bot_user_id}> discord mention")
            await far.discord.command(far.ann, far.general, "ask", {"question": "discord command"})
            await far.slack.until(lambda: answer("slack mention") in far.in_slack("C1", ts), 15)
            await far.discord.until(lambda: answer("discord mention") in far.in_discord(far.general), 15)
            await far.discord.until(lambda: answer("discord command") in far.in_discord(far.general), 15)
            assert (far.slack.sockets, len(far.discord.hub.sessions)) == (2, 1)
            assert await worker.stop() == 0
            await far.discord.say(far.ann, far.direct, "and now?")
            await asyncio.sleep(0.05)
            assert await intake.stop() == 0
        assert len(far.gateway.asked()) == 3
        assert "Traceback" not in intake.errors + worker.errors


async def test_what_a_killed_or_a_stopped_worker_leaves_is_finished_by_another_in_the_same_post(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    async with site(postgres, tmp_path) as here:
        first = here.process("worker")
        async with started(here.process("intake"), first):
            await here.begin("one")
            async with here.process("worker", BOT_STOP_GRACE="0.2") as second:
                posts = here.posts()
                await first.stop(signal.SIGKILL)
                await here.far.discord.until(lambda: here.shown() == [answer("one")], STALLED_S + 4)
                assert here.posts() == posts

                await here.begin("two")
                posts = here.posts()
                async with here.process("worker"):
                    assert await second.stop(signal.SIGTERM) == 0
                    await here.far.discord.until(lambda: here.shown() == [answer("one"), answer("two")])
                    assert here.posts() == posts
            assert "runner_stopped parked=1" in second.errors
        assert len(here.far.gateway.asked()) == 4


async def test_a_role_without_a_platform_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOT_ROLE", "worker")
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/none")
    with pytest.raises(SettingsError, match="BOT_ROLE: there is no platform for the role 'worker'"):
        await serve(settings.read())
