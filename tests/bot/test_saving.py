"""A question is saved before anybody sees its answer, and again where the disk could not take it."""

import asyncio
import threading
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Connection

from bot import engine, saving
from bot.contract import Address
from bot.errors import Fenced
from bot.model import TurnId
from bot.store import Store, sqlite
from bot.turn import Turn
from tests.bot.house import CHANNEL, house
from tests.fakes.gateway import Answer

THREAD = Address("fake", "W1", "C1", "M1")


@dataclass
class Disk:
    """What a commit on SQLite finds: no room for so many of them, or room after a while."""

    refusals: float = 0
    room: threading.Event | None = None

    def commit(self) -> None:
        if self.refusals > 0:
            self.refusals -= 1
            raise OSError("disk full")
        assert self.room is None or self.room.wait(10)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """The disk under every question that is taken; `saving` comes back to it at once."""
    found, real = Disk(), sqlite._run_early

    def run(connection: Connection, begin: tuple[str, ...], work: Any, told: Any) -> None:
        def and_then_comes_the_commit(value: object) -> None:
            told(value)
            found.commit()

        real(connection, begin, work, and_then_comes_the_commit)

    monkeypatch.setattr(sqlite, "_run_early", run)
    monkeypatch.setattr(saving, "PAUSES_S", (0.01,))
    return found


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be saved is not tried again."""
    monkeypatch.setattr(saving, "PATIENCE_S", 0.0)


@pytest.mark.usefixtures("impatient")
async def test_nothing_is_seen_of_a_question_that_could_not_be_committed(sqlite_store: Store, disk: Disk) -> None:
    async with house(sqlite_store) as home:
        event = home.message("hello")
        disk.refusals = float("inf")
        with pytest.raises(OSError, match="disk full"):
            await home.hear(event)
        await home.quiet()
        assert home.platform.shown() == []
        assert home.platform.notices() == []
        assert await home.store.open_conversations() == ()
        disk.refusals = 0
        await home.hear(event)
        assert home.platform.shown() == ["You said: hello"]


async def test_what_people_see_waits_for_the_commit_and_the_model_does_not(sqlite_store: Store, disk: Disk) -> None:
    async with house(sqlite_store) as home:
        disk.room = threading.Event()
        accepting = asyncio.create_task(home.engine.accept(home.message("hello")))
        await home.until(home.gateway.asked)
        await asyncio.sleep(0.05)
        assert not accepting.done()
        assert all(not channel.calls for _, channel in home.platform.channels)
        disk.room.set()
        await accepting
        await home.quiet()
        assert home.platform.shown() == ["You said: hello"]


async def test_a_question_by_command_is_shown_only_once_it_is_committed(sqlite_store: Store, disk: Disk) -> None:
    async with house(sqlite_store) as home:
        disk.refusals = float("inf")
        with pytest.raises(OSError, match="disk full"):
            await home.hear(home.command("ask", question="why?"))
        await home.quiet()
        assert home.platform.shown() == []


async def test_what_the_database_cannot_take_now_is_saved_in_order_as_soon_as_it_can(
    sqlite_store: Store, disk: Disk
) -> None:
    async with house(sqlite_store) as home:
        disk.refusals = 4
        first, second, third = (home.message(text) for text in ("one", "two", "three"))
        await asyncio.gather(*(home.engine.accept(each) for each in (first, second, third, first)))
        await home.quiet()
        asked = [text for role, text in home.prompts()[-1] if role == "user"]
        assert "".join(asked).count("one") == 1
        assert [word for word in ("one", "two", "three") if word in "".join(asked)] == ["one", "two", "three"]


async def test_a_command_does_not_overtake_a_question_that_waits_for_the_database(
    sqlite_store: Store, disk: Disk
) -> None:
    async with house(sqlite_store) as home:
        await home.say("before")
        disk.refusals = 9
        asking = asyncio.create_task(home.engine.accept(home.message("first")))
        await home.until(lambda: home.engine._saving._troubled)
        await home.hear(home.command("ask", question="second"))
        await asking
        await home.quiet()
        asked = [text for role, text in home.prompts()[-1] if role == "user"]
        assert [word for text in asked for word in ("first", "second") if word in text] == ["first", "second"]


async def test_a_command_waits_for_no_longer_than_its_platform_does(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "COMMAND_S", 0.01)
    async with house(store) as home:
        saving_on = home.engine._saving
        saving_on._troubled[CHANNEL] = trouble = saving._Trouble(until=0.0)
        async with trouble.line:
            with pytest.raises(TimeoutError):
                await home.engine.accept(home.command("new"))


async def test_a_stop_does_not_wait_for_a_database_that_goes_on_failing(
    sqlite_store: Store, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "TAKING_S", 0.05)
    async with house(sqlite_store) as home:
        disk.refusals = float("inf")
        accepting = asyncio.create_task(home.engine.accept(home.message("hello")))
        await asyncio.sleep(0.02)
        async with asyncio.timeout(2):
            await home.engine.taken_in()
            await home.engine.settle()
        with pytest.raises(OSError, match="disk full"):
            await accepting


async def test_trying_again_to_save_a_question_is_no_reason_to_pay_again(sqlite_store: Store, disk: Disk) -> None:
    async with house(sqlite_store) as home:
        disk.refusals = 8
        await home.say("hello")
        assert home.platform.shown() == ["You said: hello"]
        assert len(home.gateway.asked()) <= 2


@pytest.mark.usefixtures("impatient")
async def test_a_number_that_is_given_out_twice_belongs_to_the_turn_that_was_stored(
    sqlite_store: Store, disk: Disk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(sqlite_store) as home:
        for place in (CHANNEL, THREAD):
            await home.say("a lane of its own", at=place)
        real, hold, lost = home.engine._answering.answer, asyncio.Event(), asyncio.Event()
        numbers: list[TurnId] = []
        ended: list[TurnId] = []

        async def slowly(turn: Turn, early: Any) -> None:
            numbers.append(turn.claim.turn)
            try:
                await real(turn, early)
            except Fenced:
                await lost.wait()
                raise
            finally:
                ended.append(turn.claim.turn)

        monkeypatch.setattr(home.engine._answering, "answer", slowly)  # a machine that has much to do
        disk.refusals = 2
        with pytest.raises(OSError, match="disk full"):
            await home.engine.accept(home.message("never stored"))
        home.gateway.judge(lambda seen: Answer("here I am", hold=hold))
        await home.engine.accept(home.message("hello", at=THREAD))
        await home.until(lambda: "hello" in str([seen.body for seen in home.gateway.asked()]))
        lost.set()
        await home.until(lambda: ended)
        hold.set()
        await home.quiet()
        assert numbers == [numbers[0]] * 2
        assert home.platform.shown(THREAD)[-1] == "here I am"
        assert "lane_failed" not in caplog.text
