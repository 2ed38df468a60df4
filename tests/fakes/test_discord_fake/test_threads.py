"""Threads and forums."""

import discord
import pytest

from tests.fakes.discord import Channel, MessageKind, Permission
from tests.fakes.test_discord_fake.conftest import Scene


async def started(scene: Scene) -> Channel:
    """A thread that Ann starts under a message of hers."""
    said = await scene.fake.say(scene.ann, scene.channel, "topic")
    thread = await scene.fake.thread(scene.ann, scene.channel, "talk", said)
    await scene.fake.until(lambda: len(scene.bot.messages) >= 2)
    return thread


async def test_a_thread_under_a_message_has_its_id_and_a_starter(scene: Scene) -> None:
    thread = await started(scene)
    topic, starter = scene.bot.messages
    assert thread.id == topic.id
    assert isinstance(starter.channel, discord.Thread)
    assert starter.channel.parent_id == scene.channel.id
    assert starter.type is discord.MessageType.thread_starter_message
    assert starter.content == ""
    assert starter.reference is not None
    assert (starter.reference.channel_id, starter.reference.message_id) == (scene.channel.id, topic.id)
    assert isinstance(starter.reference.resolved, discord.Message)
    assert starter.reference.resolved.content == "topic"


async def test_the_bot_starts_a_thread_and_speaks_in_it(scene: Scene) -> None:
    message = await scene.mention()
    thread = await message.create_thread(name="answer")
    await thread.send("inside")
    assert thread.id == message.id
    shown = scene.fake.screen(scene.fake.world.channels[thread.id])
    assert [(entry.kind, entry.content) for entry in shown] == [
        (MessageKind.THREAD_STARTER, ""),
        (MessageKind.DEFAULT, "inside"),
    ]
    with pytest.raises(discord.HTTPException) as caught:
        await message.create_thread(name="again")
    assert caught.value.code == 160004


async def test_a_thread_without_a_message_is_announced_in_its_channel(scene: Scene) -> None:
    thread = await scene.fake.thread(scene.ann, scene.channel, "free")
    await scene.fake.say(scene.ann, thread, "hello")
    await scene.fake.until(lambda: len(scene.bot.messages) == 2)
    announced, hello = scene.bot.messages
    assert announced.type is discord.MessageType.thread_created
    assert (hello.channel.id, hello.content) == (thread.id, "hello")


async def test_a_starter_cannot_be_replied_to(scene: Scene) -> None:
    await started(scene)
    with pytest.raises(discord.HTTPException, match="system message") as caught:
        await scene.bot.messages[1].reply("x")
    assert caught.value.code == 50035


async def test_a_locked_thread_is_shut_and_an_archived_one_opens_again(scene: Scene) -> None:
    thread = await started(scene)
    place = scene.bot.get_partial_messageable(thread.id)
    sent = await place.send("one")
    thread.archived = True
    with pytest.raises(discord.HTTPException) as caught:
        await sent.edit(content="two")
    assert caught.value.code == 50083
    await place.send("three")
    assert not thread.archived
    thread.locked = True
    with pytest.raises(discord.HTTPException) as caught:
        await place.send("four")
    assert caught.value.code == 160005


async def test_threads_need_a_right_of_their_own(scene: Scene) -> None:
    scene.channel.bot_permissions = int(Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES)
    thread = await started(scene)
    with pytest.raises(discord.Forbidden) as caught:
        await scene.bot.get_partial_messageable(thread.id).send("x")
    assert caught.value.code == 50013


async def test_a_forum_takes_posts_but_no_messages(scene: Scene) -> None:
    forum = scene.fake.channel(scene.guild, "forum", kind="forum")
    await scene.fake.until(lambda: scene.bot.get_channel(forum.id) is not None)
    channel = scene.bot.get_channel(forum.id)
    assert isinstance(channel, discord.ForumChannel)
    made = await channel.create_thread(name="post", content="first")
    assert made.message.content == "first"
    with pytest.raises(discord.HTTPException):
        await scene.bot.get_partial_messageable(forum.id).send("x")
