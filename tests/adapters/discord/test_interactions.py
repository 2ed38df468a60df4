"""Commands: registered by difference, answered in time, and for as long as Discord lets us."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.discord.platform import DiscordPlatform
from bot.contract import Address, Command, CommandInvoked, Origin, Post
from bot.errors import ChannelBusy, ChannelGone
from tests.adapters.discord.stage import MODELS, SEND, TABLE, Stage, settings
from tests.adapters.host import FakeHost
from tests.fakes.discord import FakeDiscord

CALLBACK = "POST /interactions/{interaction_id}/{token}/callback"
COMMANDS = "PUT /applications/{application_id}/commands"
ORIGINAL = "GET /webhooks/{webhook_id}/{token}/messages/{message_id}"


def post(text: str, *, final: bool = True, key: str = "turn-0") -> Post:
    return Post(text, final, key)


@pytest.fixture
async def quick(world: FakeDiscord) -> AsyncIterator[Stage]:
    """Defers after 20 ms whatever the engine is doing."""
    async with Stage(world, defer_after=0.02) as stage:
        yield stage


async def test_the_table_is_registered_once_and_not_again(world: FakeDiscord) -> None:
    async with Stage(world) as stage:
        assert [sync.created for sync in world.commands.syncs] == [("ask", "model")]
        await stage.stop_listening()
        world.forget_sessions()
        await stage.listen()
        assert len(world.commands.syncs) == 1


async def test_a_changed_table_replaces_the_old_one_at_one_stroke(world: FakeDiscord) -> None:
    async with Stage(world):
        pass
    world.forget_sessions()
    async with Stage(world, commands=(TABLE[0], Command("new", {"en": "Start afresh"}))):
        assert world.commands.syncs[-1].created == ("new",)
        assert world.commands.syncs[-1].kept == ("ask",)
        assert world.commands.syncs[-1].removed == ("model",)
        assert [call.method for call in world.calls if "/commands" in call.route] == ["GET", "PUT", "GET", "PUT"]


async def test_a_refused_table_is_named_in_the_log_and_stops_nobody(
    world: FakeDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    async with Stage(world, commands=(TABLE[0], Command("Not lower case", {"en": "x"}))) as stage:
        assert (await stage.said(stage.ann, stage.general, "hello")).text == "hello"
    [record] = [record for record in caplog.records if "not_registered" in record.message]
    assert record.levelno == logging.ERROR
    assert "Not lower case.name" in record.message


async def test_registration_that_cannot_reach_discord_stops_nobody(world: FakeDiscord) -> None:
    world.hang_up("GET /applications/{application_id}/commands", times=5)
    async with Stage(world) as stage:
        assert (await stage.said(stage.ann, stage.general, "hello")).text == "hello"
    assert world.commands.syncs == []


async def test_a_command_reaches_the_engine_with_its_options_as_text(stage: Stage) -> None:
    interaction, event = await stage.called("ask", question="capital?")
    assert (event.name, dict(event.options)) == ("ask", {"question": "capital?"})
    assert event.keys.event == f"discord:{interaction.id}"
    assert event.origin.address == Address("discord", str(stage.guild.id), str(stage.general.id))
    assert event.origin.asker.name == "Ann"
    assert (event.origin.locale, event.origin.message_id) == ("en-US", None)
    assert len(event.origin.state) < 4000


async def test_the_askers_own_language_comes_along(stage: Stage) -> None:
    stage.ann.locale = "zh-CN"
    _, event = await stage.called("ask", question="?")
    assert event.origin.locale == "zh-CN"


async def test_a_missing_option_is_absent(stage: Stage) -> None:
    _, event = await stage.called("model")
    assert dict(event.options) == {}


async def test_a_command_is_deferred_as_openly_as_its_answer_will_be(stage: Stage) -> None:
    for name, options, private in (("ask", {"question": "?"}, False), ("model", {}, True)):
        interaction = await stage.world.command(stage.ann, stage.general, name, options)
        await interaction.acknowledgement()
        assert interaction.thinking
        assert interaction.ephemeral is private


async def test_a_command_is_deferred_only_once_it_is_saved(stage: Stage) -> None:
    stage.gate.clear()
    interaction = await stage.world.command(stage.ann, stage.general, "model", {})
    await asyncio.sleep(0.03)
    assert interaction.answer is None
    stage.gate.set()
    await interaction.acknowledgement()
    assert len(stage.events) == 1


async def test_a_slow_engine_does_not_let_the_command_run_out(quick: Stage) -> None:
    quick.gate.clear()
    interaction = await quick.world.command(quick.ann, quick.general, "model", {})
    await interaction.acknowledgement()
    assert quick.events == []
    quick.gate.set()
    event = await quick.heard(CommandInvoked)
    await quick.speech(event.origin).notify("Done.")
    assert quick.screen(user=quick.ann) == ["Done."]
    assert quick.made(CALLBACK) == 1


async def test_a_command_that_cannot_be_saved_is_refused_to_the_asker_alone(stage: Stage) -> None:
    stage.refusing = RuntimeError("disk full")
    interaction = await stage.world.command(stage.ann, stage.general, "ask", {"question": "?"})
    await interaction.acknowledgement()
    assert stage.screen(user=stage.ann) == ["not-saved (en-US)"]
    assert stage.screen() == []


@pytest.mark.parametrize("name", ["ask", "model"])
async def test_a_command_that_cannot_be_saved_after_its_deferral_leaves_no_thinking(quick: Stage, name: str) -> None:
    quick.gate.clear()
    options = {"question": "?"} if name == "ask" else {}
    interaction = await quick.world.command(quick.ann, quick.general, name, options)
    await interaction.acknowledgement()
    quick.refusing = RuntimeError("disk full")
    quick.gate.set()
    await quick.world.until(lambda: quick.screen(user=quick.ann) == ["not-saved (en-US)"])
    assert not interaction.thinking
    assert quick.screen() == []


async def test_a_private_command_is_answered_where_only_the_asker_looks(stage: Stage) -> None:
    _, event = await stage.called("model")
    speech = stage.speech(event.origin)
    await speech.notify("It is gpt-5.4.")
    await speech.notify("And more.")
    assert stage.screen(user=stage.ann) == ["It is gpt-5.4.", "And more."]
    assert stage.screen(user=stage.bob) == []


async def test_a_public_command_is_answered_in_place_of_thinking(stage: Stage) -> None:
    _, event = await stage.called("ask", question="?")
    speech = stage.speech(event.origin)
    first = await speech.send(post("Par", final=False))
    await speech.edit(first, post("Paris."))
    await speech.send(post("And Lyon.", key="turn-1"))
    assert stage.screen(user=stage.bob) == ["Paris.", "And Lyon."]
    assert stage.made(SEND) == 0


async def test_a_notice_to_a_public_command_takes_the_thinking_away(stage: Stage) -> None:
    _, event = await stage.called("ask", question="?")
    await stage.speech(event.origin).notify("Too busy.")
    assert stage.screen(user=stage.ann) == ["Too busy."]
    assert stage.screen(user=stage.bob) == []


async def test_after_a_restart_the_placeholder_is_still_filled_first(stage: Stage, world: FakeDiscord) -> None:
    interaction, event = await stage.called("model")
    await interaction.acknowledgement()
    async with restarted(world) as platform:
        speech = platform.open(event.origin)
        await speech.send(post("One."))
        await platform.open(event.origin).send(post("Two.", key="turn-1"))
    assert stage.screen(user=stage.ann) == ["One.", "Two."]
    assert stage.made(ORIGINAL) == 2
    assert stage.made("PATCH /webhooks/{webhook_id}/{token}/messages/{message_id}") == 1


async def test_another_process_waits_for_the_one_that_defers(quick: Stage, world: FakeDiscord) -> None:
    async with restarted(world) as platform:
        world.slow_down(CALLBACK, 0.1)
        _, event = await quick.called("model")
        with pytest.raises(ChannelBusy) as busy:
            await platform.open(event.origin).send(post("Early."))
        assert busy.value.retry_after <= 1


async def test_the_answering_process_waits_for_its_own_deferral(stage: Stage) -> None:
    stage.world.slow_down(CALLBACK, 0.1)
    _, event = await stage.called("model")
    await stage.speech(event.origin).notify("Quick.")
    assert stage.screen(user=stage.ann) == ["Quick."]


async def test_a_question_is_shown_and_its_answer_replies_to_it(stage: Stage) -> None:
    _, event = await stage.called("ask", question="capital?")
    origin = await stage.speech(event.origin).anchor("capital\nof France?")
    speech = stage.speech(origin)
    await speech.typing("thinking")
    await stage.world.until(lambda: stage.world.typing(stage.general))
    await speech.send(post("Paris."))
    question, answer = stage.world.screen(stage.general, stage.bob)
    assert question.content == "**Ann**\n> capital\n> of France?"
    assert (answer.content, answer.reply_to) == ("Paris.", question.id)
    assert origin.message_id == str(question.id)
    assert origin.address == event.origin.address
    assert speech.capabilities.post_lifetime is None


async def test_a_question_is_shown_once_however_often_it_is_anchored(stage: Stage) -> None:
    _, event = await stage.called("ask", question="capital?")
    origins = [await stage.speech(event.origin).anchor("capital?") for _ in range(2)]
    assert origins[0] == origins[1]
    assert await stage.speech(origins[0]).anchor("capital?") == origins[0]
    assert stage.screen() == ["**Ann**\n> capital?"]


async def test_an_answer_outlives_the_token(stage: Stage) -> None:
    _, event = await stage.called("ask", question="?")
    speech = stage.speech(await stage.speech(event.origin).anchor("?"))
    first = await speech.send(post("Par", final=False))
    stage.world.clock.skip(901)
    await speech.edit(first, post("Paris."))
    assert stage.screen() == ["**Ann**\n> ?", "Paris."]


async def test_a_public_command_whose_token_has_run_out_is_answered_in_the_channel(stage: Stage) -> None:
    interaction, event = await stage.called("ask", question="?")
    await interaction.acknowledgement()
    stage.world.clock.skip(901)
    speech = stage.speech(await stage.speech(event.origin).anchor("late?"))
    await speech.send(post("Paris."))
    assert stage.screen(user=stage.bob)[-2:] == ["**Ann**\n> late?", "Paris."]


async def test_a_token_is_not_used_past_its_time_by_our_own_clock(stage: Stage) -> None:
    interaction, event = await stage.called("ask", question="?")
    await interaction.acknowledgement()
    before = len(stage.world.calls)
    await stage.speech(run_out(event.origin)).send(post("Paris."))
    assert [call.route for call in stage.world.calls[before:]] == [SEND]


async def test_a_private_command_whose_token_has_run_out_is_gone(stage: Stage) -> None:
    interaction, event = await stage.called("model")
    await interaction.acknowledgement()
    stage.world.clock.skip(901)
    with pytest.raises(ChannelGone):
        await stage.speech(event.origin).notify("Late.")
    with pytest.raises(ChannelGone):
        await stage.speech(run_out(event.origin)).notify("Late.")


async def test_where_the_bot_may_not_write_the_token_carries_the_whole_answer(stage: Stage) -> None:
    stage.general.bot_permissions = 0
    _, event = await stage.called("ask", question="?")
    speech = stage.speech(await stage.speech(event.origin).anchor("?"))
    await speech.typing("thinking")
    first = await speech.send(post("Par", final=False))
    await speech.edit(first, post("Paris."))
    assert stage.screen() == ["**Ann**\n> ?", "Paris."]
    assert stage.made(SEND) == 0


async def test_a_question_that_cannot_be_shown_any_more_ends_where_the_bot_may_not_write(stage: Stage) -> None:
    stage.general.bot_permissions = 0
    interaction, event = await stage.called("ask", question="?")
    await interaction.acknowledgement()
    stage.world.clock.skip(901)
    with pytest.raises(ChannelGone):
        await stage.speech(event.origin).anchor("?")


async def test_a_failure_under_a_shown_question_is_told_to_the_asker_alone(stage: Stage) -> None:
    _, event = await stage.called("ask", question="?")
    speech = stage.speech(await stage.speech(event.origin).anchor("?"))
    await speech.notify("The gateway is down.")
    assert stage.screen(user=stage.ann) == ["**Ann**\n> ?", "The gateway is down."]
    assert stage.screen(user=stage.bob) == ["**Ann**\n> ?"]
    stage.world.clock.skip(901)
    await speech.notify("Still down.")
    assert stage.screen(user=stage.bob) == ["**Ann**\n> ?", "Still down."]


async def test_a_growing_answer_by_the_token_is_edited_in_place(stage: Stage) -> None:
    _, event = await stage.called("model")
    speech = stage.speech(event.origin)
    first = await speech.send(post("a", final=False))
    await speech.edit(first, post("ab", final=False))
    await stage.world.until(lambda: stage.screen(user=stage.ann) == ["ab"])


async def test_a_refusal_that_is_lost_is_not_the_end(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.refusing = RuntimeError("disk full")
    stage.world.fail(CALLBACK, 404, json={"code": 10062, "message": "Unknown interaction"})
    await stage.world.command(stage.ann, stage.general, "model", {})
    await stage.world.until(lambda: "discord_refusal_lost" in caplog.text)
    stage.refusing = None
    _, event = await stage.called("model")
    await stage.speech(event.origin).notify("Fine.")
    assert "Fine." in stage.screen(user=stage.ann)


async def test_a_deferral_without_a_connection_is_made_good_in_the_channel(stage: Stage) -> None:
    stage.world.hang_up(CALLBACK, times=5)
    _, event = await stage.called("ask", question="?")
    await stage.speech(event.origin).send(post("Paris."))
    assert stage.screen() == ["Paris."]


async def test_suggestions_that_come_too_late_harm_nobody(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.world.fail(CALLBACK, 404, json={"code": 10062, "message": "Unknown interaction"})
    typing = asyncio.create_task(stage.world.autocomplete(stage.ann, stage.general, "model", "name", "gpt"))
    await stage.world.until(lambda: any(call.status == 404 for call in stage.world.calls))
    typing.cancel()
    assert await stage.world.autocomplete(stage.ann, stage.general, "model", "name", "gem")
    assert "discord_event_failed" not in caplog.text


async def test_a_right_that_was_taken_away_meanwhile_sends_the_answer_by_the_token(stage: Stage) -> None:
    _, event = await stage.called("ask", question="?")
    speech = stage.speech(await stage.speech(event.origin).anchor("?"))
    stage.general.bot_permissions = 0
    first = await speech.send(post("Par", final=False))
    await speech.edit(first, post("Pari", final=False))
    await stage.world.until(lambda: stage.screen()[-1] == "Pari")
    await speech.edit(first, post("Paris."))
    await speech.send(post("Bye.", key="turn-1"))
    assert stage.screen() == ["**Ann**\n> ?", "Paris.", "Bye."]
    await speech.delete(first)
    assert stage.screen() == ["**Ann**\n> ?", "Bye."]


async def test_a_deferral_that_came_too_late_is_made_good_in_the_channel(stage: Stage) -> None:
    stage.world.fail(CALLBACK, 404, json={"code": 10062, "message": "Unknown interaction"})
    _, event = await stage.called("ask", question="?")
    await stage.speech(event.origin).send(post("Paris."))
    assert stage.screen() == ["Paris."]


async def test_a_deferral_that_was_heard_twice_does_no_harm(stage: Stage) -> None:
    stage.world.fail(CALLBACK, 400, json={"code": 40060, "message": "already"}, after_accept=True)
    _, event = await stage.called("model")
    await stage.speech(event.origin).notify("Fine.")
    assert stage.screen(user=stage.ann) == ["Fine."]


async def test_a_deferral_whose_answer_was_lost_is_known_to_stand(stage: Stage) -> None:
    stage.world.hang_up(CALLBACK, after_accept=True)
    _, event = await stage.called("model")
    await stage.speech(event.origin).notify("Fine.")
    assert stage.screen(user=stage.ann) == ["Fine."]


async def test_a_command_in_a_thread_and_in_a_direct_message_knows_its_place(stage: Stage) -> None:
    thread = await stage.world.thread(stage.ann, stage.general)
    _, event = await stage.called("ask", thread, question="?")
    assert event.origin.address == Address("discord", str(stage.guild.id), str(stage.general.id), str(thread.id))
    room = stage.world.dm(stage.ann)
    _, event = await stage.called("ask", room, question="?")
    assert event.origin.address == Address("discord", "@me", str(room.id))
    speech = stage.speech(await stage.speech(event.origin).anchor("?"))
    await speech.send(post("Paris."))
    assert stage.screen(room) == ["**Ann**\n> ?", "Paris."]


async def test_an_option_is_completed_while_it_is_typed(stage: Stage) -> None:
    found = await stage.world.autocomplete(stage.ann, stage.general, "model", "name", "gpt")
    assert [choice.value for choice in found] == ["gpt-5.4", "gpt-5.4-mini"]
    every = await stage.world.autocomplete(stage.ann, stage.general, "model", "name", "")
    assert [choice.value for choice in every] == list(MODELS)
    assert stage.events == []


async def test_the_token_shows_in_no_repr_and_no_log(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stage.world.fail(CALLBACK, 404, json={"code": 10062, "message": "Unknown interaction"})
    interaction, event = await stage.called("ask", question="a secret wish")
    await stage.speech(event.origin).send(post("Paris."))
    assert interaction.token in event.origin.state
    written = [record.getMessage() for record in caplog.records if record.name.startswith(("discord", "parley"))]
    assert written
    assert not [line for line in written if interaction.token in line or "wish" in line or "Paris" in line]


def restarted(world: FakeDiscord) -> DiscordPlatform:
    """Another process on the same Discord, which knows nothing but what was stored."""
    return DiscordPlatform(settings(world), FakeHost())


def run_out(origin: Origin) -> Origin:
    """The same origin, its token's time over."""
    return replace(origin, state=json.dumps(json.loads(origin.state) | {"until": 0.0}))
