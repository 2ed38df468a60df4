"""Buttons under the bot's messages: where they stand, who may press them, and what a press brings."""

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.fakes.slack import FakeSlack
from tests.fakes.slack.values import ApiError, Json
from tests.fakes.test_slack_fake.conftest import Connect
from tests.fakes.test_slack_fake.places import ANN, BOB, DIRECT, GENERAL, Heard, refusal


def button(action_id: str, label: str = "Press", **more: object) -> Json:
    return {"type": "button", "action_id": action_id, "text": {"type": "plain_text", "text": label}, **more}


def row(*action_ids: str) -> Json:
    return {"type": "actions", "elements": [button(action_id) for action_id in action_ids]}


WORDS: Json = {"type": "markdown", "text": "**because**"}


@pytest.fixture
def pressed(app: AsyncApp) -> list[Json]:
    """The bodies of all presses that reached the app."""
    bodies: list[Json] = []

    async def listen(ack: AsyncAck, body: Json) -> None:
        bodies.append(body)
        await ack()

    app.action({"type": "block_actions", "action_id": "again"})(listen)
    return bodies


async def test_buttons_stand_under_the_words_and_hide_the_bare_text(slack: FakeSlack, web: AsyncWebClient) -> None:
    await web.chat_postMessage(channel=GENERAL, text="bare", blocks=[WORDS, row("again", "undo")])
    (shown,) = slack.screen(GENERAL)
    assert (shown.text, shown.buttons, shown.actions) == ("**because**", ("Press", "Press"), ("again", "undo"))


async def test_the_buttons_of_a_stream_come_with_its_end(slack: FakeSlack, web: AsyncWebClient) -> None:
    question = await slack.say(ANN, GENERAL, "why?")
    stream = {"channel": GENERAL, "thread_ts": question, "recipient_user_id": ANN, "recipient_team_id": slack.team_id}
    ts = (await web.api_call("chat.startStream", json={**stream, "markdown_text": "be"}))["ts"]
    await web.chat_stopStream(channel=GENERAL, ts=ts, markdown_text="cause", blocks=[row("again")])
    shown = slack.screen(GENERAL, question)[-1]
    assert (shown.text, shown.actions) == ("because", ("again",))


@pytest.mark.parametrize("words", [{"text": "new"}, {"markdown_text": "new"}])
async def test_an_update_without_blocks_leaves_the_buttons_standing(
    slack: FakeSlack, web: AsyncWebClient, words: dict[str, str]
) -> None:
    ts = (await web.chat_postMessage(channel=GENERAL, text="old", blocks=[WORDS, row("again")]))["ts"]
    await web.api_call("chat.update", json={"channel": GENERAL, "ts": ts, **words})
    assert slack.screen(GENERAL)[0].actions == ("again",)
    await web.chat_update(channel=GENERAL, ts=ts, text="new", blocks=[WORDS])
    assert slack.screen(GENERAL)[0].actions == ()


@pytest.mark.parametrize(
    "elements",
    [
        [button(f"b{number}") for number in range(26)],
        [button("again", "x" * 76)],
        [button("again", "")],
        [button("x" * 256)],
        [button("again"), button("again")],
        [{"type": "button", "action_id": "again", "text": {"type": "mrkdwn", "text": "Press"}}],
        [{"type": "button", "action_id": "again", "text": "Press"}],
        [],
    ],
    ids=["26", "long label", "no label", "long id", "one id twice", "mrkdwn label", "bare label", "none"],
)
async def test_a_row_outside_its_limits_is_refused_everywhere(
    slack: FakeSlack, web: AsyncWebClient, elements: list[Json]
) -> None:
    block = {"type": "actions", "elements": elements}
    ts = (await web.chat_postMessage(channel=GENERAL, text="x"))["ts"]
    assert await refusal(web.chat_postMessage(channel=GENERAL, text="x", blocks=[block])) == "invalid_blocks"
    assert await refusal(web.chat_update(channel=GENERAL, ts=ts, text="x", blocks=[block])) == "invalid_blocks"
    question = await slack.say(ANN, GENERAL, "why?")
    started = await web.chat_startStream(
        channel=GENERAL, thread_ts=question, recipient_user_id=ANN, recipient_team_id=slack.team_id
    )
    assert await refusal(web.chat_stopStream(channel=GENERAL, ts=started["ts"], blocks=[block])) == "invalid_blocks"


async def test_a_full_row_of_the_longest_is_taken(slack: FakeSlack, web: AsyncWebClient) -> None:
    elements = [button(f"{number}".ljust(255, "x"), "y" * 75) for number in range(25)]
    await web.chat_postMessage(channel=GENERAL, text="x", blocks=[{"type": "actions", "elements": elements}])
    assert len(slack.screen(GENERAL)[0].actions) == 25


async def test_block_ids_stand_once_in_a_message(web: AsyncWebClient) -> None:
    twice = [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}]
    assert await refusal(web.chat_postMessage(channel=GENERAL, text="x", blocks=twice)) == "invalid_blocks"


async def test_a_press_says_who_where_and_what(
    slack: FakeSlack, web: AsyncWebClient, connect: Connect, pressed: list[Json]
) -> None:
    await connect()
    question = await slack.say(ANN, GENERAL, "why?")
    post = await web.chat_postMessage(channel=GENERAL, thread_ts=question, text="bare", blocks=[WORDS, row("again")])
    for user in (BOB, ANN):
        assert (await slack.press(user, GENERAL, post["ts"], "again")).acked
    first, second = pressed
    assert (first["user"]["id"], first["channel"]["id"]) == (BOB, GENERAL)  # type: ignore[index]  # a payload's inside
    assert first["container"] == {
        "type": "message",
        "message_ts": post["ts"],
        "channel_id": GENERAL,
        "is_ephemeral": False,
        "thread_ts": question,
    }
    assert first["message"]["thread_ts"] == question  # type: ignore[index]  # a payload's inside
    assert first["trigger_id"] != second["trigger_id"]
    times = [body["actions"][0]["action_ts"] for body in pressed]  # type: ignore[index]  # a payload's inside
    assert len(set(times)) == 2


async def test_only_what_stands_there_can_be_pressed(slack: FakeSlack, web: AsyncWebClient, connect: Connect) -> None:
    await connect()
    ts = (await web.chat_postMessage(channel=GENERAL, text="bare", blocks=[WORDS, row("again")]))["ts"]
    with pytest.raises(KeyError):
        await slack.press(ANN, GENERAL, ts, "undo")
    with pytest.raises(ApiError, match="not_in_channel"):
        await slack.press(BOB, DIRECT, ts, "again")
    await web.chat_update(channel=GENERAL, ts=ts, text="bare", blocks=[WORDS])
    with pytest.raises(KeyError):
        await slack.press(ANN, GENERAL, ts, "again")


async def test_a_press_can_be_answered_alone_in_the_thread_or_in_place_of_the_message(
    slack: FakeSlack, web: AsyncWebClient, connect: Connect, pressed: list[Json]
) -> None:
    await connect()
    question = await slack.say(ANN, GENERAL, "why?")
    ts = (await web.chat_postMessage(channel=GENERAL, thread_ts=question, text="x", blocks=[row("again")]))["ts"]
    hook = AsyncWebhookClient((await slack.press(ANN, GENERAL, ts, "again")).response_url)
    await hook.send_dict({"text": "for you", "replace_original": False, "thread_ts": question})
    *_, told = slack.screen(GENERAL, question)
    assert (told.text, told.ephemeral_to) == ("for you", ANN)
    await hook.send_dict({"text": "instead", "blocks": [], "replace_original": True})
    assert [(shown.text, shown.actions) for shown in slack.screen(GENERAL, question) if shown.ts == ts] == [
        ("instead", ())
    ]
    assert len(pressed) == 1


async def test_an_admin_can_be_told_from_the_others(slack: FakeSlack, web: AsyncWebClient) -> None:
    slack.user("U0EVE00001", "Eve", admin=True)
    assert [(await web.users_info(user=user))["user"]["is_admin"] for user in (ANN, "U0EVE00001")] == [False, True]


async def test_a_deleted_question_with_answers_leaves_a_tombstone(
    slack: FakeSlack, web: AsyncWebClient, connect: Connect, heard: Heard
) -> None:
    await connect()
    question = await slack.say(ANN, GENERAL, "why?")
    await web.chat_postMessage(channel=GENERAL, thread_ts=question, text="because")
    await slack.delete(ANN, GENERAL, question)
    await slack.until(lambda: "message/message_changed" in heard.kinds())
    event = heard.events()[-1]
    assert event["message"]["subtype"] == "tombstone"  # type: ignore[index]  # a payload's inside
    assert event["previous_message"]["text"] == "why?"  # type: ignore[index]  # a payload's inside
    assert [shown.text for shown in slack.screen(GENERAL, question)] == ["This message was deleted.", "because"]


async def test_a_stream_opens_a_session_that_only_the_app_can_close(slack: FakeSlack, web: AsyncWebClient) -> None:
    question = await slack.say(ANN, GENERAL, "why?")
    stream = {"channel": GENERAL, "thread_ts": question, "recipient_user_id": ANN, "recipient_team_id": slack.team_id}
    ts = (await web.api_call("chat.startStream", json=stream))["ts"]
    assert slack.session(GENERAL, question) == "processing"
    await slack.stop_stream(ANN, GENERAL, ts)
    assert slack.session(GENERAL, question) == "processing"
    release = {"channel_id": GENERAL, "thread_ts": question, "status": "active"}
    await web.api_call("agents.sessions.setStatus", json=release)
    assert slack.session(GENERAL, question) == "active"
    done = (await web.api_call("chat.startStream", json=stream))["ts"]
    wrong = web.api_call("chat.stopStream", json={"channel": GENERAL, "ts": done, "session_status": "asleep"})
    assert await refusal(wrong) == "invalid_arguments"
    await web.api_call("chat.stopStream", json={"channel": GENERAL, "ts": done, "session_status": "suspended"})
    assert slack.session(GENERAL, question) == "suspended"


async def test_an_app_that_is_no_agent_has_no_sessions(slack: FakeSlack, web: AsyncWebClient) -> None:
    slack.workspace.agent = False
    question = await slack.say(ANN, GENERAL, "why?")
    await web.chat_startStream(
        channel=GENERAL, thread_ts=question, recipient_user_id=ANN, recipient_team_id=slack.team_id
    )
    assert slack.session(GENERAL, question) is None
    release = {"channel_id": GENERAL, "thread_ts": question, "status": "active"}
    assert await refusal(web.api_call("agents.sessions.setStatus", json=release)) == "not_authorized"
