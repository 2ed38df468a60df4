"""Several processes share the work on one PostgreSQL: in order, once each, and nothing stays in dead hands."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from typing import LiteralString

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException
from psycopg_pool import PoolTimeout

from bot.contract import Address
from bot.errors import Fenced, SettingsError
from bot.model import Answer, Claim, ConversationId, TurnState
from bot.runner import distributed, local, sharing, steadfast
from bot.runner.sharing import Pace, SharedRunner
from bot.store import Store
from tests.bot.store.builders import BOUNDS, CHANNEL, LIMIT, ask, said
from tests.postgres import PostgresServer, empty

pytestmark = pytest.mark.long

ELSEWHERE = Address("discord", "G1", "C1")
PACE = Pace(limit=10, grace_s=2, heartbeat_s=0.1, stalled_s=0.4, look_s=0.05, poll_s=0.05)
CALM = replace(PACE, look_s=60, poll_s=60)
_LISTENERS = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
"""Nothing but a notification wakes anybody."""
HANDED_BACK: LiteralString = """
SELECT procrastinate_retry_job_v2(id, now(), NULL, 'discord', NULL) FROM procrastinate_jobs
"""


@pytest.fixture(scope="module")
def ready_url(postgres: PostgresServer) -> Iterator[str]:
    """A database with the newest tables, the queue's among them."""
    with postgres.database() as name:
        asyncio.run(_upgraded(postgres.url(name)))
        yield postgres.url(name)


async def _upgraded(url: str) -> None:
    await (await Store.open(url, upgrade=True)).close()
    await sharing.upgrade(url)


@pytest.fixture
def shared_url(ready_url: str) -> Iterator[str]:
    """The same, and empty again after the test."""
    yield ready_url
    empty(ready_url, "procrastinate_jobs", "procrastinate_workers")


class Desk:
    """What was begun and what was answered, where and by whom; an answer is ready when the gate is open."""

    def __init__(self) -> None:
        self.done: list[tuple[ConversationId, str, str]] = []
        self.begun: list[Claim] = []
        self.busy: dict[ConversationId, str] = defaultdict(str)
        self.gate = asyncio.Event()
        self.gate.set()
        self.failures = 0
        self.fenced = 0

    def texts(self) -> list[str]:
        return [text for _, text, _ in self.done]


class Process:
    """A store, a queue and a runner of their own, as each process has them."""

    def __init__(self, name: str, desk: Desk, store: Store, queue: sharing.Queue, pace: Pace) -> None:
        self.name = name
        self.desk = desk
        self.store = store
        self.runner: SharedRunner = queue.runner(self._work, pace)

    async def _work(self, conversation: ConversationId) -> bool:
        if self.desk.failures:
            self.desk.failures -= 1
            raise RuntimeError("broken on purpose")
        claim = await self.store.claim(conversation, LIMIT, again=True)
        if claim is None:
            return False
        self.desk.begun.append(claim)
        assert not self.desk.busy[conversation], "two at once in a conversation"
        self.desk.busy[conversation] = self.name
        try:
            await self.desk.gate.wait()
        finally:
            self.desk.busy[conversation] = ""
        try:
            if claim.answer is None:
                await self.store.answered(claim.turn, claim.attempt, Answer("…", "m"))
        except Fenced:
            self.desk.fenced += 1
            return True
        self.desk.done += [(conversation, question.text, self.name) for question in claim.questions]
        return (await self.store.closed(claim.turn, claim.attempt, TurnState.DONE)).more


@asynccontextmanager
async def process(name: str, desk: Desk, url: str, pace: Pace = PACE, *, works: bool = True) -> AsyncIterator[Process]:
    queue = sharing.queue(url)
    async with await Store.open(url, enqueue=queue.enqueue) as store:
        await queue.open()
        each = Process(name, desk, store, queue, pace)
        if works:
            listeners = len(run(url, _LISTENERS))
            each.runner.start("slack")
            # What is announced before somebody listens is found by the next poll, which may be far off.
            await until(lambda: len(run(url, _LISTENERS)) > listeners)
        try:
            yield each
        finally:
            await each.runner.stop()
            await queue.close()


async def until(seen: Callable[[], object], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not seen():  # noqa: ASYNC110 - what is waited for happens in the database
            await asyncio.sleep(0.005)


def run(url: str, statement: LiteralString, *values: object) -> list[tuple[object, ...]]:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        cursor = connection.execute(statement, values or None)
        return list(cursor.fetchall()) if cursor.description else []


def hold(url: str) -> None:
    """Mark every job as being done by the one worker that is known."""
    run(url, "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM procrastinate_workers)")


def jobs(url: str) -> int:
    return len(run(url, "SELECT id FROM procrastinate_jobs"))


async def test_two_processes_answer_each_question_once_and_in_order(shared_url: str) -> None:
    desk = Desk()
    channels = [Address("slack", "T1", f"C{number}") for number in range(4)]
    async with process("a", desk, shared_url) as one, process("b", desk, shared_url) as two:
        for number in range(1, 13):
            told = (
                ask(each.store, said(str(number), f"{number}", at=at, event=f"{at}{number}"), command="ask")
                for at, each in zip(channels, (one, two, one, two), strict=True)
            )
            await asyncio.gather(*told)
        await until(lambda: len(desk.done) >= 48)
        await until(lambda: not jobs(shared_url))
    by_place = defaultdict(list)
    for conversation, text, _ in desk.done:
        by_place[conversation].append(int(text))
    assert list(by_place.values()) == [list(range(1, 13))] * 4
    assert {name for _, _, name in desk.done} == {"a", "b"}


async def test_a_question_wakes_a_process_that_only_listens_to_the_database(shared_url: str) -> None:
    desk = Desk()
    async with process("a", desk, shared_url, CALM), process("b", desk, shared_url, works=False) as intake:
        await until(lambda: run(shared_url, "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"))
        for number in range(1, 6):
            await ask(intake.store, said(str(number), f"{number}"))
            await until(lambda number=number: len(desk.done) == number, 2)  # type: ignore[misc]  # bound at once
    assert [name for _, _, name in desk.done] == ["a"] * 5


async def test_a_question_whose_transaction_fails_leaves_no_job(shared_url: str) -> None:
    queue = sharing.queue(shared_url)

    async def enqueue_and_fail(connection: object, conversation: ConversationId) -> None:
        await queue.enqueue(connection, conversation)
        raise ConnectionError("on purpose")

    async with await Store.open(shared_url, enqueue=enqueue_and_fail) as store:
        with pytest.raises(ConnectionError):
            await store.accept(said("1", "One"), BOUNDS)
        assert await store.open_conversations() == ()
    assert jobs(shared_url) == 0


async def test_a_moved_turn_has_a_job_where_it_is_now(shared_url: str) -> None:
    desk = Desk()
    async with process("a", desk, shared_url, works=False) as intake:
        claim = await intake.store.claim(await ask(intake.store, said("1", "One"), command="ask"), LIMIT)
        assert claim is not None
        there = replace(claim.origin, address=replace(CHANNEL, thread="9"), message_id="9")
        moved = await intake.store.moved(claim.turn, claim.attempt, there)
    assert {row[0] for row in run(shared_url, "SELECT lock FROM procrastinate_jobs")} == {
        str(claim.conversation),
        str(moved),
    }


async def test_work_of_a_platform_that_does_not_run_here_is_left_to_others(shared_url: str) -> None:
    desk = Desk()
    async with process("a", desk, shared_url) as one, process("b", desk, shared_url, works=False) as two:
        await ask(one.store, said("1", "elsewhere", at=ELSEWHERE))
        await ask(one.store, said("2", "here"))
        await until(lambda: desk.done)
        assert desk.texts() == ["here"]
        two.runner.start("discord")
        await until(lambda: len(desk.done) == 2)
    assert desk.done[1][1:] == ("elsewhere", "b")


async def test_an_open_turn_without_a_job_is_found(shared_url: str) -> None:
    desk = Desk()
    async with await Store.open(shared_url) as store:
        await ask(store, said("1", "forgotten"))
        assert jobs(shared_url) == 0
        async with process("a", desk, shared_url):
            await until(lambda: desk.done)


async def test_a_turn_in_the_hands_of_a_dead_process_is_taken_over(shared_url: str) -> None:
    desk = Desk()
    async with process("a", desk, shared_url, works=False) as intake:
        conversation = await ask(intake.store, said("1", "One"))
        await intake.store.claim(conversation, LIMIT)
        run(shared_url, "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '9 seconds')")
        run(
            shared_url, "UPDATE procrastinate_jobs SET status='doing', worker_id=(SELECT id FROM procrastinate_workers)"
        )
        async with process("b", desk, shared_url):
            await until(lambda: desk.done)
    assert [claim.attempt for claim in desk.begun] == [2]
    assert jobs(shared_url) == 0


async def test_the_turn_of_a_process_that_lives_is_left_to_it(shared_url: str) -> None:
    desk = Desk()
    desk.gate.clear()
    async with process("a", desk, shared_url) as one, process("b", desk, shared_url):
        await ask(one.store, said("1", "One"))
        await until(lambda: desk.begun)
        await asyncio.sleep(PACE.stalled_s * 2)
        desk.gate.set()
        await until(lambda: desk.done)
    assert [claim.attempt for claim in desk.begun] == [1]


async def test_a_process_that_was_only_frozen_leaves_its_turn_to_the_one_that_took_it_over(shared_url: str) -> None:
    frozen, other = Desk(), Desk()
    frozen.gate.clear()
    other.gate.clear()
    async with process("a", frozen, shared_url) as one:
        await ask(one.store, said("1", "One"))
        await until(lambda: frozen.begun)
        async with process("b", other, shared_url, works=False) as two:
            run(
                shared_url,
                "SELECT procrastinate_retry_job_v2(id, now(), NULL, 'discord', NULL) FROM procrastinate_jobs",
            )
            two.runner.start("discord")
            await until(lambda: other.begun)
            frozen.gate.set()
            await until(lambda: frozen.fenced)
            await asyncio.sleep(PACE.look_s * 3)
            assert jobs(shared_url) == 1
            other.gate.set()
            await until(lambda: other.done and not jobs(shared_url))
            await until(lambda: not frozen.busy[other.done[0][0]])
    assert [claim.attempt for claim in (*frozen.begun, *other.begun)] == [1, 2]
    assert not frozen.done


async def test_a_job_that_a_crash_of_the_database_has_put_back_is_not_done_twice_here(shared_url: str) -> None:
    """The queue does not wait for the disk: what it wrote last may be undone by a crash."""
    desk = Desk()
    desk.gate.clear()
    async with process("a", desk, shared_url) as one:
        await ask(one.store, said("1", "One"))
        await until(lambda: desk.begun)
        run(shared_url, "UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL")
        await asyncio.sleep(PACE.poll_s * 4)
        assert len(desk.begun) == 1
        desk.gate.set()
        await until(lambda: desk.done and not jobs(shared_url))
    assert [claim.attempt for claim in desk.begun] == [1]


async def test_a_job_that_a_crash_of_the_database_has_put_back_is_left_to_who_takes_it_up(shared_url: str) -> None:
    first, other = Desk(), Desk()
    first.gate.clear()
    other.gate.clear()
    async with process("a", first, shared_url) as one:
        await ask(one.store, said("1", "One"))
        await until(lambda: first.begun)
        async with process("b", other, shared_url, works=False) as two:
            run(shared_url, "UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL, queue_name = 'discord'")
            two.runner.start("discord")
            await until(lambda: other.begun)
            first.gate.set()
            await until(lambda: first.fenced)
            await asyncio.sleep(PACE.look_s * 3)
            assert (len(first.begun), jobs(shared_url)) == (1, 1)
            other.gate.set()
            await until(lambda: other.done and not jobs(shared_url))
    assert [claim.attempt for claim in (*first.begun, *other.begun)] == [1, 2]


async def test_a_process_that_lets_its_answers_finish_is_not_taken_for_dead(shared_url: str) -> None:
    leaving, other = Desk(), Desk()
    leaving.gate.clear()
    patient = replace(PACE, grace_s=20)
    async with process("a", leaving, shared_url, patient) as one:
        await ask(one.store, said("1", "One"))
        await until(lambda: leaving.begun)
        async with process("b", other, shared_url):
            stopping = asyncio.create_task(one.runner.stop())
            await asyncio.sleep(PACE.stalled_s * 3)
            assert not other.begun
            leaving.gate.set()
            await stopping
            await until(lambda: leaving.done and not jobs(shared_url))
    assert [claim.attempt for claim in (*leaving.begun, *other.begun)] == [1]


async def test_a_job_that_was_taken_away_while_it_was_done_ends_in_peace(
    shared_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk()
    desk.gate.clear()
    with caplog.at_level(logging.INFO, "parley.runner"):
        async with process("a", desk, shared_url) as one:
            await ask(one.store, said("1", "One"))
            await until(lambda: desk.begun)
            run(shared_url, "DELETE FROM procrastinate_jobs")
            desk.gate.set()
            await until(lambda: "job_gone" in caplog.text)
            await ask(one.store, said("2", "Two"))
            await until(lambda: len(desk.done) == 2)


async def test_a_job_that_is_only_marked_as_being_done_is_done(shared_url: str) -> None:
    """As it is when the connection breaks while a finished job is to be deleted."""
    desk = Desk()
    async with process("a", desk, shared_url) as one:
        await ask(one.store, said("1", "One"))
        await until(lambda: not jobs(shared_url) and desk.done)
        conversation = await ask(one.store, said("2", "elsewhere", at=ELSEWHERE))
        run(
            shared_url, "UPDATE procrastinate_jobs SET status='doing', worker_id=(SELECT id FROM procrastinate_workers)"
        )
        run(shared_url, "UPDATE procrastinate_jobs SET queue_name='slack'")
        await until(lambda: len(desk.done) == 2)
    assert desk.done[1][:2] == (conversation, "elsewhere")


async def test_a_worker_that_was_taken_for_dead_begins_again(
    shared_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(distributed, "FIRST_PAUSE_S", 0.01)
    desk = Desk()
    async with process("a", desk, shared_url) as one:
        await ask(one.store, said("1", "One"))
        await until(lambda: desk.done)
        run(shared_url, "DELETE FROM procrastinate_workers")
        await ask(one.store, said("2", "Two"))
        await until(lambda: len(desk.done) == 2)
    assert "worker_ended platform=slack" in caplog.text


async def test_an_answer_of_a_worker_that_was_struck_off_is_finished_where_it_is(shared_url: str) -> None:
    desk = Desk()
    desk.gate.clear()
    async with process("a", desk, shared_url) as one:
        await ask(one.store, said("1", "One"))
        await until(lambda: desk.begun)
        run(shared_url, "DELETE FROM procrastinate_workers")
        desk.gate.set()
        await until(lambda: desk.done and not jobs(shared_url))
    assert [claim.attempt for claim in desk.begun] == [1]


async def test_work_goes_on_after_the_database_has_closed_every_connection(
    postgres: PostgresServer, shared_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(local, "FIRST_PAUSE_S", 0.01)
    desk = Desk()
    async with process("a", desk, shared_url) as one:
        await ask(one.store, said("1", "One"))
        await until(lambda: desk.done)
        postgres.cut(shared_url)
        await ask(one.store, said("2", "Two"))
        await until(lambda: len(desk.done) == 2)


async def test_an_answer_under_way_outlives_a_restart_of_the_database(
    postgres: PostgresServer, shared_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "FIRST_PAUSE_S", 0.01)
    desk = Desk()
    desk.gate.clear()
    async with process("a", desk, shared_url, replace(PACE, grace_s=0.05)) as one:
        await ask(one.store, said("1", "One"))
        await until(lambda: desk.begun)
        for _ in range(8):  # some of them in the middle of a query
            postgres.cut(shared_url)
            await asyncio.sleep(0.02)
        desk.gate.set()
        await until(lambda: desk.done)
    assert [claim.attempt for claim in desk.begun] == [1]
    assert "worker_ended" not in caplog.text


async def test_a_turn_that_breaks_the_engine_is_tried_again(
    shared_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(local, "FIRST_PAUSE_S", 0.01)
    desk = Desk()
    desk.failures = 2
    async with process("a", desk, shared_url) as one:
        await ask(one.store, said("1", "One"))
        await until(lambda: desk.done)
    assert caplog.text.count("lane_failed") == 2


async def test_a_stop_lets_the_running_turn_finish_and_leaves_the_next_to_others(shared_url: str) -> None:
    desk = Desk()
    desk.gate.clear()
    async with process("a", desk, shared_url) as one:
        await ask(one.store, said("1", "One"), command="ask")
        await until(lambda: desk.begun)
        await ask(one.store, said("2", "Two"), command="ask")
        stopping = asyncio.create_task(one.runner.stop())
        await asyncio.sleep(0.02)
        one.runner.start("slack")
        desk.gate.set()
        await stopping
    assert desk.texts() == ["One"]
    async with process("b", desk, shared_url, CALM):
        await until(lambda: len(desk.done) == 2)


async def test_what_does_not_finish_in_the_grace_time_goes_to_another_process_at_once(
    shared_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk()
    desk.gate.clear()
    async with process("a", desk, shared_url, replace(CALM, grace_s=0.05)) as one:
        await ask(one.store, said("1", "One"))
        await until(lambda: desk.begun)
        async with process("b", desk, shared_url, CALM):
            with caplog.at_level(logging.INFO, "parley.runner"):
                await one.runner.stop()
            await until(lambda: len(desk.begun) == 2)
            desk.gate.set()
            await until(lambda: desk.done)
    assert desk.done[0][2] == "b"
    assert "runner_stopped parked=1" in caplog.text


@pytest.mark.parametrize(
    ("cause", "asked"),
    [
        (psycopg.OperationalError("the connection was closed"), 2),
        (PoolTimeout("half a minute has passed"), 1),
        (psycopg.IntegrityError("it was wrong"), 1),
    ],
)
async def test_only_a_query_whose_connection_was_lost_is_put_again(cause: Exception, asked: int) -> None:
    asking = 0

    async def query() -> str:
        nonlocal asking
        asking += 1
        if asking == 1:
            raise ConnectorException from cause
        return "answer"

    try:
        assert await steadfast.twice(query) == "answer"
    except ConnectorException:
        assert asked == 1
    assert asking == asked


async def test_a_worker_outlives_a_database_that_is_away_for_a_while(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(distributed, "FIRST_PAUSE_S", 0.01)
    desk = Desk()
    with postgres.database() as name:
        await _upgraded(postgres.url(name))
        async with process("a", desk, postgres.url(name), CALM) as one:
            await until(lambda: run(postgres.url(name), "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"))
            postgres.shut(name)
            await until(lambda: "listener_lost" in caplog.text)
            postgres.reopen(name)
            await until(lambda: run(postgres.url(name), "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"))
            await ask(one.store, said("1", "One"))
            await until(lambda: desk.done)
    assert "worker_ended" not in caplog.text


async def test_a_stop_ends_while_the_database_is_away(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(distributed, "_LAST_LOOK_S", 0.2)
    with postgres.database() as name:
        await _upgraded(postgres.url(name))
        async with process("a", Desk(), postgres.url(name), replace(PACE, grace_s=0.1)) as one:
            await asyncio.sleep(0.05)
            postgres.shut(name)
            async with asyncio.timeout(3):
                await one.runner.stop()
    assert "runner_stopped reason=" in caplog.text


async def test_without_its_extra_the_queue_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_QUEUE", "bot.runner.no_such_module:JobQueue")
    with pytest.raises(SettingsError, match="parley-bot\\[postgres\\]"):
        sharing.queue("postgresql://localhost/parley")
