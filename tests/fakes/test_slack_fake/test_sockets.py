"""Socket Mode with the real SocketModeClient and a real Bolt app."""

import asyncio

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import FakeSlack
from tests.fakes.test_slack_fake.conftest import Connect
from tests.fakes.test_slack_fake.places import ANN, DIRECT, FOREIGN, GENERAL, Heard, refusal
from tests.fakes.test_slack_fake.raw import Raw


async def test_a_message_reaches_the_app_and_is_acknowledged(slack: FakeSlack, connect: Connect, heard: Heard) -> None:
    await connect()
    ts = await slack.say(ANN, GENERAL, "hello")
    await slack.until(lambda: slack.idle and len(heard.bodies) == 1)
    event = heard.events()[0]
    assert (event["text"], event["ts"], event["user"], event["channel_type"]) == ("hello", ts, ANN, "channel")
    assert heard.bodies[0]["api_app_id"] == slack.app_id
    (delivery,) = slack.deliveries
    assert (delivery.acked, delivery.attempts) == (True, 1)
    assert slack.acks[0].in_time


@pytest.mark.parametrize("mention_first", [True, False])
async def test_a_mention_makes_two_events_in_the_order_asked(
    slack: FakeSlack, connect: Connect, heard: Heard, mention_first: bool
) -> None:
    await connect()
    await slack.say(ANN, GENERAL, f"<@{slack.bot_user_id}> hi", mention_first=mention_first)
    await slack.until(lambda: slack.idle and len(heard.bodies) == 2)
    order = ["app_mention", "message"]
    assert [delivery.kind for delivery in slack.deliveries] == (order if mention_first else order[::-1])
    first, second = heard.events()
    assert first["ts"] == second["ts"]
    assert len({str(body["event_id"]) for body in heard.bodies}) == 2


async def test_a_direct_message_makes_one_event_and_a_strange_channel_none(
    slack: FakeSlack, connect: Connect, heard: Heard
) -> None:
    await connect()
    await slack.say(ANN, FOREIGN, f"<@{slack.bot_user_id}> hi")
    await slack.say(ANN, DIRECT, f"<@{slack.bot_user_id}> hi")
    await slack.until(lambda: slack.idle and len(heard.bodies) == 1)
    assert heard.kinds() == ["message"]
    assert heard.events()[0]["channel_type"] == "im"


async def test_a_mention_only_app_hears_mentions_only(slack: FakeSlack, connect: Connect, heard: Heard) -> None:
    slack.scopes -= {"channels:history", "groups:history", "mpim:history"}
    await connect()
    await slack.say(ANN, GENERAL, "nobody's business")
    await slack.say(ANN, GENERAL, f"<@{slack.bot_user_id}> yours")
    await slack.say(ANN, DIRECT, "yours too")
    await slack.until(lambda: slack.idle and len(heard.bodies) == 2)
    assert sorted(heard.kinds()) == ["app_mention", "message"]
    slack.scopes.clear()
    await slack.say(ANN, GENERAL, f"<@{slack.bot_user_id}> nothing left")
    assert len(slack.deliveries) == 2


async def test_the_bots_posts_and_updates_come_back(
    slack: FakeSlack, web: AsyncWebClient, connect: Connect, heard: Heard
) -> None:
    await connect()
    ts = (await web.chat_postMessage(channel=GENERAL, text="one"))["ts"]
    await web.chat_update(channel=GENERAL, ts=ts, text="two")
    await web.chat_delete(channel=GENERAL, ts=ts)
    await slack.until(lambda: slack.idle and len(heard.bodies) == 3)
    assert sorted(heard.kinds()) == ["message", "message/message_changed", "message/message_deleted"]
    posted = next(event for event in heard.events() if "subtype" not in event)
    assert (posted["bot_id"], posted["user"]) == (slack.bot_id, slack.bot_user_id)


async def test_echoes_can_be_switched_off(slack: FakeSlack, web: AsyncWebClient) -> None:
    slack.server.stage.echoes = False
    await web.chat_postMessage(channel=GENERAL, text="one")
    assert slack.deliveries == []


async def test_an_event_that_no_listener_takes_is_tried_four_times(
    slack: FakeSlack, connect: Connect, heard: Heard
) -> None:
    await connect()
    slack.push({"type": "member_joined_channel", "user": ANN, "channel": GENERAL, "event_ts": "1"})
    (delivery,) = slack.deliveries
    while not slack.idle:
        await asyncio.sleep(0.005)
        slack.clock.advance(10)
    assert (delivery.given_up, delivery.attempts, heard.bodies) == (True, 4, [])


async def test_a_late_acknowledgement_counts_for_nothing(slack: FakeSlack) -> None:
    async with aiohttp.ClientSession() as session:
        raw = Raw(slack, session)
        await raw.open()
        await slack.say(ANN, GENERAL, "hello")
        first = await raw.frame()
        assert (first["retry_attempt"], first["accepts_response_payload"]) == (0, False)
        slack.clock.advance(3.1)
        second = await raw.frame()
        await raw.ack(first)
        await slack.until(lambda: len(slack.acks) == 1)
        assert not slack.acks[0].in_time
        assert not slack.idle
        assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")
        assert second["payload"] == first["payload"]
        await raw.ack(second)
        await slack.until(lambda: slack.idle)
    assert slack.deliveries[0].acked


async def test_what_a_broken_socket_took_along_comes_again_on_the_next(slack: FakeSlack) -> None:
    async with aiohttp.ClientSession() as session:
        lost, good = Raw(slack, session), Raw(slack, session)
        await lost.open()
        await slack.say(ANN, GENERAL, "hello")
        await lost.frame()
        await good.open()
        slack.drop()
        await slack.until(lambda: slack.sockets == 0)
        await good.open()
        slack.clock.advance(60)
        again = await good.frame()
        await good.ack(again)
        await slack.until(lambda: slack.idle)
    assert slack.deliveries[0].acked


async def test_the_sockets_take_turns(slack: FakeSlack) -> None:
    async with aiohttp.ClientSession() as session:
        one, other = Raw(slack, session), Raw(slack, session)
        await one.open()
        await other.open()
        for text in ("first", "second"):
            await slack.say(ANN, GENERAL, text)
        frames = [await one.frame(), await other.frame()]
    assert frames[0]["envelope_id"] != frames[1]["envelope_id"]


async def test_each_event_goes_to_one_of_two_sockets(slack: FakeSlack, connect: Connect, heard: Heard) -> None:
    await connect()
    await connect()
    for number in range(6):
        await slack.say(ANN, GENERAL, str(number))
    await slack.until(lambda: slack.idle and len(heard.bodies) == 6)
    assert sorted(str(event["text"]) for event in heard.events()) == ["0", "1", "2", "3", "4", "5"]


async def test_the_eleventh_socket_is_sent_away(slack: FakeSlack) -> None:
    slack.limit(None)
    async with aiohttp.ClientSession() as session:
        sockets = [Raw(slack, session) for _ in range(11)]
        first = [await socket.open() for socket in sockets]
        last = sockets[-1].ws
        assert last is not None
        assert (await last.receive(timeout=2)).type is aiohttp.WSMsgType.CLOSE
        await slack.until(lambda: slack.sockets == 10)
    assert [frame["type"] for frame in first] == ["hello"] * 10 + ["disconnect"]
    assert first[-1]["reason"] == "too_many_websockets"
    assert first[9]["num_connections"] == 10


async def test_an_address_is_good_for_one_connection(slack: FakeSlack, web: AsyncWebClient) -> None:
    url = (await web.apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as ws:
            assert (await ws.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_the_app_comes_back_after_a_refresh(slack: FakeSlack, connect: Connect, heard: Heard) -> None:
    await connect()
    await slack.disconnect("refresh_requested")
    await slack.until(lambda: len(slack.called("apps.connections.open")) == 2 and slack.sockets == 1)
    await slack.say(ANN, GENERAL, "still there?")
    await slack.until(lambda: slack.idle and len(heard.bodies) == 1)


async def test_a_socket_that_does_not_leave_is_closed_and_gets_nothing_more(slack: FakeSlack) -> None:
    async with aiohttp.ClientSession() as session:
        raw = Raw(slack, session)
        await raw.open()
        await slack.disconnect("warning")
        assert (await raw.frame())["reason"] == "warning"
        await slack.say(ANN, GENERAL, "hello")
        await asyncio.sleep(0.01)
        slack.clock.advance(10)
        assert raw.ws is not None
        assert (await raw.ws.receive(timeout=2)).type is aiohttp.WSMsgType.CLOSE


async def test_the_app_comes_back_after_a_cut_and_a_refusal(slack: FakeSlack, connect: Connect, heard: Heard) -> None:
    await connect()
    slack.refuse(seconds=60)
    slack.drop()
    await slack.until(lambda: slack.called("apps.connections.open")[-1].error == "internal_error")
    assert slack.sockets == 0
    slack.clock.advance(60)
    await slack.connected()
    await slack.say(ANN, GENERAL, "back?")
    await slack.until(lambda: slack.idle and len(heard.bodies) == 1)


async def test_a_redelivery_has_the_same_event_id_and_says_that_it_is_one(
    slack: FakeSlack, connect: Connect, heard: Heard
) -> None:
    await connect()
    await slack.say(ANN, GENERAL, "hello")
    await slack.until(lambda: slack.idle)
    assert await slack.redeliver(slack.deliveries[0].id)
    await slack.until(lambda: len(heard.bodies) == 2)
    assert heard.bodies[0] == heard.bodies[1]
    assert sorted(heard.retries) == ["0", "1"]


async def test_no_socket_opens_without_the_app_token(slack: FakeSlack, web: AsyncWebClient) -> None:
    assert await refusal(web.apps_connections_open(app_token="xapp-wrong")) == "invalid_auth"
    assert slack.sockets == 0


async def test_no_address_of_a_socket_reaches_a_log(
    slack: FakeSlack, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "aiohttp")
    await connect()
    assert caplog.text == ""
