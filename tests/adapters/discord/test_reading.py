"""What was said before the bot was called."""

from collections.abc import Sequence

import pytest

from bot.contract import Address, MessageReceived, PersonKind, Post
from bot.errors import ChannelBusy, ChannelGone
from tests.adapters.discord.stage import Stage
from tests.fakes.discord import File


def seen(events: Sequence[MessageReceived]) -> list[tuple[str, str]]:
    return [(event.origin.asker.name, event.text) for event in events]


async def test_a_place_is_read_oldest_first_with_everybody_in_it(speaking: Stage) -> None:
    robot = speaking.world.user("Robot", bot=True)
    await speaking.world.say(speaking.ann, speaking.general, f"{speaking.at_bot} one")
    await speaking.world.say(robot, speaking.general, "two")
    await speaking.speech().send(Post("three", final=True, key="k"))
    found = list(await speaking.platform.read(speaking.origin().address, None, 50))
    assert seen(found) == [("Ann", "one"), ("robot", "two"), ("parley", "three")]
    assert [event.origin.asker.kind for event in found] == [PersonKind.HUMAN, PersonKind.BOT, PersonKind.SELF]
    assert found[0].keys.event == f"discord:{found[0].origin.message_id}"


async def test_the_newest_are_read_where_there_are_more(speaking: Stage) -> None:
    for number in range(5):
        await speaking.world.say(speaking.ann, speaking.general, str(number))
    found = list(await speaking.platform.read(speaking.origin().address, None, 2))
    assert [event.text for event in found] == ["3", "4"]


async def test_more_than_a_page_is_read(speaking: Stage) -> None:
    for number in range(120):
        await speaking.world.say(speaking.ann, speaking.general, str(number))
    found = list(await speaking.platform.read(speaking.origin().address, None, 110))
    assert [event.text for event in found] == [str(number) for number in range(10, 120)]


async def test_only_what_came_after_a_message_is_read(speaking: Stage) -> None:
    ids = [await speaking.world.say(speaking.ann, speaking.general, str(number)) for number in range(4)]
    found = list(await speaking.platform.read(speaking.origin().address, str(ids[1]), 50))
    assert [event.text for event in found] == ["2", "3"]


async def test_a_thread_begins_with_the_message_it_stands_under(speaking: Stage) -> None:
    files = [File("plan.txt", b"1", "text/plain")]
    start = await speaking.world.say(speaking.bob, speaking.general, "the topic", attachments=files)
    thread = await speaking.world.thread(speaking.ann, speaking.general, "topic", start)
    await speaking.world.say(speaking.ann, thread, "and on")
    address = Address("discord", str(speaking.guild.id), str(speaking.general.id), str(thread.id))
    found = list(await speaking.platform.read(address, None, 50))
    assert seen(found) == [("Bob", "the topic"), ("Ann", "and on")]
    assert found[0].origin.message_id == str(start)
    assert found[0].keys.place == f"discord:{speaking.guild.id}:{speaking.general.id}:{start}"
    assert [file.name for file in found[0].attachments] == ["plan.txt"]


async def test_a_direct_conversation_can_be_read(speaking: Stage) -> None:
    room = speaking.world.dm(speaking.ann)
    await speaking.world.say(speaking.ann, room, "hello")
    found = list(await speaking.platform.read(speaking.origin(room).address, None, 50))
    assert seen(found) == [("Ann", "hello")]


async def test_a_commands_answer_is_read_as_ours(stage: Stage) -> None:
    _, event = await stage.called("ask", question="?")
    await stage.speech(event.origin).send(Post("Paris.", final=True, key="k"))
    found = list(await stage.platform.read(event.origin.address, None, 50))
    assert [(one.text, one.origin.asker.kind) for one in found] == [("Paris.", PersonKind.SELF)]


async def test_a_place_that_is_closed_to_us_is_gone(speaking: Stage) -> None:
    speaking.general.bot_permissions = 0
    with pytest.raises(ChannelGone):
        await speaking.platform.read(speaking.origin().address, None, 50)


async def test_nothing_can_be_read_while_the_platform_is_left(speaking: Stage) -> None:
    await speaking.platform.__aexit__(None, None, None)
    with pytest.raises(ChannelBusy):
        await speaking.platform.read(speaking.origin().address, None, 50)
