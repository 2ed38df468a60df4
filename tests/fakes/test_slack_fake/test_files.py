"""Files through the real AsyncWebClient: what is known of them, the three steps of an upload, pictures in blocks."""

import json
from dataclasses import replace

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.adapters.channel_contract import png
from tests.fakes.slack import FakeSlack, SharedFile, ShownFile
from tests.fakes.slack.values import Json
from tests.fakes.test_slack_fake.places import ANN, BOB, DIRECT, FOREIGN, GENERAL, refusal

CAT = SharedFile("cat.png", "image/png", png())


async def sent(web: AsyncWebClient, content: bytes = b"sound", name: str = "answer.mp3", **more: str) -> str:
    """The id of a file whose bytes have come."""
    begun = await web.files_getUploadURLExternal(filename=name, length=len(content), **more)
    assert await status_of(str(begun["upload_url"]), content) == 200
    return str(begun["file_id"])


async def status_of(url: str, content: bytes, **headers: str) -> int:
    raw = {"Content-Type": "application/octet-stream", **headers}
    async with aiohttp.ClientSession() as session, session.post(url, data=content, headers=raw) as reply:
        return reply.status


def image(id: str, **more: object) -> list[Json]:
    return [{"type": "image", "slack_file": {"id": id}, "alt_text": "A cat", **more}]


async def test_an_upload_is_shown_where_it_was_shared(slack: FakeSlack, web: AsyncWebClient) -> None:
    parent = await slack.say(ANN, GENERAL, "Read it to me")
    file = await sent(web, alt_txt="Somebody reads")
    told = await web.files_completeUploadExternal(
        files=[{"id": file, "title": "t"}], channel_id=GENERAL, thread_ts=parent, initial_comment="Listen"
    )
    assert told["files"][0]["shares"] == {}
    shown = slack.screen(GENERAL, parent)[1]
    assert (shown.text, shown.author) == ("Listen", slack.bot_user_id)
    assert shown.files == (ShownFile(file, "answer.mp3", "audio/mpeg", b"sound", "Somebody reads"),)
    found = (await web.files_info(file=file))["file"]
    assert found["shares"] == {"public": {GENERAL: [{"ts": shown.ts, "thread_ts": parent}]}}
    (stored,) = (await web.conversations_replies(channel=GENERAL, ts=parent))["messages"][1:]
    assert (stored["subtype"], stored["files"][0]["name"]) == ("file_share", "answer.mp3")


async def test_an_upload_without_a_channel_is_seen_by_nobody(slack: FakeSlack, web: AsyncWebClient) -> None:
    file = await sent(web)
    await web.files_completeUploadExternal(files=[{"id": file}])
    assert slack.screen(GENERAL) == []
    assert (await web.files_info(file=file))["file"]["shares"] == {}


async def test_the_address_for_an_upload_is_not_given_to_json(web: AsyncWebClient) -> None:
    asked = web.api_call("files.getUploadURLExternal", json={"filename": "a.mp3", "length": 3})
    assert await refusal(asked) == "invalid_arguments"
    assert await refusal(web.files_getUploadURLExternal(filename="a.mp3", length=0)) == "invalid_arguments"
    too_large = web.files_getUploadURLExternal(filename="a.mp3", length=2**30 + 1)
    assert await refusal(too_large) == "file_upload_size_restricted"
    assert await refusal(web.files_getUploadURLExternal(filename="a", length=1, alt_txt="x" * 1_001)) == (
        "alt_txt_too_large"
    )


async def test_the_upload_host_wants_the_announced_bytes_and_no_token(slack: FakeSlack, web: AsyncWebClient) -> None:
    begun = await web.files_getUploadURLExternal(filename="a.mp3", length=5)
    url = str(begun["upload_url"])
    assert url.startswith(slack.files_host)
    assert not slack.api_url.startswith(slack.files_host)
    assert await status_of(url, b"four") == 400
    assert await status_of(url, b"sound", Authorization=f"Bearer {slack.bot_token}") == 400
    assert await refusal(web.files_completeUploadExternal(files=[{"id": begun["file_id"]}])) == "file_not_found"
    assert await status_of(url, b"sound") == 200
    assert await status_of(url, b"sound") == 404


async def test_a_file_is_completed_once_and_only_where_the_bot_may_speak(slack: FakeSlack, web: AsyncWebClient) -> None:
    file: list[dict[str, str | None]] = [{"id": await sent(web)}]
    assert await refusal(web.files_completeUploadExternal(files=file, channel_id=FOREIGN)) == "not_in_channel"
    assert await refusal(web.files_completeUploadExternal(files=file, channel_id="C0NOWHERE1")) == "channel_not_found"
    await web.files_completeUploadExternal(files=file, channel_id=GENERAL)
    assert await refusal(web.files_completeUploadExternal(files=file, channel_id=GENERAL)) == "file_not_found"
    assert len(slack.screen(GENERAL)) == 1


async def test_blocks_stand_with_a_share_but_no_markdown(slack: FakeSlack, web: AsyncWebClient) -> None:
    markdown = json.dumps([{"type": "markdown", "text": "**Listen**"}])
    section = json.dumps([{"type": "section", "text": {"type": "mrkdwn", "text": "Listen"}}])
    file: list[dict[str, str | None]] = [{"id": await sent(web)}]
    refused = web.files_completeUploadExternal(files=file, channel_id=GENERAL, blocks=markdown)
    assert await refusal(refused) == "internal_error"
    await web.files_completeUploadExternal(files=file, channel_id=GENERAL, blocks=section)
    assert [shown.text for shown in slack.screen(GENERAL)] == ["Listen"]


async def test_a_share_comes_late_where_slack_is_slow(slack: FakeSlack, web: AsyncWebClient) -> None:
    slack.workspace.library.slow_shares = 2
    file = await sent(web)
    await web.files_completeUploadExternal(files=[{"id": file}], channel_id=DIRECT)
    assert slack.screen(DIRECT) == []
    assert (await web.files_info(file=file))["file"]["shares"] == {}
    shares = (await web.files_info(file=file))["file"]["shares"]
    assert shares == {"private": {DIRECT: [{"ts": slack.screen(DIRECT)[0].ts}]}}


async def test_an_update_of_a_share_leaves_its_files(slack: FakeSlack, web: AsyncWebClient) -> None:
    await web.files_completeUploadExternal(files=[{"id": await sent(web)}], channel_id=GENERAL, initial_comment="a")
    ts = slack.screen(GENERAL)[0].ts
    await web.chat_update(channel=GENERAL, ts=ts, text="b", blocks=[{"type": "markdown", "text": "**b**"}])
    (shown,) = slack.screen(GENERAL)
    assert (shown.text, [file.content for file in shown.files]) == ("**b**", [b"sound"])


async def test_a_block_shows_a_picture_once_slack_is_done_with_it(slack: FakeSlack, web: AsyncWebClient) -> None:
    slack.workspace.library.slow_pictures = 1
    file = await sent(web, png(), "cat.png")
    assert await refusal(web.chat_postMessage(channel=GENERAL, text="A cat", blocks=image(file))) == "invalid_blocks"
    await web.files_completeUploadExternal(files=[{"id": file, "highlight_type": "png"}])
    assert await refusal(web.chat_postMessage(channel=GENERAL, text="A cat", blocks=image(file))) == "invalid_blocks"
    await web.chat_postMessage(channel=GENERAL, text="A cat", blocks=image(file))
    (shown,) = slack.screen(GENERAL)
    assert (shown.text, shown.files) == ("", (ShownFile(file, "cat.png", "image/png", png(), "A cat"),))


@pytest.mark.parametrize(
    "more",
    [{"slack_file": {"id": "nothing"}}, {"slack_file": {}}, {"image_url": "https://x.example"}, {"alt_text": ""}],
)
async def test_a_wrong_reference_is_refused(web: AsyncWebClient, more: Json) -> None:
    file = await sent(web, png(), "cat.png")
    await web.files_completeUploadExternal(files=[{"id": file}])
    assert (
        await refusal(web.chat_postMessage(channel=GENERAL, text="A cat", blocks=image(file, **more)))
        == "invalid_blocks"
    )


async def test_what_is_no_picture_stands_in_no_block(web: AsyncWebClient) -> None:
    file = await sent(web, b"sound", "cat.png")
    await web.files_completeUploadExternal(files=[{"id": file}])
    assert await refusal(web.chat_postMessage(channel=GENERAL, text="A cat", blocks=image(file))) == "invalid_blocks"
    assert (
        await refusal(web.chat_postMessage(channel=GENERAL, text="A cat", blocks=image("F0NOBODY001")))
        == "invalid_blocks"
    )


async def test_a_file_is_known_where_the_bot_is_and_nowhere_else(slack: FakeSlack, web: AsyncWebClient) -> None:
    slack.earlier(ANN, GENERAL, "", files=[CAT])
    slack.earlier(ANN, FOREIGN, "", files=[CAT])
    seen, hidden = slack.workspace.library.kept
    assert (await web.files_info(file=seen))["file"]["size"] == len(png())
    assert await refusal(web.files_info(file=hidden)) == "file_not_found"
    slack.workspace.library.kept[seen].deleted = True
    assert await refusal(web.files_info(file=seen)) == "file_deleted"


async def test_the_scopes_are_asked_for(slack: FakeSlack, web: AsyncWebClient) -> None:
    slack.scopes -= {"files:read", "files:write"}
    assert await refusal(web.files_info(file="F0NOBODY001")) == "missing_scope"
    assert await refusal(web.files_getUploadURLExternal(filename="a", length=1)) == "missing_scope"
    assert await refusal(web.files_completeUploadExternal(files=[{"id": "F0NOBODY001"}])) == "missing_scope"


async def test_what_an_event_says_of_a_file_depends_on_where_it_lies(slack: FakeSlack, web: AsyncWebClient) -> None:
    sorts = [replace(CAT, foreign=True), replace(CAT, mode="external"), replace(CAT, mode="tombstone")]
    slack.earlier(BOB, GENERAL, "", files=sorts)
    (message,) = (await web.conversations_history(channel=GENERAL))["messages"]
    foreign, external, gone = message["files"]
    assert (foreign["file_access"], "name" in foreign) == ("check_file_info", False)
    assert (await web.files_info(file=foreign["id"]))["file"]["name"] == "cat.png"
    assert (external["is_external"], external["url_private"].startswith("https://drive.example/")) == (True, True)
    assert (gone["mode"], "url_private" in gone) == ("tombstone", False)


async def test_a_forwarded_message_brings_its_files(slack: FakeSlack, web: AsyncWebClient) -> None:
    first = slack.earlier(BOB, GENERAL, "Look", files=[CAT])
    await slack.say(ANN, GENERAL, "", quoting=[(GENERAL, first)])
    newest = (await web.conversations_history(channel=GENERAL))["messages"][0]
    assert "files" not in newest
    (shared,) = newest["attachments"]
    assert (shared["is_share"], shared["text"], shared["files"][0]["name"]) == (True, "Look", "cat.png")
