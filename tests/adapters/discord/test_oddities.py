"""What Discord sends seldom: forwards, stickers, communities, guests and places the SDK cannot name."""

from typing import Any

import pytest

from bot.contract import Address, Addressed, CommandInvoked, MessageDeleted, MessageReceived, Post
from tests.adapters.discord.stage import Stage
from tests.fakes.discord import FakeDiscord, Intent, Message, Permission
from tests.fakes.discord.world import ALL_PERMISSIONS


def payload(stage: Stage, content: str = "", **more: Any) -> dict[str, Any]:
    """A message of Ann's as the gateway brings it."""
    world = stage.world.world
    message = Message(world.ids.next(), stage.general.id, stage.ann, content, world.clock.now())
    return stage.world.payloads.gateway_message(message) | more


async def received(stage: Stage, message: dict[str, Any]) -> MessageReceived:
    """What the engine gets of it."""
    stage.world.hub.publish("MESSAGE_CREATE", message, Intent.GUILD_MESSAGES, stage.guild.id)
    return await stage.heard(MessageReceived)


async def test_forwarded_words_are_a_quote(stage: Stage) -> None:
    snapshot = {
        "type": 0,
        "content": "one\ntwo",
        "embeds": [],
        "attachments": [{"id": "7", "filename": "a.txt", "size": 1, "url": "u", "proxy_url": "u"}],
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
    }
    reference = {"type": 1, "message_id": "5", "channel_id": str(stage.general.id), "guild_id": str(stage.guild.id)}
    forward = payload(stage, "look", message_snapshots=[{"message": snapshot}], message_reference=reference)
    event = await received(stage, forward)
    assert event.text == "look\n\n> one\n> two"
    assert event.reply_to is None
    assert event.attachments == ()
    assert [file.name for file in event.quoted] == ["a.txt"]


async def test_a_sticker_is_its_name(stage: Stage) -> None:
    event = await received(stage, payload(stage, sticker_items=[{"id": "1", "name": "wave", "format_type": 1}]))
    assert event.text == ":wave:"


@pytest.mark.parametrize("kind", [6, 7, 8, 18, 21])
async def test_pins_joins_and_boosts_are_no_messages(stage: Stage, kind: int) -> None:
    stage.world.hub.publish(
        "MESSAGE_CREATE", payload(stage, "system", type=kind), Intent.GUILD_MESSAGES, stage.guild.id
    )
    assert (await stage.said(stage.ann, stage.general, "last")).text == "last"
    assert len(stage.events) == 1


async def test_a_reply_to_a_deleted_message_is_open(stage: Stage) -> None:
    reference = {"message_id": "5", "channel_id": str(stage.general.id), "guild_id": str(stage.guild.id)}
    event = await received(stage, payload(stage, "hm", type=19, message_reference=reference, referenced_message=None))
    assert event.addressed is Addressed.OPEN
    assert event.reply_to == "5"


async def test_a_thread_whose_channel_is_hidden_from_us_has_no_moderators(stage: Stage) -> None:
    stage.world.promote(stage.ann, stage.guild)
    thread = await stage.world.thread(stage.ann, stage.general)
    hub, payloads = stage.world.hub, stage.world.payloads
    hub.publish("CHANNEL_DELETE", payloads.channel(stage.general), Intent.GUILDS, stage.guild.id)
    hub.publish("THREAD_CREATE", payloads.channel(thread), Intent.GUILDS, stage.guild.id)
    event = await stage.said(stage.ann, thread, "hello")
    assert event.origin.address.thread == str(thread.id)
    assert not event.origin.asker.moderator


async def test_only_a_community_has_chosen_its_language(stage: Stage) -> None:
    assert (await stage.said(stage.ann, stage.general, "hello")).origin.locale is None
    guild = stage.world.payloads.guild(stage.guild) | {"features": ["COMMUNITY"], "preferred_locale": "zh-CN"}
    stage.world.hub.publish("GUILD_UPDATE", guild, Intent.GUILDS, stage.guild.id)
    assert (await stage.said(stage.ann, stage.general, "hello")).origin.locale == "zh-CN"


async def test_many_deletions_at_once_are_told_one_by_one(stage: Stage) -> None:
    gone = {"ids": ["3", "1", "2"], "channel_id": str(stage.general.id), "guild_id": str(stage.guild.id)}
    stage.world.hub.publish("MESSAGE_DELETE_BULK", gone, Intent.GUILD_MESSAGES, stage.guild.id)
    await stage.heard(MessageDeleted, 3)
    assert [event.message_id for event in stage.all(MessageDeleted)] == ["1", "2", "3"]


async def test_one_event_that_breaks_us_does_not_end_the_others(stage: Stage) -> None:
    stage.refusing = RuntimeError("disk full")
    message = await stage.world.say(stage.ann, stage.general, "hello")
    await stage.world.delete(message)
    await stage.world.until(lambda: stage.waiting == 0)
    stage.refusing = None
    assert (await stage.said(stage.ann, stage.general, "still here")).text == "still here"


def invoked(stage: Stage, **more: Any) -> dict[str, Any]:
    """Ann's /ask as the gateway brings it, altered; its token is known to nobody."""
    data = {"id": "1", "name": "ask", "type": 1, "options": [{"name": "question", "type": 3, "value": "?"}]}
    place = stage.world.payloads.interaction_place(stage.ann, stage.general)
    return {"id": "77", "type": 2, "token": "t", "data": data, **place, **more}


async def event_of(stage: Stage, interaction: dict[str, Any]) -> CommandInvoked:
    """What the engine gets of it."""
    stage.world.hub.publish("INTERACTION_CREATE", interaction, Intent.NONE, stage.guild.id)
    return await stage.heard(CommandInvoked)


async def test_a_guest_who_brought_the_bot_along_is_answered_by_the_token_alone(stage: Stage) -> None:
    owners = {"1": str(stage.ann.id)}
    event = await event_of(
        stage,
        invoked(stage, authorizing_integration_owners=owners, app_permissions=str(ALL_PERMISSIONS)),
    )
    assert stage.speech(event.origin).capabilities.post_lifetime is not None


async def test_an_administrator_looks_after_every_channel(stage: Stage) -> None:
    member = stage.world.payloads.interaction_place(stage.ann, stage.general)["member"]
    event = await event_of(stage, invoked(stage, member=member | {"permissions": str(1 << 3)}))
    assert event.origin.asker.moderator


async def test_a_place_that_the_sdk_cannot_name_is_nobody_elses(stage: Stage) -> None:
    event = await event_of(stage, invoked(stage, channel={"id": "9", "type": 99}))
    assert event.origin.address.channel == "77"


async def test_a_command_that_we_no_longer_have_is_still_told_privately(stage: Stage) -> None:
    event = await event_of(stage, invoked(stage, data={"id": "1", "name": "gone", "type": 1}))
    assert event.name == "gone"
    assert '"private": true' in event.origin.state


async def test_an_answer_without_words_is_rejected(stage: Stage) -> None:
    with pytest.raises(Exception, match="50006"):
        await stage.speech().send(Post(" \n ", final=True, key="k"))


async def test_an_apology_that_is_lost_too_is_not_the_end(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.refusing = RuntimeError("disk full")
    stage.general.bot_permissions = Permission.VIEW_CHANNEL
    await stage.world.say(stage.ann, stage.general, f"{stage.at_bot} hello")
    await stage.world.until(lambda: "discord_apology_lost" in caplog.text)
    stage.refusing = None
    assert (await stage.said(stage.ann, stage.general, "still here")).text == "still here"


async def test_a_place_that_cannot_be_asked_about_is_taken_for_a_channel(world: FakeDiscord) -> None:
    stage = Stage(world)
    thread = await world.thread(stage.ann, stage.general, "old")
    thread.archived = True
    async with stage:
        world.fail("GET /channels/{channel_id}", 403, json={"code": 50001, "message": "Missing Access"})
        thread.archived = False
        event = await stage.said(stage.ann, thread, "hello")
        assert event.origin.address == Address("discord", str(stage.guild.id), str(thread.id))
