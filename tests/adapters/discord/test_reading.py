"""What was said before the bot was called."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.contract import Address, Addressed, MessageEdited, MessageReceived, PersonKind, Post
from bot.errors import ChannelBusy, ChannelGone
from tests.adapters.discord.stage import Stage
from tests.fakes.discord import READ, File

ROLES = "GET /guilds/{guild_id}/roles"


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


async def test_reading_ends_at_what_is_known(speaking: Stage) -> None:
    ids = [await speaking.world.say(speaking.ann, speaking.general, str(number)) for number in range(250)]
    found = list(await speaking.platform.read(speaking.origin().address, str(ids[240]), 200))
    assert [event.text for event in found] == [str(number) for number in range(241, 250)]
    assert speaking.made(READ) == 1


async def test_the_newest_are_read_where_more_came_than_asked_for(speaking: Stage) -> None:
    ids = [await speaking.world.say(speaking.ann, speaking.general, str(number)) for number in range(6)]
    found = list(await speaking.platform.read(speaking.origin().address, str(ids[0]), 2))
    assert [event.text for event in found] == ["4", "5"]


async def test_what_was_missed_is_read_as_it_would_have_been_heard(stage: Stage) -> None:
    theirs = await stage.world.say(stage.bob, stage.general, "The sky is green")
    ours = await stage.speech().send(Post("It is.", final=True, key="k"))
    role = stage.guild.bot_role_id
    thread = await stage.world.thread(stage.ann, stage.general)
    room = stage.world.dm(stage.ann)
    await stage.world.say(stage.ann, stage.general, f"{stage.at_bot} one", reply_to=theirs)
    await stage.world.say(stage.ann, stage.general, "two", reply_to=int(ours))
    await stage.world.say(stage.ann, stage.general, f"<@&{role}> three")
    await stage.world.say(stage.ann, stage.general, f"<@{stage.bob.id}> four")
    await stage.world.say(stage.ann, stage.general, f"<@&{stage.guild.id}> five")
    await stage.world.say(stage.ann, stage.general, "six")
    await stage.world.say(stage.ann, thread, "seven")
    await stage.world.say(stage.ann, room, "eight")
    await stage.heard(MessageReceived, 9)
    live = [facts(event) for event in stage.all(MessageReceived)]
    places = dict.fromkeys(event.origin.address for event in stage.all(MessageReceived))
    read = [event for place in places for event in await stage.platform.read(place, None, 50)]
    assert [facts(event) for event in read if event.origin.asker.kind is not PersonKind.SELF] == live


async def test_what_was_edited_is_read_as_its_edit_would_have_told(stage: Stage) -> None:
    plain, changed = [await stage.world.say(stage.ann, stage.general, text) for text in ("plain", "one")]
    await stage.world.embeds_resolved(plain)
    await stage.world.edit(changed, f"where is <@{stage.bob.id}>?")
    edited = await stage.heard(MessageEdited)
    untouched, read = await stage.platform.read(edited.address, None, 50)
    assert edited.edited_at is not None
    assert (read.origin.address, read.origin.message_id) == (edited.address, edited.message_id)
    assert (read.text, read.edited_at) == (edited.text, edited.edited_at)
    assert untouched.edited_at is None


def facts(event: MessageReceived) -> tuple[object, ...]:
    """What decides whether and how a message is answered."""
    asker = event.origin.asker.id
    return event.keys, event.origin.address, event.origin.message_id, asker, event.addressed, event.reply_to


async def test_our_own_role_is_asked_for_once_and_only_where_a_role_is_named(speaking: Stage) -> None:
    await speaking.world.say(speaking.ann, speaking.general, "hello")
    await speaking.platform.read(speaking.origin().address, None, 50)
    assert speaking.made(ROLES) == 0
    await speaking.world.say(speaking.ann, speaking.general, f"<@&{speaking.guild.bot_role_id}> hello")
    for _ in range(2):
        found = list(await speaking.platform.read(speaking.origin().address, None, 50))
    assert speaking.made(ROLES) == 1
    assert (found[-1].text, found[-1].addressed) == ("hello", Addressed.BOT)


async def test_where_roles_may_not_be_asked_for_a_named_one_is_anothers(speaking: Stage) -> None:
    speaking.world.fail(ROLES, 403, json={"code": 50001, "message": "Missing Access"})
    await speaking.world.say(speaking.ann, speaking.general, f"<@&{speaking.guild.bot_role_id}> hello")
    found = list(await speaking.platform.read(speaking.origin().address, None, 50))
    assert found[-1].addressed is Addressed.OTHER


async def test_what_a_thread_stands_under_is_not_read_again_once_it_is_known(speaking: Stage) -> None:
    start = await speaking.world.say(speaking.ann, speaking.general, "the topic")
    thread = await speaking.world.thread(speaking.ann, speaking.general, "topic", start)
    await speaking.world.say(speaking.ann, thread, "and on")
    address = Address("discord", str(speaking.guild.id), str(speaking.general.id), str(thread.id))
    assert seen(await speaking.platform.read(address, str(start), 50)) == [("Ann", "and on")]


async def test_a_thread_begins_with_the_message_it_stands_under(speaking: Stage) -> None:
    files = [File("plan.txt", b"1", "text/plain")]
    topic = f"<@&{speaking.guild.bot_role_id}> the topic"
    start = await speaking.world.say(speaking.bob, speaking.general, topic, attachments=files)
    thread = await speaking.world.thread(speaking.ann, speaking.general, "topic", start)
    await speaking.world.say(speaking.ann, thread, "and on")
    address = Address("discord", str(speaking.guild.id), str(speaking.general.id), str(thread.id))
    found = list(await speaking.platform.read(address, None, 50))
    assert seen(found) == [("Bob", "the topic"), ("Ann", "and on")]
    assert (found[0].origin.message_id, found[0].addressed) == (str(start), Addressed.BOT)
    assert [event.origin.address for event in found] == [address.parent, address]
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


async def test_our_own_answer_is_read_without_the_question_it_replies_to(speaking: Stage) -> None:
    question = await speaking.world.say(speaking.ann, speaking.general, "capital?")
    await speaking.speech(speaking.origin(message_id=question)).send(Post("Paris.", final=True, key="k"))
    found = list(await speaking.platform.read(speaking.origin().address, None, 50))
    assert [(event.text, event.reply_to) for event in found] == [("capital?", None), ("Paris.", str(question))]


async def test_a_place_that_is_closed_to_us_is_gone(speaking: Stage) -> None:
    speaking.general.bot_permissions = 0
    with pytest.raises(ChannelGone):
        await speaking.platform.read(speaking.origin().address, None, 50)


async def test_nothing_can_be_read_while_the_platform_is_left(speaking: Stage) -> None:
    await speaking.platform.__aexit__(None, None, None)
    with pytest.raises(ChannelBusy):
        await speaking.platform.read(speaking.origin().address, None, 50)


async def test_a_look_at_a_channel_shows_what_is_new_and_leaves_its_threads_to_be_read(speaking: Stage) -> None:
    address, since = speaking.origin().address, datetime.now(UTC) - timedelta(hours=1)
    thread = replace(address, thread="1")
    first = await speaking.world.say(speaking.ann, speaking.general, "first")
    second = await speaking.world.say(speaking.ann, speaking.general, "second")
    whole = await speaking.platform.survey(address, [thread], None, since, 50)
    assert (seen(whole.messages), whole.upto) == ([("Ann", "first"), ("Ann", "second")], str(second))
    assert (whole.fresh, whole.hidden) == ([thread], ())
    rest = await speaking.platform.survey(address, [], str(first), since, 50)
    assert seen(rest.messages) == [("Ann", "second")]
    nothing = await speaking.platform.survey(address, [], str(second), since, 50)
    assert (nothing.messages, nothing.upto) == ([], str(second))
    later = await speaking.platform.survey(address, [], None, datetime.now(UTC) + timedelta(hours=1), 50)
    assert (later.messages, later.upto) == ([], None)
