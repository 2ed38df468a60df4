"""What a process that died has shown is found again, and nothing else is taken for it."""

from collections.abc import AsyncIterator

import pytest

from adapters.slack.channel import SlackChannel
from adapters.slack.platform import SlackPlatform
from bot.contract import Post, PostId
from bot.errors import ChannelBusy, ChannelGone
from tests.adapters.channel_contract import AGAIN
from tests.adapters.host import FakeBudget, FakeHost
from tests.adapters.slack.conftest import ANN, BOB, DIRECT, FAST, ROOM, origin_at, settings_for
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.values import Message


@pytest.fixture
async def reborn(slack: FakeSlack) -> AsyncIterator[SlackPlatform]:
    """The process after the restart."""
    async with SlackPlatform(FakeHost(), settings_for(slack), FAST) as platform:
        yield platform


@pytest.fixture
def again(slack: FakeSlack, reborn: SlackPlatform, asked: str) -> SlackChannel:
    """The same thread, for the process after the restart."""
    return reborn.open(origin_at(slack, ROOM, asked, asked))


def wip(text: str, key: str) -> Post:
    return Post(text, final=False, key=key)


def whole(text: str, key: str) -> Post:
    return Post(text, final=True, key=key)


async def test_a_stream_that_was_left_open_is_found_and_finished(
    slack: FakeSlack, thread: SlackChannel, again: SlackChannel, asked: str
) -> None:
    post = await thread.send(wip("**Paris** is", "a-0"))
    assert dict(await again.find(["a-0"], ())) == {"a-0": post}
    await again.edit(post, Post("**Paris** is it.", final=True, key="a-0", buttons=(AGAIN,)))
    (shown,) = slack.screen(ROOM, asked)[1:]
    assert (shown.text, shown.actions, shown.streaming) == ("**Paris** is it.", (AGAIN.id,), False)


async def test_open_streams_are_taken_in_order_and_what_shows_its_key_by_it(
    thread: SlackChannel, again: SlackChannel
) -> None:
    first = await thread.send(wip("One", "a-0"))
    await thread.edit(first, whole("One.", "a-0"))
    second, third = await thread.send(wip("Two", "a-1")), await thread.send(wip("Three", "a-2"))
    found = await again.find(["a-3", "a-2", "a-1", "a-0"], [third])
    assert dict(found) == {"a-0": first, "a-3": second}
    assert dict(await again.find(["a-0", "a-1", "a-2"], ())) == {"a-0": first, "a-1": second, "a-2": third}


async def test_a_finished_stream_is_not_taken_for_another_key(thread: SlackChannel, again: SlackChannel) -> None:
    post = await thread.send(wip("One", "a-0"))
    await thread.edit(post, whole("One.", "a-0"))
    assert dict(await again.find(["b-0"], ())) == {}


@pytest.mark.parametrize("stopped", [True, False])
async def test_a_stream_that_was_finished_by_an_update_shows_its_key_too(
    slack: FakeSlack, thread: SlackChannel, again: SlackChannel, stopped: bool
) -> None:
    post = await thread.send(wip("One", "a-0"))
    if stopped:
        await slack.stop_stream(ANN, ROOM, post)
    else:
        slack.clock.advance(301)
    await again.edit(post, whole("One.", "a-0"))
    assert dict(await again.find(["b-0"], ())) == {}
    assert dict(await again.find(["b-0", "a-0"], ())) == {"a-0": post}


async def test_only_our_own_answers_behind_the_question_are_taken(
    slack: FakeSlack, platform: SlackPlatform, reborn: SlackPlatform, asked: str
) -> None:
    await platform.open(origin_at(slack, ROOM, asked, asked)).send(wip("An answer to what was asked before", "z-0"))
    later = slack.earlier(BOB, ROOM, "And of Italy?", asked)
    slack.earlier(ANN, ROOM, "I wonder too", asked)
    room = slack.workspace.channels[ROOM]
    for author, subtype in ((slack.bot_user_id, "channel_join"), ("U0OTHERBOT", "bot_message")):
        ts = slack.workspace.next_ts()
        slack.workspace.add(room, Message(ts, author, "noise", asked, subtype=subtype))
    assert dict(await reborn.open(origin_at(slack, ROOM, asked, later)).find(["a-0"], ())) == {}


async def test_the_first_message_of_a_thread_is_not_taken_though_we_said_it(
    slack: FakeSlack, reborn: SlackPlatform
) -> None:
    root = slack.earlier(slack.bot_user_id, ROOM, "What another part of the app has announced")
    asked = slack.earlier(ANN, ROOM, "What does that mean?", root)
    assert dict(await reborn.open(origin_at(slack, ROOM, root, asked)).find(["a-0"], ())) == {}


async def test_notices_and_shown_questions_are_not_taken(
    slack: FakeSlack, platform: SlackPlatform, reborn: SlackPlatform
) -> None:
    place = origin_at(slack, DIRECT, None, slack.earlier(ANN, DIRECT, "hi"))
    await platform.open(place).notify("The gateway is busy.")
    await platform.open(place).anchor("Where is Rome?")
    assert dict(await reborn.open(place).find(["a-0"], ())) == {}
    post = await platform.open(place).send(whole("In Italy.", "a-0"))
    assert dict(await reborn.open(place).find(["a-0", "a-1"], ())) == {"a-0": post}


async def test_of_two_posts_with_one_key_the_first_is_found(thread: SlackChannel, again: SlackChannel) -> None:
    first = await thread.send(whole("Paris.", "a-0"))
    second = await thread.send(whole("Paris.", "a-0"))
    assert dict(await again.find(["a-0"], ())) == {"a-0": first}
    assert dict(await again.find(["a-0"], [first])) == {"a-0": second}


async def test_without_a_question_the_last_two_minutes_are_looked_at(
    slack: FakeSlack, platform: SlackPlatform, reborn: SlackPlatform
) -> None:
    place = origin_at(slack, DIRECT, None)
    post = await platform.open(place).send(whole("Paris.", "a-0"))
    assert dict(await reborn.open(place).find(["a-0"], ())) == {"a-0": post}
    stored = slack.workspace.channels[DIRECT].messages
    stored["1700000000.000100"] = stored.pop(post)
    stored["1700000000.000100"].ts = "1700000000.000100"
    assert dict(await reborn.open(place).find(["a-0"], ())) == {}


async def test_an_answer_far_behind_its_question_is_found(
    slack: FakeSlack, thread: SlackChannel, again: SlackChannel, asked: str
) -> None:
    for number in range(450):
        slack.earlier(BOB, ROOM, f"reply {number}", asked)
    post = await thread.send(wip("Paris", "a-0"))
    assert dict(await again.find(["a-0"], ())) == {"a-0": post}


async def test_reading_leaves_room_for_a_look_at_what_was_lost(
    slack: FakeSlack, platform: SlackPlatform, host: FakeHost, thread: SlackChannel, asked: str
) -> None:
    host.budgets[f"slack:{slack.team_id}:conversations.replies:reading"] = FakeBudget(1, wait_s=9.0)
    place = origin_at(slack, ROOM, asked).address
    assert len(await platform.read(place, None, 5)) == 1
    with pytest.raises(ChannelBusy) as raised:
        await platform.read(place, None, 5)
    assert raised.value.retry_after == 9.0
    post = await thread.send(whole("Paris.", "a-0"))
    assert dict(await thread.find(["a-0"], ())) == {"a-0": post}


async def test_looking_for_nothing_asks_nobody(slack: FakeSlack, again: SlackChannel) -> None:
    assert dict(await again.find([], [PostId("1.1")])) == {}
    assert slack.calls == []


async def test_a_look_that_slack_refuses_is_told(slack: FakeSlack, again: SlackChannel) -> None:
    slack.fail("conversations.replies", "missing_scope")
    with pytest.raises(ChannelGone):
        await again.find(["a-0"], ())
    slack.fail("conversations.replies", retry_after=9)
    with pytest.raises(ChannelBusy):
        await again.find(["a-0"], ())


async def test_a_stream_that_began_unheard_is_found_whatever_slack_made_of_its_text(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    slack.fail("chat.startStream", status=502, after_accept=True)
    post = await thread.send(wip("**Paris** & more", "a-0"))
    await thread.edit(post, whole("**Paris** & more.", "a-0"))
    assert [(shown.ts, shown.text) for shown in slack.screen(ROOM, asked)[1:]] == [(post, "**Paris** & more.")]


async def test_a_stream_that_did_not_begin_is_not_taken_from_another_answer(
    slack: FakeSlack, thread: SlackChannel, asked: str
) -> None:
    await thread.send(wip("Still growing", "b-0"))
    slack.fail("chat.startStream", hang_up=True)
    with pytest.raises(ChannelBusy):
        await thread.send(wip("Paris", "a-0"))
    assert len(slack.screen(ROOM, asked)) == 2


async def test_a_lost_post_is_found_though_our_clock_is_ahead_of_slacks(
    slack: FakeSlack, platform: SlackPlatform, asked: str
) -> None:
    slack.workspace.skew_s = -900.0
    slack.workspace._last_ts = 0  # the fake's ids never run back by themselves
    question = slack.earlier(ANN, ROOM, "And of Italy?")
    slack.fail("chat.postMessage", hang_up=True, after_accept=True)
    channel = platform.open(origin_at(slack, ROOM, question, question))
    post = await channel.send(whole("Rome.", "a-0"))
    assert [shown.ts for shown in slack.screen(ROOM, question) if shown.text == "Rome."] == [post]


@pytest.mark.parametrize("place", [ROOM, DIRECT])
async def test_a_commands_question_whose_fate_is_unknown_is_shown_once(
    slack: FakeSlack, platform: SlackPlatform, place: str
) -> None:
    slack.fail("chat.postMessage", hang_up=True, after_accept=True)
    origin = await platform.open(origin_at(slack, place, None)).anchor("Where is Rome?", key="t7-q")
    (shown,) = slack.screen(place)
    assert origin.message_id == shown.ts


async def test_a_commands_question_that_an_earlier_run_has_shown_is_not_shown_again(
    slack: FakeSlack, platform: SlackPlatform, reborn: SlackPlatform
) -> None:
    place = origin_at(slack, ROOM, None)
    await platform.open(place).anchor("Where is Bern?", key="t6-q")
    first = await platform.open(place).anchor("Where is Rome?", key="t7-q")
    again = await reborn.open(place).anchor("Where is Rome?", key="t7-q", again=True)
    assert again == first
    assert len(slack.screen(ROOM)) == 2
    await reborn.open(place).anchor("Where is Paris?", key="t8-q", again=True)
    assert len(slack.screen(ROOM)) == 3
