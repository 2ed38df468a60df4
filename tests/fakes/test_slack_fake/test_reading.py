"""The reading methods through the real AsyncWebClient: pages, people, places."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import FakeSlack
from tests.fakes.test_slack_fake.places import ANN, BOB, DIRECT, FOREIGN, GENERAL, PRIVATE, refusal


async def test_auth_test_says_who_the_bot_is(slack: FakeSlack, web: AsyncWebClient) -> None:
    me = await web.auth_test()
    assert (me["team_id"], me["user_id"], me["bot_id"]) == (slack.team_id, slack.bot_user_id, slack.bot_id)
    assert "chat:write" in str(me.headers["X-OAuth-Scopes"])


async def test_the_locale_is_told_only_when_asked_for(web: AsyncWebClient) -> None:
    assert "locale" not in (await web.users_info(user=ANN))["user"]
    assert (await web.users_info(user=ANN, include_locale=True))["user"]["locale"] == "zh-CN"
    assert await refusal(web.users_info(user="U0NOBODY01")) == "user_not_found"


async def test_the_bot_is_a_member_too(slack: FakeSlack, web: AsyncWebClient) -> None:
    assert (await web.users_info(user=slack.bot_user_id))["user"]["is_bot"]


async def test_earlier_messages_can_be_read_but_were_never_told(slack: FakeSlack, web: AsyncWebClient) -> None:
    parent = slack.earlier(ANN, GENERAL, "long ago")
    slack.earlier(BOB, GENERAL, "indeed", parent)
    thread = (await web.conversations_replies(channel=GENERAL, ts=parent))["messages"]
    assert [message["text"] for message in thread] == ["long ago", "indeed"]
    assert thread[0]["reply_count"] == 1
    assert slack.deliveries == []


async def test_a_long_thread_comes_in_pages(slack: FakeSlack, web: AsyncWebClient) -> None:
    parent = slack.earlier(ANN, GENERAL, "0")
    for number in range(1, 1_005):
        slack.earlier(BOB, GENERAL, str(number), parent)
    first = await web.conversations_replies(channel=GENERAL, ts=parent)
    assert (len(first["messages"]), first["has_more"]) == (1_000, True)
    cursor = first["response_metadata"]["next_cursor"]
    second = await web.conversations_replies(channel=GENERAL, ts=parent, cursor=cursor)
    assert [message["text"] for message in second["messages"]] == ["1000", "1001", "1002", "1003", "1004"]
    assert (second["has_more"], second["response_metadata"]["next_cursor"]) == (False, "")
    assert await refusal(web.conversations_replies(channel=GENERAL, ts=parent, limit=1_001)) == "invalid_limit"
    assert await refusal(web.conversations_replies(channel=GENERAL, ts=parent, cursor="x")) == "invalid_cursor"


async def test_history_is_flat_and_newest_first(slack: FakeSlack, web: AsyncWebClient) -> None:
    first = slack.earlier(ANN, GENERAL, "one")
    slack.earlier(BOB, GENERAL, "reply", first)
    second = slack.earlier(ANN, GENERAL, "two")
    read = await web.conversations_history(channel=GENERAL)
    assert [message["text"] for message in read["messages"]] == ["two", "one"]
    after = await web.conversations_history(channel=GENERAL, oldest=first)
    assert [message["ts"] for message in after["messages"]] == [second]
    both = await web.conversations_history(channel=GENERAL, oldest=first, inclusive=True)
    assert len(both["messages"]) == 2
    before = await web.conversations_history(channel=GENERAL, latest=second)
    assert [message["ts"] for message in before["messages"]] == [first]
    assert await refusal(web.conversations_history(channel=GENERAL, limit=1_000)) == "invalid_limit"


async def test_a_reply_has_no_thread_of_its_own(slack: FakeSlack, web: AsyncWebClient) -> None:
    parent = slack.earlier(ANN, GENERAL, "one")
    reply = slack.earlier(BOB, GENERAL, "two", parent)
    alone = await web.conversations_replies(channel=GENERAL, ts=reply)
    assert [message["text"] for message in alone["messages"]] == ["two"]
    assert await refusal(web.conversations_replies(channel=GENERAL, ts="1700000000.000001")) == "thread_not_found"


async def test_markdown_is_read_back_as_mrkdwn(slack: FakeSlack, web: AsyncWebClient) -> None:
    written = "# Head\n**bold** & [link](https://example.org) 1 < 2 &lt;!channel&gt; <!here>\n- ~~item~~"
    posted = await web.chat_postMessage(channel=GENERAL, markdown_text=written)
    read = (await web.conversations_history(channel=GENERAL))["messages"][0]["text"]
    assert read == "*Head*\n*bold* &amp; <https://example.org|link> 1 &lt; 2 &lt;!channel&gt; <!here>\n• ~item~"
    assert posted["message"]["text"] == read
    assert slack.screen(GENERAL)[0].text == written


async def test_metadata_is_read_back_whole_only_when_asked_for(slack: FakeSlack, web: AsyncWebClient) -> None:
    metadata = {"event_type": "parley_post", "event_payload": {"key": "k-1"}}
    ts = (await web.chat_postMessage(channel=GENERAL, text="x", metadata=metadata))["ts"]
    await web.chat_update(channel=GENERAL, ts=ts, text="metadata stays")
    short = (await web.conversations_history(channel=GENERAL))["messages"][0]
    assert short["metadata"] == {"event_type": "parley_post"}
    whole = (await web.conversations_history(channel=GENERAL, include_all_metadata=True))["messages"][0]
    assert whole["metadata"] == metadata
    await web.chat_update(channel=GENERAL, ts=ts, text="and goes", metadata={})
    assert "metadata" not in (await web.conversations_history(channel=GENERAL))["messages"][0]


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_type": "x"}, "invalid_metadata_format"),
        ({"event_payload": {}}, "invalid_metadata_format"),
        ("words", "invalid_metadata_format"),
        ([1], "invalid_metadata_format"),
        ({"event_type": "x", "event_payload": {"key": "x" * 8_000}}, "metadata_too_large"),
    ],
)
async def test_broken_metadata_is_refused(web: AsyncWebClient, metadata: object, error: str) -> None:
    call = web.api_call("chat.postMessage", json={"channel": GENERAL, "text": "x", "metadata": metadata})
    assert await refusal(call) == error


@pytest.mark.parametrize(("channel", "error"), [(FOREIGN, "not_in_channel"), (PRIVATE, "channel_not_found")])
async def test_the_bot_reads_only_where_it_is(web: AsyncWebClient, channel: str, error: str) -> None:
    assert await refusal(web.conversations_history(channel=channel)) == error


async def test_a_place_says_what_it_is(slack: FakeSlack, web: AsyncWebClient) -> None:
    general = (await web.conversations_info(channel=GENERAL))["channel"]
    assert (general["is_channel"], general["is_private"], general["is_member"]) == (True, False, True)
    assert not (await web.conversations_info(channel=FOREIGN))["channel"]["is_member"]
    direct = (await web.conversations_info(channel=DIRECT))["channel"]
    assert (direct["is_im"], direct["user"]) == (True, ANN)
    assert await refusal(web.conversations_info(channel=PRIVATE)) == "channel_not_found"
    assert (await web.conversations_members(channel=GENERAL))["members"] == sorted([ANN, BOB, slack.bot_user_id])


async def test_a_direct_message_can_be_opened(slack: FakeSlack, web: AsyncWebClient) -> None:
    assert (await web.conversations_open(users=ANN))["channel"]["id"] == DIRECT
    new = (await web.conversations_open(users=BOB))["channel"]["id"]
    await web.chat_postMessage(channel=new, text="hello Bob")
    assert slack.screen(new)[0].text == "hello Bob"
    assert await refusal(web.conversations_open(users="U0NOBODY01")) == "user_not_found"


async def test_a_reaction_is_given_once(slack: FakeSlack, web: AsyncWebClient) -> None:
    ts = await slack.say(ANN, GENERAL, "nice")
    await web.reactions_add(channel=GENERAL, timestamp=ts, name="eyes")
    assert await refusal(web.reactions_add(channel=GENERAL, timestamp=ts, name="eyes")) == "already_reacted"
    await web.reactions_remove(channel=GENERAL, timestamp=ts, name="eyes")
    assert await refusal(web.reactions_remove(channel=GENERAL, timestamp=ts, name="eyes")) == "no_reaction"


async def test_the_team_the_bot_and_a_link_can_be_asked_for(slack: FakeSlack, web: AsyncWebClient) -> None:
    assert (await web.team_info())["team"]["id"] == slack.team_id
    assert (await web.bots_info(bot=slack.bot_id))["bot"]["user_id"] == slack.bot_user_id
    assert await refusal(web.bots_info(bot="B0OTHER001")) == "bot_not_found"
    ts = await slack.say(ANN, GENERAL, "here")
    assert ts.replace(".", "") in (await web.chat_getPermalink(channel=GENERAL, message_ts=ts))["permalink"]
