"""From a person's keyboard to `accept`, over the real Bolt and both wires."""

import asyncio
import logging
from dataclasses import replace

import pytest

from adapters.slack import sockets
from adapters.slack.platform import SlackPlatform
from bot.contract import (
    CommandInvoked,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Post,
)
from bot.errors import ChannelBusy, PlatformError
from tests.adapters.host import FakeHost
from tests.adapters.slack.conftest import (
    ANN,
    BOB,
    COMMANDS,
    DIRECT,
    FAST,
    ROOM,
    Ear,
    listening,
    origin_at,
    settings_for,
    wrong,
)
from tests.fakes.slack import FakeSlack, SharedFile


@pytest.fixture
def idle(slack: FakeSlack, host: FakeHost) -> SlackPlatform:
    """Not entered."""
    return SlackPlatform(host, settings_for(slack), FAST)


async def test_a_mention_is_heard_with_name_and_language(slack: FakeSlack, idle: SlackPlatform, ear: Ear) -> None:
    async with listening(idle, ear):
        await slack.connected(2)
        ts = await slack.say(ANN, ROOM, f"<@{slack.bot_user_id}> What does <@{BOB}> say?")
        first, second = await ear.count(2)
    assert isinstance(first, MessageReceived)
    assert isinstance(second, MessageReceived)
    assert first.text == "What does @Bob say?"
    assert (first.origin.asker.name, first.origin.locale) == ("Ann", "de-DE")
    assert first.origin.address.thread == ts
    assert first.keys.place == second.keys.place
    assert first.keys.event != second.keys.event


async def test_two_sockets_share_the_work_and_every_event_is_acknowledged_once(
    slack: FakeSlack, idle: SlackPlatform, ear: Ear
) -> None:
    async with listening(idle, ear):
        await slack.connected(2)
        for number in range(6):
            await slack.say(ANN, DIRECT, f"message {number}")
        await ear.count(6)
        await slack.until(lambda: slack.idle)
    assert [delivery.attempts for delivery in slack.deliveries] == [1] * 6
    assert all(ack.in_time for ack in slack.acks)
    assert slack.sockets == 0


async def test_what_could_not_be_committed_is_not_acknowledged_and_comes_again(
    slack: FakeSlack, idle: SlackPlatform, ear: Ear
) -> None:
    ear.deaf = 1
    async with listening(idle, ear):
        await slack.connected(2)
        await slack.say(ANN, DIRECT, "Do not lose me")
        await ear.hard_of_hearing(0)
        slack.clock.advance(4)
        (event,) = await ear.count(1)
        await slack.until(lambda: slack.idle)
    assert isinstance(event, MessageReceived)
    assert event.text == "Do not lose me"
    assert slack.deliveries[0].attempts == 2
    assert slack.deliveries[0].acked


async def test_a_redelivery_keeps_its_keys(slack: FakeSlack, idle: SlackPlatform, ear: Ear) -> None:
    async with listening(idle, ear):
        await slack.connected(2)
        await slack.say(ANN, DIRECT, "once")
        await ear.count(1)
        assert await slack.redeliver(slack.deliveries[0].id)
        first, second = await ear.count(2)
    assert isinstance(first, MessageReceived)
    assert isinstance(second, MessageReceived)
    assert first.keys == second.keys


async def test_our_own_posts_do_not_come_back(slack: FakeSlack, idle: SlackPlatform, ear: Ear) -> None:
    async with listening(idle, ear):
        await slack.connected(2)
        channel = idle.open(origin_at(slack, DIRECT, None))
        post = await channel.send(Post("One", final=False, key="k-0"))
        await channel.edit(post, Post("One, two", final=True, key="k-0"))
        await channel.delete(post)
        await slack.say(ANN, DIRECT, "after all that")
        (event,) = await ear.count(1)
        await slack.until(lambda: slack.idle)
    assert isinstance(event, MessageReceived)
    assert event.text == "after all that"
    assert len(ear.heard) == 1
    assert all(delivery.acked and delivery.attempts == 1 for delivery in slack.deliveries)


async def test_edits_and_deletions_are_heard_but_unfurls_are_not(
    slack: FakeSlack, idle: SlackPlatform, ear: Ear
) -> None:
    async with listening(idle, ear):
        await slack.connected(2)
        ts = await slack.say(ANN, DIRECT, "see https://example.com")
        await ear.count(1)
        await slack.unfurl(DIRECT, ts)
        await slack.edit(ANN, DIRECT, ts, "see nothing")
        await ear.count(2)
        await slack.delete(ANN, DIRECT, ts)
        _, edited, gone = await ear.count(3)
        await slack.until(lambda: slack.idle)
    place = origin_at(slack, DIRECT, None).address
    assert isinstance(edited, MessageEdited)
    assert (edited.address, edited.message_id, edited.text) == (place, ts, "see nothing")
    assert edited.edited_at is not None
    assert gone == MessageDeleted(place, ts)
    assert len(ear.heard) == 3


async def test_a_question_that_was_answered_and_then_deleted_is_heard_as_deleted(
    slack: FakeSlack, idle: SlackPlatform, ear: Ear
) -> None:
    async with listening(idle, ear):
        await slack.connected(2)
        ts = await slack.say(ANN, ROOM, f"<@{slack.bot_user_id}> hello")
        await ear.count(2)
        place = origin_at(slack, ROOM, ts)
        await idle.open(place).send(Post("Hello.", final=True, key="k-0"))
        await slack.delete(ANN, ROOM, ts)
        (*_, gone) = await ear.count(3)
        await slack.until(lambda: slack.idle)
    assert gone == MessageDeleted(place.address, ts)
    assert len(ear.heard) == 3


async def test_a_voice_note_is_heard_as_one(slack: FakeSlack, idle: SlackPlatform, ear: Ear) -> None:
    clip = SharedFile("audio_message.m4a", "video/mp4", b"sound", "slack_audio")
    async with listening(idle, ear):
        await slack.connected(2)
        await slack.say(ANN, DIRECT, "", files=[clip])
        (event,) = await ear.count(1)
    assert isinstance(event, MessageReceived)
    (attachment,) = event.attachments
    assert (attachment.voice, attachment.media_type, attachment.size) == (True, "audio/mp4", 5)


async def test_a_command_is_acknowledged_once_it_is_committed(slack: FakeSlack, idle: SlackPlatform, ear: Ear) -> None:
    async with listening(idle, ear):
        await slack.connected(2)
        outcome = await slack.command(ANN, ROOM, "/ask", "Where is &lt;Rome&gt;?")
        (event,) = await ear.count(1)
    assert (outcome.acked, outcome.error) == (True, None)
    assert isinstance(event, CommandInvoked)
    assert dict(event.options) == {"question": "Where is <Rome>?"}
    assert (event.origin.asker.name, event.origin.locale) == ("Ann", "de-DE")


async def test_a_command_that_could_not_be_committed_is_refused_in_sight(
    slack: FakeSlack, idle: SlackPlatform, ear: Ear
) -> None:
    ear.deaf = 1
    async with listening(idle, ear):
        await slack.connected(2)
        outcome = await slack.command(ANN, ROOM, "/ask", "hello")
    assert ear.heard == []
    (shown,) = slack.screen(ROOM)
    assert (shown.text, shown.ephemeral_to) == ("not-saved (de-DE)", ANN)
    assert outcome.response is not None


async def test_an_unknown_command_is_acknowledged_and_named_in_the_log(
    slack: FakeSlack, idle: SlackPlatform, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(idle, ear):
        await slack.connected(2)
        outcome = await slack.command(ANN, ROOM, "/sing")
    assert outcome.acked
    assert "slack_command_unknown name=/sing" in caplog.text


async def test_missing_names_do_not_keep_a_message_back(slack: FakeSlack, host: FakeHost, ear: Ear) -> None:
    slack.fail("users.info", delay=1.0, error="internal_error", times=5)
    platform = SlackPlatform(host, settings_for(slack), FAST)
    async with listening(platform, ear):
        await slack.connected(2)
        await slack.say(ANN, DIRECT, "hello")
        (event,) = await ear.count(1)
    assert isinstance(event, MessageReceived)
    assert (event.origin.asker.name, event.origin.locale) == (ANN, None)


async def test_an_announced_disconnect_loses_nothing(slack: FakeSlack, idle: SlackPlatform, ear: Ear) -> None:
    async with listening(idle, ear):
        await slack.connected(2)
        await slack.disconnect()
        await slack.say(ANN, DIRECT, "meanwhile")
        await slack.connected(2)
        slack.clock.advance(61)
        await ear.count(1)
        await slack.say(ANN, DIRECT, "afterwards")
        await ear.count(2)


async def test_cut_sockets_come_back(slack: FakeSlack, idle: SlackPlatform, ear: Ear) -> None:
    async with listening(idle, ear):
        await slack.connected(2)
        slack.drop()
        await slack.until(lambda: slack.sockets == 0)
        await slack.connected(2)
        await slack.say(ANN, DIRECT, "still there?")
        await ear.count(1)


async def test_deafness_is_an_error_that_a_supervisor_sees(slack: FakeSlack, idle: SlackPlatform, ear: Ear) -> None:
    slack.limit(None)
    async with idle:
        listen = asyncio.create_task(idle.listen(ear, COMMANDS))
        await slack.connected(sockets.SOCKETS)
        slack.refuse(600)
        slack.drop()
        with pytest.raises(PlatformError, match="no socket"):
            await asyncio.wait_for(listen, 5)
    slack.refuse(0)
    async with listening(idle, ear):
        await slack.connected(2)
        await slack.say(ANN, DIRECT, "again")
        await ear.count(1)


async def test_it_can_be_left_and_entered_again(slack: FakeSlack, idle: SlackPlatform, ear: Ear) -> None:
    for number in (1, 2):
        async with listening(idle, ear):
            await slack.connected(2)
            await slack.say(ANN, DIRECT, f"visit {number}")
            await ear.count(number)
        await slack.until(lambda: slack.sockets == 0)
    assert [event.text for event in ear.heard if isinstance(event, MessageReceived)] == ["visit 1", "visit 2"]


async def test_leaving_waits_for_what_is_being_committed(slack: FakeSlack, idle: SlackPlatform, ear: Ear) -> None:
    ear.open.clear()
    async with listening(idle, ear):
        await slack.connected(2)
        await slack.say(ANN, DIRECT, "just before the end")
        await ear.count(1)
        asyncio.get_running_loop().call_later(0.02, ear.open.set)
    assert [ack.in_time for ack in slack.acks] == [True]


async def test_leaving_does_not_wait_for_ever(
    slack: FakeSlack, host: FakeHost, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    ear.open.clear()
    async with listening(SlackPlatform(host, settings_for(slack), replace(FAST, drain_s=0.02)), ear):
        await slack.connected(2)
        await slack.say(ANN, DIRECT, "stuck")
        await ear.count(1)
    assert "slack_requests_abandoned count=1" in caplog.text
    ear.open.set()
    await asyncio.sleep(0)


async def test_dropped_events_are_named_in_the_log(
    slack: FakeSlack, idle: SlackPlatform, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    limited = {"type": "app_rate_limited", "team_id": slack.team_id, "minute_rate_limited": 1_700_000_000}
    async with listening(idle, ear):
        await slack.connected(2)
        outcome = await slack.server.sockets.send("events_api", limited, None)
    assert outcome.acked
    assert "slack_events_dropped" in caplog.text


async def test_while_it_is_left_its_channels_are_busy(slack: FakeSlack, idle: SlackPlatform) -> None:
    channel = idle.open(origin_at(slack, DIRECT, None))
    with pytest.raises(ChannelBusy):
        await channel.send(Post("hello", final=True, key="k-0"))
    with pytest.raises(ChannelBusy):
        await idle.read(origin_at(slack, DIRECT, None).address, None, 5)


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        ({"bot_token": "xoxb-wrong"}, "Bot User OAuth Token"),
        ({"app_token": "xapp-wrong"}, "app-level token with connections:write"),
    ],
)
async def test_a_refused_token_is_named_with_its_fix(
    slack: FakeSlack, host: FakeHost, ear: Ear, secrets: dict[str, str], said: str
) -> None:
    platform = SlackPlatform(host, wrong(settings_for(slack), **secrets), FAST)
    async with platform:
        with pytest.raises(PlatformError, match="invalid_auth") as raised:
            await platform.listen(ear, COMMANDS)
    assert said in raised.value.fix
    assert "wrong" not in f"{raised.value} {raised.value.fix}"
    assert slack.sockets == 0


async def test_no_server_at_all_is_an_error_not_a_wait(slack: FakeSlack, host: FakeHost, ear: Ear) -> None:
    nowhere = settings_for(slack).model_copy(update={"api_url": "http://127.0.0.1:9/api/"})
    async with SlackPlatform(host, nowhere, FAST) as platform:
        with pytest.raises(PlatformError) as raised:
            await platform.listen(ear, COMMANDS)
    assert "SLACK_API_URL" in raised.value.fix


async def test_an_app_that_may_not_write_is_refused_with_the_scope(
    slack: FakeSlack, idle: SlackPlatform, ear: Ear
) -> None:
    slack.server.api.scopes.discard("chat:write")
    async with idle:
        with pytest.raises(PlatformError, match="chat:write") as raised:
            await idle.listen(ear, COMMANDS)
    assert "manifest" in raised.value.fix


async def test_lesser_scopes_are_only_named(
    slack: FakeSlack, idle: SlackPlatform, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    slack.server.api.scopes.discard("users:read")
    async with listening(idle, ear):
        await slack.connected(2)
    assert "slack_scopes_missing" in caplog.text
    assert "users:read" in caplog.text


async def test_the_log_holds_neither_words_nor_secrets(
    slack: FakeSlack, idle: SlackPlatform, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ear.deaf = 1
    async with listening(idle, ear):
        await slack.connected(2)
        await slack.say(ANN, DIRECT, "a private matter")
        await ear.hard_of_hearing(0)
        slack.clock.advance(4)
        await ear.count(1)
        slack.refuse(600)
        slack.drop()
        await slack.until(lambda: slack.called("apps.connections.open")[-1].error is not None)
    written = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(("parley", "slack")))
    assert "slack_request_not_taken error=OSError" in written
    assert "internal_error" in written
    assert not any(secret in written for secret in ("private", "disk", "xoxb-", "xapp-", "ticket="))


async def test_who_we_are_is_asked_once(slack: FakeSlack, idle: SlackPlatform, ear: Ear) -> None:
    async with listening(idle, ear):
        await slack.connected(2)
        for number in range(3):
            await slack.say(ANN, DIRECT, f"message {number}")
        await ear.count(3)
    methods = [call.method for call in slack.calls]
    assert methods.count("auth.test") == 1
    assert methods.count("users.info") == 1


async def test_a_channel_can_be_opened_while_the_platform_is_left(slack: FakeSlack, idle: SlackPlatform) -> None:
    channel = idle.open(origin_at(slack, ROOM, "1700000000.000100"))
    assert channel.capabilities.post_lifetime == 270.0
    assert slack.calls == []


@pytest.mark.parametrize(
    "event",
    [
        {"type": "app_uninstalled"},
        {"type": "agent_session_stopped", "thread_ts": "1700000000.000100"},
        {"type": "tokens_revoked", "tokens": {"bot": ["B1"]}},
        {"type": "reaction_added", "user": ANN, "item": {"type": "message", "channel": ROOM, "ts": "1.2"}},
        {"type": "message", "text": "of a shape that nobody knows"},
    ],
    ids=lambda event: str(event["type"]),
)
async def test_what_is_no_business_of_ours_is_acknowledged_all_the_same(
    slack: FakeSlack, idle: SlackPlatform, ear: Ear, event: dict[str, object]
) -> None:
    slack.scopes |= {"reactions:read"}
    async with listening(idle, ear):
        await slack.connected(2)
        slack.push(event)
        await slack.until(lambda: bool(slack.deliveries) and slack.idle)
    assert [(delivery.acked, delivery.attempts) for delivery in slack.deliveries] == [(True, 1)]
    assert ear.heard == []
