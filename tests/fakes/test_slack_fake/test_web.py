"""Whole messages through the real AsyncWebClient: tokens, bodies, places, limits."""

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import FakeSlack
from tests.fakes.slack.workspace import measure
from tests.fakes.test_slack_fake.places import ANN, BOB, DIRECT, FOREIGN, GENERAL, PRIVATE, refusal

MARKDOWN = "markdown_text"


async def test_a_post_is_seen_in_the_channel(slack: FakeSlack, web: AsyncWebClient) -> None:
    posted = await web.chat_postMessage(channel=GENERAL, text="Hello")
    (shown,) = slack.screen(GENERAL)
    assert (shown.author, shown.text, shown.ts) == (slack.bot_user_id, "Hello", posted["ts"])
    assert posted["message"]["bot_id"] == slack.bot_id


async def test_a_reply_is_seen_in_its_thread_alone(slack: FakeSlack, web: AsyncWebClient) -> None:
    question = await slack.say(ANN, GENERAL, "why?")
    await web.chat_postMessage(channel=GENERAL, thread_ts=question, text="because")
    assert [shown.text for shown in slack.screen(GENERAL)] == ["why?"]
    assert [shown.text for shown in slack.screen(GENERAL, question)] == ["why?", "because"]


async def test_form_and_query_are_read_as_json_is(slack: FakeSlack, web: AsyncWebClient) -> None:
    block = '[{"type":"section","text":{"type":"mrkdwn","text":"from a form"}}]'
    await web.api_call("chat.postMessage", data={"channel": GENERAL, "blocks": block})
    await web.api_call("chat.postMessage", params={"channel": GENERAL, "text": "from a query"})
    assert [shown.text for shown in slack.screen(GENERAL)] == ["from a form", "from a query"]


@pytest.mark.parametrize(
    ("token", "error"),
    [(None, "not_authed"), ("xoxb-other", "invalid_auth"), ("app", "not_allowed_token_type")],
)
async def test_a_wrong_token_is_refused_with_status_200(slack: FakeSlack, token: str | None, error: str) -> None:
    client = AsyncWebClient(slack.app_token if token == "app" else token, base_url=slack.api_url)
    assert await refusal(client.chat_postMessage(channel=GENERAL, text="x")) == error
    assert slack.calls[-1].status == 200
    assert slack.calls[-1].error == error
    assert slack.screen(GENERAL) == []


async def test_the_bot_token_opens_no_socket(slack: FakeSlack, web: AsyncWebClient) -> None:
    assert await refusal(web.apps_connections_open(app_token=slack.bot_token)) == "not_allowed_token_type"


async def test_a_token_inside_json_is_not_seen_but_one_in_a_form_is(slack: FakeSlack) -> None:
    body = {"token": slack.bot_token, "channel": GENERAL, "text": "x"}
    url = f"{slack.api_url}chat.postMessage"
    async with aiohttp.ClientSession() as session:
        async with session.post(url, json=body) as reply:
            assert (await reply.json())["error"] == "not_authed"
        async with session.post(url, data=body) as reply:
            assert (await reply.json())["ok"]


async def test_a_revoked_token_and_a_missing_scope_are_refused(slack: FakeSlack, web: AsyncWebClient) -> None:
    slack.scopes.remove("chat:write")
    assert await refusal(web.chat_postMessage(channel=GENERAL, text="x")) == "missing_scope"
    slack.server.api.revoked = True
    assert await refusal(web.auth_test()) == "token_revoked"


async def test_unknown_methods_and_broken_bodies_are_refused(slack: FakeSlack, web: AsyncWebClient) -> None:
    assert await refusal(web.api_call("chat.shout")) == "unknown_method"
    headers = {"Authorization": f"Bearer {slack.bot_token}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for body, error in ((b"{", "invalid_json"), (b"[]", "json_not_object")):
            async with session.post(f"{slack.api_url}chat.postMessage", data=body) as reply:
                assert (await reply.json())["error"] == error


async def test_other_bodies_and_broken_arguments_are_refused(slack: FakeSlack, web: AsyncWebClient) -> None:
    headers = {"Authorization": f"Bearer {slack.bot_token}", "Content-Type": "text/plain"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{slack.api_url}chat.postMessage", data=b"text=x") as reply,
    ):
        assert (await reply.json())["error"] == "invalid_post_type"
    for broken, error in (
        ({"text": ["a", "list"]}, "invalid_arguments"),
        ({"blocks": "{"}, "invalid_blocks"),
        ({"blocks": ["words"]}, "invalid_blocks"),
        ({"blocks": 7}, "invalid_blocks"),
    ):
        assert await refusal(web.api_call("chat.postMessage", json={"channel": GENERAL, **broken})) == error
    assert await refusal(web.api_call("conversations.history", params={"channel": GENERAL, "limit": "many"})) == (
        "invalid_arguments"
    )


async def test_reading_methods_do_not_look_at_json(web: AsyncWebClient) -> None:
    assert await refusal(web.api_call("users.info", json={"user": ANN})) == "invalid_arguments"
    assert (await web.users_info(user=ANN))["user"]["id"] == ANN


@pytest.mark.parametrize(
    ("channel", "error"),
    [("C0NOWHERE1", "channel_not_found"), (FOREIGN, "not_in_channel"), (PRIVATE, "channel_not_found")],
)
async def test_the_bot_posts_only_where_it_is(web: AsyncWebClient, channel: str, error: str) -> None:
    assert await refusal(web.chat_postMessage(channel=channel, text="x")) == error


async def test_a_thread_is_named_by_its_parent(slack: FakeSlack, web: AsyncWebClient) -> None:
    parent = await slack.say(ANN, GENERAL, "parent")
    reply = await slack.say(BOB, GENERAL, "reply", parent)
    for wrong, error in (
        (reply, "thread_not_found"),
        ("1700000000.000001", "thread_not_found"),
        ("yesterday", "invalid_thread_ts"),
    ):
        assert await refusal(web.chat_postMessage(channel=GENERAL, text="x", thread_ts=wrong)) == error
    assert len(slack.screen(GENERAL, parent)) == 2


@pytest.mark.parametrize("empty", [{}, {"text": ""}, {"text": "  \n"}, {"blocks": []}, {MARKDOWN: ""}])
async def test_an_empty_message_is_refused(web: AsyncWebClient, empty: dict[str, object]) -> None:
    assert await refusal(web.api_call("chat.postMessage", json={"channel": GENERAL, **empty})) == "no_text"


async def test_markdown_stands_alone(web: AsyncWebClient) -> None:
    block = {"type": "divider"}
    for beside in ({"text": "x"}, {"blocks": [block]}):
        call = web.api_call("chat.postMessage", json={"channel": GENERAL, MARKDOWN: "*x*", **beside})
        assert await refusal(call) == "markdown_text_conflict"


async def test_markdown_is_refused_above_12000_characters(slack: FakeSlack, web: AsyncWebClient) -> None:
    await web.chat_postMessage(channel=GENERAL, markdown_text="x" * 12_000)
    assert await refusal(web.chat_postMessage(channel=GENERAL, markdown_text="x" * 12_001)) == "msg_too_long"
    assert await refusal(web.chat_postMessage(channel=GENERAL, markdown_text="😀" * 6_001)) == "msg_too_long"
    assert len(slack.screen(GENERAL)) == 1


async def test_a_post_is_cut_above_40000_characters(slack: FakeSlack, web: AsyncWebClient) -> None:
    whole = await web.chat_postMessage(channel=GENERAL, text="x" * 40_000)
    cut = await web.chat_postMessage(channel=GENERAL, text="x" + "😀" * 20_000)
    assert "response_metadata" not in whole.data
    assert cut["response_metadata"]["warnings"] == ["message_truncated"]
    assert [measure(shown.text) for shown in slack.screen(GENERAL)] == [40_000, 39_999]


async def test_an_update_changes_the_message_and_marks_it(slack: FakeSlack, web: AsyncWebClient) -> None:
    ts = (await web.chat_postMessage(channel=GENERAL, text="one"))["ts"]
    await web.chat_update(channel=GENERAL, ts=ts, text="two")
    (shown,) = slack.screen(GENERAL)
    assert (shown.text, shown.edited, shown.ts) == ("two", True, ts)


async def test_an_update_takes_4000_of_text_and_12000_of_markdown(web: AsyncWebClient) -> None:
    ts = (await web.chat_postMessage(channel=GENERAL, text="one"))["ts"]
    await web.chat_update(channel=GENERAL, ts=ts, text="x" * 4_000)
    assert await refusal(web.chat_update(channel=GENERAL, ts=ts, text="x" * 4_001)) == "msg_too_long"
    await web.chat_update(channel=GENERAL, ts=ts, markdown_text="x" * 12_000)
    assert await refusal(web.chat_update(channel=GENERAL, ts=ts, markdown_text="x" * 12_001)) == "msg_too_long"


async def test_only_the_bots_own_messages_can_be_changed(slack: FakeSlack, web: AsyncWebClient) -> None:
    ts = await slack.say(ANN, GENERAL, "mine")
    assert await refusal(web.chat_update(channel=GENERAL, ts=ts, text="x")) == "cant_update_message"
    assert await refusal(web.chat_delete(channel=GENERAL, ts=ts)) == "cant_delete_message"
    assert await refusal(web.chat_update(channel=GENERAL, ts="1700000000.000001", text="x")) == "message_not_found"
    assert [shown.text for shown in slack.screen(GENERAL)] == ["mine"]


async def test_old_blocks_go_on_hiding_an_updated_text(slack: FakeSlack, web: AsyncWebClient) -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "old block"}}
    ts = (await web.chat_postMessage(channel=GENERAL, text="old", blocks=[block]))["ts"]
    await web.chat_update(channel=GENERAL, ts=ts, text="new")
    assert slack.screen(GENERAL)[0].text == "old block"
    await web.chat_update(channel=GENERAL, ts=ts, text="new", blocks=[])
    assert slack.screen(GENERAL)[0].text == "new"


async def test_a_deleted_message_is_gone(slack: FakeSlack, web: AsyncWebClient) -> None:
    ts = (await web.chat_postMessage(channel=GENERAL, text="one"))["ts"]
    await web.chat_delete(channel=GENERAL, ts=ts)
    assert slack.screen(GENERAL) == []
    assert await refusal(web.chat_delete(channel=GENERAL, ts=ts)) == "message_not_found"


async def test_an_ephemeral_message_is_for_one_member_and_cannot_be_changed(
    slack: FakeSlack, web: AsyncWebClient
) -> None:
    ts = (await web.chat_postEphemeral(channel=GENERAL, user=ANN, text="psst"))["message_ts"]
    question = await slack.say(ANN, GENERAL, "why?")
    await web.chat_postEphemeral(channel=GENERAL, user=ANN, text="wait", thread_ts=question)
    assert [(shown.text, shown.ephemeral_to) for shown in slack.screen(GENERAL)] == [("psst", ANN), ("why?", None)]
    assert [(shown.text, shown.ephemeral_to) for shown in slack.screen(GENERAL, question)][1:] == [("wait", ANN)]
    assert await refusal(web.chat_update(channel=GENERAL, ts=ts, text="x")) == "message_not_found"
    assert await refusal(web.chat_postEphemeral(channel=DIRECT, user=BOB, text="x")) == "user_not_in_channel"


@pytest.mark.parametrize(
    "mention",
    ["<!channel>", "<!here|here>", "<!everyone>", f"<@{ANN}>", f"<@{ANN}|Ann>", "<!subteam^S0TEAM0001>"],
)
@pytest.mark.parametrize("field", ["text", MARKDOWN])
async def test_a_mention_by_the_bot_is_noted(slack: FakeSlack, web: AsyncWebClient, mention: str, field: str) -> None:
    await web.api_call("chat.postMessage", json={"channel": GENERAL, field: f"look, {mention}!"})
    assert [(ping.channel, ping.mention) for ping in slack.pinged] == [(GENERAL, mention)]


async def test_a_neutralised_mention_pings_nobody(slack: FakeSlack, web: AsyncWebClient) -> None:
    await web.chat_postMessage(channel=GENERAL, text=f"&lt;!channel&gt; @channel &lt;@{ANN}&gt; @here")
    await slack.say(ANN, GENERAL, "<!channel> I may")
    assert slack.pinged == []


async def test_linked_names_and_blocks_ping_too(slack: FakeSlack, web: AsyncWebClient) -> None:
    await web.chat_postMessage(channel=GENERAL, text="@here", link_names=True)
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>"}}
    ts = (await web.chat_postMessage(channel=GENERAL, text="x", blocks=[block]))["ts"]
    await web.chat_update(channel=GENERAL, ts=ts, text="@everyone", parse="full", blocks=[])
    assert [ping.mention for ping in slack.pinged] == ["@here", "<!channel>", "@everyone"]
