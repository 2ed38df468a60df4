"""Private answers of slash commands: the reply address first, then whatever still works."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from adapters.slack.channel import SlackChannel
from adapters.slack.platform import SlackPlatform
from adapters.slack.responses import Responses
from adapters.slack.values import Keepsake
from bot.contract import CommandInvoked, Post
from bot.errors import ChannelGone
from tests.adapters.host import FakeHost
from tests.adapters.slack.conftest import ANN, FAST, ROOM, Ear, listening, origin_at, settings_for
from tests.fakes.slack import FakeSlack


@pytest.fixture
async def spoken(slack: FakeSlack, host: FakeHost, ear: Ear) -> CommandInvoked:
    """A command of Ann's, as it was committed."""
    async with listening(SlackPlatform(host, settings_for(slack), FAST), ear):
        await slack.connected(2)
        await slack.command(ANN, ROOM, "/help")
        (event,) = await ear.count(1)
    assert isinstance(event, CommandInvoked)
    return event


@pytest.fixture
def channel(platform: SlackPlatform, spoken: CommandInvoked) -> SlackChannel:
    return platform.open(spoken.origin)


def private(slack: FakeSlack) -> list[str]:
    return [shown.text for shown in slack.screen(ROOM) if shown.ephemeral_to == ANN]


async def test_the_answer_comes_through_the_reply_address(slack: FakeSlack, channel: SlackChannel) -> None:
    await channel.notify("**Help** & <!channel>")
    (shown,) = private(slack)
    assert shown.replace("\u200b", "") == "**Help** & <!channel>"
    assert slack.pinged == []
    assert slack.called("chat.postEphemeral") == []


async def test_it_works_where_the_bot_is_no_member(slack: FakeSlack, channel: SlackChannel) -> None:
    slack.workspace.channels[ROOM].members.discard(slack.bot_user_id)
    await channel.notify("help")
    assert private(slack) == ["help"]


async def test_a_public_answer_reaches_at_least_the_asker_where_the_bot_is_no_member(
    slack: FakeSlack, channel: SlackChannel
) -> None:
    slack.workspace.channels[ROOM].members.discard(slack.bot_user_id)
    with pytest.raises(ChannelGone):
        await channel.anchor("Where is Rome?")
    with pytest.raises(ChannelGone):
        await channel.send(Post("I could", final=False, key="a-0"))
    first = await channel.send(Post("I could not post here.", final=True, key="a-0"))
    assert private(slack) == ["I could not post here."]
    assert first != await channel.send(Post("Again.", final=True, key="a-1"))


async def test_a_message_where_the_bot_is_no_member_any_more_is_gone(slack: FakeSlack, platform: SlackPlatform) -> None:
    slack.workspace.channels[ROOM].members.discard(slack.bot_user_id)
    with pytest.raises(ChannelGone):
        await platform.open(origin_at(slack, ROOM, None)).send(Post("Paris.", final=True, key="a-0"))


async def test_the_sixth_answer_takes_another_way(
    slack: FakeSlack, platform: SlackPlatform, spoken: CommandInvoked
) -> None:
    for number in range(6):
        await platform.open(spoken.origin).notify(f"part {number}")
    assert private(slack) == [f"part {number}" for number in range(6)]
    assert len(slack.called("chat.postEphemeral")) == 1


async def test_an_address_that_has_expired_is_given_up_for_another_way(slack: FakeSlack, channel: SlackChannel) -> None:
    slack.clock.advance(1_801)
    await channel.notify("late")
    assert private(slack) == ["late"]
    assert len(slack.called("chat.postEphemeral")) == 1


async def test_a_restart_forgets_the_count_but_not_the_asker(
    slack: FakeSlack, channel: SlackChannel, spoken: CommandInvoked
) -> None:
    for number in range(5):
        await channel.notify(f"part {number}")
    async with SlackPlatform(FakeHost(), settings_for(slack), FAST) as reborn:
        await reborn.open(spoken.origin).notify("part 5")
    assert private(slack)[-1] == "part 5"


async def test_a_question_that_was_shown_has_its_notices_in_its_thread(
    slack: FakeSlack, platform: SlackPlatform, channel: SlackChannel
) -> None:
    origin = await channel.anchor("Where is Rome?")
    await platform.open(origin).notify("The gateway is busy.")
    assert origin.address.thread is not None
    assert [shown.text for shown in slack.screen(ROOM, origin.address.thread) if shown.ephemeral_to] == [
        "The gateway is busy."
    ]


async def test_a_very_long_notice_is_cut_and_not_lost(slack: FakeSlack, channel: SlackChannel) -> None:
    await channel.notify("x" * 20_000)
    (shown,) = private(slack)
    assert shown.endswith("x…")


async def test_a_used_up_address_is_not_tried_again() -> None:
    tried: list[str] = []

    async def respond(url: str, body: Mapping[str, object]) -> bool:
        tried.append(url)
        return True

    responses = Responses()
    assert [await responses.say(respond, "https://x.example", "hi") for _ in range(7)] == [True] * 5 + [False] * 2
    assert await responses.say(respond, "https://y.example", "hi")
    assert not await responses.say(respond, "", "hi")
    assert len(tried) == 6


async def test_only_so_many_addresses_are_remembered() -> None:
    async def respond(url: str, body: Mapping[str, object]) -> bool:
        return True

    responses = Responses()
    for number in range(2_001):
        await responses.say(respond, f"https://x.example/{number}", "hi")
    again = [await responses.say(respond, f"https://x.example/{number}", "hi") for number in (0, 0, 0, 0, 0, 0)]
    assert again == [True] * 5 + [False]


async def test_an_address_that_cannot_be_reached_is_no_accident(
    slack: FakeSlack, platform: SlackPlatform, spoken: CommandInvoked
) -> None:
    state = Keepsake(slack.team_id, "http://127.0.0.1:9/commands/x").dump()
    await platform.open(replace(spoken.origin, state=state)).notify("help")
    assert private(slack) == ["help"]
