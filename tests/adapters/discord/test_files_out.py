"""Files that the bot shows: in one message with their words, by every way that is open, and never half."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.contract import Button, Capabilities, Post, PostId, Voice
from bot.errors import ChannelBusy, ChannelGone, PostRejected
from tests.adapters.channel_contract import OPUS, Shelf, png
from tests.adapters.discord.stage import EDIT, SEND, Stage
from tests.fakes.discord import FakeDiscord, Permission, ShownMessage

MIB = 1024 * 1024
NONCE_IS_GONE_S = 200.0
AGAIN = Button("again:1", "Again")
SPEAK = Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES | Permission.READ_MESSAGE_HISTORY
FOLLOW_UP = "POST /webhooks/{webhook_id}/{token}"


@pytest.fixture
def spoken(shelf: Shelf) -> Post:
    """A post that is a voice message."""
    return Post("", final=True, key="t2-f0", files=(shelf.voice("t2-f0"),))


@pytest.fixture
async def guest(world: FakeDiscord) -> AsyncIterator[Stage]:
    """Where the bot itself may do nothing."""
    async with Stage(world) as stage:
        stage.general.bot_permissions = 0
        yield stage


def shown(stage: Stage) -> list[ShownMessage]:
    """What the bot has shown, as Ann sees it."""
    everything = stage.world.screen(stage.general, stage.ann)
    return [message for message in everything if message.author == "Parley" and not message.thinking]


def limits(stage: Stage) -> Capabilities:
    return stage.speech().capabilities


async def test_words_picture_and_buttons_are_one_message(speaking: Stage, picture: Post) -> None:
    question = await speaking.world.say(speaking.ann, speaking.general, "a balloon?")
    speech = speaking.speech(speaking.origin(message_id=question))
    await speech.send(replace(picture, buttons=(AGAIN,)))
    [message] = shown(speaking)
    assert (message.content, message.files, message.alts) == ("A balloon.", ("t1-f0-0.png",), ("A red balloon",))
    assert (message.buttons, message.reply_to) == ((AGAIN.id,), question)
    assert speaking.general.messages[message.id].attachments[0].media_type == "image/png"
    assert speaking.made(SEND) == 1


async def test_a_picture_that_was_sent_twice_is_shown_once(speaking: Stage, picture: Post) -> None:
    speaking.world.hang_up(SEND, after_accept=True)
    with pytest.raises(ChannelBusy):
        await speaking.speech().send(picture)
    await speaking.speech().send(picture)
    assert [message.files for message in shown(speaking)] == [("t1-f0-0.png",)]
    assert speaking.made(EDIT) == 0


async def test_a_lost_picture_that_is_sent_again_with_other_words_is_not_uploaded_again(
    speaking: Stage, picture: Post
) -> None:
    speaking.world.hang_up(SEND, after_accept=True)
    with pytest.raises(ChannelBusy):
        await speaking.speech().send(picture)
    await speaking.speech().send(replace(picture, text="A red balloon."))
    assert [(message.content, message.files) for message in shown(speaking)] == [("A red balloon.", ("t1-f0-0.png",))]
    assert [call.body.keys() & {"attachments"} for call in speaking.world.calls if call.route == EDIT] == [set()]


async def test_a_post_that_had_only_words_gets_its_files_when_it_is_sent_again(speaking: Stage, picture: Post) -> None:
    await speaking.speech().send(Post("Drawing …", final=False, key=picture.key))
    await speaking.speech().send(replace(picture, buttons=(AGAIN,)))
    [message] = shown(speaking)
    assert (message.content, message.files, message.buttons) == ("A balloon.", ("t1-f0-0.png",), (AGAIN.id,))


async def test_a_file_is_sent_whole_again_after_a_limit(speaking: Stage, picture: Post) -> None:
    speaking.world.rate_limit(SEND, 0.02)
    await speaking.speech().send(picture)
    [message] = shown(speaking)
    assert speaking.general.messages[message.id].attachments[0].content == png()


async def test_a_file_of_a_post_whose_question_is_refused_as_a_reply_is_still_shown(
    speaking: Stage, picture: Post
) -> None:
    question = await speaking.world.say(speaking.ann, speaking.general, "a balloon?")
    speaking.general.bot_permissions = int(SPEAK & ~Permission.READ_MESSAGE_HISTORY | Permission.ATTACH_FILES)
    await speaking.speech(speaking.origin(message_id=question)).send(picture)
    assert [(message.files, message.reply_to) for message in shown(speaking)] == [(("t1-f0-0.png",), None)]


async def test_an_unfinished_edit_leaves_the_files_too(speaking: Stage, picture: Post) -> None:
    speech = speaking.speech()
    post_id = await speech.send(picture)
    await speech.edit(post_id, replace(picture, text="A red", final=False))
    await speaking.world.until(lambda: speaking.screen() == ["A red"])
    await speech.edit(post_id, replace(picture, text="", final=True))
    assert [(message.content, message.files) for message in shown(speaking)] == [("", ("t1-f0-0.png",))]
    assert all("attachments" not in call.body for call in speaking.world.calls if call.route == EDIT)


@pytest.mark.parametrize(("tier", "most"), [(0, 10), (1, 10), (2, 50), (3, 100)])
async def test_who_listens_knows_what_a_boosted_server_takes(stage: Stage, tier: int, most: int) -> None:
    await stage.world.until(lambda: stage.platform._listener is not None and bool(stage.platform._listener.guilds))
    await stage.world.boost(stage.guild, tier)
    await stage.world.until(lambda: limits(stage).file_limit == most * MIB)
    assert limits(stage).voice


async def test_who_only_speaks_and_who_speaks_to_one_person_takes_what_every_place_does(speaking: Stage) -> None:
    await speaking.world.boost(speaking.guild, 3)
    assert limits(speaking).file_limit == 10 * MIB
    assert speaking.speech(speaking.origin(speaking.world.dm(speaking.ann))).capabilities.file_limit == 10 * MIB


async def test_by_the_token_alone_the_interaction_says_how_large_a_file_may_be(guest: Stage) -> None:
    guest.guild.premium_tier = 2
    _, event = await guest.called("ask", question="?")
    async with Stage(guest.world, listens=False) as worker:
        assert worker.speech(event.origin).capabilities.file_limit == 50 * MIB


async def test_a_file_at_the_limit_is_shown_and_one_byte_more_is_not_even_sent(
    speaking: Stage, picture: Post, tmp_path: Path
) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(bytes(10 * MIB))
    large = replace(picture.files[0], path=path, size=10 * MIB)
    await speaking.speech().send(replace(picture, files=(large,)))
    assert speaking.made(SEND) == 1
    with pytest.raises(PostRejected):
        await speaking.speech().send(replace(picture, key="t1-f1", files=(replace(large, size=10 * MIB + 1),)))
    assert speaking.made(SEND) == 1


async def test_what_discord_finds_too_large_is_rejected(speaking: Stage, picture: Post, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(bytes(10 * MIB + 1))
    with pytest.raises(PostRejected, match="40005"):
        await speaking.speech().send(replace(picture, files=(replace(picture.files[0], path=path),)))
    assert shown(speaking) == []


async def test_ten_files_are_shown_and_eleven_rejected(speaking: Stage, shelf: Shelf) -> None:
    files = tuple(shelf.picture("t1-f0", number=number) for number in range(11))
    await speaking.speech().send(Post("", final=True, key="t1-f0", files=files[:10]))
    with pytest.raises(PostRejected):
        await speaking.speech().send(Post("", final=True, key="t1-f1", files=files))
    assert [message.files for message in shown(speaking)] == [tuple(file.name for file in files[:10])]


async def test_a_file_that_is_not_there_any_more_is_rejected(speaking: Stage, picture: Post) -> None:
    picture.files[0].path.unlink()
    with pytest.raises(PostRejected) as caught:
        await speaking.speech().send(picture)
    assert str(picture.files[0].path) not in str(caught.value)


async def test_a_hostile_name_and_type_stay_what_they_are_in_the_form(speaking: Stage, picture: Post) -> None:
    hostile = replace(
        picture.files[0], name='t1-f0-a"\r\nX-Evil: 1\r\n/../b.png', media_type="image/png\r\nX-Evil: 1", alt="x" * 5000
    )
    await speaking.speech().send(replace(picture, files=(hostile,)))
    [message] = shown(speaking)
    assert message.files[0].startswith("t1-f0-a")
    assert len(message.alts[0]) == 1024
    assert speaking.general.messages[message.id].attachments[0].content == png()


async def test_without_the_right_to_attach_files_words_can_still_be_said(speaking: Stage, picture: Post) -> None:
    speaking.general.bot_permissions = int(SPEAK)
    with pytest.raises(PostRejected):
        await speaking.speech().send(picture)
    await speaking.speech().send(Post("I may not show it here.", final=True, key="t1-0"))
    assert speaking.screen() == ["I may not show it here."]


async def test_a_place_that_is_gone_is_gone_for_files_too(speaking: Stage, picture: Post) -> None:
    await speaking.world.remove_channel(speaking.general)
    with pytest.raises(ChannelGone):
        await speaking.speech().send(picture)


async def test_a_picture_fills_the_deferred_response(stage: Stage, picture: Post) -> None:
    interaction, event = await stage.called("ask", question="?")
    speech = stage.speech(event.origin)
    post_id = await speech.send(replace(picture, buttons=(AGAIN,)))
    await speech.send(replace(picture, key="t1-f1"))
    await speech.edit(post_id, Post("Another word.", final=True, key=picture.key))
    assert interaction.first is not None
    assert PostId(str(interaction.first.id)) == post_id
    assert [(message.content, len(message.files)) for message in shown(stage)] == [
        ("Another word.", 1),
        ("A balloon.", 1),
    ]


async def test_a_private_command_shows_its_picture_to_its_asker_alone(stage: Stage, picture: Post) -> None:
    _, event = await stage.called("model")
    await stage.speech(event.origin).send(picture)
    assert [(message.files, message.ephemeral) for message in shown(stage)] == [(("t1-f0-0.png",), True)]


async def test_where_the_bot_may_do_nothing_the_token_shows_the_picture(guest: Stage, picture: Post) -> None:
    _, event = await guest.called("ask", question="?")
    origin = await guest.speech(event.origin).anchor("?")
    await guest.speech(origin).send(picture)
    assert [message.files for message in shown(guest)] == [(), ("t1-f0-0.png",)]


async def test_a_voice_message_answers_its_question(speaking: Stage, spoken: Post) -> None:
    question = await speaking.world.say(speaking.ann, speaking.general, "say it")
    await speaking.speech(speaking.origin(message_id=question)).send(replace(spoken, buttons=(AGAIN,)))
    [message] = shown(speaking)
    assert (message.voice, message.content, message.buttons, message.reply_to) == (True, "", (), question)
    [sound] = speaking.general.messages[message.id].attachments
    assert (sound.content, sound.media_type, sound.voice_seconds, sound.waveform) == (OPUS, "audio/ogg", 1.5, "AID/")


async def test_a_lost_voice_message_is_not_said_twice(speaking: Stage, spoken: Post) -> None:
    speaking.world.hang_up(SEND, after_accept=True)
    with pytest.raises(ChannelBusy):
        await speaking.speech().send(spoken)
    await speaking.speech().send(spoken)
    assert [message.voice for message in shown(speaking)] == [True]


async def test_a_waveform_is_what_discord_takes(speaking: Stage, spoken: Post) -> None:
    for number, waveform in enumerate((b"", bytes(1000))):
        file = replace(spoken.files[0], voice=Voice(1.0, waveform))
        await speaking.speech().send(replace(spoken, key=f"t2-f{number}", files=(file,)))
    assert [message.voice for message in shown(speaking)] == [True, True]


async def test_without_the_right_to_speak_the_sound_is_an_ordinary_file(speaking: Stage, spoken: Post) -> None:
    speaking.general.bot_permissions = int(SPEAK | Permission.ATTACH_FILES)
    speech = speaking.speech()
    post_id = await speech.send(replace(spoken, buttons=(AGAIN,)))
    [message] = shown(speaking)
    assert (message.voice, message.files, message.buttons) == (False, ("t2-f0.ogg",), (AGAIN.id,))
    await speech.edit(post_id, spoken)
    assert [(each.files, each.buttons) for each in shown(speaking)] == [(("t2-f0.ogg",), ())]


@pytest.mark.parametrize("code", [50159, 50160, 50161])
async def test_a_sound_that_discord_does_not_take_for_a_voice_message_is_an_ordinary_file(
    speaking: Stage, spoken: Post, code: int
) -> None:
    speaking.world.fail(SEND, 400, json={"code": code, "message": "no"})
    await speaking.speech().send(spoken)
    assert [(message.voice, message.files) for message in shown(speaking)] == [(False, ("t2-f0.ogg",))]


async def test_a_voice_message_is_left_as_it_is_by_an_edit_and_can_be_deleted(speaking: Stage, spoken: Post) -> None:
    speech = speaking.speech()
    post_id = await speech.send(spoken)
    await speech.edit(post_id, replace(spoken, final=False))
    await speech.edit(post_id, Post("words", final=True, key=spoken.key, buttons=(AGAIN,)))
    assert [(message.voice, message.content) for message in shown(speaking)] == [(True, "")]
    await speech.delete(post_id)
    assert shown(speaking) == []


async def test_a_sound_with_words_is_an_ordinary_file_and_keeps_them(speaking: Stage, spoken: Post) -> None:
    await speaking.speech().send(replace(spoken, text="Listen."))
    assert [(message.voice, message.content) for message in shown(speaking)] == [(False, "Listen.")]
    assert [call.body["attachments"] for call in speaking.world.calls if call.route == SEND] == [
        [{"id": 0, "filename": "t2-f0.ogg"}]
    ]


async def test_a_voice_message_stands_in_place_of_a_deferred_response(stage: Stage, spoken: Post) -> None:
    _, event = await stage.called("ask", question="?")
    speech = stage.speech(event.origin)
    post_id = await speech.send(spoken)
    await speech.send(Post("And words.", final=True, key="t2-0"))
    await speech.edit(post_id, spoken)
    everything = stage.world.screen(stage.general)
    assert [(message.voice, message.content, message.thinking) for message in everything] == [
        (True, "", False),
        (False, "And words.", False),
    ]


async def test_a_crash_between_the_two_steps_of_a_spoken_response_loses_nothing(guest: Stage, spoken: Post) -> None:
    guest.general.bot_permissions = int(Permission.SEND_VOICE_MESSAGES)
    _, event = await guest.called("ask", question="?")
    guest.world.fail(FOLLOW_UP, 429, json="banned", headers={"Via": ""})
    with pytest.raises(ChannelBusy):
        await guest.speech(event.origin).send(spoken)
    async with Stage(guest.world, listens=False) as other:
        await other.speech(event.origin).send(spoken)
    assert [message.voice for message in shown(guest)] == [True]


async def test_a_private_command_speaks_to_its_asker_alone(stage: Stage, spoken: Post) -> None:
    _, event = await stage.called("model")
    await stage.speech(event.origin).send(spoken)
    assert [(message.voice, message.ephemeral) for message in shown(stage)] == [(True, True)]


async def test_where_nothing_may_be_spoken_the_token_brings_an_ordinary_file(guest: Stage, spoken: Post) -> None:
    _, event = await guest.called("ask", question="?")
    await guest.speech(event.origin).send(spoken)
    assert [(message.voice, message.files) for message in shown(guest)] == [(False, ("t2-f0.ogg",))]


async def test_a_post_with_a_file_is_found_by_its_name_when_nothing_else_shows_its_key(
    speaking: Stage, picture: Post, spoken: Post
) -> None:
    origin = speaking.origin(message_id=await speaking.world.say(speaking.ann, speaking.general, "?"))
    speech = speaking.speech(origin)
    ids = [await speech.send(post) for post in (spoken, Post("words", True, "t1-0"), picture)]
    speaking.world.clock.skip(NONCE_IS_GONE_S)
    keys = ["t1-0", picture.key, spoken.key, "t1-f1"]
    found = dict(await speaking.speech(origin).find(keys, ()))
    assert found == {"t1-0": ids[1], picture.key: ids[2], spoken.key: ids[0]}


async def test_a_key_is_not_found_within_a_longer_one(speaking: Stage, shelf: Shelf) -> None:
    keys = ("t1-f10", "t11-f1")
    ids = [await speaking.speech().send(Post("", True, key, files=(shelf.picture(key),))) for key in keys]
    speaking.world.clock.skip(NONCE_IS_GONE_S)
    found = dict(await speaking.speech().find(["t1-f1", *keys], ()))
    assert found == dict(zip(keys, ids, strict=True))


async def test_a_post_with_files_is_not_taken_for_lost_words(speaking: Stage, picture: Post) -> None:
    origin = speaking.origin(message_id=await speaking.world.say(speaking.ann, speaking.general, "?"))
    await speaking.speech(origin).send(picture)
    speaking.world.clock.skip(NONCE_IS_GONE_S)
    assert dict(await speaking.speech(origin).find(["t1-0"], ())) == {}


async def test_a_large_upload_does_not_hold_up_others(speaking: Stage, picture: Post, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(bytes(9 * MIB))
    large = replace(picture.files[0], path=path, size=9 * MIB)
    longest, last = 0.0, asyncio.get_running_loop().time()
    sending = asyncio.create_task(speaking.speech().send(replace(picture, files=(large,))))
    while not sending.done():
        await asyncio.sleep(0)
        now = asyncio.get_running_loop().time()
        longest, last = max(longest, now - last), now
    await sending
    # The fake, in the same loop, puts the whole file together; what sends it reads in pieces and in a thread.
    assert longest < 0.25
