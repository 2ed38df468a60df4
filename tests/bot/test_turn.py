"""A turn's writes are fenced: a process that slept asks before it speaks, and an overtaken one stops."""

import asyncio

import pytest

from bot.contract import PostId
from bot.errors import Fenced
from bot.model import Answer, Bounds, TurnState
from bot.store import Store
from bot.turn import TRUST_S, Turn, awake
from tests.bot.messages import question
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
