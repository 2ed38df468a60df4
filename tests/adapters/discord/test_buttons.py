"""Buttons under a post, on every way in which it can reach Discord."""

import asyncio

import pytest

from bot.contract import Button, Origin, Post
from bot.errors import PostRejected
from tests.adapters.discord.stage import EDIT, SEND, Stage
from tests.fakes.discord import ShownMessage

STOP, AGAIN, UNDO = Button("stop:1", "Stop"), Button("again:1", "Try again"), Button("undo:1", "Undo")


def post(text: str, *buttons: Button, final: bool = True, key: str = "turn-0") -> Post:
    return Post(text, final, key, buttons)


def last(stage: Stage) -> ShownMessage:
    """The newest message that Ann sees."""
    return stage.world.screen(stage.general, stage.ann)[-1]


async def asked(stage: Stage, way: str) -> Origin:
    """An origin whose answer goes one of the ways."""
    match way:
        case "a message":
            question = await stage.world.say(stage.ann, stage.general, "?")
            return stage.origin(message_id=question)
        case "a private command":
            return (await stage.called("model"))[1].origin
        case "a public command":
            return (await stage.called("ask", question="?"))[1].origin
        case "a shown question":
            event = (await stage.called("ask", question="?"))[1]
            return await stage.speech(event.origin).anchor("?")
    stage.general.bot_permissions = 0
    return (await stage.called("ask", question="?"))[1].origin


WAYS = ("a message", "a private command", "a public command", "a shown question", "a guest's command")


@pytest.mark.parametrize("way", WAYS)
async def test_buttons_stand_under_a_post_from_its_first_word_to_its_last(stage: Stage, way: str) -> None:
    stage.world.limits.enabled = False
    speech = stage.speech(await asked(stage, way))
    for number in range(2):  # the first response and a follow-up
        key = f"turn-{number}"
        post_id = await speech.send(post("Par", STOP, final=False, key=key))
        assert (last(stage).content, last(stage).buttons, last(stage).labels) == ("Par", ("stop:1",), ("Stop",))
        await speech.edit(post_id, post("Pari", STOP, UNDO, final=False, key=key))
        await stage.world.until(lambda: last(stage).content == "Pari")
        assert last(stage).labels == ("Stop", "Undo")
        await speech.edit(post_id, post("Paris.", AGAIN, UNDO, key=key))
        assert (last(stage).content, last(stage).labels) == ("Paris.", ("Try again", "Undo"))
        await speech.edit(post_id, post("Paris.", key=key))
        assert (last(stage).content, last(stage).buttons) == ("Paris.", ())


async def test_a_post_says_that_it_can_have_buttons(speaking: Stage) -> None:
    assert speaking.speech().capabilities.buttons


async def test_a_draft_that_only_changes_the_buttons_is_made(speaking: Stage) -> None:
    speech = speaking.speech()
    post_id = await speech.send(post("Paris", final=False))
    await speech.edit(post_id, post("Paris", STOP, final=False))
    await speaking.world.until(lambda: last(speaking).buttons == ("stop:1",))


async def test_a_draft_on_its_way_does_not_bring_buttons_back(speaking: Stage) -> None:
    speech = speaking.speech()
    post_id = await speech.send(post("Par", STOP, final=False))
    speaking.world.slow_down(EDIT, 0.05)
    await speech.edit(post_id, post("Pari", STOP, final=False))
    await asyncio.sleep(0.01)
    await speech.edit(post_id, post("Paris", STOP, final=False))
    await speech.edit(post_id, post("Paris."))
    await speaking.world.until(lambda: all(call.status for call in speaking.world.calls))
    assert (last(speaking).content, last(speaking).buttons) == ("Paris.", ())


async def test_one_row_holds_five_buttons_and_no_more(speaking: Stage) -> None:
    row = [Button(f"b:{number}", str(number)) for number in range(6)]
    await speaking.speech().send(post("five", *row[:5]))
    assert last(speaking).buttons == ("b:0", "b:1", "b:2", "b:3", "b:4")
    with pytest.raises(PostRejected):
        await speaking.speech().send(post("six", *row, key="turn-1"))


async def test_buttons_stand_under_an_answer_that_may_not_be_a_reply(speaking: Stage) -> None:
    question = await speaking.world.say(speaking.ann, speaking.general, "?")
    speaking.world.fail(SEND, 400, json={"code": 160002, "message": "no history"})
    await speaking.speech(speaking.origin(message_id=question)).send(post("Paris.", AGAIN))
    assert (last(speaking).reply_to, last(speaking).buttons) == (None, ("again:1",))


async def test_the_sdk_keeps_no_button_in_memory(speaking: Stage) -> None:
    speech = speaking.speech()
    post_id = await speech.send(post("Par", STOP, final=False))
    await speech.edit(post_id, post("Paris.", AGAIN))
    assert not speaking.platform._speaking().client._connection._view_store._views
