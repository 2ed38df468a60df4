"""From the gateway to the engine."""

import pytest

from bot.contract import Address, Addressed, MessageDeleted, MessageEdited, MessageReceived, PersonKind, Post
from tests.adapters.discord.stage import EDIT, SEND, Stage
from tests.fakes.discord import FakeDiscord, File


async def test_a_mention_in_a_channel_speaks_to_the_bot_without_its_name(stage: Stage) -> None:
    event = await stage.said(stage.ann, stage.general, f"Hey {stage.at_bot} what is up?")
    assert event.text == "Hey what is up?"
    assert event.addressed is Addressed.BOT
    assert event.origin.address == Address("discord", str(stage.guild.id), str(stage.general.id))
    assert (event.origin.asker.id, event.origin.asker.name) == (str(stage.ann.id), "Ann")
    assert event.origin.asker.kind is PersonKind.HUMAN


async def test_a_message_is_known_by_its_id_and_by_its_place(stage: Stage) -> None:
    message = await stage.world.say(stage.ann, stage.general, "hello")
    event = await stage.heard(MessageReceived)
    assert event.keys.event == f"discord:{message}"
    assert event.keys.place == f"discord:{stage.guild.id}:{stage.general.id}:{message}"
    assert event.origin.message_id == str(message)


async def test_the_bots_own_role_is_a_mention_too(stage: Stage) -> None:
    event = await stage.said(stage.ann, stage.general, f"<@&{stage.guild.bot_role_id}> hello")
    assert (event.text, event.addressed) == ("hello", Addressed.BOT)


async def test_a_mention_and_nothing_else_reaches_the_engine(stage: Stage) -> None:
    event = await stage.said(stage.ann, stage.general, stage.at_bot)
    assert (event.text, event.addressed) == ("", Addressed.BOT)


async def test_talk_to_nobody_is_open_and_talk_to_somebody_is_not_ours(stage: Stage) -> None:
    assert (await stage.said(stage.ann, stage.general, "lovely day")).addressed is Addressed.OPEN
    assert (await stage.said(stage.ann, stage.general, "@everyone lovely day")).addressed is Addressed.OPEN
    event = await stage.said(stage.ann, stage.general, f"<@{stage.bob.id}> lovely day")
    assert (event.text, event.addressed) == ("@Bob lovely day", Addressed.OTHER)


@pytest.mark.parametrize("ping", [True, False])
async def test_a_reply_to_the_bot_speaks_to_it_pinged_or_not(stage: Stage, ping: bool) -> None:
    ours = await stage.speech().send(_post("Paris."))
    await stage.world.say(stage.ann, stage.general, "sure?", reply_to=int(ours), mention_reply=ping)
    assert (await stage.heard(MessageReceived)).addressed is Addressed.BOT


@pytest.mark.parametrize("ping", [True, False])
async def test_a_reply_to_a_person_does_not_speak_to_the_bot(stage: Stage, ping: bool) -> None:
    theirs = await stage.world.say(stage.bob, stage.general, "Paris.")
    await stage.world.say(stage.ann, stage.general, "sure?", reply_to=theirs, mention_reply=ping)
    assert (await stage.heard(MessageReceived, 2)).addressed is Addressed.OTHER


async def test_names_stand_where_discord_has_ids(stage: Stage) -> None:
    text = f"{stage.at_bot} ask <@{stage.bob.id}> in <#{stage.general.id}> about <:cat:123> and </ask:5> <@9> <#9>"
    event = await stage.said(stage.ann, stage.general, text)
    assert event.text == "ask @Bob in #general about :cat: and /ask <@9> <#9>"


async def test_a_role_is_called_by_its_name(stage: Stage) -> None:
    event = await stage.said(stage.ann, stage.general, f"<@&{stage.guild.id}> and <@&9>")
    assert event.text == "@@everyone and <@&9>"


async def test_a_direct_message_speaks_to_the_bot(stage: Stage) -> None:
    room = stage.world.dm(stage.ann)
    event = await stage.said(stage.ann, room, "hello")
    assert event.addressed is Addressed.BOT
    assert event.origin.address == Address("discord", "@me", str(room.id))


async def test_a_thread_is_a_place_of_its_own_under_its_channel(stage: Stage) -> None:
    start = await stage.world.say(stage.ann, stage.general, "a topic")
    thread = await stage.world.thread(stage.ann, stage.general, "topic", start)
    event = await stage.said(stage.ann, thread, "and on")
    assert event.origin.address == Address("discord", str(stage.guild.id), str(stage.general.id), str(thread.id))
    assert event.addressed is Addressed.OPEN
    assert [e.text for e in stage.all(MessageReceived)] == ["a topic", "and on"]


async def test_a_thread_that_was_archived_at_the_start_is_asked_about_once(world: FakeDiscord) -> None:
    stage = Stage(world)
    thread = await world.thread(stage.ann, stage.general, "old")
    thread.archived = True
    async with stage:
        thread.archived = False
        for text in ("one", "two"):
            event = await stage.said(stage.ann, thread, text)
            assert event.origin.address.thread == str(thread.id)
            assert event.origin.address.channel == str(stage.general.id)
        assert stage.made("GET /channels/{channel_id}") == 1


async def test_files_come_by_their_durable_ids(stage: Stage) -> None:
    files = [File("a.png", b"1234", "image/png"), File("strange", b"1")]
    message = await stage.world.say(stage.ann, stage.general, "", attachments=files)
    picture, strange = (await stage.heard(MessageReceived)).attachments
    assert (picture.name, picture.media_type, picture.size, picture.voice) == ("a.png", "image/png", 4, False)
    channel_id, message_id, file_id = picture.ref.split("/")
    assert (channel_id, message_id) == (str(stage.general.id), str(message))
    assert file_id.isdigit()
    assert strange.media_type == "application/octet-stream"


async def test_a_voice_message_is_known_as_one(stage: Stage) -> None:
    await stage.world.say(
        stage.ann, stage.general, "", attachments=[File("voice-message.ogg", b"OggS", "audio/ogg", 2.0)]
    )
    assert (await stage.heard(MessageReceived)).attachments[0].voice


async def test_an_edit_brings_the_new_text(stage: Stage) -> None:
    message = await stage.world.say(stage.ann, stage.general, "helo")
    await stage.world.edit(message, f"hello <@{stage.bob.id}>")
    event = await stage.heard(MessageEdited)
    edited_at = stage.general.messages[message].edited_at
    assert edited_at is not None
    assert event.address == Address("discord", str(stage.guild.id), str(stage.general.id))
    assert (event.message_id, event.text) == (str(message), "hello @Bob")
    assert event.edited_at is not None
    assert abs(event.edited_at.timestamp() - edited_at) < 0.001


async def test_a_preview_of_a_link_is_no_edit_and_our_own_edits_are_none(stage: Stage) -> None:
    message = await stage.world.say(stage.ann, stage.general, "https://example.com")
    await stage.world.embeds_resolved(message)
    speech = stage.speech()
    await speech.edit(await speech.send(_post("a")), _post("b"))
    await stage.said(stage.ann, stage.general, "last")
    assert stage.all(MessageEdited) == []
    assert stage.made(EDIT) == 1


async def test_a_preview_under_an_edited_message_is_no_second_edit(stage: Stage) -> None:
    message = await stage.world.say(stage.ann, stage.general, "see")
    await stage.world.edit(message, "see https://example.com")
    await stage.world.embeds_resolved(message)
    await stage.world.edit(message, "see https://example.com now")
    await stage.world.embeds_resolved(message)
    await stage.said(stage.ann, stage.general, "last")
    assert [edit.text for edit in stage.all(MessageEdited)] == [
        "see https://example.com",
        "see https://example.com now",
    ]


async def test_the_edits_that_are_kept_in_mind_are_bounded(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.discord.listener._EDITS", 1)
    first, second = [await stage.world.say(stage.ann, stage.general, text) for text in ("one", "two")]
    for message in (first, second):
        await stage.world.edit(message, "edited")
    await stage.world.embeds_resolved(first)
    await stage.said(stage.ann, stage.general, "last")
    assert [edit.message_id for edit in stage.all(MessageEdited)] == [str(first), str(second), str(first)]


async def test_an_edit_of_a_message_from_before_the_start_is_heard(world: FakeDiscord) -> None:
    stage = Stage(world)
    message = await world.say(stage.ann, stage.general, "helo")
    async with stage:
        await world.edit(message, "hello")
        assert (await stage.heard(MessageEdited)).text == "hello"
        await world.delete(message)
        assert (await stage.heard(MessageDeleted)).message_id == str(message)


async def test_a_deletion_names_what_is_gone(stage: Stage) -> None:
    message = await stage.world.say(stage.ann, stage.general, "oops")
    await stage.world.delete(message)
    event = await stage.heard(MessageDeleted)
    assert event == MessageDeleted(Address("discord", str(stage.guild.id), str(stage.general.id)), str(message))


async def test_many_deletions_at_one_stroke_are_told_one_by_one(stage: Stage) -> None:
    messages = [await stage.world.say(stage.ann, stage.general, text) for text in ("one", "two")]
    await stage.world.purge(stage.general, messages)
    await stage.heard(MessageDeleted, 2)
    assert [event.message_id for event in stage.all(MessageDeleted)] == [str(message) for message in messages]


async def test_a_post_of_ours_that_somebody_deletes_harms_nothing(stage: Stage) -> None:
    ours = await stage.speech().send(_post("Paris."))
    await stage.world.delete(int(ours))
    assert (await stage.heard(MessageDeleted)).message_id == ours
    assert (await stage.said(stage.ann, stage.general, "still here")).text == "still here"


async def test_a_deletion_in_a_thread_names_the_thread(stage: Stage) -> None:
    thread = await stage.world.thread(stage.ann, stage.general)
    message = await stage.world.say(stage.ann, thread, "oops")
    await stage.world.delete(message)
    assert (await stage.heard(MessageDeleted)).address.thread == str(thread.id)


async def test_a_message_that_cannot_be_saved_is_answered_with_an_apology(stage: Stage) -> None:
    stage.refusing = RuntimeError("disk full")
    await stage.world.say(stage.ann, stage.general, "not for you")
    question = await stage.world.say(stage.ann, stage.general, f"{stage.at_bot} hello")
    await stage.world.until(lambda: stage.screen() != [])
    shown = [message for message in stage.world.screen(stage.general) if message.author == "Parley"]
    assert [(message.content, message.reply_to) for message in shown] == [("not-saved", question)]


async def test_without_the_content_intent_only_what_is_for_us_is_heard(world: FakeDiscord) -> None:
    world.world.content_switch = False
    async with Stage(world, mentions_only=True) as stage:
        await world.say(stage.ann, stage.general, "lovely day")
        event = await stage.said(stage.ann, stage.general, f"{stage.at_bot} hello")
        assert (event.text, event.addressed) == ("hello", Addressed.BOT)
        assert len(stage.events) == 1
        ours = await stage.speech().send(_post("Paris."))
        await world.say(stage.ann, stage.general, "", reply_to=int(ours), attachments=[File("a", b"1")])
        assert (await stage.heard(MessageReceived, 2)).addressed is Addressed.BOT


async def test_nothing_is_sent_by_listening_alone(stage: Stage) -> None:
    await stage.said(stage.ann, stage.general, "hello")
    assert stage.made(SEND) == 0


def _post(text: str) -> Post:
    return Post(text, final=True, key=f"k{abs(hash(text)) % 10**9}")


async def test_what_is_replied_to_comes_along_as_a_quote(stage: Stage) -> None:
    other = await stage.world.say(stage.bob, stage.general, "The sky\nis green")
    await stage.world.say(stage.ann, stage.general, f"{stage.at_bot} is that right?", reply_to=other)
    event = await stage.heard(MessageReceived, 2)
    assert event.text == "> Bob: The sky\n> is green\n\nis that right?"


async def test_a_reply_names_what_it_answers_and_quotes_nothing_of_ours(stage: Stage) -> None:
    ours = await stage.speech().send(_post("Paris."))
    await stage.world.say(stage.ann, stage.general, "sure?", reply_to=int(ours))
    event = await stage.heard(MessageReceived)
    assert (event.text, event.reply_to) == ("sure?", ours)


async def test_what_is_no_reply_answers_nothing(stage: Stage) -> None:
    assert (await stage.said(stage.ann, stage.general, "hello")).reply_to is None


async def test_a_moderator_is_known_in_a_channel_and_in_its_threads_only(stage: Stage) -> None:
    stage.world.promote(stage.ann, stage.guild)
    thread = await stage.world.thread(stage.ann, stage.general)
    for place in (stage.general, thread):
        assert (await stage.said(stage.ann, place, "hello")).origin.asker.moderator
        assert not (await stage.said(stage.bob, place, "hello")).origin.asker.moderator
    assert not (await stage.said(stage.ann, stage.world.dm(stage.ann), "hello")).origin.asker.moderator


async def test_a_reply_to_the_bot_or_with_a_command_quotes_nothing(stage: Stage) -> None:
    other = await stage.world.say(stage.bob, stage.general, "The sky is green")
    await stage.world.say(stage.ann, stage.general, f"{stage.at_bot} /model grok-4", reply_to=other)
    event = await stage.heard(MessageReceived, 2)
    assert event.text == "/model grok-4"
