"""What stood there before: read from the newest end, with everybody in it."""

import pytest

from adapters.slack.platform import SlackPlatform
from bot.contract import Address, PersonKind, Post
from bot.errors import ChannelBusy, ChannelGone
from tests.adapters.host import FakeHost
from tests.adapters.slack.conftest import ANN, BOB, DIRECT, FAST, ROOM, origin_at, settings_for, wrong
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
