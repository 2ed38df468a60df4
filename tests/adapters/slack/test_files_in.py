"""Files that people share: what an event and a look back say of them, and where their bytes are."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.slack import events, manifest
from adapters.slack.channel import SlackChannel
from adapters.slack.platform import SlackPlatform
from bot.contract import Attachment, Command, MessageReceived, Option
from bot.errors import ChannelBusy, FileLost
from tests.adapters.channel_contract import fetched, png
from tests.adapters.host import FakeHost
from tests.adapters.slack.conftest import ANN, BOB, DIRECT, FAST, ROOM, Ear, listening, origin_at, settings_for
from tests.adapters.slack.payloads import ME, PROFILES, body, command, message, voice
from tests.fakes.slack import FakeSlack, SharedFile
from tests.fakes.slack.values import Json

CAT = SharedFile("cat.png", "image/png", png())
CLIP = SharedFile("audio_message.mp4", "video/mp4", b"spoken", "slack_audio")


def received(event: dict[str, Any]) -> MessageReceived:
    found = events.event_of(body(event), ME, PROFILES)
    assert isinstance(found, MessageReceived)
    return found


async def heard(slack: FakeSlack, host: FakeHost, *said: SharedFile, text: str = "", **more: Any) -> MessageReceived:
    """What Ann's message is for the core."""
    ear = Ear()
    async with listening(SlackPlatform(host, settings_for(slack), FAST), ear):
        await slack.connected(2)
        await slack.say(ANN, DIRECT, text, files=said, **more)
        (event,) = await ear.count(1)
    assert isinstance(event, MessageReceived)
    return event


def forwarded(*files: dict[str, Any], **more: Any) -> dict[str, Any]:
    return message(
        "", attachments=[{"is_share": True, "author_id": "U0BOB", "files": list(files)}, {"title": "a link"}]
    )


@pytest.mark.parametrize(
    ("file", "media_type", "spoken"),
    [
        (voice(), "audio/mp4", True),
        (voice(mimetype="video/webm"), "audio/webm", True),
        (voice(mimetype="audio/mp4"), "audio/mp4", True),
        (voice(mimetype=None), "application/octet-stream", True),
        (voice(subtype="slack_video"), "video/mp4", False),
        (voice(subtype="slack_video", mimetype="audio/mp4"), "video/mp4", False),
        (voice(subtype=None, mimetype="audio/mp4"), "audio/mp4", False),
        (voice(subtype=None), "video/mp4", False),
    ],
)
def test_what_was_spoken_for_this_message_is_told_by_the_subtype(
    file: dict[str, Any], media_type: str, spoken: bool
) -> None:
    (found,) = received(message("", subtype="file_share", files=[file])).attachments
    assert (found.media_type, found.voice) == (media_type, spoken)


def test_a_forwarded_file_is_quoted_and_not_attached() -> None:
    found = received(forwarded(voice(), voice(id="F0GONE", mode="tombstone")))
    assert found.attachments == ()
    assert found.quoted == (Attachment("audio_message.mp4", "audio/mp4", 4321, "F0VOICE", voice=True),)


def test_a_file_that_is_attached_and_shown_again_is_attached_alone() -> None:
    found = received({**forwarded(voice(), voice(id="F0OTHER"), voice(id="F0OTHER")), "files": [voice()]})
    assert [each.ref for each in found.attachments] == ["F0VOICE"]
    assert [each.ref for each in found.quoted] == ["F0OTHER"]


def test_a_mention_brings_its_files_though_it_names_no_subtype() -> None:
    mention = message("<@U0BOT> what is that?", type="app_mention", files=[voice()])
    assert [each.ref for each in received(mention).attachments] == ["F0VOICE"]


def test_a_command_has_no_options_for_files() -> None:
    said = {"en": "x"}
    table = {"draw": Command("draw", said, (Option("picture", said, file=True), Option("what", said, required=True)))}
    found = events.command_of(command("/draw", "a red balloon"), ME, PROFILES, table, received(message()).sent_at)
    assert found is not None
    assert (found.options, found.attachments) == ({"what": "a red balloon"}, ())
    features: Any = manifest.manifest(list(table.values()))["features"]
    assert features["slash_commands"][0]["usage_hint"] == "what"
    only = {"hear": Command("hear", said, (Option("sound", said, required=True, file=True),))}
    found = events.command_of(command("/hear", "words"), ME, PROFILES, only, received(message()).sent_at)
    assert found is not None
    assert found.options == {}


async def test_a_voice_clip_without_a_word_is_a_message(slack: FakeSlack, host: FakeHost) -> None:
    event = await heard(slack, host, CLIP)
    (found,) = event.attachments
    assert (event.text, found.name, found.size) == ("", "audio_message.mp4", 6)
    assert (found.voice, found.media_type) == (True, "audio/mp4")


async def test_what_another_organization_shares_is_asked_for(slack: FakeSlack, host: FakeHost) -> None:
    event = await heard(slack, host, replace(CLIP, foreign=True), replace(CAT, foreign=True), CAT)
    assert [(each.name, each.voice, each.size) for each in event.attachments] == [
        ("audio_message.mp4", True, 6),
        ("cat.png", False, len(png())),
        ("cat.png", False, len(png())),
    ]
    assert len(slack.called("files.info")) == 2


@pytest.mark.parametrize("trouble", [{"error": "file_not_found"}, {"delay": 0.8}, {"error": "missing_scope"}])
async def test_where_slack_tells_nothing_the_file_is_there_all_the_same(
    slack: FakeSlack, host: FakeHost, trouble: dict[str, Any]
) -> None:
    slack.fail("files.info", **trouble)
    event = await heard(slack, host, replace(CLIP, foreign=True))
    (found,) = event.attachments
    assert (found.name, found.media_type, found.size) == (found.ref, "application/octet-stream", 0)


async def test_of_talk_that_nobody_keeps_slack_is_asked_nothing(slack: FakeSlack, host: FakeHost) -> None:
    ear = Ear()
    async with listening(SlackPlatform(host, settings_for(slack), FAST), ear):
        await slack.connected(2)
        await slack.say(ANN, ROOM, "look", files=[replace(CAT, foreign=True)])
        await ear.count(1)
    assert slack.called("files.info") == []


async def test_a_forwarded_message_quotes_its_files(slack: FakeSlack, host: FakeHost) -> None:
    first = slack.earlier(BOB, ROOM, "Look", files=[CAT, replace(CLIP, foreign=True)])
    event = await heard(slack, host, text="What is that?", quoting=[(ROOM, first)])
    assert event.attachments == ()
    assert [(each.name, each.voice) for each in event.quoted] == [("cat.png", False), ("audio_message.mp4", True)]


async def test_what_was_said_before_brings_its_files(slack: FakeSlack, platform: SlackPlatform) -> None:
    root = slack.earlier(ANN, ROOM, "", files=[CLIP])
    slack.earlier(BOB, ROOM, "and that", root, files=[replace(CAT, foreign=True), replace(CAT, mode="tombstone")])
    found = await platform.read(origin_at(slack, ROOM, root).address, None, 9)
    assert [[each.name for each in said.attachments] for said in found] == [["audio_message.mp4"], ["cat.png"]]
    assert found[0].attachments[0].voice


async def attached(slack: FakeSlack, platform: SlackPlatform, file: SharedFile) -> Attachment:
    slack.earlier(ANN, DIRECT, "", files=[file])
    (found,) = await platform.read(origin_at(slack, DIRECT, None).address, None, 1)
    return found.attachments[0]


async def test_the_bytes_are_had_with_the_token_and_asked_from_slacks_hosts_alone(
    slack: FakeSlack, platform: SlackPlatform, direct: SlackChannel
) -> None:
    download = await direct.locate(await attached(slack, platform, CAT))
    assert download.headers == {"Authorization": f"Bearer {slack.bot_token}"}
    assert download.hosts == (slack.files_host,)
    assert await fetched(download.url, download.headers) == png()
    assert (await fetched(download.url, {})).startswith(b"<!DOCTYPE html>")


async def test_a_file_is_located_in_another_process_and_place(
    slack: FakeSlack, platform: SlackPlatform, thread: SlackChannel
) -> None:
    found = await attached(slack, platform, CAT)
    async with SlackPlatform(FakeHost(), settings_for(slack), FAST) as reborn:
        download = await reborn.open(origin_at(slack, ROOM, None)).locate(Attachment("x", "", 0, found.ref))
    assert await fetched(download.url, download.headers) == png()


async def test_a_file_that_lies_outside_slack_is_not_fetched(
    slack: FakeSlack, platform: SlackPlatform, direct: SlackChannel
) -> None:
    found = await attached(slack, platform, replace(CAT, mode="external"))
    with pytest.raises(FileLost, match="outside Slack") as raised:
        await direct.locate(found)
    assert (raised.value.name, "drive.example" in str(raised.value)) == ("cat.png", False)


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"deleted": True}, "file_deleted"), ({"shares": []}, "file_not_found"), ({"mode": "tombstone"}, "tombstone")],
)
async def test_a_file_that_is_gone_is_lost_and_says_why(
    slack: FakeSlack, platform: SlackPlatform, direct: SlackChannel, change: Json, reason: str
) -> None:
    found = await attached(slack, platform, CAT)
    kept = slack.workspace.library.kept[found.ref]
    for name, value in change.items():
        if name == "mode":
            kept.file = replace(kept.file, mode=str(value))
        else:
            setattr(kept, name, value)
    with pytest.raises(FileLost, match=reason):
        await direct.locate(found)


async def test_a_missing_scope_is_for_the_operator_to_mend(
    slack: FakeSlack, platform: SlackPlatform, direct: SlackChannel, caplog: pytest.LogCaptureFixture
) -> None:
    found = await attached(slack, platform, CAT)
    slack.scopes.discard("files:read")
    with pytest.raises(FileLost, match="missing_scope"):
        await direct.locate(found)
    assert "slack_scope_missing scope=files:read" in caplog.text
    assert "reinstall" in caplog.text


@pytest.mark.parametrize("trouble", [{"retry_after": 9}, {"status": 502}, {"error": "fatal_error"}])
async def test_a_file_is_not_lost_because_slack_is_busy(
    slack: FakeSlack, platform: SlackPlatform, direct: SlackChannel, trouble: dict[str, Any]
) -> None:
    found = await attached(slack, platform, CAT)
    slack.fail("files.info", **trouble)
    with pytest.raises(ChannelBusy):
        await direct.locate(found)


async def test_no_token_and_no_address_of_a_file_is_logged(
    slack: FakeSlack, platform: SlackPlatform, direct: SlackChannel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "parley")
    download = await direct.locate(await attached(slack, platform, CAT))
    assert slack.bot_token not in caplog.text + repr(download)
    assert download.url not in caplog.text + repr(download)
