"""Posts that are sent again with their key: by a run that took over, by one that was taken over, after a deletion."""

import asyncio

import pytest

from adapters.discord import routes
from bot.contract import Post, PostId
from bot.errors import ChannelBusy, PostGone
from tests.adapters.discord.stage import EDIT, SEND, Stage

CALLBACK = "POST /interactions/{interaction_id}/{token}/callback"


def wip(text: str) -> Post:
    return Post(text, final=False, key="t7-0")


def whole(text: str) -> Post:
    return Post(text, final=True, key="t7-0")


async def test_a_send_that_comes_late_leaves_what_stands_there_until_it_may_speak(
    speaking: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await speaking.speech().send(whole("Paris, the capital."))
    late = speaking.speech()
    monkeypatch.setattr(routes, "_FRESH_S", -1.0)
    with pytest.raises(ChannelBusy):
        await late.send(wip("Paris"))
    assert speaking.screen() == ["Paris, the capital."]
    await late.send(whole("Paris, in France."))
    assert speaking.screen() == ["Paris, in France."]
    assert speaking.made(SEND) == 2


async def test_a_late_send_that_finds_what_it_wants_has_nothing_to_ask(
    speaking: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await speaking.speech().send(whole("Paris."))
    monkeypatch.setattr(routes, "_FRESH_S", -1.0)
    assert await speaking.speech().send(whole("Paris.")) == first


async def test_a_post_that_was_taken_away_is_not_taken_for_one_that_stands(speaking: Stage) -> None:
    first = await speaking.speech().send(whole("Paris."))
    await speaking.speech().delete(first)
    again = speaking.speech()
    with pytest.raises(PostGone):
        await again.edit(first, whole("Paris."))
    await again.send(whole("Paris."))
    assert speaking.screen() == ["Paris."]


async def test_a_run_that_takes_over_sees_that_a_post_was_taken_away(speaking: Stage) -> None:
    first = await speaking.speech().send(whole("Paris."))
    await speaking.speech().delete(first)
    again = speaking.speech()
    assert await again.find(["t7-0"], ()) == {}
    await again.send(whole("Paris."))
    assert speaking.screen() == ["Paris."]


@pytest.mark.long  # five posts in a place, after which Discord lets wait
async def test_what_stands_in_place_of_a_deleted_post_is_not_shown_twice_either(speaking: Stage) -> None:
    await speaking.speech().delete(await speaking.speech().send(wip("Paris")))
    again = speaking.speech()
    speaking.world.slow_down(SEND, 0.01)
    speaking.world.hang_up(SEND, after_accept=True)
    with pytest.raises(ChannelBusy):
        await again.send(whole("Paris."))
    post = await again.send(whole("Paris."))
    assert speaking.screen() == ["Paris."]
    assert post == PostId(str(speaking.world.screen(speaking.general)[-1].id))


async def test_what_stands_in_place_of_a_deleted_post_is_found_by_its_key(speaking: Stage) -> None:
    question = await speaking.world.say(speaking.ann, speaking.general, "?")
    origin = speaking.origin(message_id=question)
    await speaking.speech(origin).delete(await speaking.speech(origin).send(wip("Paris")))
    post = await speaking.speech(origin).send(whole("Paris."))
    assert await speaking.speech(origin).find(["t7-0"], ()) == {"t7-0": post}


async def test_a_post_of_an_earlier_run_is_told_to_be_gone_by_its_first_edit(speaking: Stage) -> None:
    first = await speaking.speech().send(wip("Paris"))
    await speaking.speech().delete(first)
    with pytest.raises(PostGone):
        await speaking.speech().edit(first, wip("Paris is"))


async def test_later_edits_of_a_post_of_an_earlier_run_hold_nobody_up(speaking: Stage) -> None:
    first = await speaking.speech().send(wip("Paris"))
    speech = speaking.speech()
    await speech.edit(first, wip("Paris is"))
    speaking.world.slow_down(EDIT, 0.5)
    async with asyncio.timeout(0.4):
        await speech.edit(first, wip("Paris is it"))
    speaking.world.forgive()


async def test_a_question_that_an_earlier_run_has_shown_without_the_token_is_not_shown_again(stage: Stage) -> None:
    stage.world.fail(CALLBACK, 404, json={"code": 10062, "message": "Unknown interaction"}, after_accept=True)
    _, event = await stage.called("ask", question="capital?")
    first = await stage.speech(event.origin).anchor("capital?")
    async with Stage(stage.world, listens=False) as later:
        again = later.platform.open(event.origin)
        assert await again.anchor("capital?", again=True) == first
    assert [shown.content for shown in stage.world.screen(stage.general) if shown.content] == ["**Ann**\n> capital?"]
