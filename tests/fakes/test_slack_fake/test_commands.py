"""Commands, buttons and the stop of a stream, with a real Bolt app on the sockets."""

import asyncio

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import FakeSlack
from tests.fakes.slack.values import Json
from tests.fakes.test_slack_fake.conftest import Connect
from tests.fakes.test_slack_fake.places import ANN, GENERAL, Heard
from tests.fakes.test_slack_fake.raw import Raw


async def test_a_command_is_acknowledged_and_its_words_are_for_the_asker(
    slack: FakeSlack, connect: Connect, heard: Heard
) -> None:
    await connect()
    outcome = await slack.command(ANN, GENERAL, "/ask", "why?")
    assert (outcome.acked, outcome.error, outcome.response) == (True, None, {"text": "On it"})
    assert (heard.commands[0]["text"], heard.commands[0]["user_id"]) == ("why?", ANN)
    assert "thread_ts" not in heard.commands[0]
    (shown,) = slack.screen(GENERAL)
    assert (shown.text, shown.ephemeral_to) == ("On it", ANN)


async def test_a_command_without_an_acknowledgement_is_not_sent_again(slack: FakeSlack) -> None:
    async with aiohttp.ClientSession() as session:
        raw = Raw(slack, session)
        await raw.open()
        asked = asyncio.ensure_future(slack.command(ANN, GENERAL, "/ask"))
        assert (await raw.frame())["accepts_response_payload"]
        slack.clock.advance(3.1)
        outcome = await asked
        assert (outcome.acked, outcome.error) == (False, "operation_timeout")
        assert raw.ws is not None
        with pytest.raises(asyncio.TimeoutError):
            await raw.ws.receive(timeout=0.03)


async def test_a_command_in_a_thread_is_refused_unsent(slack: FakeSlack, connect: Connect, heard: Heard) -> None:
    await connect()
    ts = await slack.say(ANN, GENERAL, "parent")
    outcome = await slack.command(ANN, GENERAL, "/ask", "x", thread_ts=ts)
    assert (outcome.acked, outcome.error, heard.commands) == (False, "not_in_thread", [])


async def test_a_pressed_button_reaches_the_app(
    slack: FakeSlack, app: AsyncApp, web: AsyncWebClient, connect: Connect
) -> None:
    pressed: list[Json] = []

    async def stop(ack: AsyncAck, body: Json) -> None:
        pressed.append(body)
        await ack()

    app.action("stop")(stop)
    await connect()
    button = {"type": "button", "action_id": "stop", "text": {"type": "plain_text", "text": "Stop"}, "value": "7"}
    block = {"type": "actions", "elements": [button]}
    ts = (await web.chat_postMessage(channel=GENERAL, text="x", blocks=[block]))["ts"]
    assert slack.screen(GENERAL)[0].buttons == ("Stop",)
    assert (await slack.press(ANN, GENERAL, ts, "stop")).acked
    assert pressed[0]["message"]["ts"] == ts  # type: ignore[index]  # a payload's inside


async def test_a_stopped_stream_is_told_to_the_app(
    slack: FakeSlack, web: AsyncWebClient, connect: Connect, heard: Heard
) -> None:
    await connect()
    question = await slack.say(ANN, GENERAL, "why?")
    started = await web.chat_startStream(
        channel=GENERAL, thread_ts=question, recipient_user_id=ANN, recipient_team_id=slack.team_id
    )
    ts = started["ts"]
    await slack.stop_stream(ANN, GENERAL, ts)
    await slack.until(lambda: "agent_session_stopped" in heard.kinds())
    event = next(event for event in heard.events() if event["type"] == "agent_session_stopped")
    assert (event["streaming_message_ts"], event["thread_ts"]) == ([ts], question)
