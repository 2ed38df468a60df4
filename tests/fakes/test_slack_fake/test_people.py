"""What people do beside writing, and what the app may do about it: edits, threads, files, response URLs, statuses."""

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.fakes.slack import FakeSlack, SharedFile
from tests.fakes.slack.values import ApiError, Json
from tests.fakes.test_slack_fake.conftest import Connect
from tests.fakes.test_slack_fake.places import ANN, BOB, FOREIGN, GENERAL, Heard, refusal


def inner(event: Json, name: str) -> Json:
    """An object inside an event."""
    value = event[name]
    assert isinstance(value, dict)
    return value


async def test_an_edit_carries_both_texts(slack: FakeSlack, connect: Connect, heard: Heard) -> None:
    await connect()
    ts = await slack.say(ANN, GENERAL, "helo")
    await slack.edit(ANN, GENERAL, ts, "hello")
    await slack.until(lambda: slack.idle and len(heard.bodies) == 2)
    changed = next(event for event in heard.events() if event.get("subtype") == "message_changed")
    assert (inner(changed, "previous_message")["text"], inner(changed, "message")["text"]) == ("helo", "hello")
    assert "edited" in inner(changed, "message")
    assert (changed["hidden"], inner(changed, "message")["ts"]) == (True, ts)
    assert slack.screen(GENERAL)[0].edited


async def test_an_unfurl_changes_a_message_but_not_its_text(slack: FakeSlack, connect: Connect, heard: Heard) -> None:
    await connect()
    ts = await slack.say(ANN, GENERAL, "see https://example.org")
    await slack.unfurl(GENERAL, ts)
    await slack.until(lambda: slack.idle and len(heard.bodies) == 2)
    changed = next(event for event in heard.events() if event.get("subtype") == "message_changed")
    assert inner(changed, "message")["text"] == inner(changed, "previous_message")["text"]
    assert not slack.screen(GENERAL)[0].edited


async def test_a_deletion_tells_what_was_there(slack: FakeSlack, connect: Connect, heard: Heard) -> None:
    await connect()
    ts = await slack.say(ANN, GENERAL, "oops")
    await slack.delete(ANN, GENERAL, ts)
    await slack.until(lambda: slack.idle and len(heard.bodies) == 2)
    deleted = next(event for event in heard.events() if event.get("subtype") == "message_deleted")
    assert (deleted["deleted_ts"], inner(deleted, "previous_message")["text"]) == (ts, "oops")
    assert slack.screen(GENERAL) == []


async def test_a_reply_names_its_thread(slack: FakeSlack, connect: Connect, heard: Heard) -> None:
    await connect()
    parent = await slack.say(ANN, GENERAL, "parent")
    await slack.say(BOB, GENERAL, "reply", parent)
    await slack.until(lambda: slack.idle and len(heard.bodies) == 2)
    reply = next(event for event in heard.events() if event["text"] == "reply")
    assert (reply["thread_ts"], reply["parent_user_id"]) == (parent, ANN)


async def test_a_shared_file_wants_the_bots_token(slack: FakeSlack, connect: Connect, heard: Heard) -> None:
    await connect()
    clip = SharedFile("audio_message.m4a", "audio/mp4", b"sound", "slack_audio")
    await slack.say(ANN, GENERAL, "", files=[clip])
    await slack.until(lambda: slack.idle and len(heard.bodies) == 1)
    event = heard.events()[0]
    assert (event["subtype"], event["text"]) == ("file_share", "")
    files = event["files"]
    assert isinstance(files, list)
    assert (files[0]["size"], files[0]["subtype"]) == (5, "slack_audio")
    url = files[0]["url_private_download"]
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as reply:
            assert (reply.status, reply.content_type) == (200, "text/html")
        async with session.get(url, allow_redirects=False) as reply:
            assert reply.status == 302
        async with session.get(url, headers={"Authorization": f"Bearer {slack.bot_token}"}) as reply:
            assert (await reply.read(), reply.content_type) == (b"sound", "audio/mp4")


async def test_a_response_url_takes_five_uses(slack: FakeSlack, connect: Connect) -> None:
    await connect()
    hook = AsyncWebhookClient((await slack.command(ANN, GENERAL, "/ask")).response_url)
    for number in range(5):
        assert (await hook.send_dict({"text": str(number)})).status_code == 200
    sixth = await hook.send_dict({"text": "five"})
    assert (sixth.status_code, "used_url" in sixth.body) == (404, True)
    assert [shown.text for shown in slack.screen(GENERAL)] == ["On it", "0", "1", "2", "3", "4"]
    assert {shown.ephemeral_to for shown in slack.screen(GENERAL)} == {ANN}


async def test_a_response_url_lives_half_an_hour(slack: FakeSlack, connect: Connect) -> None:
    await connect()
    hook = AsyncWebhookClient((await slack.command(ANN, GENERAL, "/ask")).response_url)
    slack.clock.advance(1_800)
    assert "expired_url" in (await hook.send_dict({"text": "late"})).body


async def test_a_response_url_speaks_where_the_bot_is_not(slack: FakeSlack, connect: Connect) -> None:
    await connect()
    hook = AsyncWebhookClient((await slack.command(ANN, FOREIGN, "/ask")).response_url)
    assert (await hook.send_dict({"text": "for all", "response_type": "in_channel"})).status_code == 200
    assert [(shown.text, shown.ephemeral_to) for shown in slack.screen(FOREIGN)][-1] == ("for all", None)


async def test_a_response_url_takes_only_json_with_words(slack: FakeSlack, connect: Connect) -> None:
    await connect()
    url = (await slack.command(ANN, GENERAL, "/ask")).response_url
    async with aiohttp.ClientSession() as session:
        for body, error in (({"data": {"text": "x"}}, "invalid_payload"), ({"json": {}}, "no_text")):
            async with session.post(url, **body) as reply:
                assert (await reply.json())["error"] == error


async def test_a_status_vanishes_with_the_answer(slack: FakeSlack, web: AsyncWebClient) -> None:
    ts = await slack.say(ANN, GENERAL, "why?")
    await web.assistant_threads_setStatus(channel_id=GENERAL, thread_ts=ts, status="is thinking…")
    assert slack.status(GENERAL, ts) == "is thinking…"
    await web.chat_postMessage(channel=GENERAL, text="elsewhere")
    assert slack.status(GENERAL, ts) == "is thinking…"
    await web.chat_postMessage(channel=GENERAL, thread_ts=ts, text="because")
    assert slack.status(GENERAL, ts) is None


async def test_a_status_vanishes_after_two_minutes_or_when_emptied(slack: FakeSlack, web: AsyncWebClient) -> None:
    ts = await slack.say(ANN, GENERAL, "why?")
    await web.assistant_threads_setStatus(channel_id=GENERAL, thread_ts=ts, status="thinking")
    slack.clock.advance(119)
    assert slack.status(GENERAL, ts) == "thinking"
    slack.clock.advance(1)
    assert slack.status(GENERAL, ts) is None
    await web.assistant_threads_setStatus(channel_id=GENERAL, thread_ts=ts, status="thinking")
    await web.assistant_threads_setStatus(channel_id=GENERAL, thread_ts=ts, status="")
    assert slack.status(GENERAL, ts) is None


async def test_a_status_needs_a_thread_and_at_most_ten_loading_messages(slack: FakeSlack, web: AsyncWebClient) -> None:
    ts = await slack.say(ANN, GENERAL, "why?")
    nowhere = web.assistant_threads_setStatus(channel_id=GENERAL, thread_ts="1700000000.000001", status="x")
    assert await refusal(nowhere) == "thread_not_found"
    many = web.assistant_threads_setStatus(channel_id=GENERAL, thread_ts=ts, status="x", loading_messages=["x"] * 11)
    assert await refusal(many) == "invalid_arguments"


async def test_what_blocks_say_is_read(slack: FakeSlack, web: AsyncWebClient) -> None:
    blocks: list[Json] = [
        {"type": "header", "text": {"type": "plain_text", "text": "Head"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "one"}, "fields": [{"type": "mrkdwn", "text": "two"}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "three"}, {"type": "mrkdwn", "text": "four"}]},
        {"type": "image", "image_url": "https://example.org/x.png", "alt_text": "a picture"},
        {"type": "markdown", "text": "**five**"},
        {"type": "divider"},
    ]
    await web.chat_postMessage(channel=GENERAL, text="for notifications", blocks=blocks)
    assert slack.screen(GENERAL)[0].text == "Head\none\ntwo\nthree four\na picture\n**five**"


async def test_only_members_act_in_a_channel_and_only_streams_are_stopped(slack: FakeSlack) -> None:
    ts = await slack.say(ANN, GENERAL, "mine")
    with pytest.raises(ApiError, match="not_in_channel"):
        await slack.say(BOB, FOREIGN, "let me in")
    with pytest.raises(ApiError, match="message_not_in_streaming_state"):
        await slack.stop_stream(ANN, GENERAL, ts)
    with pytest.raises(ApiError, match="thread_not_found"):
        await slack.say(ANN, GENERAL, "reply", "1700000000.000001")


@pytest.mark.parametrize(
    "block",
    [
        {"type": "poem"},
        {"type": "section"},
        {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}},
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11},
        {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "x" * 76}}]},
        {"type": "divider", "block_id": "x" * 256},
        {"type": "image", "image_url": "https://example.org/x.png"},
    ],
)
async def test_a_block_outside_its_limits_is_refused(web: AsyncWebClient, block: Json) -> None:
    assert await refusal(web.chat_postMessage(channel=GENERAL, text="x", blocks=[block])) == "invalid_blocks"


async def test_a_message_takes_fifty_blocks_and_12000_characters_of_markdown(web: AsyncWebClient) -> None:
    await web.chat_postMessage(channel=GENERAL, text="x", blocks=[{"type": "divider"}] * 50)
    assert (
        await refusal(web.chat_postMessage(channel=GENERAL, text="x", blocks=[{"type": "divider"}] * 51))
        == "invalid_blocks"
    )
    half = {"type": "markdown", "text": "x" * 6_000}
    await web.chat_postMessage(channel=GENERAL, text="x", blocks=[half, half])
    assert await refusal(web.chat_postMessage(channel=GENERAL, text="x", blocks=[half, half, half])) == "msg_too_long"
