"""A turn's writes are fenced: a process that slept asks before it speaks, and an overtaken one stops."""

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
