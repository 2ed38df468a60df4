"""A question that can be answered at once is claimed with its own commit, and told before that is through."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy.exc import DBAPIError

from bot.contract import Addressed
from bot.errors import Fenced
from bot.model import Answer, Bounds, Claim, TurnState, Verdict
from bot.store import Store
from tests.bot.store.builders import CHANNEL, LIMIT, THREAD, ask, begin, exchange, said, spoken

BOUNDS = Bounds(20, 100)
ANSWER = Answer("Paris.", "gpt-5")


async def take(store: Store, *message: str, **how: object) -> Claim | None:
    taken = await store.take(said(*message, **how), BOUNDS, begin=LIMIT)  # type: ignore[arg-type]  # the same names
    await taken.committed
    return taken.value[1]


async def test_the_claim_is_the_one_that_a_second_look_would_give(store: Store) -> None:
    await exchange(store, said("1", "One"), "First")
    at_once = await take(store, "2", "Two")
    assert at_once is not None
    again = await begin(store, at_once.conversation)
    assert replace(again, attempt=1, tries=1) == at_once
    assert spoken(at_once.window) == ["user: One", "assistant: First"]
    assert at_once.window.total == 2


async def test_it_can_be_answered_and_closed_like_any_other(store: Store) -> None:
    claim = await take(store, "1", "One")
    assert claim is not None
    await store.answered(claim.turn, claim.attempt, ANSWER)
    await store.closed(claim.turn, claim.attempt, TurnState.DONE)
    following = await take(store, "2", "Two")
    assert following is not None
    assert spoken(following.window) == ["user: One", f"assistant: {ANSWER.text}"]


async def test_behind_an_open_turn_nothing_is_claimed(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    assert await take(store, "2", "Two") is None
    first = await begin(store, conversation)
    assert [question.text for question in first.questions] == ["One", "Two"]


async def test_a_redelivery_is_claimed_once(store: Store) -> None:
    both = await asyncio.gather(take(store, "1", "One"), take(store, "1", "One"))
    assert sum(claim is not None for claim in both) == 1


async def test_a_turn_claimed_at_once_is_fenced_like_any_other(store: Store) -> None:
    claim = await take(store, "1", "One")
    assert claim is not None
    await store.claim(claim.conversation, LIMIT)
    with pytest.raises(Fenced):
        await store.answered(claim.turn, claim.attempt, ANSWER)


async def test_a_thread_joined_late_is_known_at_once(store: Store) -> None:
    claim = await take(store, "150", "And?", at=THREAD)
    assert claim is not None
    assert claim.joined_late
    flat = await take(store, "151", "And?", at=CHANNEL)
    assert flat is not None
    assert not flat.joined_late


async def test_bounds_hold_for_what_is_claimed_at_once(store: Store) -> None:
    await ask(store, said("1", "One"))
    taken = await store.take(said("2", "Two", at=THREAD), Bounds(20, 1), begin=LIMIT)
    await taken.committed
    assert taken.value == (replace(taken.value[0], verdict=Verdict.FULL, conversation=None), None)


async def test_what_was_not_said_to_the_bot_is_not_claimed(store: Store) -> None:
    assert await take(store, "1", "One", to=Addressed.OPEN) is None
    assert await store.find(CHANNEL) is None


async def test_a_transaction_that_fails_early_raises_and_leaves_nothing(store: Store) -> None:
    broken = replace(said("1", "One"), sent_at=None)  # type: ignore[arg-type]  # the column takes no NULL
    with pytest.raises(DBAPIError):
        await store.take(broken, BOUNDS, begin=LIMIT)
    assert await store.find(CHANNEL) is None
    assert await take(store, "1", "One") is not None
