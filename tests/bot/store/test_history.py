"""What a conversation remembers, and how it forgets."""

from bot.contract import Addressed, PersonKind
from bot.model import ConversationId, Message, Window
from bot.store import Store
from tests.bot.store.builders import (
    ANN,
    BOB,
    BOT,
    BOUNDS,
    CHANNEL,
    LIMIT,
    THREAD,
    ask,
    begin,
    exchange,
    finish,
    said,
    spoken,
)

PAST = [
    said("100", "Shall we go to Paris?", at=THREAD, to=Addressed.OPEN),
    said("101", "Yes!", at=THREAD, to=Addressed.OPEN, by=BOB),
    said("102", "A good idea.", at=THREAD, by=BOT),
]


async def test_an_unknown_conversation_has_an_empty_window(store: Store) -> None:
    assert await store.window(ConversationId(4711), LIMIT) == Window((), 0)
    assert await store.find(CHANNEL) is None


async def test_a_window_holds_the_newest_messages_oldest_first(store: Store) -> None:
    for number in range(1, 4):
        conversation = await exchange(store, said(str(number), f"Question {number}"), f"Answer {number}")
    window = await store.window(conversation, 2)
    assert spoken(window) == ["user: Question 3", "assistant: Answer 3"]
    assert window.total == 6
    assert await store.find(CHANNEL) == conversation


async def test_a_question_that_waits_is_no_history_yet(store: Store) -> None:
    conversation = await exchange(store, said("1", "One"), "1")
    await ask(store, said("2", "Two"))
    assert spoken(await store.window(conversation, LIMIT)) == ["user: One", "assistant: 1"]


async def test_a_fresh_start_hides_what_was_before(store: Store) -> None:
    conversation = await exchange(store, said("1", "One"), "1")
    await store.fresh(CHANNEL)
    assert await store.window(conversation, LIMIT) == Window((), 0)
    claim = await begin(store, await ask(store, said("2", "Two")))
    assert claim.window == Window((), 0)
    await finish(store, claim, "2")
    assert spoken(await store.window(conversation, LIMIT)) == ["user: Two", "assistant: 2"]
    assert (await store.window(conversation, LIMIT)).total == 2


async def test_the_answer_that_was_being_made_at_a_fresh_start_is_hidden_too(store: Store) -> None:
    claim = await begin(store, await ask(store, said("1", "One")))
    await store.fresh(CHANNEL)
    await finish(store, claim, "1")
    assert await store.window(claim.conversation, LIMIT) == Window((), 0)


async def test_a_question_that_waits_at_a_fresh_start_is_answered_without_the_past(store: Store) -> None:
    conversation = await exchange(store, said("1", "One"), "1")
    await ask(store, said("2", "Two"))
    await store.fresh(CHANNEL)
    claim = await begin(store, conversation)
    assert ([question.text for question in claim.questions], claim.window) == (["Two"], Window((), 0))


async def test_a_turn_run_again_after_a_fresh_start_does_not_look_back(store: Store) -> None:
    await exchange(store, said("1", "One"), "1")
    conversation = await ask(store, said("2", "Two"))
    await begin(store, conversation)
    await store.fresh(CHANNEL)
    again = await begin(store, conversation)
    assert ([question.text for question in again.questions], again.window) == (["Two"], Window((), 0))


async def test_a_fresh_start_in_a_new_thread_keeps_its_past_out(store: Store) -> None:
    await store.fresh(THREAD)
    claim = await begin(store, await ask(store, said("150", "One", at=THREAD)))
    assert not claim.joined_late
    assert await store.adopt(claim.conversation, PAST) is None


async def test_a_joined_thread_gets_its_past_once_and_in_order(store: Store) -> None:
    question = said("103", "What do you think of it?", at=THREAD)
    conversation = await ask(store, question)
    claim = await begin(store, conversation)
    assert claim.joined_late
    window = await store.adopt(conversation, [*PAST, question])
    assert window is not None
    assert spoken(window) == ["user: Shall we go to Paris?", "user: Yes!", "assistant: A good idea."]
    assert [message.author for message in window.messages] == [ANN, BOB, BOT]
    assert window.total == 3
    assert await store.adopt(conversation, PAST) is None
    again = await begin(store, conversation)
    assert (again.joined_late, again.window, again.questions) == (False, window, claim.questions)
    assert (await store.window(conversation, LIMIT)).total == 4


async def test_an_adopted_past_is_cut_to_the_limit_of_the_caller(store: Store) -> None:
    conversation = await ask(store, said("103", "Well?", at=THREAD))
    await begin(store, conversation)
    window = await store.adopt(conversation, PAST, 1)
    assert window is not None
    assert (spoken(window), window.total) == (["assistant: A good idea."], 3)


async def test_a_past_may_be_empty_and_is_not_asked_for_again(store: Store) -> None:
    conversation = await ask(store, said("103", "Well?", at=THREAD))
    await begin(store, conversation)
    assert await store.adopt(conversation, []) == Window((), 0)
    assert not (await begin(store, conversation)).joined_late


async def test_an_unknown_conversation_adopts_nothing(store: Store) -> None:
    assert await store.adopt(ConversationId(4711), PAST) is None


async def test_a_past_stands_before_messages_that_came_meanwhile(store: Store) -> None:
    conversation = await ask(store, said("103", "Well?", at=THREAD))
    await store.accept(said("104", "Bob, look", at=THREAD, to=Addressed.OTHER), BOUNDS)
    window = await store.adopt(conversation, PAST)
    assert window is not None
    assert spoken(window)[-2:] == ["assistant: A good idea.", "user: Bob, look"]


async def test_what_was_said_after_the_bot_was_called_is_no_past(store: Store) -> None:
    conversation = await ask(store, said("103", "Well?", at=THREAD))
    await store.adopt(conversation, [*PAST, said("104", "And nobody heard this", at=THREAD, to=Addressed.OPEN)])
    assert "user: And nobody heard this" not in spoken(await store.window(conversation, LIMIT))
    key = THREAD.place("104")
    assert await store.missed.unseen([key]) == {key}


async def test_a_fresh_start_hides_a_past_that_is_adopted_later(store: Store) -> None:
    conversation = await ask(store, said("103", "Well?", at=THREAD))
    await begin(store, conversation)
    await store.fresh(THREAD)
    assert await store.adopt(conversation, PAST) == Window((), 0)


async def test_deleting_what_a_fresh_start_has_hidden_does_not_change_the_count(store: Store) -> None:
    await exchange(store, said("1", "One"), "1")
    await store.fresh(CHANNEL)
    conversation = await exchange(store, said("2", "Two"), "2")
    assert (await store.deleted(CHANNEL, "1")).known
    assert (await store.window(conversation, LIMIT)).total == 2


async def test_one_of_several_waiting_questions_can_be_taken_back(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    await ask(store, said("2", "Two"))
    assert (await store.deleted(CHANNEL, "1")).known
    claim = await begin(store, conversation)
    assert [question.text for question in claim.questions] == ["Two"]
    await finish(store, claim, "2")
    window = await store.window(conversation, LIMIT)
    assert (spoken(window), window.total) == (["user: Two", "assistant: 2"], 2)


async def test_a_question_that_joins_after_one_was_taken_back_is_answered(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    await ask(store, said("2", "Two"))
    assert (await store.deleted(CHANNEL, "2")).known
    await ask(store, said("3", "Three"))
    assert [question.text for question in (await begin(store, conversation)).questions] == ["One", "Three"]


async def test_a_turn_whose_only_question_is_taken_back_is_over(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    assert (await store.deleted(CHANNEL, "1")).known
    assert await store.claim(conversation, LIMIT) is None
    assert await store.open_conversations() == ()


async def test_a_question_taken_back_during_its_answer_is_gone_when_it_runs_again(store: Store) -> None:
    conversation = await exchange(store, said("1", "One"), "1")
    await ask(store, said("2", "Two"))
    await begin(store, conversation)
    assert (await store.deleted(CHANNEL, "2")).known
    again = await begin(store, conversation)
    assert (again.questions, spoken(again.window)) == ((), ["user: One", "assistant: 1"])


async def test_an_adopted_message_can_be_taken_back(store: Store) -> None:
    conversation = await ask(store, said("103", "Well?", at=THREAD))
    await begin(store, conversation)
    await store.adopt(conversation, PAST)
    assert (await store.deleted(THREAD, "101")).known
    assert spoken(await store.window(conversation, LIMIT)) == [
        "user: Shall we go to Paris?",
        "assistant: A good idea.",
        "user: Well?",
    ]


async def test_the_order_of_a_conversation_is_in_its_messages(store: Store) -> None:
    conversation = await exchange(store, said("1", "One"), "1")
    shown: tuple[Message, ...] = (await store.window(conversation, LIMIT)).messages
    assert [message.seq for message in shown] == sorted(message.seq for message in shown)
    assert [message.author.kind for message in shown] == [PersonKind.HUMAN, PersonKind.SELF]
    assert shown[0].turn == shown[1].turn is not None
