"""A turn from its claim to its end, and the fence around it."""

from dataclasses import replace

import pytest

from bot.contract import Address, Addressed, Origin, PostId
from bot.errors import Fenced
from bot.model import Answer, Choice, ConversationId, Placed, TurnState
from bot.store import Store
from tests.bot.store.builders import (
    ANN,
    BOUNDS,
    CHANNEL,
    LIMIT,
    THREAD,
    ask,
    begin,
    exchange,
    finish,
    invoked,
    said,
    spoken,
)

ANSWER = Answer("Paris.", "gpt-5.4", {"prompt": 12, "completion": 3}, ("https://example.org",), "abc")


async def test_nothing_is_claimed_where_nothing_was_asked(store: Store) -> None:
    assert await store.claim(ConversationId(4711), LIMIT) is None
    conversation = await exchange(store, said("1", "One"), "1")
    assert await store.claim(conversation, LIMIT) is None
    assert await store.open_conversations() == ()


async def test_a_claim_holds_the_history_before_its_question(store: Store) -> None:
    await exchange(store, said("1", "One"), "1")
    claim = await begin(store, await ask(store, said("2", "Two")))
    assert spoken(claim.window) == ["user: One", "assistant: 1"]
    assert claim.window.total == 2
    assert (claim.attempt, claim.state, claim.posts, claim.answer) == (1, TurnState.RUNNING, (), None)


async def test_the_window_of_a_claim_is_bounded_and_says_how_much_there_is(store: Store) -> None:
    for number in range(1, 4):
        await exchange(store, said(str(number), f"Question {number}"), f"Answer {number}")
    claim = await begin(store, await ask(store, said("9", "Last")), limit=3)
    assert spoken(claim.window) == ["assistant: Answer 2", "user: Question 3", "assistant: Answer 3"]
    assert claim.window.total == 6


async def test_a_question_asked_during_an_answer_stands_behind_that_answer(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    first = await begin(store, conversation)
    await ask(store, said("2", "Two"))
    await finish(store, first, "1")
    second = await begin(store, conversation)
    assert spoken(second.window) == ["user: One", "assistant: 1"]
    await finish(store, second, "2")
    everything = ["user: One", "assistant: 1", "user: Two", "assistant: 2"]
    assert spoken(await store.window(conversation, LIMIT)) == everything


async def test_talk_during_an_answer_stands_behind_that_answer(store: Store) -> None:
    conversation = await ask(store, said("100", "One", at=THREAD))
    claim = await begin(store, conversation)
    await store.accept(said("101", "Bob, look", at=THREAD, to=Addressed.OTHER), BOUNDS)
    await finish(store, claim, "1")
    assert spoken(await store.window(conversation, LIMIT)) == ["user: One", "assistant: 1", "user: Bob, look"]


async def test_turns_are_answered_in_the_order_in_which_they_were_asked(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    running = await begin(store, conversation)
    await ask(store, said("2", "Two"))
    await ask(store, invoked("i3", "Three"), command="ask")
    again = await begin(store, conversation)
    assert (again.turn, again.attempt) == (running.turn, 2)
    order = []
    while (claim := await store.claim(conversation, LIMIT)) is not None:
        order += [question.text for question in claim.questions]
        await finish(store, claim, "…")
    assert order == ["One", "Two", "Three"]


async def test_open_conversations_come_with_the_longest_waiting_first(store: Store) -> None:
    first = await ask(store, said("1", "One", at=replace(CHANNEL, channel="C7")))
    second = await ask(store, said("2", "Two"))
    await begin(store, first)
    await ask(store, said("3", "Three", at=replace(CHANNEL, channel="C7")))
    assert await store.open_conversations() == (first, second)


async def test_a_second_claim_sees_the_same_turn_with_its_posts_and_history(store: Store) -> None:
    await exchange(store, said("1", "One"), "1")
    conversation = await ask(store, said("2", "Two"))
    first = await begin(store, conversation)
    await store.placed(first.turn, first.attempt, 1, "k-1", PostId("p1"))
    await store.placed(first.turn, first.attempt, 0, "k-0", PostId("old"))
    await store.placed(first.turn, first.attempt, 0, "k-0", PostId("p0"))
    await ask(store, said("3", "Three"))
    second = await begin(store, conversation)
    assert second.posts == (Placed(0, PostId("p0"), "k-0"), Placed(1, PostId("p1"), "k-1"))
    assert (second.questions, second.window) == (first.questions, first.window)


async def test_an_answered_turn_is_handed_out_with_its_answer(store: Store) -> None:
    conversation = await ask(store, said("1", "Capital of France?"))
    first = await begin(store, conversation)
    await store.answered(first.turn, first.attempt, ANSWER)
    second = await begin(store, conversation)
    assert (second.state, second.answer, second.attempt) == (TurnState.ANSWERED, "Paris.", 2)
    assert [question.text for question in second.questions] == ["Capital of France?"]
    assert second.window.messages == ()
    assert second.window.total == 0
    await store.closed(second.turn, second.attempt, TurnState.DONE)
    assert await store.claim(conversation, LIMIT) is None


async def test_every_write_of_an_attempt_that_was_overtaken_is_fenced(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    old = await begin(store, conversation)
    new = await begin(store, conversation)
    with pytest.raises(Fenced):
        await store.check(old.turn, old.attempt)
    with pytest.raises(Fenced):
        await store.placed(old.turn, old.attempt, 0, "k", PostId("p"))
    with pytest.raises(Fenced):
        await store.answered(old.turn, old.attempt, ANSWER)
    with pytest.raises(Fenced):
        await store.moved(old.turn, old.attempt, Origin(THREAD, ANN, "100"))
    with pytest.raises(Fenced):
        await store.closed(old.turn, old.attempt, TurnState.FAILED)
    await store.check(new.turn, new.attempt)
    last = await begin(store, conversation)
    assert (last.attempt, last.posts, last.state) == (3, (), TurnState.RUNNING)
    assert await store.find(THREAD) is None


async def test_a_closed_turn_is_fenced_for_everybody(store: Store) -> None:
    claim = await begin(store, await ask(store, said("1", "One")))
    await store.closed(claim.turn, claim.attempt, TurnState.FAILED)
    with pytest.raises(Fenced):
        await store.check(claim.turn, claim.attempt)
    with pytest.raises(Fenced):
        await store.closed(claim.turn, claim.attempt, TurnState.DONE)


async def test_a_turn_is_answered_once(store: Store) -> None:
    claim = await begin(store, await ask(store, said("1", "One")))
    await store.answered(claim.turn, claim.attempt, ANSWER)
    with pytest.raises(Fenced):
        await store.answered(claim.turn, claim.attempt, ANSWER)
    assert spoken(await store.window(claim.conversation, LIMIT)) == ["user: One", "assistant: Paris."]


async def test_a_failed_turn_leaves_its_question_in_the_history(store: Store) -> None:
    claim = await begin(store, await ask(store, said("1", "One")))
    await store.closed(claim.turn, claim.attempt, TurnState.FAILED)
    following = await begin(store, await ask(store, said("2", "Two")))
    assert spoken(following.window) == ["user: One"]


async def test_a_moved_turn_goes_on_in_its_thread(store: Store) -> None:
    await exchange(store, said("1", "One"), "1")
    here = await ask(store, invoked("i2", "Asked by command"), command="ask")
    claim = await begin(store, here)
    there = await store.moved(claim.turn, claim.attempt, Origin(THREAD, ANN, "100"))
    assert there == await store.find(THREAD) != here
    assert spoken(await store.window(here, LIMIT)) == ["user: One", "assistant: 1"]
    assert (await store.window(here, LIMIT)).total == 2
    assert await store.claim(here, LIMIT) is None
    again = await begin(store, there)
    assert (again.turn, again.origin.address, again.conversation) == (claim.turn, THREAD, there)
    assert (again.command, spoken(again.window)) == (None, [])
    await store.answered(again.turn, again.attempt, ANSWER)
    assert spoken(await store.window(there, LIMIT)) == ["user: Asked by command", "assistant: Paris."]
    assert (await store.window(there, LIMIT)).total == 2


async def test_a_moved_turn_makes_its_thread_a_joined_one_with_nothing_before(store: Store) -> None:
    claim = await begin(store, await ask(store, invoked("i1", "Asked"), command="ask"))
    there = await store.moved(claim.turn, claim.attempt, Origin(THREAD, ANN, "100"))
    assert await ask(store, said("102", "Wait", at=THREAD)) == there
    await finish(store, await begin(store, there), "Answered")
    await finish(store, await begin(store, there), "Waited")
    follow_up = said("103", "And?", at=THREAD, to=Addressed.OPEN)
    assert await ask(store, follow_up) == there
    following = await begin(store, there)
    assert not following.joined_late
    assert spoken(following.window) == [
        "user: Asked",
        "assistant: Answered",
        "user: Wait",
        "assistant: Waited",
    ]


async def test_a_moved_question_can_be_taken_away_where_it_stands_now(store: Store) -> None:
    claim = await begin(store, await ask(store, invoked("i1", "Asked"), command="ask"))
    there = await store.moved(claim.turn, claim.attempt, Origin(THREAD, ANN, "100"))
    assert (await store.deleted(THREAD, "100")).known
    assert (await store.window(there, LIMIT)).total == 0


async def test_a_turn_that_is_moved_within_its_conversation_only_gets_its_new_origin(store: Store) -> None:
    claim = await begin(store, await ask(store, invoked("i1", "Asked"), command="ask"))
    assert await store.moved(claim.turn, claim.attempt, Origin(CHANNEL, ANN, "5")) == claim.conversation
    again = await begin(store, claim.conversation)
    assert (again.origin.message_id, again.questions) == ("5", claim.questions)


@pytest.mark.parametrize(
    ("address", "message_id", "late"),
    [(CHANNEL, "1", False), (THREAD, "100", False), (THREAD, "150", True)],
    ids=["a flat channel", "the first message of a thread", "a later message of a thread"],
)
async def test_only_a_thread_joined_after_its_first_message_was_joined_late(
    store: Store, address: Address, message_id: str, late: bool
) -> None:
    conversation = await ask(store, said(message_id, "One", at=address))
    claim = await begin(store, conversation)
    assert claim.joined_late is late
    await finish(store, claim, "1")
    assert (await begin(store, await ask(store, said("151", "Two", at=address)))).joined_late is late


async def test_a_claim_brings_the_choice_of_its_thread_over_its_channels(store: Store) -> None:
    await store.choose(CHANNEL, Choice("gpt-5.4", "A pirate"))
    await store.choose(THREAD, Choice(model="claude-haiku-4-5"))
    claim = await begin(store, await ask(store, said("100", "One", at=THREAD)))
    assert claim.choice == Choice("claude-haiku-4-5", "A pirate")


async def test_a_closed_turn_tells_whether_another_waits(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    first = await begin(store, conversation)
    await ask(store, said("2", "Two"))
    assert (await store.closed(first.turn, first.attempt, TurnState.DONE)).more
    second = await begin(store, conversation)
    assert not (await store.closed(second.turn, second.attempt, TurnState.DONE)).more


async def test_a_turn_that_is_worked_on_keeps_the_others_waiting(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    first = await begin(store, conversation)
    await ask(store, said("2", "Two"))
    assert await store.claim(conversation, LIMIT, again=False) is None
    await store.closed(first.turn, first.attempt, TurnState.DONE)
    second = await store.claim(conversation, LIMIT, again=False)
    assert second is not None
    assert [question.text for question in second.questions] == ["Two"]
