"""A turn's writes are fenced: a process that slept asks before it speaks, and an overtaken one stops."""

import asyncio

import pytest

from bot import turn as turn_module
from bot.contract import PostId
from bot.errors import Fenced, StoppedByReader
from bot.model import Answer, Bounds, Claim, ConversationId, Press, TurnId, TurnState
from bot.reply import Reply
from bot.reply.journal import FIRST_FILE
from bot.store import Store
from bot.turn import TRUST_S, Turn, awake
from tests.bot.messages import question
from tests.fakes.channel import FakeChannel
from tests.fakes.clock import FakeClock


async def begun(store: Store, clock: FakeClock) -> Turn:
    accepted = await store.accept(question("hello"), Bounds(20, 100))
    assert accepted.conversation is not None
    claim = await store.claim(accepted.conversation, 40)
    assert claim is not None
    return Turn(store, claim, clock.now)


async def overtaken(store: Store, turn: Turn) -> None:
    await store.claim(turn.claim.conversation, 40)


async def test_an_overtaken_turn_writes_nothing(store: Store) -> None:
    turn = await begun(store, FakeClock())
    await overtaken(store, turn)
    with pytest.raises(Fenced):
        await turn.place(0, PostId("P1"))
    with pytest.raises(Fenced):
        await turn.answered(Answer("text", "gpt-5"))
    with pytest.raises(Fenced):
        await turn.close(TurnState.DONE)


async def test_a_process_that_slept_asks_before_it_speaks(store: Store) -> None:
    clock = FakeClock()
    turn = await begun(store, clock)
    await overtaken(store, turn)
    await turn.check()
    await clock.advance(TRUST_S + 0.1)
    with pytest.raises(Fenced):
        await turn.check()


async def test_a_process_that_slept_while_it_claimed_asks_before_it_speaks(store: Store) -> None:
    clock = FakeClock()
    claim = (await begun(store, clock)).claim
    asked_at = clock.now()
    await clock.advance(TRUST_S + 0.1)  # the claim is stored, and nobody has read the answer yet
    turn = Turn(store, claim, clock.now, since=asked_at)
    await overtaken(store, turn)
    with pytest.raises(Fenced):
        await turn.check()


async def test_the_claim_counts_from_when_it_was_asked_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn_module, "TRUST_S", 0.05)
    accepted, real = await store.accept(question("hello"), Bounds(20, 100)), store.claim
    assert accepted.conversation is not None

    async def frozen(conversation: ConversationId, limit: int, *, again: bool = True) -> Claim | None:
        claim = await real(conversation, limit, again=again)
        await real(conversation, limit, again=True)
        await asyncio.sleep(0.06)
        return claim

    monkeypatch.setattr(store, "claim", frozen)
    turn = await Turn.begin(store, accepted.conversation, 40, again=False)
    assert turn is not None
    with pytest.raises(Fenced):
        await turn.check()


async def test_a_process_that_slept_while_it_asked_asks_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    turn = await begun(store, clock)
    await clock.advance(TRUST_S + 0.1)
    real = store.stopped

    async def slow(turn_id: TurnId, attempt: int) -> bool:
        found = await real(turn_id, attempt)
        await clock.advance(TRUST_S + 0.1)
        return found

    with monkeypatch.context() as frozen:
        frozen.setattr(store, "stopped", slow)
        await turn.check()
    await overtaken(store, turn)
    with pytest.raises(Fenced):
        await turn.check()


async def test_a_run_is_late_that_has_spoken_and_is_fenced_wherever_it_finds_out(store: Store) -> None:
    turn = await begun(store, FakeClock())
    turn.spoke()
    assert not turn.late
    await overtaken(store, turn)
    with pytest.raises(Fenced):
        await turn.answered(Answer("text", "gpt-5"))
    assert turn.late


async def test_a_run_that_has_said_nothing_is_not_late(store: Store) -> None:
    turn = await begun(store, FakeClock())
    await overtaken(store, turn)
    with pytest.raises(Fenced):
        await turn.close(TurnState.DONE)
    assert not turn.late


async def test_a_passed_check_stands_for_a_while(store: Store) -> None:
    clock = FakeClock()
    turn = await begun(store, clock)
    await clock.advance(TRUST_S + 0.1)
    await turn.check()
    await overtaken(store, turn)
    await turn.check()


async def test_the_posts_of_this_attempt_are_known_to_a_second_reply(store: Store) -> None:
    turn = await begun(store, FakeClock())
    await turn.place(0, PostId("P1"))
    await turn.place(1, PostId("P2"))
    await turn.place(0, PostId("P3"))
    assert turn.placed == (PostId("P3"), PostId("P2"))


async def test_a_page_that_could_not_be_written_down_is_known_to_the_notice_that_follows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = await begun(store, FakeClock())
    channel = FakeChannel()

    async def placed(*words: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as away:
        away.setattr(store, "placed", placed)
        with pytest.raises(OSError, match="disk full"):
            await Reply(channel, turn, sleep=lambda _: asyncio.sleep(0)).finish("the first page")
    await Reply(channel, turn).finish("a notice")
    assert channel.shown() == ["a notice"]


async def test_the_posts_of_an_earlier_attempt_are_known_to_the_next(store: Store) -> None:
    turn = await begun(store, FakeClock())
    await turn.place(0, PostId("P1"))
    claim = await store.claim(turn.claim.conversation, 40)
    assert claim is not None
    again = Turn(store, claim)
    assert again.placed == (PostId("P1"),)
    assert again.key == turn.key
    assert len(f"{again.key}-99") <= 25


def test_the_clock_goes_on() -> None:
    assert awake() <= awake()


async def test_no_write_overtakes_the_commit_that_it_rests_on(store: Store) -> None:
    taken = await store.take(question("hello"), Bounds(20, 100), begin=40)
    claim = taken.value[1]
    assert claim is not None
    late: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    turn = Turn(store, claim, committed=late)
    writing = asyncio.gather(turn.check(), turn.place(0, PostId("P1")), turn.answered(Answer("text", "gpt-5")))
    await asyncio.sleep(0.02)
    assert not writing.done()
    await taken.committed
    late.set_result(None)
    await writing


async def test_a_turn_that_was_never_stored_writes_nothing(store: Store) -> None:
    taken = await store.take(question("hello"), Bounds(20, 100), begin=40)
    await taken.committed
    assert taken.value[1] is not None
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    failed.set_exception(OSError("disk full"))
    turn = Turn(store, taken.value[1], committed=failed)
    for write in (
        turn.check(),
        turn.place(0, PostId("P1")),
        turn.answered(Answer("x", "y")),
        turn.close(TurnState.DONE),
    ):
        with pytest.raises(Fenced, match="never stored"):
            await write


async def silent() -> str:
    """A model that says nothing."""
    await asyncio.Event().wait()
    return "never"


async def said(text: str) -> str:
    """A model that is done."""
    return text


async def test_what_is_not_interrupted_ends_by_itself(store: Store) -> None:
    turn = await begun(store, FakeClock())
    assert await turn.until_cut(asyncio.ensure_future(said("all"))) == "all"
    turn.interrupt(StoppedByReader("too late"))


@pytest.mark.parametrize("cut", [StoppedByReader("stop"), Fenced("edited")])
async def test_an_interruption_ends_the_work_and_says_why(store: Store, cut: StoppedByReader | Fenced) -> None:
    turn = await begun(store, FakeClock())
    work = asyncio.ensure_future(silent())
    waiting = asyncio.ensure_future(turn.until_cut(work))
    await asyncio.sleep(0)
    turn.interrupt(cut)
    with pytest.raises(type(cut)):
        await waiting
    assert work.cancelled()


async def test_an_interruption_that_is_repeated_lets_the_work_end_in_its_own_time(store: Store) -> None:
    turn = await begun(store, FakeClock())
    ended: list[str] = []

    async def hanging_up() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.02)
            ended.append("well")

    waiting = asyncio.ensure_future(turn.until_cut(asyncio.ensure_future(hanging_up())))
    for _ in range(3):
        await asyncio.sleep(0.001)
        turn.interrupt(StoppedByReader("stop"))
    with pytest.raises(StoppedByReader):
        await waiting
    assert ended == ["well"]


async def test_an_interruption_before_the_work_begins_ends_it_at_once(store: Store) -> None:
    turn = await begun(store, FakeClock())
    turn.interrupt(StoppedByReader("stop"))
    with pytest.raises(StoppedByReader):
        await turn.until_cut(asyncio.ensure_future(silent()))


async def test_a_process_that_ends_is_no_interruption(store: Store) -> None:
    turn = await begun(store, FakeClock())
    waiting = asyncio.ensure_future(turn.until_cut(asyncio.ensure_future(silent())))
    await asyncio.sleep(0)
    turn.interrupt(StoppedByReader("stop"))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_stop_that_another_process_heard_ends_the_work(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn_module, "TRUST_S", 0.001)
    monkeypatch.setattr(turn_module, "WATCH_S", 0.01)
    turn = await begun(store, FakeClock())
    turn = Turn(store, turn.claim)
    waiting = asyncio.ensure_future(turn.until_cut(asyncio.ensure_future(silent())))
    await store.stop(Press(turn.claim.turn, turn.claim.origin.asker))
    with pytest.raises(StoppedByReader):
        await waiting
    await turn.check()  # what was written may still be shown
    await turn.answered(Answer("half", "gpt-5"))


async def test_a_turn_taken_over_while_the_model_is_silent_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn_module, "TRUST_S", 0.001)
    monkeypatch.setattr(turn_module, "WATCH_S", 0.01)
    turn = Turn(store, (await begun(store, FakeClock())).claim)
    waiting = asyncio.ensure_future(turn.until_cut(asyncio.ensure_future(silent())))
    await overtaken(store, turn)
    with pytest.raises(Fenced):
        await waiting
    with pytest.raises(Fenced):
        await turn.check()


async def test_a_database_that_is_away_for_a_moment_ends_no_answer(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn_module, "TRUST_S", 0.001)
    monkeypatch.setattr(turn_module, "WATCH_S", 0.005)
    turn = Turn(store, (await begun(store, FakeClock())).claim)
    real, failures = store.stopped, [OSError("away"), OSError("away")]

    back = asyncio.Event()

    async def stopped(*words: int) -> bool:
        if failures:
            raise failures.pop()
        back.set()
        return await real(*words)  # type: ignore[arg-type]  # handed on as they are

    monkeypatch.setattr(store, "stopped", stopped)  # a database that was away
    work = asyncio.get_running_loop().create_future()
    waiting = asyncio.ensure_future(turn.until_cut(work))
    await back.wait()
    assert not waiting.done()
    work.set_result("all")
    assert await waiting == "all"


async def test_a_post_that_was_taken_away_is_unknown_to_the_next_attempt(store: Store) -> None:
    turn = await begun(store, FakeClock())
    await turn.place(0, PostId("P1"))
    await turn.place(1, PostId("P2"))
    await turn.gone(1, PostId("P2"))
    assert turn.placed == (PostId("P1"),)
    claim = await store.claim(turn.claim.conversation, 40)
    assert claim is not None
    assert Turn(store, claim).placed == (PostId("P1"),)


async def test_a_fenced_run_is_told_whose_post_stands_for_a_page(store: Store) -> None:
    late = await begun(store, FakeClock())
    await overtaken(store, late)
    assert await late.holds(FIRST_FILE, PostId("P2")) is None
    claim = await store.claim(late.claim.conversation, 40, again=True)
    assert claim is not None
    await Turn(store, claim).place(FIRST_FILE, PostId("P1"))
    assert await late.holds(FIRST_FILE, PostId("P1")) is True
    assert await late.holds(FIRST_FILE, PostId("P2")) is False
    assert await late.holds(0, PostId("P2")) is None


async def test_a_post_of_the_answer_before_leaves_it_open_whose_stands(store: Store) -> None:
    turn = await begun(store, FakeClock())
    await turn.place(FIRST_FILE, PostId("P1"))
    await turn.answered(Answer("text", "gpt-5"))
    await turn.close(TurnState.DONE)
    await store.again(Press(turn.claim.turn, turn.claim.origin.asker))
    claim = await store.claim(turn.claim.conversation, 40)
    assert claim is not None
    assert await Turn(store, claim).holds(FIRST_FILE, PostId("P2")) is None


async def test_an_answer_asked_anew_has_a_key_of_its_own(store: Store) -> None:
    turn = await begun(store, FakeClock())
    number, keys = turn.claim.turn, []
    for _ in range(3):
        await turn.answered(Answer("text", "gpt-5"))
        await turn.close(TurnState.DONE)
        keys.append(turn.stems)
        await store.again(Press(number, turn.claim.origin.asker))
        claim = await store.claim(turn.claim.conversation, 40)
        assert claim is not None
        turn = Turn(store, claim)
    assert keys == [(f"t{number}",), (f"t{number}r1", f"t{number}"), (f"t{number}r2", f"t{number}r1")]
