"""HTTP delivery to a real Bolt app: signatures, retries, the challenge."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web as aio
from slack_bolt.async_app import AsyncApp

from tests.fakes.slack import FakeSlack
from tests.fakes.slack.hooks import Hooks, signature
from tests.fakes.test_slack_fake.places import ANN, GENERAL, Heard


class Door:
    """The app's web address; it can be told to answer with a status of its own."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.headers: dict[str, str] = {}
        self.url = ""

    @aio.middleware
    async def guard(self, request: aio.Request, handler: object) -> aio.StreamResponse:
        """Answer instead of the app as long as there are statuses."""
        assert callable(handler)
        if self.statuses:
            return aio.Response(status=self.statuses.pop(0), headers=self.headers)
        answer = await handler(request)
        assert isinstance(answer, aio.StreamResponse)
        return answer


@pytest.fixture
async def door(slack: FakeSlack, app: AsyncApp) -> AsyncIterator[Door]:
    """Bolt's own aiohttp application on a loopback port."""
    door = Door()
    served = app.web_app("/slack/events")
    served.middlewares.append(door.guard)
    runner = aio.AppRunner(served, shutdown_timeout=0.1)
    await runner.setup()
    await aio.TCPSite(runner, "127.0.0.1", 0).start()
    door.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield door
    await runner.cleanup()


@pytest.fixture
def hooks(slack: FakeSlack, door: Door) -> Hooks:
    """The fake, sending there."""
    return slack.use_http(door.url)


async def test_bolt_answers_the_challenge(hooks: Hooks) -> None:
    assert await hooks.verify()


@pytest.mark.usefixtures("hooks")
async def test_a_signed_event_reaches_bolt(slack: FakeSlack, heard: Heard) -> None:
    await slack.say(ANN, GENERAL, "héllo")
    await slack.until(lambda: slack.idle and len(heard.bodies) == 1)
    assert heard.events()[0]["text"] == "héllo"
    assert slack.deliveries[0].attempts == 1
    assert slack.acks[0].event_id == slack.deliveries[0].id


@pytest.mark.usefixtures("hooks")
async def test_a_command_is_a_form_and_its_answer_is_shown(slack: FakeSlack, heard: Heard) -> None:
    outcome = await slack.command(ANN, GENERAL, "/ask", "why & how?")
    assert (outcome.acked, heard.commands[0]["text"]) == (True, "why & how?")
    assert slack.screen(GENERAL)[0].text == "On it"


async def test_bolt_refuses_another_secret(slack: FakeSlack, door: Door, heard: Heard) -> None:
    forged = Hooks(slack.clock, door.url, "another secret", slack.acks)
    outcome = await forged.send("events_api", {"type": "event_callback", "event": {"type": "message"}}, None)
    assert (outcome.acked, outcome.reason, heard.bodies) == (False, "http_error", [])


@pytest.mark.usefixtures("hooks")
async def test_a_failed_event_is_tried_again_with_the_marks_of_a_retry(
    slack: FakeSlack, door: Door, heard: Heard
) -> None:
    door.statuses = [500, 503]
    await slack.say(ANN, GENERAL, "hello")
    await slack.until(lambda: slack.deliveries[0].attempts == 2)
    await asyncio.sleep(0.03)
    slack.clock.advance(60)
    await slack.until(lambda: slack.idle and len(heard.bodies) == 1)
    assert heard.retries == ["2"]
    assert slack.deliveries[0].acked


@pytest.mark.usefixtures("hooks")
async def test_an_app_can_forbid_retries(slack: FakeSlack, door: Door) -> None:
    door.statuses, door.headers = [500], {"x-slack-no-retry": "1"}
    await slack.say(ANN, GENERAL, "hello")
    await slack.until(lambda: slack.idle)
    assert (slack.deliveries[0].attempts, slack.deliveries[0].given_up) == (1, True)


async def test_a_closed_door_is_a_failed_connection(slack: FakeSlack) -> None:
    hooks = slack.use_http("http://127.0.0.1:9/")
    outcome = await hooks.send("events_api", {"event_id": "Ev1"}, None)
    assert (outcome.acked, outcome.reason) == (False, "connection_failed")
    assert (await slack.command(ANN, GENERAL, "/ask")).error == "operation_timeout"


def test_the_signature_is_the_documented_one() -> None:
    # The worked example of https://docs.slack.dev/authentication/verifying-requests-from-slack
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body) == expected
