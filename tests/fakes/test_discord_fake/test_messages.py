"""Messages: what the client hears, what it may send, and what is refused."""

import discord
import pytest
from discord import AllowedMentions

from tests.fakes.discord import File, Permission
from tests.fakes.discord_bot import running
from tests.fakes.test_discord_fake.conftest import Scene


def code(caught: pytest.ExceptionInfo[discord.HTTPException]) -> tuple[int, int]:
    """Status and number of a refusal."""
    return caught.value.status, caught.value.code


async def test_a_mention_is_heard_with_its_author_and_guild(scene: Scene) -> None:
    message = await scene.mention("what is this?")
    assert message.author.id == scene.ann.id
    assert message.author.display_name == "Ann"
    assert message.guild is not None
    assert message.mentions[0].id == scene.fake.bot_user_id
    assert message.content.endswith("what is this?")


async def test_a_reply_shows_what_it_answers(scene: Scene) -> None:
    message = await scene.mention()
    await message.reply("here", mention_author=False, allowed_mentions=AllowedMentions.none())
    shown = scene.fake.screen(scene.channel)[-1]
    assert (shown.content, shown.reply_to, shown.author) == ("here", message.id, "Parley")
    assert scene.fake.pinged == []


async def test_a_reply_to_the_bot_brings_the_answered_message(scene: Scene) -> None:
    sent = await scene.place.send("first")
    await scene.fake.say(scene.ann, scene.channel, "and now?", reply_to=sent.id, mention_reply=False)
    await scene.fake.until(lambda: bool(scene.bot.messages))
    heard = scene.bot.messages[0]
    assert heard.reference is not None
    assert isinstance(heard.reference.resolved, discord.Message)
    assert heard.reference.resolved.content == "first"
    assert heard.mentions == []


async def test_a_reply_with_ping_counts_as_a_mention(scene: Scene) -> None:
    sent = await scene.place.send("first")
    await scene.fake.say(scene.ann, scene.channel, "and now?", reply_to=sent.id)
    await scene.fake.until(lambda: bool(scene.bot.messages))
    assert [user.id for user in scene.bot.messages[0].mentions] == [scene.fake.bot_user_id]


@pytest.mark.parametrize(("text", "fits"), [("x" * 2000, True), ("x" * 2001, False), ("😀" * 1000, True)])
async def test_two_thousand_units_fit(scene: Scene, text: str, fits: bool) -> None:
    if fits:
        await scene.place.send(text)
        assert scene.contents() == [text]
        return
    with pytest.raises(discord.HTTPException, match="content: Must be between") as caught:
        await scene.place.send(text)
    assert code(caught) == (400, 50035)


async def test_an_emoji_counts_twice(scene: Scene) -> None:
    with pytest.raises(discord.HTTPException) as caught:
        await scene.place.send("😀" * 1001)
    assert code(caught) == (400, 50035)


@pytest.mark.parametrize("text", ["", " \n\t "])
async def test_a_blank_message_is_refused(scene: Scene, text: str) -> None:
    with pytest.raises(discord.HTTPException) as caught:
        await scene.place.send(text)
    assert code(caught) == (400, 50006)


async def test_an_edit_to_nothing_is_refused_and_changes_nothing(scene: Scene) -> None:
    sent = await scene.place.send("stays")
    with pytest.raises(discord.HTTPException) as caught:
        await sent.edit(content="")
    assert code(caught) == (400, 50006)
    assert scene.contents() == ["stays"]


async def test_the_same_nonce_gives_the_first_message(scene: Scene) -> None:
    first = await scene.place.send("once", nonce=7)
    second = await scene.place.send("twice", nonce=7)
    assert first.id == second.id
    assert scene.contents() == ["once"]


async def test_a_nonce_is_forgotten_after_minutes(scene: Scene) -> None:
    await scene.place.send("once", nonce=7)
    scene.fake.clock.skip(200)
    await scene.place.send("twice", nonce=7)
    assert scene.contents() == ["once", "twice"]


async def test_a_nonce_is_given_back_for_minutes_only(scene: Scene) -> None:
    sent = await scene.place.send("once", nonce="n")
    assert (await scene.place.fetch_message(sent.id)).nonce == "n"
    assert [message.nonce async for message in scene.place.history()] == ["n"]
    scene.fake.clock.skip(200)
    assert (await scene.place.fetch_message(sent.id)).nonce is None
    assert [message.nonce async for message in scene.place.history()] == [None]


async def test_a_nonce_of_26_characters_is_refused(scene: Scene) -> None:
    with pytest.raises(discord.HTTPException, match="nonce") as caught:
        await scene.place.send("x", nonce="n" * 26)
    assert code(caught) == (400, 50035)


async def test_a_reply_to_a_deleted_message_is_refused_unless_that_was_allowed(scene: Scene) -> None:
    message = await scene.mention()
    await scene.fake.delete(message.id)
    with pytest.raises(discord.HTTPException, match="message_reference: Unknown message") as caught:
        await message.reply("lost")
    assert code(caught) == (400, 50035)
    await scene.place.send("plain", reference=message.to_reference(fail_if_not_exists=False))
    assert [(shown.content, shown.reply_to) for shown in scene.fake.screen(scene.channel)] == [("plain", None)]


async def test_other_peoples_messages_cannot_be_edited(scene: Scene) -> None:
    message = await scene.mention()
    with pytest.raises(discord.Forbidden) as caught:
        await message.edit(content="mine now")
    assert code(caught) == (403, 50005)


async def test_unknown_things_have_numbers(scene: Scene) -> None:
    with pytest.raises(discord.NotFound) as caught:
        await scene.place.get_partial_message(1).edit(content="x")
    assert code(caught) == (404, 10008)
    with pytest.raises(discord.NotFound) as caught:
        await scene.bot.get_partial_messageable(1).send("x")
    assert code(caught) == (404, 10003)
    with pytest.raises(discord.NotFound) as caught:
        await scene.bot.raw("GET", "/nothing/here")
    assert code(caught) == (404, 0)


async def test_missing_rights_are_told_apart(scene: Scene) -> None:
    hidden = scene.fake.channel(scene.guild, "hidden", permissions=0)
    mute = scene.fake.channel(scene.guild, "mute", permissions=int(Permission.VIEW_CHANNEL))
    with pytest.raises(discord.Forbidden) as caught:
        await scene.bot.get_partial_messageable(hidden.id).send("x")
    assert code(caught) == (403, 50001)
    with pytest.raises(discord.Forbidden) as caught:
        await scene.bot.get_partial_messageable(mute.id).send("x")
    assert code(caught) == (403, 50013)


async def test_the_client_computes_the_rights_that_the_fake_enforces(scene: Scene) -> None:
    mute = scene.fake.channel(scene.guild, "mute", permissions=int(Permission.VIEW_CHANNEL))
    await scene.fake.until(lambda: scene.bot.get_channel(mute.id) is not None)
    channel, usual = scene.bot.get_channel(mute.id), scene.bot.get_channel(scene.channel.id)
    assert isinstance(channel, discord.TextChannel)
    assert isinstance(usual, discord.TextChannel)
    assert not channel.permissions_for(channel.guild.me).send_messages
    assert usual.permissions_for(usual.guild.me).send_messages


async def test_a_hidden_channel_is_not_heard(scene: Scene) -> None:
    hidden = scene.fake.channel(scene.guild, "hidden", permissions=0)
    await scene.fake.say(scene.ann, hidden, "secret")
    await scene.mention("heard")
    assert [text.endswith("heard") for text in scene.bot.heard] == [True]


async def test_a_person_who_takes_no_dms_is_refused(scene: Scene) -> None:
    shy = scene.fake.user("Shy", takes_dms=False)
    user = await scene.bot.fetch_user(shy.id)
    with pytest.raises(discord.Forbidden) as caught:
        await user.send("psst")
    assert code(caught) == (403, 50007)


async def test_a_dm_arrives_without_a_guild_and_is_answered(scene: Scene) -> None:
    await scene.fake.say(scene.ann, scene.fake.dm(scene.ann), "just us")
    await scene.fake.until(lambda: bool(scene.bot.messages))
    message = scene.bot.messages[0]
    assert message.guild is None
    assert isinstance(message.channel, discord.DMChannel)
    await message.channel.send("yes")
    assert [shown.content for shown in scene.fake.screen(scene.fake.dm(scene.ann))] == ["just us", "yes"]


async def test_pings_are_noticed_and_allowed_mentions_stop_them(scene: Scene) -> None:
    text = f"@everyone and <@{scene.ann.id}> but not `@here`"
    await scene.place.send(text, allowed_mentions=AllowedMentions.none())
    assert scene.fake.pinged == []
    await scene.place.send(text)
    assert [ping.target for ping in scene.fake.pinged] == [scene.ann.id, "everyone"]


async def test_a_reply_pings_unless_it_says_otherwise(scene: Scene) -> None:
    message = await scene.mention()
    await message.reply("quiet", mention_author=False)
    assert scene.fake.pinged == []
    await message.reply("loud")
    assert [ping.target for ping in scene.fake.pinged] == [scene.ann.id]


async def test_without_the_right_everyone_is_only_text(scene: Scene) -> None:
    calm = scene.fake.channel(scene.guild, "calm", permissions=int(Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES))
    await scene.bot.get_partial_messageable(calm.id).send("@everyone")
    assert scene.fake.pinged == []


async def test_edits_previews_and_deletions_are_told(scene: Scene) -> None:
    message = await scene.mention("one")
    await scene.fake.edit(message.id, "two")
    await scene.fake.embeds_resolved(message.id)
    await scene.fake.delete(message.id)
    await scene.fake.until(lambda: bool(scene.bot.deletes))
    edited, preview = scene.bot.edits
    assert (edited.message.content, edited.message.edited_at is not None) == ("two", True)
    assert (preview.message.content, len(preview.message.embeds)) == ("two", 1)
    assert scene.bot.deletes == [message.id]


async def test_history_comes_newest_first_in_pages(scene: Scene) -> None:
    said = [await scene.fake.say(scene.ann, scene.channel, str(number)) for number in range(105)]
    found = [message.id async for message in scene.place.history(limit=None)]
    assert found == list(reversed(said))
    later = [message.id async for message in scene.place.history(after=discord.Object(said[99]), limit=None)]
    assert later == said[100:]
    path = f"/channels/{scene.channel.id}/messages?limit=3"
    assert [int(shown["id"]) for shown in await scene.bot.raw("GET", f"{path}&after={said[0]}")] == said[3:0:-1]
    assert [int(shown["id"]) for shown in await scene.bot.raw("GET", f"{path}&before={said[9]}")] == said[8:5:-1]


@pytest.mark.parametrize("limit", ["0", "101", "x"])
async def test_a_page_of_the_wrong_size_is_refused(scene: Scene, limit: str) -> None:
    with pytest.raises(discord.HTTPException) as caught:
        await scene.bot.raw("GET", f"/channels/{scene.channel.id}/messages?limit={limit}")
    assert code(caught) == (400, 50035)


async def test_history_is_empty_and_replies_fail_without_the_right_to_read_it(scene: Scene) -> None:
    rights = int(Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES)
    blind = scene.fake.channel(scene.guild, "blind", permissions=rights)
    said = await scene.fake.say(scene.ann, blind, "x")
    place = scene.bot.get_partial_messageable(blind.id)
    assert [message async for message in place.history()] == []
    with pytest.raises(discord.HTTPException) as caught:
        await place.send("y", reference=place.get_partial_message(said))
    assert code(caught) == (400, 160002)


async def test_a_file_can_be_read_until_its_link_expires(scene: Scene) -> None:
    await scene.fake.say(scene.ann, scene.channel, "see", attachments=[File("a b.txt", b"words", "text/plain")])
    await scene.fake.until(lambda: bool(scene.bot.messages))
    attachment = scene.bot.messages[0].attachments[0]
    assert (attachment.filename, attachment.size, attachment.content_type) == ("a_b.txt", 5, "text/plain")
    assert await attachment.read() == b"words"
    scene.fake.clock.skip(25 * 3600)
    with pytest.raises(discord.NotFound):
        await attachment.read()


async def test_a_voice_message_is_one(scene: Scene) -> None:
    voice = File("voice-message.ogg", b"OggS", "audio/ogg", voice_seconds=1.5)
    await scene.fake.say(scene.ann, scene.channel, "", attachments=[voice])
    await scene.fake.until(lambda: bool(scene.bot.messages))
    message = scene.bot.messages[0]
    assert message.flags.voice
    assert message.attachments[0].duration == 1.5


async def test_the_bot_sends_files_within_the_limit(scene: Scene) -> None:
    small = discord.File(fp=__file__, filename="here.py")
    await scene.place.send("take", file=small)
    assert scene.fake.screen(scene.channel)[-1].files == ("here.py",)


async def test_content_is_veiled_without_its_intent_but_for_mentions_and_dms(scene: Scene) -> None:
    async with running(scene.fake, intents=37377 & ~(1 << 15)) as modest:
        await scene.fake.say(scene.ann, scene.channel, "hidden", attachments=[File("a", b"a")])
        await scene.fake.say(scene.ann, scene.channel, f"<@{scene.fake.bot_user_id}> seen")
        await scene.fake.say(scene.ann, scene.fake.dm(scene.ann), "private")
        await scene.fake.until(lambda: len(modest.messages) == 3)
        assert modest.heard[0] == ""
        assert modest.messages[0].attachments == []
        assert modest.heard[1].endswith("seen")
        assert modest.heard[2] == "private"


async def test_slowmode_asks_the_bot_to_wait(scene: Scene) -> None:
    slow = scene.fake.channel(scene.guild, "slow", slowmode_s=3600)
    place = scene.bot.get_partial_messageable(slow.id)
    await place.send("one")
    scene.bot.http.max_ratelimit_timeout = 30.0
    with pytest.raises(discord.RateLimited) as caught:
        await place.send("two")
    assert 3500 < caught.value.retry_after <= 3600


async def test_typing_shows_until_a_message_or_ten_seconds(scene: Scene) -> None:
    channel = scene.bot.get_channel(scene.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.typing()
    assert scene.fake.typing(scene.channel)
    scene.fake.clock.skip(11)
    assert not scene.fake.typing(scene.channel)
    await channel.typing()
    await channel.send("done")
    assert not scene.fake.typing(scene.channel)
