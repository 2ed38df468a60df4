"""Files that people share: what the engine gets of them, and where their bytes are found."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import aiohttp
import pytest

from adapters.discord.downloads import Downloads
from bot.contract import Address, Attachment, Channel, Download, MessageReceived, Post
from bot.errors import ChannelBusy, FileLost
from tests.adapters.discord.stage import EDIT_PICTURE, TABLE, Stage
from tests.fakes.discord import FakeDiscord, File, Permission

GET = "GET /channels/{channel_id}/messages/{message_id}"
CAT = File("cat.png", b"miaow", "image/png")
DOG = File("dog.png", b"woof", "image/png")
VOICE = File("voice-message.ogg", b"OggS", "audio/ogg", 2.0)


@pytest.fixture
async def modest(world: FakeDiscord) -> AsyncIterator[Stage]:
    """Without the message-content intent."""
    async with Stage(world, mentions_only=True) as stage:
        yield stage


@pytest.fixture
async def files_stage(world: FakeDiscord) -> AsyncIterator[Stage]:
    """With a command that takes files."""
    async with Stage(world, commands=(*TABLE, EDIT_PICTURE)) as stage:
        yield stage


async def shared(stage: Stage, *files: File, reply_to: int | None = None) -> MessageReceived:
    """A message of Ann's with files, as the engine gets it."""
    before = len(stage.all(MessageReceived))
    await stage.world.say(stage.ann, stage.general, "", attachments=files, reply_to=reply_to)
    return await stage.heard(MessageReceived, before + 1)


async def bytes_of(download: Download) -> bytes:
    """What lies there."""
    async with aiohttp.ClientSession() as session, session.get(download.url, headers=download.headers) as reply:
        assert reply.status == 200
        return await reply.read()


def names(files: tuple[Attachment, ...]) -> list[str]:
    return [file.name for file in files]


async def test_a_file_has_the_name_that_its_sender_gave_it(stage: Stage) -> None:
    event = await shared(stage, File("我的 猫.png", b"1"), File("my cat.png", b"1"), File("cat", b"1"))
    assert names(event.attachments) == ["我的 猫.png", "my cat.png", "cat"]


async def test_a_voice_message_is_told_from_a_sound_that_somebody_shares(stage: Stage) -> None:
    sound = File("voice-message.ogg", b"OggS", "audio/ogg")
    assert [file.voice for file in (await shared(stage, VOICE)).attachments] == [True]
    assert [file.voice for file in (await shared(stage, sound)).attachments] == [False]


async def test_the_files_of_an_answered_message_come_along(stage: Stage) -> None:
    theirs = await stage.world.say(stage.bob, stage.general, "look", attachments=[CAT])
    event = await shared(stage, DOG, reply_to=theirs)
    assert (names(event.attachments), names(event.quoted)) == (["dog.png"], ["cat.png"])
    assert await bytes_of(await stage.speech(event.origin).locate(event.quoted[0])) == b"miaow"


async def test_our_own_picture_comes_along_when_it_is_answered(stage: Stage, picture: Post) -> None:
    ours = await stage.speech().send(picture)
    await stage.world.say(stage.ann, stage.general, "make it night", reply_to=int(ours))
    event = await stage.heard(MessageReceived)
    assert (event.text, names(event.quoted)) == ("make it night", [picture.files[0].name])
    assert await bytes_of(await stage.speech().locate(event.quoted[0])) == picture.files[0].path.read_bytes()


async def test_the_files_of_a_forward_are_had_from_the_forward(stage: Stage) -> None:
    closed = stage.world.channel(stage.guild, "closed", permissions=0)
    original = await stage.world.say(stage.bob, closed, "", attachments=[VOICE])
    await stage.world.forward(stage.ann, stage.general, original)
    event = await stage.heard(MessageReceived)
    await stage.world.delete(original)
    assert (event.text, event.attachments) == ("", ())
    assert [(file.name, file.voice) for file in event.quoted] == [("voice-message.ogg", True)]
    assert await bytes_of(await stage.speech(event.origin).locate(event.quoted[0])) == b"OggS"


async def test_a_reply_to_a_forward_brings_its_files(stage: Stage) -> None:
    original = await stage.world.say(stage.bob, stage.general, "", attachments=[CAT])
    again = await stage.world.forward(stage.bob, stage.general, original)
    event = await shared(stage, DOG, reply_to=again)
    assert names(event.quoted) == ["cat.png"]
    assert await bytes_of(await stage.speech(event.origin).locate(event.quoted[0])) == b"miaow"


async def test_history_brings_files_and_what_was_quoted(speaking: Stage) -> None:
    theirs = await speaking.world.say(speaking.bob, speaking.general, "", attachments=[CAT])
    await speaking.world.say(speaking.ann, speaking.general, "this", reply_to=theirs)
    await speaking.world.forward(speaking.ann, speaking.general, theirs)
    found = await speaking.platform.read(speaking.origin().address, None, 50)
    shown = [(names(event.attachments), names(event.quoted)) for event in found]
    assert shown == [(["cat.png"], []), ([], ["cat.png"]), ([], ["cat.png"])]


async def test_without_the_content_intent_what_is_not_for_us_brings_no_files(modest: Stage) -> None:
    await modest.world.say(modest.ann, modest.general, "", attachments=[CAT])
    event = await modest.said(modest.ann, modest.general, f"{modest.at_bot} hello")
    assert (event.text, event.attachments, len(modest.events)) == ("hello", (), 1)


async def test_a_file_is_found_by_its_reference_long_after_and_by_another_process(stage: Stage) -> None:
    [file] = (await shared(stage, CAT)).attachments
    stage.world.clock.skip(3 * 24 * 3600)
    async with Stage(stage.world, listens=False) as other:
        download = await other.speech(stage.origin()).locate(file)
    assert await bytes_of(download) == b"miaow"
    assert download.headers == {}
    assert urlsplit(stage.world.base_url).netloc in {urlsplit(host).netloc for host in download.hosts}


async def test_a_file_in_a_direct_message_or_a_thread_is_found(stage: Stage) -> None:
    thread = await stage.world.thread(stage.ann, stage.general)
    for room in (stage.world.dm(stage.ann), thread):
        before = len(stage.events)
        await stage.world.say(stage.ann, room, "", attachments=[CAT])
        event = await stage.heard(MessageReceived, before + 1)
        assert await bytes_of(await stage.speech(event.origin).locate(event.attachments[0])) == b"miaow"


async def lost(channel: Channel, file: Attachment) -> str:
    """Why a file cannot be had."""
    with pytest.raises(FileLost) as caught:
        await channel.locate(file)
    assert caught.value.name == file.name
    assert "http" not in str(caught.value)
    return str(caught.value)


async def test_the_files_of_a_deleted_message_are_lost(stage: Stage) -> None:
    event = await shared(stage, CAT)
    await stage.world.delete(int(event.origin.message_id or 0))
    assert "10008" in await lost(stage.speech(), event.attachments[0])


async def test_a_file_that_its_sender_took_away_is_lost(stage: Stage) -> None:
    event = await shared(stage, CAT, DOG)
    stage.general.messages[int(event.origin.message_id or 0)].attachments.pop()
    await stage.speech().locate(event.attachments[0])
    assert "any more" in await lost(stage.speech(), event.attachments[1])


@pytest.mark.parametrize("ref", ["", "1/2", "a/b/c", "1/2/3/4", "../../users/@me", "-1/2/3"])
async def test_what_is_no_reference_of_ours_is_lost(stage: Stage, ref: str) -> None:
    [file] = (await shared(stage, CAT)).attachments
    await lost(stage.speech(), replace(file, ref=ref))


@pytest.mark.parametrize("rights", [0, Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES])
async def test_where_a_right_is_missing_the_operator_is_told(
    stage: Stage, rights: int, caplog: pytest.LogCaptureFixture
) -> None:
    [file] = (await shared(stage, CAT)).attachments
    stage.general.bot_permissions = int(rights)
    await lost(stage.speech(), file)
    [line] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert f"discord_file_closed channel={stage.general.id}" in line
    assert "Read Message History" in line
    assert "cat.png" not in line


async def test_while_discord_is_away_a_file_is_not_lost(stage: Stage) -> None:
    [file] = (await shared(stage, CAT)).attachments
    stage.world.fail(GET, 503)
    with pytest.raises(ChannelBusy):
        await stage.speech().locate(file)
    await stage.speech().locate(file)


async def test_a_commands_files_come_in_the_order_of_its_options(files_stage: Stage) -> None:
    _, event = await files_stage.called("edit", mask=DOG, prompt="darker", picture=CAT)
    assert names(event.attachments) == ["cat.png", "dog.png"]
    assert event.options == {"prompt": "darker"}
    assert [(file.media_type, file.size) for file in event.attachments] == [("image/png", 5), ("image/png", 4)]
    assert await bytes_of(await files_stage.speech(event.origin).locate(event.attachments[0])) == b"miaow"


async def test_a_commands_file_that_was_left_out_is_missing(files_stage: Stage) -> None:
    _, event = await files_stage.called("edit", picture=CAT)
    assert (names(event.attachments), event.options) == (["cat.png"], {})


async def test_a_commands_file_is_lost_once_its_link_has_run_out(
    files_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, event = await files_stage.called("edit", picture=CAT)
    later = files_stage.world.clock.now() + timedelta(days=1, seconds=1).total_seconds()
    monkeypatch.setattr("adapters.discord.downloads.time", lambda: later)
    assert "run out" in await lost(files_stage.speech(event.origin), event.attachments[0])


@pytest.mark.parametrize("query", ["?ex=never", "?ex=1", "?ex=-5"])
async def test_a_link_that_held_long_ago_or_cannot_be_read_is_lost(stage: Stage, query: str) -> None:
    link = f"https://cdn.discordapp.com/ephemeral-attachments/1/2/a.png{query}"
    await lost(stage.speech(), Attachment("a.png", "image/png", 1, link))


async def test_a_link_that_says_nothing_of_its_end_may_be_tried(stage: Stage) -> None:
    link = "https://cdn.discordapp.com/ephemeral-attachments/1/2/a.png"
    assert (await stage.speech().locate(Attachment("a.png", "image/png", 1, link))).url == link


async def test_discords_own_files_may_come_from_its_two_hosts_alone(stage: Stage) -> None:
    downloads = Downloads(stage.platform._speaking, None)
    link = Attachment(
        "a.png", "image/png", 1, "https://cdn.discordapp.com/ephemeral-attachments/1/2/a.png?ex=ffffffffff"
    )
    assert (await downloads.locate(link)).hosts == ("https://cdn.discordapp.com", "https://media.discordapp.net")


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("https://discord.test/proxy", "https://discord.test"),
        ("https://discord.test:443", "https://discord.test"),
        ("http://localhost:8080", "http://localhost:8080"),
    ],
)
async def test_another_discords_host_is_named_as_it_is(stage: Stage, base: str, host: str) -> None:
    [file] = (await shared(stage, CAT)).attachments
    assert (await Downloads(stage.platform._speaking, base).locate(file)).hosts[2:] == (host,)


async def test_calls_for_files_are_counted_like_all_others(stage: Stage) -> None:
    [file] = (await shared(stage, CAT)).attachments
    before = stage.host.budgets["discord:global"].taken
    await stage.speech().locate(file)
    assert stage.host.budgets["discord:global"].taken == before + 1


async def test_a_commands_files_are_known_in_any_place(files_stage: Stage) -> None:
    room = files_stage.world.dm(files_stage.ann)
    _, event = await files_stage.called("edit", room, picture=CAT)
    assert event.origin.address == Address("discord", "@me", str(room.id))
    assert names(event.attachments) == ["cat.png"]
