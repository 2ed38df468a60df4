"""What people may do to a turn, and how the store keeps two of them apart."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from bot.contract import Keys, Origin, Person, PostId
from bot.errors import Fenced
from bot.model import Answer, Claim, Placed, Press, Steering, Stood, TurnId, TurnState
from bot.store import Store
from tests.bot.store.builders import (
    ANN,
    BOB,
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

MODERATOR = Person("U7", "Mo", moderator=True)
HERE = Origin(CHANNEL, ANN)


async def answered(store: Store, number: str = "1", text: str = "a") -> Claim:
    """A question with its answer in the post P{number}."""
    claim = await begin(store, await ask(store, said(number, f"q{number}")))
    await store.placed(claim.turn, claim.attempt, 0, f"t{claim.turn}-0", PostId(f"P{number}"))
    await finish(store, claim, text)
    return claim


def press(claim: Claim, *, by: Person = ANN, revision: int | None = None, post: str | None = None) -> Press:
    return Press(claim.turn, by, None, revision, None if post is None else PostId(post))


async def test_a_turn_asked_anew_is_queued_at_its_old_place(store: Store) -> None:
    claim = await answered(store)
    done = await store.again(press(claim, revision=0, post="P1"))
    assert (done.verdict, done.wake) == (Steering.DONE, claim.conversation)
    again = await store.claim(claim.conversation, LIMIT, again=False)
    assert again is not None
    assert (again.turn, again.revision, again.tries, again.partial, again.stopped) == (claim.turn, 1, 1, "", False)
    assert [post.post_id for post in again.posts] == ["P1"]
    assert spoken(again.window) == []


async def test_what_goes_on_keeps_its_answer_until_there_is_a_longer_one(store: Store) -> None:
    claim = await begin(store, await ask(store, said("1", "q1")))
    await store.answered(claim.turn, claim.attempt, Answer("half", "gpt-5.4", cut=True, shown="half, cut"))
    await store.closed(claim.turn, claim.attempt, TurnState.DONE)
    await store.again(press(claim), continues=True)
    again = await begin(store, claim.conversation)
    assert (again.partial, again.cut, again.answer) == ("half", True, None)
    assert spoken(await store.window(claim.conversation, LIMIT)) == ["user: q1", "assistant: half"]
    await finish(store, again, "half and half")
    window = await store.window(claim.conversation, LIMIT)
    assert (spoken(window), window.total) == (["user: q1", "assistant: half and half"], 2)
    stood = await store.stood(claim.turn)
    assert stood is not None
    assert (stood.shown, stood.cut, stood.revision) == ("half and half", False, 1)


@pytest.mark.parametrize("action", ["again", "undo"])
async def test_of_many_presses_on_one_answer_one_is_done(store: Store, action: str) -> None:
    claim = await answered(store)
    verb = getattr(store, action)
    verdicts = await asyncio.gather(*(verb(press(claim, revision=0)) for _ in range(6)))
    assert Counter(each.verdict for each in verdicts) == {Steering.DONE: 1, Steering.SEEN: 5}


async def test_a_delivery_is_noted_with_what_it_does(store: Store) -> None:
    claim = await answered(store)
    keyed = replace(press(claim), keys=Keys("E1"))
    verdicts = [(await store.again(each)).verdict for each in (keyed, keyed, replace(keyed, keys=Keys("E2")))]
    assert verdicts == [Steering.DONE, Steering.SEEN, Steering.BUSY]


async def test_undo_and_again_at_once_leave_one_of_both(store: Store) -> None:
    for number in range(1, 6):
        claim = await answered(store, str(number))
        undone, again = await asyncio.gather(
            store.undo(press(claim, revision=0)), store.again(press(claim, revision=0))
        )
        assert {undone.verdict, again.verdict} == {Steering.DONE, Steering.SEEN}
        if again.verdict is Steering.DONE:
            await finish(store, await begin(store, claim.conversation), "b")
        window = await store.window(claim.conversation, LIMIT)
        assert window.total == len(window.messages)


@pytest.mark.parametrize(
    ("by", "verdict"), [(ANN, Steering.DONE), (MODERATOR, Steering.DONE), (BOB, Steering.NOT_YOURS)]
)
async def test_the_asker_and_moderators_may_take_back(store: Store, by: Person, verdict: Steering) -> None:
    claim = await answered(store)
    assert (await store.undo(press(claim, by=by))).verdict is verdict
    assert (await store.window(claim.conversation, LIMIT)).total == (0 if verdict is Steering.DONE else 2)


async def test_a_post_may_be_pressed_before_it_is_written_down(store: Store) -> None:
    claim = await begin(store, await ask(store, said("1", "One")))
    assert (await store.stop(press(claim, post="P-not-yet"))).verdict is Steering.DONE
    assert await store.stopped(claim.turn, claim.attempt)


@pytest.mark.parametrize("post", ["P2", "P77"])
async def test_a_press_on_another_post_is_for_nobody(store: Store, post: str) -> None:
    claim = await answered(store)
    await answered(store, "2")
    for verb in (store.again, store.undo, store.stop, store.orphan):
        assert (await verb(press(claim, post=post))).verdict is Steering.UNKNOWN
    assert (await store.rate(press(claim, post=post), 1)).verdict is Steering.UNKNOWN
    assert (await store.undo(Press(TurnId(2**40), ANN))).verdict is Steering.UNKNOWN


async def test_what_was_taken_back_shows_what_stood(store: Store) -> None:
    claim = await answered(store, text="secret")
    done = await store.undo(press(claim))
    posts = (Placed(0, PostId("P1"), f"t{claim.turn}-0"),)
    assert done.stood == Stood(claim.turn, claim.conversation, 0, claim.origin, "secret", posts)
    after = await store.stood(claim.turn)
    assert after is not None
    assert (after.shown, after.undone, after.revision) == (None, True, 1)
    for verb in (store.again, store.undo, store.stop):
        assert (await verb(press(claim))).verdict is Steering.CHANGED
    assert (await store.rate(press(claim), 1)).verdict is Steering.CHANGED


async def test_only_what_was_taken_back_can_be_removed(store: Store) -> None:
    claim = await answered(store)
    assert (await store.orphan(press(claim))).verdict is Steering.CHANGED
    await store.deleted(CHANNEL, "1")
    assert (await store.orphan(press(claim, by=BOB))).verdict is Steering.NOT_YOURS
    found = await store.orphan(press(claim, revision=1, post="P1"))
    assert found.stood is not None
    assert [post.post_id for post in found.stood.posts] == ["P1"]


async def test_only_what_runs_can_be_stopped(store: Store) -> None:
    conversation = await ask(store, said("1", "q1"))
    claim = await begin(store, conversation)
    await ask(store, said("2", "q2"))
    assert await store.running(HERE) == claim.turn
    assert not await store.stopped(claim.turn, claim.attempt)
    assert (await store.stop(press(claim))).verdict is Steering.DONE
    assert await store.stopped(claim.turn, claim.attempt)
    await finish(store, claim, "half")
    assert (await store.stop(press(claim))).verdict is Steering.NOTHING
    with pytest.raises(Fenced):
        await store.stopped(claim.turn, claim.attempt)
    again = await begin(store, conversation)
    assert not again.stopped


async def test_what_is_being_answered_can_neither_be_asked_anew_nor_taken_back(store: Store) -> None:
    claim = await begin(store, await ask(store, said("1", "q1")))
    assert (await store.again(press(claim))).verdict is Steering.BUSY
    assert (await store.undo(press(claim))).verdict is Steering.BUSY
    assert await store.stood(claim.turn) is None


async def test_the_newest_exchange_is_that_of_the_place_after_its_fresh_start(store: Store) -> None:
    claim = await answered(store)
    await ask(store, said("2", "still waits"))
    assert await store.newest(HERE) == claim.turn
    assert await store.newest(Origin(THREAD, ANN)) is None
    await store.fresh(CHANNEL)
    assert await store.newest(HERE) is None


async def test_at_the_top_of_a_channel_of_threads_it_is_the_askers_newest(store: Store) -> None:
    for number, who in (("1", ANN), ("2", ANN), ("3", BOB)):
        await exchange(store, said(number, "q", at=replace(CHANNEL, thread=number), by=who), "a")
    found = await store.newest(HERE)
    assert found is not None
    await store.undo(Press(found, ANN))
    assert await store.newest(HERE) == found - 1
    assert await store.newest(Origin(CHANNEL, MODERATOR)) is None
    assert await store.newest(Origin(replace(CHANNEL, workspace="T2"), ANN)) is None


async def test_a_page_is_kept_only_for_the_answer_that_it_shows(store: Store) -> None:
    claim = await answered(store)
    stood = await store.stood(claim.turn)
    assert stood is not None
    await store.posted(stood, 1, "t1r0-1", PostId("P8"))
    assert await store.turn_of(CHANNEL, PostId("P8")) == claim.turn
    await store.gone(claim.turn, PostId("P8"))
    assert await store.turn_of(CHANNEL, PostId("P8")) is None
    await store.again(press(claim))
    with pytest.raises(Fenced):
        await store.posted(stood, 1, "t1r0-1", PostId("P9"))
    await finish(store, await begin(store, claim.conversation), "b")
    with pytest.raises(Fenced):
        await store.posted(stood, 1, "t1r0-1", PostId("P9"))
    with pytest.raises(Fenced):
        await store.posted(replace(stood, turn=TurnId(99)), 1, "t99-1", PostId("P9"))


async def test_what_was_forgotten_is_forgotten_for_one_turn_only(store: Store) -> None:
    first, second = await answered(store), await answered(store, "2")
    await store.gone(first.turn, PostId("P2"))
    assert await store.turn_of(CHANNEL, PostId("P2")) == second.turn


async def test_the_turn_that_was_cut_off_comes_after_an_older_one_asked_anew(store: Store) -> None:
    old = await answered(store)
    running = await begin(store, await ask(store, said("2", "q2")))
    await store.again(press(old))
    first = await begin(store, old.conversation)
    assert (first.turn, first.tries) == (old.turn, 1)
    await finish(store, first, "b")
    second = await begin(store, old.conversation)
    assert (second.turn, second.tries) == (running.turn, 2)


async def test_everything_at_once_ends_without_waiting_for_each_other_for_ever(store: Store) -> None:
    claims = [await answered(store, str(number)) for number in range(1, 5)]

    async def steer(number: int) -> None:
        claim = claims[number % len(claims)]
        await asyncio.gather(
            store.again(press(claim, revision=number)),
            store.edited(CHANNEL, str(1 + number % 4), f"text {number}"),
            store.rate(press(claim, by=BOB), 1),
            store.accept(said(str(100 + number), "more"), BOUNDS),
            store.stop(press(claim)),
            store.undo(press(claims[0], revision=number)),
        )

    async with asyncio.timeout(20):
        await asyncio.gather(*(steer(number) for number in range(8)))
    while (claim := await store.claim(claims[0].conversation, LIMIT)) is not None:
        await finish(store, claim, "done")
    window = await store.window(claims[0].conversation, LIMIT)
    assert window.total == len(window.messages)


async def test_a_press_lends_what_it_left_to_a_question_that_came_with_the_same(store: Store) -> None:
    asked = said("1", "One")
    by_command = replace(asked, origin=replace(asked.origin, state="token-1"))
    for message, state in ((by_command, "token-2"), (said("2", "Two"), "")):
        conversation = await ask(store, message)
        claim = await begin(store, conversation)
        await finish(store, claim, "a")
        await store.again(Press(claim.turn, claim.origin.asker, state="token-2"))
        again = await begin(store, conversation)
        assert again.origin == replace(claim.origin, state=state)
        await finish(store, again, "b")
