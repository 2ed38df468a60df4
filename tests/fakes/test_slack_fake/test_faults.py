"""Rate limits and failures as the real client meets them."""

import time

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import FakeSlack
from tests.fakes.test_slack_fake.places import ANN, DIRECT, GENERAL, refusal


async def test_posts_in_one_channel_are_one_a_second_after_a_burst(slack: FakeSlack, web: AsyncWebClient) -> None:
    for number in range(5):
        await web.chat_postMessage(channel=GENERAL, text=str(number))
    with pytest.raises(SlackApiError) as caught:
        await web.chat_postMessage(channel=GENERAL, text="too much")
    assert (caught.value.response.status_code, caught.value.response["error"]) == (429, "ratelimited")
    wait = int(caught.value.response.headers["Retry-After"])
    await web.chat_postMessage(channel=DIRECT, text="elsewhere is free")
    slack.clock.advance(wait)
    await web.chat_postMessage(channel=GENERAL, text="again")
    assert len(slack.screen(GENERAL)) == 6


@pytest.mark.parametrize(("method", "calls"), [("chat.update", 50), ("chat.startStream", 20), ("users.info", 100)])
async def test_each_method_has_its_tier(slack: FakeSlack, web: AsyncWebClient, method: str, calls: int) -> None:
    for _ in range(2):
        for _ in range(calls):
            assert await refusal(web.api_call(method)) == "invalid_arguments"
        assert await refusal(web.api_call(method)) == "ratelimited"
        slack.clock.advance(60)


async def test_limits_can_be_scaled_and_switched_off(slack: FakeSlack, web: AsyncWebClient) -> None:
    slack.limit(0.1)
    for _ in range(2):
        assert await refusal(web.api_call("chat.startStream")) == "invalid_arguments"
    assert await refusal(web.api_call("chat.startStream")) == "ratelimited"
    slack.limit(None)
    assert await refusal(web.api_call("chat.startStream")) == "invalid_arguments"


async def test_a_rate_limit_can_be_asked_for_and_the_sdk_waits_it_out(slack: FakeSlack, web: AsyncWebClient) -> None:
    web.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    slack.fail("chat.postMessage", retry_after=0)
    await web.chat_postMessage(channel=GENERAL, text="patient")
    assert [(call.status, call.error) for call in slack.calls] == [(429, "ratelimited"), (200, None)]
    assert len(slack.screen(GENERAL)) == 1


async def test_a_rate_limit_says_how_long(slack: FakeSlack, web: AsyncWebClient) -> None:
    slack.fail("users.info", retry_after=7)
    slack.fail("users.info", status=429)
    waits = []
    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            await web.users_info(user=ANN)
        waits.append(caught.value.response.headers["Retry-After"])
    assert waits == ["7", "1"]


async def test_a_refusal_can_be_asked_for_some_times(slack: FakeSlack, web: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", "is_archived", times=2)
    for _ in range(2):
        assert await refusal(web.chat_postMessage(channel=GENERAL, text="x")) == "is_archived"
    await web.chat_postMessage(channel=GENERAL, text="x")
    assert len(slack.screen(GENERAL)) == 1


@pytest.mark.parametrize(("after_accept", "seen"), [(False, 0), (True, 1)])
async def test_a_broken_server_answers_html_before_or_after_the_call_took_effect(
    slack: FakeSlack, web: AsyncWebClient, after_accept: bool, seen: int
) -> None:
    slack.fail("*", status=503, after_accept=after_accept)
    with pytest.raises(SlackApiError) as caught:
        await web.chat_postMessage(channel=GENERAL, text="x")
    assert caught.value.response.status_code == 503
    assert len(slack.screen(GENERAL)) == seen
    assert slack.calls[0].error == "http_503"


@pytest.mark.parametrize(("after_accept", "seen"), [(False, 0), (True, 1)])
async def test_a_connection_can_be_cut_before_or_after_the_call_took_effect(
    slack: FakeSlack, web: AsyncWebClient, after_accept: bool, seen: int
) -> None:
    web.retry_handlers.clear()
    slack.fail("chat.postMessage", hang_up=True, after_accept=after_accept)
    with pytest.raises(aiohttp.ClientConnectionError):
        await web.chat_postMessage(channel=GENERAL, text="x")
    assert len(slack.screen(GENERAL)) == seen
    assert slack.calls[0].error == "hung_up"


async def test_the_sdk_doubles_a_message_whose_answer_was_lost(slack: FakeSlack, web: AsyncWebClient) -> None:
    at_once = FixedValueRetryIntervalCalculator(fixed_internal=0.01)
    web.retry_handlers[:] = [AsyncConnectionErrorRetryHandler(interval_calculator=at_once)]
    slack.fail("chat.postMessage", hang_up=True, after_accept=True)
    await web.chat_postMessage(channel=GENERAL, text="x")
    assert [shown.text for shown in slack.screen(GENERAL)] == ["x", "x"]


async def test_a_delay_alone_is_no_failure(slack: FakeSlack, web: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", delay=0.03)
    begun = time.monotonic()
    await web.chat_postMessage(channel=GENERAL, text="x")
    assert time.monotonic() - begun >= 0.03
    assert len(slack.screen(GENERAL)) == 1


async def test_every_call_is_kept_with_its_arguments(slack: FakeSlack, web: AsyncWebClient) -> None:
    await web.users_info(user=ANN, include_locale=True)
    (call,) = slack.called("users.info")
    assert call.ok
    assert call.args["user"] == ANN
    assert slack.bot_token not in str(slack.calls)
