"""Two at once: two processes on PostgreSQL, two tasks of one process on SQLite, which nobody else may open."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.contract import Address, Keys
from bot.errors import Fenced
from bot.model import Answer, Bounds, Choice, Verdict
from bot.store import Store
from tests.bot.store.builders import ANN, BOUNDS, CHANNEL, LIMIT, THREAD, ask, begin, finish, said, spoken


@pytest.fixture
async def rival(store: Store, database_url: str) -> AsyncIterator[Store]:
    """Whoever else may write at the same time."""
    if database_url.startswith("sqlite"):
        yield store
        return
    async with await Store.open(database_url) as opened:
        yield opened


async def test_a_message_delivered_twice_at_once_is_one_turn(store: Store, rival: Store) -> None:
    message = said("1", "Hello?")
    both = await asyncio.gather(store.accept(message, BOUNDS), rival.accept(message, BOUNDS))
    assert sorted(accepted.verdict.value for accepted in both) == ["duplicate", "queued"]
    conversation = next(accepted.conversation for accepted in both if accepted.conversation is not None)
    assert len((await begin(store, conversation)).questions) == 1


async def test_a_command_delivered_twice_at_once_is_seen_once(store: Store, rival: Store) -> None:
    assert sorted(await asyncio.gather(store.first_seen(Keys("i1")), rival.first_seen(Keys("i1")))) == [False, True]


async def test_two_first_messages_at_once_make_one_conversation_and_one_turn(store: Store, rival: Store) -> None:
    first, second = await asyncio.gather(ask(store, said("1", "One")), ask(rival, said("2", "Two")))
    assert first == second
    claim = await begin(store, first)
    assert sorted(question.text for question in claim.questions) == ["One", "Two"]
    assert await store.open_conversations() == (first,)


async def test_many_messages_at_once_are_all_answered_once(store: Store, rival: Store) -> None:
    messages = [said(str(number), f"{number}") for number in range(1, 21)]
    await asyncio.gather(*(ask((store, rival)[index % 2], message) for index, message in enumerate(messages)))
    conversation = await ask(store, said("21", "21"), command="ask")
    answered: list[str] = []
    while (claim := await store.claim(conversation, LIMIT)) is not None:
        answered += [question.text for question in claim.questions]
        await finish(store, claim, "…")
    assert sorted(answered, key=int) == [str(number) for number in range(1, 22)]
    assert (await store.window(conversation, LIMIT)).total == 21 + 2


async def test_the_bound_on_a_waiting_turn_holds_against_two_at_once(store: Store, rival: Store) -> None:
    bounds = Bounds(waiting=3, open_turns=100)
    calls = ((store, rival)[number % 2].accept(said(str(number), f"{number}"), bounds) for number in range(1, 9))
    verdicts = [accepted.verdict for accepted in await asyncio.gather(*calls)]
    assert verdicts.count(Verdict.QUEUED) == 3
    assert verdicts.count(Verdict.FULL) == 5


async def test_of_two_claims_at_once_the_older_is_fenced(store: Store, rival: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    both = await asyncio.gather(begin(store, conversation), begin(rival, conversation))
    older, newer = sorted(both, key=lambda claim: claim.attempt)
    assert (older.attempt, newer.attempt) == (1, 2)
    assert (older.turn, older.questions) == (newer.turn, newer.questions)
    with pytest.raises(Fenced):
        await store.answered(older.turn, older.attempt, Answer("old", "m"))
    await finish(rival, newer, "new")
    assert spoken(await store.window(conversation, LIMIT)) == ["user: One", "assistant: new"]


async def test_an_answer_against_a_claim_is_kept_or_fenced_and_never_doubled(store: Store, rival: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    claim = await begin(store, conversation)
    kept, again = await asyncio.gather(
        store.answered(claim.turn, claim.attempt, Answer("first", "m")),
        begin(rival, conversation),
        return_exceptions=True,
    )
    assert not isinstance(again, BaseException)
    assert isinstance(kept, Fenced) == (again.answer is None)


async def test_a_claim_against_an_end_gives_the_next_turn_or_the_same(store: Store, rival: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    first = await begin(store, conversation)
    await ask(store, said("2", "Two"))
    ended, claim = await asyncio.gather(
        store.closed(first.turn, first.attempt, first.state.DONE), begin(rival, conversation), return_exceptions=True
    )
    assert not isinstance(claim, BaseException)
    assert (claim.turn == first.turn) == isinstance(ended, Fenced)


async def test_two_choices_at_once_leave_one_of_them_whole(store: Store, rival: Store) -> None:
    one, other = Choice("gpt-5.4", "A pirate"), Choice("grok-4", "A poet")
    await asyncio.gather(store.choose(CHANNEL, one), rival.choose(CHANNEL, other))
    assert await store.own_choice(CHANNEL) in (one, other)


async def test_a_past_that_two_bring_at_once_is_adopted_once(store: Store, rival: Store) -> None:
    conversation = await ask(store, said("103", "Well?", at=THREAD))
    past = [said("100", "Shall we?", at=THREAD), said("101", "Yes!", at=THREAD)]
    both = await asyncio.gather(store.adopt(conversation, past), rival.adopt(conversation, past))
    assert sum(window is None for window in both) == 1
    assert (await store.window(conversation, LIMIT)).total == 2


async def test_a_cancelled_caller_leaves_the_store_whole(store: Store) -> None:
    await ask(store, said("1", "One"))
    task = asyncio.create_task(store.accept(said("2", "Two"), BOUNDS))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    again = await store.accept(said("2", "Two"), BOUNDS)
    assert again.verdict in (Verdict.QUEUED, Verdict.DUPLICATE)
    claim = await begin(store, await ask(store, said("3", "Three", at=Address("slack", "T1", "C2"), by=ANN)))
    assert [question.text for question in claim.questions] == ["Three"]
