"""From a finger on a button to `accept` and back, over both wires."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.slack.platform import SlackPlatform
from bot.contract import Button, ButtonPressed, Post, PostId, StopRequested
from bot.errors import StoppedByReader
from tests.adapters.host import FakeHost
from tests.adapters.slack.conftest import ANN, BOB, DIRECT, FAST, ROOM, Ear, listening, origin_at, settings_for
from tests.adapters.slack.test_web import served, verified
from tests.fakes.slack import FakeSlack, ShownMessage

AGAIN = Button("again:7", "Try again")


@pytest.fixture
async def platform(slack: FakeSlack, host: FakeHost, ear: Ear) -> AsyncIterator[SlackPlatform]:
    """Listening over sockets."""
    idle = SlackPlatform(host, settings_for(slack), FAST)
    async with listening(idle, ear):
        await slack.connected(2)
        yield idle


@pytest.fixture
def asked(slack: FakeSlack) -> str:
    """Ann's question in the room, and so the thread of the answer."""
    return slack.earlier(ANN, ROOM, "What is the capital of France?")


async def answered(slack: FakeSlack, platform: SlackPlatform, asked: str) -> PostId:
    """An answer in Ann's thread with a button."""
    post = Post("Paris.", final=True, key="a-0", buttons=(AGAIN,))
    return await platform.open(origin_at(slack, ROOM, asked, asked)).send(post)


async def pressed(ear: Ear, count: int = 1) -> ButtonPressed:
    """The last of so many presses."""
    event = (await ear.count(count))[-1]
    assert isinstance(event, ButtonPressed)
    return event


def private(slack: FakeSlack, thread: str | None) -> list[ShownMessage]:
    return [shown for shown in slack.screen(ROOM, thread) if shown.ephemeral_to is not None]


async def test_a_press_is_heard_and_acknowledged(
    slack: FakeSlack, platform: SlackPlatform, ear: Ear, asked: str
) -> None:
    slack.user(BOB, "Bob", "fr-FR", admin=True)
    post = await answered(slack, platform, asked)
    outcome = await slack.press(BOB, ROOM, post, AGAIN.id)
    event = await pressed(ear)
    assert (outcome.acked, outcome.response) == (True, None)
    assert (event.button, event.post) == (AGAIN.id, post)
    assert event.origin.address == origin_at(slack, ROOM, asked).address
    assert (event.origin.asker.name, event.origin.asker.moderator, event.origin.locale) == ("Bob", True, "fr-FR")


async def test_it_is_acknowledged_only_once_it_is_committed(
    slack: FakeSlack, platform: SlackPlatform, ear: Ear, asked: str
) -> None:
    post = await answered(slack, platform, asked)
    ear.open.clear()
    press = asyncio.create_task(slack.press(ANN, ROOM, post, AGAIN.id))
    await pressed(ear)
    await slack.until(lambda: slack.idle)
    before = len(slack.acks)
    assert not press.done()
    ear.open.set()
    assert (await press).acked
    assert len(slack.acks) == before + 1


async def test_what_could_not_be_committed_is_marked_by_slack(
    slack: FakeSlack, platform: SlackPlatform, ear: Ear, asked: str
) -> None:
    post = await answered(slack, platform, asked)
    ear.deaf = 1
    press = asyncio.create_task(slack.press(ANN, ROOM, post, AGAIN.id))
    await ear.hard_of_hearing(0)
    slack.clock.advance(4)
    assert (await press).error == "operation_timeout"
    assert ear.heard == []


async def test_two_presses_are_two_events(slack: FakeSlack, platform: SlackPlatform, ear: Ear, asked: str) -> None:
    post = await answered(slack, platform, asked)
    for _ in range(2):
        await slack.press(ANN, ROOM, post, AGAIN.id)
    await ear.count(2)
    assert len({event.keys.event for event in ear.heard if isinstance(event, ButtonPressed)}) == 2


async def test_a_notice_reaches_whoever_pressed_in_the_thread_and_leaves_the_post(
    slack: FakeSlack, platform: SlackPlatform, ear: Ear, asked: str
) -> None:
    post = await answered(slack, platform, asked)
    await slack.press(BOB, ROOM, post, AGAIN.id)
    channel = platform.open((await pressed(ear)).origin)
    await channel.notify("Only <@U0ANN> may do that, <!here>")
    (shown,) = private(slack, asked)
    assert shown.ephemeral_to == BOB
    assert shown.text.replace("\u200b", "") == "Only <@U0ANN> may do that, <!here>"
    assert slack.called("chat.postEphemeral") == []
    slack.clock.advance(1_801)
    await channel.notify("late <!here>")
    assert [shown.ephemeral_to for shown in private(slack, asked)] == [BOB, BOB]
    assert len(slack.called("chat.postEphemeral")) == 1
    (answer,) = [shown for shown in slack.screen(ROOM, asked) if shown.ts == post]
    assert (answer.text, answer.actions) == ("Paris.", (AGAIN.id,))
    assert slack.pinged == []


async def test_a_press_in_a_direct_message_is_flat(slack: FakeSlack, platform: SlackPlatform, ear: Ear) -> None:
    channel = platform.open(origin_at(slack, DIRECT, None))
    post = await channel.send(Post("Paris.", final=True, key="a-0", buttons=(AGAIN,)))
    await slack.press(ANN, DIRECT, post, AGAIN.id)
    event = await pressed(ear)
    assert event.origin.address == origin_at(slack, DIRECT, None).address
    await platform.open(event.origin).notify("Not now.")
    assert [shown.text for shown in slack.screen(DIRECT) if shown.ephemeral_to == ANN] == ["Not now."]


async def test_a_button_of_before_a_restart_works(slack: FakeSlack, host: FakeHost, ear: Ear, asked: str) -> None:
    async with SlackPlatform(FakeHost(), settings_for(slack), FAST) as earlier:
        channel = earlier.open(origin_at(slack, ROOM, asked, asked))
        post = await channel.send(Post("Paris", final=False, key="a-0"))
        await channel.edit(post, Post("Paris.", final=True, key="a-0", buttons=(AGAIN,)))
    platform = SlackPlatform(host, settings_for(slack), FAST)
    async with listening(platform, ear):
        await slack.connected(2)
        await slack.press(ANN, ROOM, post, AGAIN.id)
        event = await pressed(ear)
        await platform.open(event.origin).edit(event.post, Post("Lyon.", final=True, key="a-0"))
    assert [(shown.text, shown.actions) for shown in slack.screen(ROOM, asked)[1:]] == [("Lyon.", ())]


async def test_a_press_comes_by_signed_http_as_well(slack: FakeSlack, host: FakeHost, ear: Ear, asked: str) -> None:
    platform = SlackPlatform(host, settings_for(slack, http=True), FAST)
    assert platform.web is not None
    async with listening(platform, ear), served(platform.web) as url:
        await verified(slack.use_http(url))
        post = await answered(slack, platform, asked)
        outcome = await slack.press(ANN, ROOM, post, AGAIN.id)
        event = await pressed(ear)
        ear.deaf = 1
        lost = await slack.press(ANN, ROOM, post, AGAIN.id)
        await slack.until(lambda: slack.idle)
    assert (outcome.acked, lost.acked) == (True, False)
    assert (event.button, event.post, event.origin.asker.name) == (AGAIN.id, post, "Ann")


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "block_actions", "user": {"id": ANN}, "container": {"type": "view"}, "actions": [{"type": "button"}]},
        {"type": "view_submission", "user": {"id": ANN}, "view": {"id": "V1"}},
        {"type": "shortcut", "user": {"id": ANN}, "callback_id": "c"},
        {"type": "message_action", "user": {"id": ANN}, "callback_id": "c"},
    ],
    ids=lambda payload: str(payload["type"]),
)
async def test_what_is_no_button_of_ours_is_acknowledged_and_ignored(
    slack: FakeSlack, platform: SlackPlatform, ear: Ear, payload: dict[str, object]
) -> None:
    outcome = await slack.server.sockets.send("interactive", payload, None)
    assert outcome.acked
    assert ear.heard == []


async def test_a_name_that_is_slow_to_come_does_not_keep_a_press_back(
    slack: FakeSlack, platform: SlackPlatform, ear: Ear, asked: str
) -> None:
    slack.fail("users.info", delay=1.0, times=5)
    post = await answered(slack, platform, asked)
    assert (await slack.press(ANN, ROOM, post, AGAIN.id)).acked
    event = await pressed(ear)
    assert (event.origin.asker.id, event.origin.locale) == (ANN, None)


async def test_slacks_own_stop_sign_is_heard_and_its_session_released(
    slack: FakeSlack, platform: SlackPlatform, ear: Ear, asked: str
) -> None:
    channel = platform.open(origin_at(slack, ROOM, asked, asked))
    post = await channel.send(Post("Paris is", final=False, key="a-0"))
    await slack.stop_stream(BOB, ROOM, post)
    (event,) = await ear.count(1)
    await slack.until(lambda: slack.session(ROOM, asked) == "active" and slack.idle)
    assert isinstance(event, StopRequested)
    assert (event.posts, event.origin.address) == ((post,), origin_at(slack, ROOM, asked).address)
    assert (event.origin.asker.id, event.origin.asker.name) == (BOB, "Bob")
    with pytest.raises(StoppedByReader):
        await channel.edit(post, Post("Paris is the", final=False, key="a-0"))
    await channel.edit(post, Post("Paris is", final=True, key="a-0", buttons=(AGAIN,)))
    shown = slack.screen(ROOM, asked)[-1]
    assert (shown.text, shown.actions) == ("Paris is", (AGAIN.id,))


@pytest.mark.parametrize("failure", ["refused", "silent"])
async def test_a_session_that_cannot_be_released_disturbs_nobody(
    slack: FakeSlack,
    platform: SlackPlatform,
    ear: Ear,
    asked: str,
    failure: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if failure == "refused":
        slack.workspace.agent = False
    else:
        slack.fail("agents.sessions.setStatus", delay=1.0)
    caplog.set_level("INFO")
    post = await platform.open(origin_at(slack, ROOM, asked, asked)).send(Post("Paris", final=False, key="a-0"))
    await slack.stop_stream(ANN, ROOM, post)
    await ear.count(1)
    await slack.until(lambda: slack.idle)
    assert all(delivery.acked and delivery.attempts == 1 for delivery in slack.deliveries)
    assert "slack_session_not_released" in caplog.text
