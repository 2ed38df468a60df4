"""Presses: who pressed what and where, told in time, and answered to whoever pressed."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.contract import Address, Button, ButtonPressed, MessageReceived, Post, PostId
from bot.errors import ChannelGone
from tests.adapters.discord.stage import SEND, Stage
from tests.fakes.discord import Channel as Room
from tests.fakes.discord import FakeDiscord, Intent, Interaction

CALLBACK = "POST /interactions/{interaction_id}/{token}/callback"
DEFERRED_UPDATE = 6
AGAIN = Button("again:1", "Try again")


@pytest.fixture
async def quick(world: FakeDiscord) -> AsyncIterator[Stage]:
    """Defers after 20 ms whatever the engine is doing."""
    async with Stage(world, defer_after=0.02) as stage:
        yield stage


async def answered(stage: Stage, room: Room | None = None) -> PostId:
    """A post of ours with a button."""
    return await stage.speech(stage.origin(room)).send(Post("Paris.", True, f"key-{room.id if room else 0}", (AGAIN,)))


async def private(stage: Stage) -> tuple[PostId, Interaction]:
    """A post with a button that only Ann sees, and the command that it answers."""
    interaction, event = await stage.called("model")
    return await stage.speech(event.origin).send(Post("It is gpt.", True, "key", (AGAIN,))), interaction


async def test_a_press_says_what_was_pressed_where_and_by_whom(stage: Stage) -> None:
    stage.bob.locale = "zh-CN"
    post_id = await answered(stage)
    interaction, event = await stage.pressed(stage.bob, post_id, "again:1")
    assert (event.button, event.post, event.keys.event) == ("again:1", post_id, f"discord:{interaction.id}")
    assert event.origin.address == Address("discord", str(stage.guild.id), str(stage.general.id))
    assert (event.origin.asker.id, event.origin.asker.name) == (str(stage.bob.id), "Bob")
    assert event.origin.locale == "zh-CN"
    assert len(event.origin.state) < 4000


async def test_a_press_names_a_place_as_messages_do(stage: Stage) -> None:
    thread = await stage.world.thread(stage.ann, stage.general)
    for room in (stage.general, thread, stage.world.dm(stage.ann)):
        said = await stage.said(stage.ann, room, "hello")
        post_id = await stage.speech(said.origin).send(Post("hi", True, f"key-{room.id}", (AGAIN,)))
        _, event = await stage.pressed(stage.ann, post_id, "again:1")
        assert event.origin.address == said.origin.address
    assert len(stage.all(MessageReceived)) == 3


async def test_a_press_changes_nothing_on_the_screen_until_the_engine_does(stage: Stage) -> None:
    post_id = await answered(stage)
    before = stage.world.screen(stage.general, stage.ann)
    interaction, _ = await stage.pressed(stage.ann, post_id, "again:1")
    await interaction.acknowledgement()
    assert interaction.answer == DEFERRED_UPDATE
    assert stage.world.screen(stage.general, stage.ann) == before


async def test_a_press_is_deferred_only_once_it_is_saved(stage: Stage) -> None:
    post_id = await answered(stage)
    stage.gate.clear()
    interaction = await stage.world.press(stage.ann, int(post_id), "again:1")
    await asyncio.sleep(0.03)
    assert interaction.answer is None
    stage.gate.set()
    await interaction.acknowledgement()
    assert len(stage.all(ButtonPressed)) == 1


async def test_a_slow_engine_does_not_let_the_press_run_out(quick: Stage) -> None:
    post_id = await answered(quick)
    quick.gate.clear()
    interaction = await quick.world.press(quick.ann, int(post_id), "again:1")
    await interaction.acknowledgement()
    assert (interaction.answer, quick.events) == (DEFERRED_UPDATE, [])
    quick.gate.set()
    await quick.heard(ButtonPressed)
    assert quick.made(CALLBACK) == 1


async def test_whoever_pressed_is_told_alone(stage: Stage) -> None:
    post_id = await answered(stage)
    _, event = await stage.pressed(stage.bob, post_id, "again:1")
    await stage.speech(event.origin).notify("Only Ann may do that.")
    assert stage.screen(user=stage.bob) == ["Paris.", "Only Ann may do that."]
    assert stage.screen(user=stage.ann) == ["Paris."]
    assert stage.screen() == ["Paris."]


async def test_whoever_pressed_long_ago_is_told_by_name(stage: Stage) -> None:
    post_id = await answered(stage)
    interaction, event = await stage.pressed(stage.bob, post_id, "again:1")
    await interaction.acknowledgement()
    stage.world.clock.skip(901)
    await stage.speech(event.origin).notify("Too late.")
    assert stage.screen() == ["Paris.", f"<@{stage.bob.id}> Too late."]
    assert stage.world.pinged == []


async def test_whoever_pressed_is_spoken_to_in_the_channel_by_the_bots_own_token(stage: Stage) -> None:
    post_id = await answered(stage)
    _, event = await stage.pressed(stage.bob, post_id, "again:1")
    speech = stage.speech(event.origin)
    assert speech.capabilities.post_lifetime is None
    assert await speech.anchor("again") == event.origin
    await speech.send(Post("Lyon.", True, "turn-1"))
    assert stage.screen() == ["Paris.", "Lyon."]
    assert stage.made(SEND) == 2


async def test_a_press_is_heard_after_any_number_of_restarts(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    post_id = await answered(stage)
    for number in range(1, 4):
        await stage.__aexit__(None, None, None)
        stage.world.forget_sessions()
        await stage.__aenter__()
        interaction, event = await stage.pressed(stage.ann, post_id, "again:1")
        await interaction.acknowledgement()
        assert (len(stage.all(ButtonPressed)), event.post) == (number, post_id)
    assert caplog.records == []


async def test_two_presses_are_two_events(stage: Stage) -> None:
    post_id = await answered(stage)
    first, _ = await stage.pressed(stage.ann, post_id, "again:1")
    second, _ = await stage.pressed(stage.ann, post_id, "again:1")
    keys = [event.keys.event for event in stage.all(ButtonPressed)]
    assert keys == [f"discord:{first.id}", f"discord:{second.id}"]


async def test_a_press_that_cannot_be_saved_is_told_to_whoever_pressed(stage: Stage) -> None:
    post_id = await answered(stage)
    stage.refusing = RuntimeError("disk full")
    interaction = await stage.world.press(stage.bob, int(post_id), "again:1")
    await interaction.acknowledgement()
    assert stage.screen(user=stage.bob) == ["Paris.", "not-saved (en-US)"]
    assert stage.screen() == ["Paris."]


async def test_a_press_that_cannot_be_saved_after_its_deferral_leaves_the_post_alone(quick: Stage) -> None:
    post_id = await answered(quick)
    quick.gate.clear()
    interaction = await quick.world.press(quick.bob, int(post_id), "again:1")
    await interaction.acknowledgement()
    quick.refusing = RuntimeError("disk full")
    quick.gate.set()
    await quick.world.until(lambda: quick.screen(user=quick.bob) == ["Paris.", "not-saved (en-US)"])
    assert quick.screen() == ["Paris."]


async def test_a_press_on_a_private_answer_can_be_answered_and_the_answer_altered(stage: Stage) -> None:
    post_id, asked = await private(stage)
    stage.world.clock.skip(901)
    interaction, event = await stage.pressed(stage.ann, post_id, "again:1")
    assert event.post == post_id
    speech = stage.speech(event.origin)
    await speech.edit(post_id, Post("It is claude.", True, "key"))
    await speech.notify("Done.")
    await speech.send(Post("And more.", True, "turn-1"))
    shown = stage.world.screen(stage.general, stage.ann)
    assert [(m.content, m.buttons) for m in shown] == [("It is claude.", ()), ("Done.", ()), ("And more.", ())]
    assert stage.screen() == []
    assert asked.thinking is interaction.thinking is False


async def test_a_private_answer_can_be_taken_away_by_a_press(stage: Stage) -> None:
    post_id, _ = await private(stage)
    _, event = await stage.pressed(stage.ann, post_id, "again:1")
    assert stage.speech(event.origin).capabilities.post_lifetime is not None
    await stage.speech(event.origin).delete(post_id)
    assert stage.screen(user=stage.ann) == []


async def test_a_press_on_a_private_answer_ends_with_its_token(stage: Stage) -> None:
    post_id, _ = await private(stage)
    interaction, event = await stage.pressed(stage.ann, post_id, "again:1")
    await interaction.acknowledgement()
    stage.world.clock.skip(901)
    with pytest.raises(ChannelGone):
        await stage.speech(event.origin).edit(post_id, Post("Late.", True, "key"))


async def test_a_moderator_is_known_by_the_press_and_by_the_command(stage: Stage) -> None:
    stage.world.promote(stage.ann, stage.guild)
    post_id = await answered(stage)
    assert (await stage.pressed(stage.ann, post_id, "again:1"))[1].origin.asker.moderator
    assert not (await stage.pressed(stage.bob, post_id, "again:1"))[1].origin.asker.moderator
    assert (await stage.called("model"))[1].origin.asker.moderator
    room = stage.world.dm(stage.ann)
    assert not (await stage.pressed(stage.ann, await answered(stage, room), "again:1"))[1].origin.asker.moderator


def component(stage: Stage, **data: Any) -> dict[str, Any]:
    """A press of Ann's as the gateway brings it, under a message of ours."""
    message = stage.world.payloads.message(next(iter(stage.general.messages.values())))
    place = stage.world.payloads.interaction_place(stage.ann, stage.general)
    return {"id": "77", "type": 3, "token": "t", "data": data, "message": message, **place}


@pytest.mark.parametrize(
    "data",
    [
        {"custom_id": "choose", "component_type": 3, "values": ["x"]},
        {"custom_id": "x" * 65, "component_type": 2},
        {"custom_id": "überall", "component_type": 2},
    ],
)
async def test_what_is_no_button_of_ours_is_deferred_and_passed_over(stage: Stage, data: dict[str, Any]) -> None:
    post_id = await answered(stage)
    stage.world.hub.publish("INTERACTION_CREATE", component(stage, **data), Intent.NONE, stage.guild.id)
    await stage.world.until(lambda: stage.made(CALLBACK) == 1)
    await stage.pressed(stage.ann, post_id, "again:1")
    assert [event.button for event in stage.all(ButtonPressed)] == ["again:1"]
    deferral = next(call for call in stage.world.calls if call.route == CALLBACK)
    assert deferral.ids["interaction_id"] == "77"


async def test_a_press_without_its_message_is_deferred_and_passed_over(stage: Stage) -> None:
    post_id = await answered(stage)
    bare = component(stage, custom_id="again:1", component_type=2)
    del bare["message"]
    stage.world.hub.publish("INTERACTION_CREATE", bare, Intent.NONE, stage.guild.id)
    await stage.world.until(lambda: stage.made(CALLBACK) == 1)
    await stage.pressed(stage.ann, post_id, "again:1")
    assert len(stage.all(ButtonPressed)) == 1


async def test_a_deferral_that_came_too_late_still_lets_the_press_be_answered(stage: Stage) -> None:
    post_id = await answered(stage)
    stage.world.fail(CALLBACK, 404, json={"code": 10062, "message": "Unknown interaction"})
    _, event = await stage.pressed(stage.bob, post_id, "again:1")
    await stage.speech(event.origin).notify("Only Ann may do that.")
    assert stage.screen() == ["Paris.", f"<@{stage.bob.id}> Only Ann may do that."]


async def test_a_press_with_a_secret_shows_it_in_no_log(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    post_id = await answered(stage)
    stage.refusing = RuntimeError("disk full")
    stage.world.fail(CALLBACK, 404, json={"code": 10062, "message": "Unknown interaction"})
    interaction = await stage.world.press(stage.ann, int(post_id), "again:1")
    await stage.world.until(lambda: "discord_refusal_lost" in caplog.text)
    written = [record.getMessage() for record in caplog.records if record.name.startswith(("discord", "parley"))]
    assert not [line for line in written if interaction.token in line]
