"""What stood there before: read from the newest end, with everybody in it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from adapters.slack.platform import SlackPlatform
from bot.contract import Address, Addressed, MessageEdited, MessageReceived, PersonKind, Post, Survey
from bot.errors import ChannelBusy, ChannelGone
from tests.adapters.channel_contract import AGAIN, STOP
from tests.adapters.host import FakeHost
from tests.adapters.slack.conftest import ANN, BOB, DIRECT, FAST, ROOM, Ear, listening, origin_at, settings_for, wrong
from tests.fakes.slack import FakeSlack


def place(slack: FakeSlack, channel: str, thread: str | None = None) -> Address:
    return origin_at(slack, channel, thread).address


async def test_a_thread_is_read_with_its_question_and_our_own_answers(
    slack: FakeSlack, platform: SlackPlatform
) -> None:
    root = slack.earlier(ANN, ROOM, "Where is <@U0BOB>?")
    await platform.open(origin_at(slack, ROOM, root, root)).send(Post("At lunch.", final=True, key="a-0"))
    slack.earlier(BOB, ROOM, "I am back", root)
    found = await platform.read(place(slack, ROOM, root), None, 50)
    assert [(each.origin.asker.name, each.text) for each in found] == [
        ("Ann", "Where is @Bob?"),
        ("parley", "At lunch."),
        ("Bob", "I am back"),
    ]
    assert [each.origin.asker.kind for each in found] == [PersonKind.HUMAN, PersonKind.SELF, PersonKind.HUMAN]
    assert {each.origin.address for each in found} == {place(slack, ROOM, root)}
    assert found[0].keys.place == place(slack, ROOM).place(root)


async def test_the_newest_messages_of_a_long_thread_are_read(slack: FakeSlack, platform: SlackPlatform) -> None:
    root = slack.earlier(ANN, ROOM, "root")
    for number in range(450):
        slack.earlier(BOB, ROOM, f"reply {number}", root)
    found = await platform.read(place(slack, ROOM, root), None, 3)
    assert [each.text for each in found] == ["reply 447", "reply 448", "reply 449"]


async def test_only_what_came_after_is_read(slack: FakeSlack, platform: SlackPlatform) -> None:
    root = slack.earlier(ANN, ROOM, "root")
    first = slack.earlier(BOB, ROOM, "first", root)
    slack.earlier(BOB, ROOM, "second", root)
    found = await platform.read(place(slack, ROOM, root), first, 50)
    assert [each.text for each in found] == ["second"]


async def test_a_direct_message_is_read_flat(slack: FakeSlack, platform: SlackPlatform) -> None:
    said = [slack.earlier(ANN, DIRECT, f"message {number}") for number in range(5)]
    found = await platform.read(place(slack, DIRECT), said[0], 3)
    assert [each.text for each in found] == ["message 2", "message 3", "message 4"]


async def test_notices_of_slack_are_no_messages(slack: FakeSlack, platform: SlackPlatform) -> None:
    joined = slack.earlier(BOB, ROOM, "has joined")
    slack.workspace.channels[ROOM].messages[joined].subtype = "channel_join"
    slack.earlier(ANN, ROOM, "welcome")
    assert [each.text for each in await platform.read(place(slack, ROOM), None, 9)] == ["welcome"]


async def test_a_place_that_is_gone_is_told(slack: FakeSlack, platform: SlackPlatform) -> None:
    with pytest.raises(ChannelGone):
        await platform.read(place(slack, "C0NOWHERE"), None, 9)


async def test_a_refused_token_is_told_by_reading_too(slack: FakeSlack, host: FakeHost) -> None:
    async with SlackPlatform(host, wrong(settings_for(slack), bot_token="xoxb-wrong"), FAST) as platform:
        with pytest.raises(ChannelGone, match="invalid_auth"):
            await platform.read(place(slack, ROOM), None, 9)


async def test_no_server_is_busy_for_reading_too(slack: FakeSlack, host: FakeHost) -> None:
    nowhere = settings_for(slack).model_copy(update={"api_url": "http://127.0.0.1:9/api/"})
    async with SlackPlatform(host, nowhere, FAST) as platform:
        with pytest.raises(ChannelBusy):
            await platform.read(place(slack, ROOM), None, 9)


async def test_an_endless_thread_is_read_in_bounded_time(
    slack: FakeSlack, platform: SlackPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    root = slack.earlier(ANN, ROOM, "root")
    for number in range(2_050):
        slack.earlier(BOB, ROOM, f"reply {number}", root)
    found = await platform.read(place(slack, ROOM, root), None, 2)
    assert len(found) == 2
    assert len(slack.called("conversations.replies")) == 10
    assert "slack_thread_too_long" in caplog.text


async def live(slack: FakeSlack, host: FakeHost, text: str, thread: str | None = None) -> MessageReceived:
    """A message of Ann's as its event tells it."""
    ear = Ear()
    async with listening(SlackPlatform(host, settings_for(slack), FAST), ear):
        await slack.connected(2)
        await slack.say(ANN, ROOM, text, thread)
        (event, *_) = await ear.count(1)
        await slack.until(lambda: slack.idle)
    assert isinstance(event, MessageReceived)
    return event


async def test_what_is_read_is_what_the_event_would_have_told(
    slack: FakeSlack, host: FakeHost, platform: SlackPlatform
) -> None:
    before = slack.earlier(BOB, ROOM, "before")
    mention = await live(slack, host, f"<@{slack.bot_user_id}> where is <@{BOB}>?")
    slack.earlier(BOB, ROOM, "here", mention.origin.message_id)
    talk = await live(slack, host, "lunch?")
    read = await platform.read(place(slack, ROOM), before, 50)
    assert [each.keys.place for each in read] == [mention.keys.place, talk.keys.place]
    assert [each.origin.address for each in read] == [mention.origin.address, talk.origin.address]
    assert [each.addressed for each in read] == [Addressed.BOT, Addressed.OPEN]
    assert [each.text for each in read] == [mention.text, talk.text]
    assert [each.sent_at for each in read] == [mention.sent_at, talk.sent_at]
    assert read[0].origin == mention.origin


async def test_what_was_edited_is_read_as_its_edit_would_have_told(
    slack: FakeSlack, host: FakeHost, platform: SlackPlatform, ear: Ear
) -> None:
    async with listening(SlackPlatform(host, settings_for(slack), FAST), ear):
        await slack.connected(2)
        plain = await slack.say(ANN, DIRECT, "plain")
        changed = await slack.say(ANN, DIRECT, "one")
        await slack.unfurl(DIRECT, plain)
        await slack.edit(ANN, DIRECT, changed, "where is <@U0BOB>?")
        edited = (await ear.count(3))[-1]
        await slack.until(lambda: slack.idle)
    untouched, read = await platform.read(place(slack, DIRECT), None, 50)
    assert isinstance(edited, MessageEdited)
    assert edited.edited_at is not None
    assert (read.origin.address, read.origin.message_id) == (edited.address, edited.message_id)
    assert (read.text, read.edited_at) == (edited.text, edited.edited_at)
    assert untouched.edited_at is None


@pytest.mark.parametrize("text", ["and Italy?", "<@U0BOB> and you?", "<!subteam^S0TEAM> and you?"])
async def test_a_follow_up_speaks_to_whom_its_event_would_have_said(
    slack: FakeSlack, host: FakeHost, platform: SlackPlatform, text: str
) -> None:
    root = slack.earlier(ANN, ROOM, "root")
    event = await live(slack, host, text, root)
    (read,) = await platform.read(place(slack, ROOM, root), root, 50)
    assert (read.addressed, read.origin, read.text) == (event.addressed, event.origin, event.text)
    assert read.keys.place == event.keys.place


async def test_a_direct_message_stays_flat_though_a_thread_hangs_under_it(
    slack: FakeSlack, platform: SlackPlatform
) -> None:
    said = slack.earlier(ANN, DIRECT, "hello")
    inside = slack.earlier(ANN, DIRECT, "in the thread", said)
    (flat,) = await platform.read(place(slack, DIRECT), None, 50)
    assert flat.origin.address == place(slack, DIRECT)
    (found,) = await platform.read(place(slack, DIRECT, said), said, 50)
    assert (found.text, found.origin.message_id) == ("in the thread", inside)
    assert found.addressed is Addressed.BOT


async def test_what_was_shown_in_the_channel_from_a_thread_belongs_to_the_thread(
    slack: FakeSlack, platform: SlackPlatform
) -> None:
    root = slack.earlier(ANN, ROOM, "root")
    reply = slack.workspace.channels[ROOM].messages[slack.earlier(BOB, ROOM, "for all", root)]
    reply.subtype, reply.thread_ts = "thread_broadcast", root
    told = await platform.read(place(slack, ROOM, root), root, 50)
    assert [each.origin.address.thread for each in told] == [root]


@pytest.mark.parametrize("channel", [ROOM, DIRECT])
async def test_the_newest_of_very_many_messages_after_a_moment_are_read(
    slack: FakeSlack, platform: SlackPlatform, channel: str
) -> None:
    first = slack.earlier(ANN, channel, "first")
    for number in range(450):
        slack.earlier(ANN, channel, f"message {number}")
    found = await platform.read(place(slack, channel), first, 3)
    assert [each.text for each in found] == ["message 447", "message 448", "message 449"]
    everything = await platform.read(place(slack, channel), first, 300)
    assert [each.text for each in everything] == [f"message {number}" for number in range(150, 450)]


async def test_nothing_new_is_an_empty_answer(slack: FakeSlack, platform: SlackPlatform) -> None:
    root = slack.earlier(ANN, ROOM, "root")
    last = slack.earlier(ANN, ROOM, "last", root)
    assert await platform.read(place(slack, ROOM, root), last, 50) == []
    assert await platform.read(place(slack, ROOM), last, 50) == []


async def test_our_own_posts_are_told_as_ours_with_buttons_or_without(
    slack: FakeSlack, platform: SlackPlatform
) -> None:
    asked = slack.earlier(ANN, DIRECT, "Where is Rome?")
    channel = platform.open(origin_at(slack, DIRECT, None, asked))
    post = await channel.send(Post("**Italy** & more", final=False, key="a-0", buttons=(STOP,)))
    await channel.edit(post, Post("**Italy** & so on", final=True, key="a-0", buttons=(AGAIN,)))
    (_, ours) = await platform.read(place(slack, DIRECT), None, 50)
    assert (ours.origin.asker.kind, ours.text) == (PersonKind.SELF, "**Italy** & so on")


HOUR = timedelta(hours=1)


async def surveyed(slack: FakeSlack, platform: SlackPlatform, threads: Sequence[str], after: str | None) -> Survey:
    channel = place(slack, ROOM)
    known = [place(slack, ROOM, thread) for thread in threads]
    return await platform.survey(channel, known, after, datetime.now(UTC) - HOUR, 50)


async def test_one_look_at_a_channel_tells_which_threads_have_grown(slack: FakeSlack, platform: SlackPlatform) -> None:
    quiet, known, strange = (slack.earlier(ANN, ROOM, f"thread {number}") for number in range(3))
    before = slack.earlier(BOB, ROOM, "before", quiet)
    slack.earlier(BOB, ROOM, "flat")
    slack.earlier(BOB, ROOM, "after", strange)
    newest = slack.earlier(BOB, ROOM, "after", known)
    calls = len(slack.calls)
    found = await surveyed(slack, platform, [quiet, known], before)
    assert [each.text for each in found.messages] == ["flat"]
    assert found.fresh == [place(slack, ROOM, known), place(slack, ROOM, strange)]
    assert (found.hidden, found.upto) == ([], newest)
    assert [call.method for call in slack.calls[calls:] if call.method.startswith("conversations")] == [
        "conversations.history"
    ]
    assert (await surveyed(slack, platform, [quiet, known], newest)).fresh == []
    assert (await surveyed(slack, platform, [quiet, known], newest)).upto == newest
    assert [each.text for each in (await surveyed(slack, platform, [], quiet)).messages][-1] == "flat"


async def test_a_look_goes_back_to_the_threads_that_matter_and_not_for_ever(
    slack: FakeSlack, platform: SlackPlatform
) -> None:
    first = slack.earlier(ANN, ROOM, "first")
    for number in range(990):
        slack.earlier(BOB, ROOM, f"message {number}")
    slack.earlier(BOB, ROOM, "under it", first)
    reachable = await surveyed(slack, platform, [first], None)
    assert reachable.fresh == [place(slack, ROOM, first)]
    for number in range(20):
        slack.earlier(BOB, ROOM, f"more {number}")
    out_of_reach = await surveyed(slack, platform, [first], None)
    assert (out_of_reach.fresh, out_of_reach.hidden) == ([], [place(slack, ROOM, first)])


async def test_what_is_older_than_the_look_goes_back_is_left_alone(slack: FakeSlack, platform: SlackPlatform) -> None:
    slack.workspace.skew_s = -2 * HOUR.total_seconds()
    old = slack.earlier(ANN, ROOM, "old")
    slack.earlier(BOB, ROOM, "old reply", old)
    slack.workspace.skew_s = 0.0
    slack.earlier(ANN, ROOM, "new")
    found = await surveyed(slack, platform, [old], None)
    assert ([each.text for each in found.messages], found.fresh) == (["new"], [])


async def test_an_empty_channel_shows_nothing(slack: FakeSlack, platform: SlackPlatform) -> None:
    assert await surveyed(slack, platform, [], "1.000001") == Survey([], [], [], "1.000001")
