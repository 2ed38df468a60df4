"""What becomes of a message that comes in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.contract import Addressed, Attachment, Keys
from bot.model import Bounds, Verdict
from bot.store import Store, missed
from tests.bot.store.builders import (
    ANN,
    BOB,
    BOUNDS,
    CHANNEL,
    LIMIT,
    NOON,
    THREAD,
    ask,
    begin,
    exchange,
    invoked,
    said,
    spoken,
)


async def test_a_mention_is_queued_with_all_that_came_along(store: Store) -> None:
    voice = Attachment("note.ogg", "audio/ogg", 4000, "F1", voice=True)
    claim = await begin(store, await ask(store, said("1", "What is this?", files=(voice,))))
    question = claim.questions[0]
    assert (question.text, question.author, question.attachments) == ("What is this?", ANN, (voice,))
    assert question.sent_at.tzinfo is UTC
    assert (question.sent_at - NOON).total_seconds() == 1
    assert claim.origin == said("1", "").origin


@pytest.mark.parametrize(
    "twin", [Keys("event-T1-1", None), Keys("other", "slack:T1:C1:1"), Keys("event-T1-1", "slack:T1:C1:1")]
)
async def test_a_redelivery_by_either_key_is_dropped(store: Store, twin: Keys) -> None:
    conversation = await ask(store, said("1", "Hello?"))
    again = await store.accept(replace(said("1", "Hello?"), keys=twin), BOUNDS)
    assert (again.verdict, again.conversation) == (Verdict.DUPLICATE, None)
    assert len((await begin(store, conversation)).questions) == 1


async def test_a_redelivery_is_dropped_after_its_answer(store: Store) -> None:
    conversation = await exchange(store, said("1", "Hello?"), "Hi!")
    assert (await store.accept(said("1", "Hello?"), BOUNDS)).verdict is Verdict.DUPLICATE
    assert await store.claim(conversation, LIMIT) is None


async def test_the_same_ids_in_two_workspaces_are_two_conversations(store: Store) -> None:
    elsewhere = replace(CHANNEL, workspace="T2")
    first = await ask(store, said("1", "Here"))
    second = await ask(store, said("1", "There", at=elsewhere))
    assert first != second
    assert [question.text for question in (await begin(store, second)).questions] == ["There"]


@pytest.mark.parametrize("to", [Addressed.OPEN, Addressed.OTHER])
@pytest.mark.parametrize("at", [CHANNEL, THREAD])
async def test_talk_among_people_is_left_alone_and_not_stored(store: Store, to: Addressed, at: object) -> None:
    message = said("2", "Lunch?", at=THREAD if at is THREAD else CHANNEL, to=to)
    assert (await store.accept(message, BOUNDS)).verdict is Verdict.IGNORED
    assert await store.find(message.origin.address) is None
    assert await store.first_seen(message.keys)


async def test_open_talk_in_a_flat_channel_is_ignored_even_where_the_bot_has_spoken(store: Store) -> None:
    await exchange(store, said("1", "Hello?"), "Hi!")
    assert (await store.accept(said("2", "Lunch?", to=Addressed.OPEN), BOUNDS)).verdict is Verdict.IGNORED


async def test_open_talk_in_a_joined_thread_is_a_question(store: Store) -> None:
    conversation = await exchange(store, said("100", "Hello?", at=THREAD), "Hi!")
    assert await ask(store, said("101", "And now?", at=THREAD, to=Addressed.OPEN)) == conversation
    assert [question.text for question in (await begin(store, conversation)).questions] == ["And now?"]


async def test_talk_to_others_in_a_joined_thread_is_heard_and_asks_nothing(store: Store) -> None:
    conversation = await exchange(store, said("100", "Hello?", at=THREAD), "Hi!")
    aside = said("101", "Bob, look", at=THREAD, to=Addressed.OTHER)
    assert (await store.accept(aside, BOUNDS)).verdict is Verdict.HEARD
    assert (await store.accept(aside, BOUNDS)).verdict is Verdict.DUPLICATE
    assert await store.claim(conversation, LIMIT) is None
    assert spoken(await store.window(conversation, LIMIT)) == ["user: Hello?", "assistant: Hi!", "user: Bob, look"]


async def test_messages_that_pile_up_are_one_turn_with_the_newest_origin(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    await ask(store, said("2", "Two", by=BOB))
    claim = await begin(store, conversation)
    assert [(question.text, question.author.name) for question in claim.questions] == [("One", "Ann"), ("Two", "Bob")]
    assert (claim.origin.message_id, claim.origin.asker) == ("2", BOB)
    assert await store.open_conversations() == (conversation,)


async def test_a_message_during_a_running_turn_waits_for_the_next_one(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    first = await begin(store, conversation)
    await ask(store, said("2", "Two"))
    await store.closed(first.turn, first.attempt, first.state.DONE)
    second = await begin(store, conversation)
    assert second.turn != first.turn
    assert [question.text for question in second.questions] == ["Two"]


async def test_a_command_shares_its_turn_with_nobody(store: Store) -> None:
    conversation = await ask(store, said("1", "Mentioned"))
    await ask(store, invoked("i1", "Asked"), command="ask")
    await ask(store, invoked("i2", "Asked more"), command="ask")
    await ask(store, said("4", "Mentioned again"))
    seen = []
    while (claim := await store.claim(conversation, LIMIT)) is not None:
        seen.append((claim.command, [question.text for question in claim.questions]))
        await store.closed(claim.turn, claim.attempt, claim.state.DONE)
    assert seen == [
        (None, ["Mentioned"]),
        ("ask", ["Asked"]),
        ("ask", ["Asked more"]),
        (None, ["Mentioned again"]),
    ]


async def test_a_full_waiting_turn_takes_no_more_and_the_message_is_noted(store: Store) -> None:
    bounds = Bounds(waiting=2, open_turns=100)
    verdicts = [(await store.accept(said(str(n), f"{n}"), bounds)).verdict for n in range(1, 4)]
    assert verdicts == [Verdict.QUEUED, Verdict.QUEUED, Verdict.FULL]
    assert (await store.accept(said("3", "3"), bounds)).verdict is Verdict.DUPLICATE


async def test_no_new_turn_opens_beyond_the_bound_of_the_store(store: Store) -> None:
    bounds = Bounds(waiting=20, open_turns=1)
    elsewhere = replace(CHANNEL, channel="C2")
    assert (await store.accept(said("1", "One"), bounds)).verdict is Verdict.QUEUED
    assert (await store.accept(said("2", "Two", at=elsewhere), bounds)).verdict is Verdict.FULL
    assert (await store.accept(said("3", "Three"), bounds)).verdict is Verdict.QUEUED
    assert len(await store.open_conversations()) == 1


async def test_a_closed_turn_makes_room_again(store: Store) -> None:
    bounds = Bounds(waiting=20, open_turns=1)
    await exchange(store, said("1", "One"), "1")
    assert (await store.accept(said("2", "Two"), bounds)).verdict is Verdict.QUEUED


async def test_a_command_without_a_turn_is_seen_once(store: Store) -> None:
    assert await store.first_seen(Keys("i1"))
    assert not await store.first_seen(Keys("i1"))
    assert await store.first_seen(Keys("i2"))


async def test_text_that_no_database_takes_is_kept_as_far_as_it_can_be(store: Store) -> None:
    claim = await begin(store, await ask(store, said("1", "a\0b \ud83d \U0001f600")))
    assert claim.questions[0].text == "ab \ufffd \U0001f600"


async def test_commands_in_one_place_are_bounded_too(store: Store) -> None:
    bounds = Bounds(waiting=2, open_turns=100)
    verdicts = [
        (await store.accept(invoked(f"b{number}", "Asked"), bounds, command="ask")).verdict for number in range(5)
    ]
    assert verdicts == [Verdict.QUEUED] * 3 + [Verdict.FULL] * 2


async def test_what_was_noted_of_old_deliveries_is_dropped_and_nothing_else(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed, "FORGOTTEN_AT_ONCE", 2)
    told = [said(str(number), f"number {number}") for number in range(3)]
    for each in told:
        await store.accept(each, BOUNDS)
    now = datetime.now(UTC)
    assert await store.missed.forget(now - timedelta(hours=1)) == 0
    later = now + timedelta(seconds=1)
    assert [await store.missed.forget(later) for _ in range(3)] == [2, 1, 0]
    keys = [each.keys.place for each in told if each.keys.place]
    assert await store.missed.unseen(keys) == frozenset(), "what was said is remembered, and not found a second time"
    assert await store.open_conversations() != ()
