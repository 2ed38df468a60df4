"""A call of which nobody knows whether it was done, while Slack has no time to let us look."""

import pytest

from adapters.slack.channel import SlackChannel
from adapters.slack.platform import SlackPlatform
from bot.contract import Post
from bot.errors import ChannelBusy
from tests.adapters.slack.conftest import DIRECT, ROOM, origin_at
from tests.fakes.slack import FakeSlack


def wip(text: str) -> Post:
    return Post(text, final=False, key="t7-0")


def whole(text: str) -> Post:
    return Post(text, final=True, key="t7-0")


def answers(slack: FakeSlack, asked: str) -> list[tuple[str, str, bool]]:
    return [(shown.ts, shown.text, shown.streaming) for shown in slack.screen(ROOM, asked) if shown.ts != asked]


async def test_a_doubt_is_waited_out_and_the_stream_that_stands_is_grown(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    slack.fail("chat.startStream", status=502, after_accept=True)
    slack.fail("conversations.replies", status=502, times=2)
    for text in ("Paris", "Paris is"):
        with pytest.raises(ChannelBusy):
            await thread.send(wip(text))
    post = await thread.send(wip("Paris is it"))
    await thread.edit(post, whole("Paris is it."))
    assert answers(slack, asked) == [(post, "Paris is it.", False)]


async def test_a_post_in_doubt_is_made_what_is_wanted_by_the_time_it_is_found(
    slack: FakeSlack, direct: SlackChannel
) -> None:
    slack.fail("chat.postMessage", hang_up=True, after_accept=True)
    slack.fail("conversations.history", status=502)
    with pytest.raises(ChannelBusy):
        await direct.send(wip("Paris"))
    post = await direct.send(whole("Paris is it."))
    assert [(shown.ts, shown.text) for shown in slack.screen(DIRECT)] == [(post, "Paris is it.")]


async def test_a_post_that_was_found_and_could_not_be_mended_yet_is_not_sent_again(
    slack: FakeSlack, direct: SlackChannel
) -> None:
    slack.fail("chat.postMessage", hang_up=True, after_accept=True)
    slack.fail("conversations.history", status=502)
    with pytest.raises(ChannelBusy):
        await direct.send(wip("Paris"))
    slack.fail("chat.update", status=502)
    with pytest.raises(ChannelBusy):
        await direct.send(whole("Paris is it."))
    post = await direct.send(whole("Paris is it."))
    assert [(shown.ts, shown.text) for shown in slack.screen(DIRECT)] == [(post, "Paris is it.")]


async def test_a_notice_in_place_of_an_answer_takes_the_post_in_doubt(
    slack: FakeSlack, platform: SlackPlatform, asked: str
) -> None:
    slack.fail("chat.startStream", status=502, after_accept=True)
    slack.fail("conversations.replies", status=502)
    with pytest.raises(ChannelBusy):
        await platform.open(origin_at(slack, ROOM, asked, asked)).send(wip("Paris"))
    post = await platform.open(origin_at(slack, ROOM, asked, asked)).send(whole("The model is not there."))
    assert answers(slack, asked) == [(post, "The model is not there.", False)]


async def test_a_post_in_doubt_that_does_not_stand_is_sent(slack: FakeSlack, direct: SlackChannel) -> None:
    slack.fail("chat.postMessage", hang_up=True)
    slack.fail("conversations.history", status=502)
    with pytest.raises(ChannelBusy):
        await direct.send(whole("Paris."))
    post = await direct.send(whole("Paris."))
    assert [(shown.ts, shown.text) for shown in slack.screen(DIRECT)] == [(post, "Paris.")]


@pytest.mark.parametrize("place", [ROOM, DIRECT])
async def test_a_commands_question_in_doubt_is_shown_once(
    slack: FakeSlack, platform: SlackPlatform, place: str
) -> None:
    slack.fail("chat.postMessage", hang_up=True, after_accept=True)
    slack.fail("conversations.history", status=502)
    channel = platform.open(origin_at(slack, place, None))
    with pytest.raises(ChannelBusy):
        await channel.anchor("Where is Rome?", key="t7-q")
    origin = await channel.anchor("Where is Rome?", key="t7-q")
    (shown,) = slack.screen(place)
    assert origin.message_id == shown.ts
