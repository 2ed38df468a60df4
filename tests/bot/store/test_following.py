"""What edits and deletions do to the history, and to the turns that rest on it."""

from datetime import UTC, datetime, timedelta

from bot.contract import Attachment, PostId
from bot.model import Answer, Claim, ConversationId, Followed, Press, TurnState
from bot.store import Store
from tests.bot.store.builders import CHANNEL, LIMIT, ask, begin, exchange, finish, said, spoken

SOON = datetime.now(UTC)


async def test_an_edit_of_the_newest_question_has_it_answered_anew_at_the_same_place(store: Store) -> None:
    conversation = await ask(store, said("1", "Pariss?"))
    first = await begin(store, conversation)
    await store.placed(first.turn, first.attempt, 0, "t-0", PostId("P1"))
    await finish(store, first, "Yes")
    assert await store.edited(CHANNEL, "1", "Paris?") == Followed(known=True, wake=conversation)
    again = await begin(store, conversation)
    assert (again.turn, again.revision, again.tries) == (first.turn, 1, 1)
    assert [question.text for question in again.questions] == ["Paris?"]
    assert [post.post_id for post in again.posts] == ["P1"]
    await finish(store, again, "Yes, Paris")
    window = await store.window(conversation, LIMIT)
    assert spoken(window) == ["user: Paris?", "assistant: Yes, Paris"]
    assert window.total == 2


async def test_while_it_is_answered_anew_the_old_answer_is_no_history(store: Store) -> None:
    conversation = await exchange(store, said("1", "Pariss?"), "Yes")
    await store.edited(CHANNEL, "1", "Paris?")
    window = await store.window(conversation, LIMIT)
    assert (spoken(window), window.total) == (["user: Paris?"], 1)


async def test_an_edit_that_changes_nothing_asks_nothing(store: Store) -> None:
    await exchange(store, said("1", "Paris?"), "Yes")
    assert await store.edited(CHANNEL, "1", "Paris?") == Followed(known=True)


async def test_an_older_edit_that_comes_late_changes_nothing(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    await store.edited(CHANNEL, "1", "Three", SOON + timedelta(seconds=2))
    assert await store.edited(CHANNEL, "1", "Two", SOON + timedelta(seconds=1)) == Followed(known=True)
    assert [question.text for question in (await begin(store, conversation)).questions] == ["Three"]


async def test_the_same_edit_delivered_twice_asks_once(store: Store) -> None:
    conversation = await exchange(store, said("1", "One"), "1")
    assert (await store.edited(CHANNEL, "1", "Two", SOON)).wake == conversation
    await finish(store, await begin(store, conversation), "2")
    assert await store.edited(CHANNEL, "1", "Two", SOON) == Followed(known=True)


async def test_an_edit_changes_a_question_that_waits(store: Store) -> None:
    conversation = await ask(store, said("1", "Pariss?"))
    assert await store.edited(CHANNEL, "1", "Paris?") == Followed(known=True)
    assert [question.text for question in (await begin(store, conversation)).questions] == ["Paris?"]


async def test_an_edit_of_a_question_that_is_being_answered_voids_that_run(store: Store) -> None:
    conversation = await ask(store, said("1", "Pariss?"))
    claim = await begin(store, conversation)
    change = await store.edited(CHANNEL, "1", "Paris?")
    assert change == Followed(known=True, wake=conversation, interrupted=claim.turn)
    again = await store.claim(conversation, LIMIT, again=False)
    assert again is not None
    assert (again.turn, again.revision) == (claim.turn, 0)
    assert again.tries > 1, "a post of the run before may stand unrecorded"
    assert [question.text for question in again.questions] == ["Paris?"]


async def test_an_edit_after_the_answer_was_stored_asks_anew_without_buying_the_same_step(store: Store) -> None:
    conversation = await ask(store, said("1", "Pariss?"))
    claim = await begin(store, conversation)
    await store.answered(claim.turn, claim.attempt, Answer("Yes", "gpt-5.4"))
    assert (await store.edited(CHANNEL, "1", "Paris?")).interrupted == claim.turn
    again = await begin(store, conversation)
    assert (again.state, again.answer, again.revision) == (TurnState.RUNNING, None, 1)
    await finish(store, again, "Yes, Paris")
    assert spoken(await store.window(conversation, LIMIT)) == ["user: Paris?", "assistant: Yes, Paris"]


async def test_an_edit_of_an_older_question_makes_the_answers_after_it_stale(store: Store) -> None:
    conversation = await exchange(store, said("1", "One"), "1")
    await exchange(store, said("2", "Two"), "2")
    change = await store.edited(CHANNEL, "1", "Eins")
    assert change.wake is None
    found = [await store.stood(turn) for turn in change.stale]
    assert [(each.shown, each.stale) for each in found if each] == [("2", True), ("1", True)]
    assert spoken(await store.window(conversation, LIMIT))[0] == "user: Eins"


async def told_two(store: Store) -> tuple[ConversationId, Claim]:
    """Two exchanges; the second is being answered anew."""
    conversation = await exchange(store, said("1", "One"), "1")
    await ask(store, said("2", "Two"))
    second = await begin(store, conversation)
    await finish(store, second, "2")
    await store.again(Press(second.turn, second.origin.asker))
    return conversation, second


async def test_an_answer_begun_after_the_edit_of_an_older_question_is_not_stale(store: Store) -> None:
    conversation, second = await told_two(store)
    assert second.turn in (await store.edited(CHANNEL, "1", "Eins")).stale
    anew = await begin(store, conversation)
    assert spoken(anew.window)[0] == "user: Eins"
    assert not (await finish(store, anew, "zwei")).stale


async def test_nor_is_one_that_another_run_begins_over(store: Store) -> None:
    conversation, _ = await told_two(store)
    await begin(store, conversation)
    await store.edited(CHANNEL, "1", "Eins")
    over = await begin(store, conversation)
    assert not (await finish(store, over, "zwei")).stale


async def test_an_answer_that_was_stored_before_the_edit_is_stale_whoever_shows_it(store: Store) -> None:
    conversation, _ = await told_two(store)
    anew = await begin(store, conversation)
    await store.answered(anew.turn, anew.attempt, Answer("two", "gpt-5.4"))
    await store.edited(CHANNEL, "1", "Eins")
    shown = await begin(store, conversation)
    assert shown.answer == "two"
    assert (await store.closed(shown.turn, shown.attempt, TurnState.DONE)).stale


async def test_what_is_unknown_cannot_be_edited_or_deleted(store: Store) -> None:
    await exchange(store, said("1", "One"), "1")
    assert await store.edited(CHANNEL, "2", "Two") == Followed()
    assert await store.deleted(CHANNEL, "2") == Followed()


async def test_a_deleted_question_leaves_every_window_with_its_answer_and_keeps_no_text(store: Store) -> None:
    file = Attachment("secret.txt", "text/plain", 3, "F1")
    conversation = await ask(store, said("1", "My password is 123", files=(file,)))
    claim = await begin(store, conversation)
    await store.placed(claim.turn, claim.attempt, 0, "t-0", PostId("P1"))
    await finish(store, claim, "Noted: 123")
    gone = await store.deleted(CHANNEL, "1")
    assert gone.orphan is not None
    assert (gone.orphan.shown, [post.post_id for post in gone.orphan.posts]) == ("Noted: 123", ["P1"])
    window = await store.window(conversation, LIMIT)
    assert (spoken(window), window.total) == ([], 0)
    after = await store.stood(claim.turn)
    assert after is not None
    assert (after.shown, after.undone) == (None, True)


async def test_what_was_deleted_cannot_be_deleted_or_edited_again(store: Store) -> None:
    await exchange(store, said("1", "One"), "1")
    await store.deleted(CHANNEL, "1")
    assert await store.deleted(CHANNEL, "1") == Followed()
    assert await store.edited(CHANNEL, "1", "back again") == Followed()


async def test_one_of_several_questions_can_be_deleted_without_the_answer(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    await ask(store, said("2", "Two"))
    await finish(store, await begin(store, conversation), "1 and 2")
    assert await store.deleted(CHANNEL, "1") == Followed(known=True)
    assert spoken(await store.window(conversation, LIMIT)) == ["user: Two", "assistant: 1 and 2"]


async def test_a_question_deleted_while_it_is_answered_leaves_a_run_that_finds_none(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    claim = await begin(store, conversation)
    assert await store.deleted(CHANNEL, "1") == Followed(known=True, wake=conversation, interrupted=claim.turn)
    again = await begin(store, conversation)
    assert (again.turn, again.questions, again.answer) == (claim.turn, (), None)


async def test_a_waiting_turn_whose_only_question_is_deleted_is_over(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    assert await store.deleted(CHANNEL, "1") == Followed(known=True)
    assert await store.claim(conversation, LIMIT) is None
