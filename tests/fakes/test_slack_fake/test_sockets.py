"""Socket Mode with the real SocketModeClient and a real Bolt app."""

from tests.fakes.slack import FakeSlack
from tests.fakes.test_slack_fake.conftest import Connect
from tests.fakes.test_slack_fake.places import ANN, GENERAL, Heard


async def test_a_message_reaches_the_app_and_is_acknowledged(slack: FakeSlack, connect: Connect, heard: Heard) -> None:
    await connect()
    ts = await slack.say(ANN, GENERAL, "hello")
    await slack.until(lambda: slack.idle and len(heard.bodies) == 1)
    assert heard.events()[0]["text"] == "hello"
    assert heard.events()[0]["ts"] == ts
    (delivery,) = slack.deliveries
    assert delivery.acked
    assert delivery.attempts == 1
    assert slack.acks[0].in_time


async def test_a_mention_arrives_twice_with_two_event_ids(slack: FakeSlack, connect: Connect, heard: Heard) -> None:
    await connect()
    await slack.say(ANN, GENERAL, f"<@{slack.bot_user_id}> hi")
    await slack.until(lambda: slack.idle and len(heard.bodies) == 2)
    assert sorted(heard.kinds()) == ["app_mention", "message"]
    assert heard.events()[0]["ts"] == heard.events()[1]["ts"]
    assert len({str(body["event_id"]) for body in heard.bodies}) == 2
