"""A post that a crash has hidden is found again: nobody sees two answers, or half of one beside a whole one."""

from dataclasses import replace

import pytest

from bot.contract import Address, PostId
from bot.errors import ChannelBusy, ChannelGone
from bot.model import Bounds, Claim
from bot.store import Store
from tests.bot.house import CHANNEL, House, house, labels


async def crashed(home: House, *, runs: int = 1) -> Claim:
    """A question whose process has died so many times."""
    await home.store.accept(home.message("a story", message_id="Q"), Bounds(20, 100))
    conversation = await home.store.find(CHANNEL)
    assert conversation is not None
    for _ in range(runs):
        claim = await home.store.claim(conversation, 40)
    assert claim is not None
    return claim


def sent(home: House, claim: Claim, text: str, key: str) -> PostId:
    """A post that stands on the screen; nobody has written it down."""
    return home.platform.open(claim.origin).seed(text, key=key)


async def recovered(home: House, claim: Claim) -> None:
    home.engine.recover(claim.conversation)
    await home.quiet()


async def test_a_post_that_was_sent_and_not_written_down_is_used(store: Store) -> None:
    async with house(store) as home:
        claim = await crashed(home)
        lost = sent(home, claim, "half of", f"t{claim.turn}-0")
        await recovered(home, claim)
        assert [(post.id, post.text) for post in home.standing()] == [(lost, "You said: a story")]
        assert await store.turn_of(CHANNEL, lost) == claim.turn


async def test_a_lost_second_page_is_found_and_taken_away_again(store: Store) -> None:
    async with house(store) as home:
        claim = await crashed(home)
        first = sent(home, claim, "page one", f"t{claim.turn}-0")
        await store.placed(claim.turn, claim.attempt, 0, f"t{claim.turn}-0", first)
        sent(home, claim, "page two", f"t{claim.turn}-1")
        await recovered(home, claim)
        assert [(post.id, post.text) for post in home.standing()] == [(first, "You said: a story")]


async def test_what_belongs_to_another_answer_is_left_alone(store: Store) -> None:
    async with house(store) as home:
        await home.say("before")
        claim = await crashed(home)
        sent(home, claim, "a stranger's", "t99-0")
        await recovered(home, claim)
        assert home.screen() == ["You said: before", "a stranger's", "You said: a story"]


@pytest.mark.parametrize("error", [ChannelGone("closed"), ChannelBusy("limited", 0.01)])
async def test_a_place_that_cannot_be_searched_is_answered_all_the_same(store: Store, error: ChannelGone) -> None:
    async with house(store) as home:
        claim = await crashed(home)
        home.platform.prepare = [("find", error)]
        await recovered(home, claim)
        assert home.screen() == ["You said: a story"]


async def test_a_turn_that_is_given_up_says_so_in_the_post_that_was_lost(store: Store) -> None:
    async with house(store) as home:
        claim = await crashed(home, runs=3)
        lost = sent(home, claim, "half of", f"t{claim.turn}-0")
        await recovered(home, claim)
        assert [(post.id, post.text) for post in home.standing()] == [(lost, home.say_so("interrupted"))]
        assert labels(home.standing()[0]) == ["Continue", "Undo"]
        await home.hear(home.press("continue"))
        assert home.screen() == ["You said: a story"]
        assert home.standing()[0].id == lost


async def test_what_runs_first_has_lost_nothing_and_does_not_search(store: Store) -> None:
    async with house(store) as home:
        await home.say("hello")
        await home.hear(home.press("regenerate"))
        assert [call.verb for _, channel in home.platform.channels for call in channel.calls].count("find") == 0


THREAD = Address("fake", "W1", "C1", "T1")


async def commanded(home: House) -> Claim:
    """A question by command whose process has died before its question was to be seen."""
    await home.store.accept(home.message("why?"), Bounds(20, 100), command="ask")
    conversation = await home.store.find(CHANNEL)
    assert conversation is not None
    claim = await home.store.claim(conversation, 40)
    assert claim is not None
    return claim


async def test_a_notice_from_before_a_commands_question_was_shown_does_not_become_its_answer(store: Store) -> None:
    async with house(store) as home:
        claim = await commanded(home)
        notice = sent(home, claim, "Something broke.", f"t{claim.turn}-0")
        await store.placed(claim.turn, claim.attempt, 0, f"t{claim.turn}-0", notice)
        home.platform.anchored = replace(claim.origin, address=THREAD)
        await recovered(home, claim)
        assert home.screen() == ["why?", "You said: why?"]
        assert home.platform.shown(CHANNEL) == ["why?"]
        assert home.platform.shown(THREAD) == ["You said: why?"]


async def test_a_commands_question_in_the_post_of_a_notice_stays_and_is_not_its_answer(store: Store) -> None:
    async with house(store) as home:
        claim = await commanded(home)
        # A platform may have one post only to begin with: what stood there is now the question.
        question = sent(home, claim, "why?", f"t{claim.turn}-q")
        await store.placed(claim.turn, claim.attempt, 0, f"t{claim.turn}-0", question)
        home.platform.anchored = replace(claim.origin, address=THREAD)
        await recovered(home, claim)
        assert home.screen() == ["why?", "You said: why?"]


async def test_before_a_commands_question_is_shown_no_post_is_taken_for_its_answer(store: Store) -> None:
    async with house(store) as home:
        claim = await commanded(home)
        question = sent(home, claim, "why?", f"t{claim.turn}-0")
        await recovered(home, claim)
        assert [post.text for post in home.standing() if post.id == question] == ["why?"]
