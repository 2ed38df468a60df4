"""What the paid calls of a turn have made is kept with it, once, and what was heard becomes history."""

from dataclasses import replace

import pytest

from bot.contract import Attachment
from bot.errors import Fenced
from bot.made import Called, Cue, Drawn, Heard, Made, Spoken, Task, Wished, own
from bot.model import Answer, Choice, Press, TurnState
from bot.store import Store
from tests.bot.store.builders import BOUNDS, CHANNEL, LIMIT, ask, begin, finish, said

BLOB = "a" * 64
DRAWN = Drawn(BLOB, "image/png", 100, "a fox", "qwen-image")
MADE: list[Made] = [
    Heard("Hello there.", "english", 2.4, (Cue(0.0, 2.4, "Hello there."),)),
    DRAWN,
    Spoken("b" * 64, "audio/ogg", 20),
    Wished("Wait.", (Called("c1", "draw", '{"prompt": "a fox"}', {"extra": {"signature": "x"}}),), "hm"),
]
PHOTO = Attachment("fox.png", "image/png", 100, "F2")
NOTE = Attachment("voice.ogg", "audio/ogg", 100, "F1", voice=True)


@pytest.mark.parametrize("thing", MADE)
async def test_what_was_made_is_read_back_as_it_was(store: Store, thing: Made) -> None:
    claim = await begin(store, await ask(store, said("1", "One")))
    await store.works.keep(claim.turn, claim.attempt, "r1", thing)
    assert await store.works.made(claim.turn) == {"r1": thing}


async def test_what_was_paid_once_stays(store: Store) -> None:
    claim = await begin(store, await ask(store, said("1", "One")))
    await store.works.keep(claim.turn, claim.attempt, "r1", DRAWN)
    await store.works.keep(claim.turn, claim.attempt, "r1", replace(DRAWN, blob="c" * 64))
    await store.works.keep(claim.turn, claim.attempt, "r0", MADE[0])
    assert list((await store.works.made(claim.turn)).items()) == [("r1", DRAWN), ("r0", MADE[0])]


async def test_a_run_that_was_taken_over_keeps_nothing_and_hears_nothing(store: Store) -> None:
    conversation = await ask(store, said("1", "One"))
    old = await begin(store, conversation)
    new = await begin(store, conversation)
    with pytest.raises(Fenced):
        await store.works.keep(old.turn, old.attempt, "r1", DRAWN)
    with pytest.raises(Fenced):
        await store.works.heard(old.turn, old.attempt, replace(old.questions[0], text="Two"))
    assert await store.works.made(new.turn) == {}


async def test_what_was_heard_is_what_the_next_turn_remembers(store: Store) -> None:
    conversation = await ask(store, replace(said("1", ""), attachments=(NOTE,)))
    claim = await begin(store, conversation)
    heard = replace(claim.questions[0], text="What is the capital?", attachments=(replace(NOTE, voice=False),))
    await store.works.heard(claim.turn, claim.attempt, heard)
    again = await begin(store, conversation)
    assert again.questions == (heard,)


async def test_an_answer_shows_its_own_files_until_it_is_answered_anew_without(store: Store) -> None:
    conversation = await ask(store, said("1", "Draw"))
    claim = await begin(store, conversation)
    shown = own(DRAWN, "fox.png")
    await store.works.keep(claim.turn, claim.attempt, "r1", DRAWN)
    assert await store.works.used() == {BLOB}
    await store.answered(claim.turn, claim.attempt, Answer("Here.", "gpt-5.4", attachments=(shown,)))
    await store.closed(claim.turn, claim.attempt, TurnState.DONE)
    window = await store.window(conversation, LIMIT)
    assert window.messages[-1].attachments == (shown,)
    assert await store.works.used() == {BLOB}


async def test_what_nobody_refers_to_any_more_is_not_used(store: Store) -> None:
    claim = await begin(store, await ask(store, said("1", "Draw")))
    await store.works.keep(claim.turn, claim.attempt, "r1", DRAWN)
    await store.closed(claim.turn, claim.attempt, TurnState.FAILED)
    assert await store.works.used() == frozenset()


async def test_a_task_is_claimed_with_its_turn_and_shares_it_with_nobody(store: Store) -> None:
    task = Task("imagine", {"prompt": "a fox"})
    first = await store.take(said("1", "One"), BOUNDS, begin=None)
    await first.committed
    second = await store.take(said("2", "a fox"), BOUNDS, begin=None, task=task)
    await second.committed
    third = await store.take(said("3", "Three"), BOUNDS, begin=None)
    await third.committed
    conversation = first.value[0].conversation
    assert conversation is not None
    tasks = []
    for _ in range(3):
        claim = await begin(store, conversation)
        tasks.append((claim.task, len(claim.questions)))
        await store.closed(claim.turn, claim.attempt, TurnState.DONE)
    assert tasks == [(None, 1), (task, 1), (None, 1)]


async def test_a_turn_that_is_begun_at_once_has_its_task(store: Store) -> None:
    taken = await store.take(said("1", "a fox"), BOUNDS, begin=LIMIT, task=Task("imagine"))
    await taken.committed
    claim = taken.value[1]
    assert claim is not None
    assert claim.task == Task("imagine")


async def test_what_becomes_of_voice_notes_is_chosen_like_the_rest(store: Store) -> None:
    await store.choose(CHANNEL, Choice(voice="transcript", aloud=True))
    assert await store.choice(replace(CHANNEL, thread="T1")) == Choice(voice="transcript", aloud=True)
    assert await store.choices(10) == {CHANNEL: Choice(voice="transcript", aloud=True)}


async def test_the_files_that_a_question_quotes_are_its_own(store: Store) -> None:
    quoting = replace(said("1", "What is this?"), attachments=(NOTE,), quoted=(PHOTO, NOTE))
    claim = await begin(store, await ask(store, quoting))
    assert claim.questions[0].attachments == (NOTE, PHOTO)


async def test_what_is_no_history_any_more_leaves_nothing_that_was_made(store: Store) -> None:
    for number, way in (("1", "undo"), ("2", "deletion")):
        claim = await begin(store, await ask(store, said(number, "Draw")))
        await store.works.keep(claim.turn, claim.attempt, "r1", DRAWN)
        await finish(store, claim, "Here.")
        if way == "undo":
            await store.undo(Press(claim.turn, claim.questions[0].author))
        else:
            await store.deleted(claim.origin.address, number)
        assert await store.works.made(claim.turn) == {}
    assert await store.works.used() == frozenset()
