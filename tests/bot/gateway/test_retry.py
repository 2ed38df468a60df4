"""What is tried again, after what wait, and what never is."""

from datetime import UTC, datetime

import httpx
import pytest

from bot.errors import (
    ContextTooLong,
    GatewayBusy,
    GatewayError,
    GatewayGarbled,
    GatewayRejected,
    GatewayUnreachable,
    ModelUnavailable,
    SettingsError,
)
from bot.gateway import Catalogue, Endpoint, Patience
from bot.gateway.faults import Fault, Hints, Kind
from bot.gateway.retry import Tries, backoff, hints
from tests.bot.gateway.conftest import TOKEN, Calling, ask
from tests.bot.gateway.wire_server import OK, Line, Step, WireServer, answer, drop, fault, hang, reply, stream

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:20 GMT"}, 20.0),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:20"}, 20.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after-ms": "nan", "retry-after": "2"}, 2.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "120ms"}, 0.12),
        ({"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "6m0s"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "later"}, None),
        ({"x-ratelimit-remaining-requests": "0"}, None),
        ({}, None),
    ],
)
def test_the_wait_that_the_gateway_asks_for_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert hints(httpx.Headers(headers), lambda: NOW).retry_after == seconds


def test_the_other_hints_are_read() -> None:
    found = hints(httpx.Headers({"X-Should-Retry": "False", "x-oneapi-request-id": "r-1"}))
    assert (found.should_retry, found.request_id) == (False, "r-1")
    assert hints(httpx.Headers({"x-should-retry": "maybe"})).should_retry is None


def test_our_own_waits_double_with_a_share_of_chance_and_are_bounded() -> None:
    assert [backoff(tries, lambda: 1.0) for tries in range(1, 7)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert [backoff(tries, lambda: 0.0) for tries in range(1, 4)] == [0.25, 0.5, 1.0]


def test_a_missing_channel_gets_two_repeats_however_many_are_allowed() -> None:
    tries = Tries(10, 120.0, 600.0)
    waits = [tries.wait(Fault(Kind.NO_CHANNEL, 503)) for _ in range(3)]
    assert [wait is None for wait in waits] == [False, False, True]


def test_a_garbled_answer_gets_one_repeat() -> None:
    tries = Tries(10, 120.0, 600.0)
    assert tries.wait(Fault(Kind.GARBLED, 200)) is not None
    assert tries.wait(Fault(Kind.BUSY, 429)) is not None
    assert tries.wait(Fault(Kind.GARBLED, 200)) is None


def test_the_gateway_may_ask_for_a_repeat_only_where_nothing_speaks_against_it() -> None:
    please = Hints(should_retry=True)
    assert Tries(3, 120.0, 600.0).wait(Fault(Kind.REJECTED, 418, hints=please)) is not None
    assert Tries(3, 120.0, 600.0).wait(Fault(Kind.TOKEN, 401, hints=please)) is None


FAILING = [408, 409, 425, 429, 500, 502, 503, 504, 520, 524, 529]


@pytest.mark.parametrize("status", FAILING)
async def test_a_passing_failure_is_tried_again_with_the_same_key(calling: Calling, status: int) -> None:
    async with WireServer(reply(status, {}), reply(status, {}), OK) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert told.text == "Hello"
    assert len(caller.waits) == 2
    assert 0.25 <= caller.waits[0] <= 0.5 <= caller.waits[1] <= 1.0
    assert [seen.headers["idempotency-key"] for seen in server.requests] == ["key-1"] * 3
    assert server.requests[0].body == server.requests[2].body


@pytest.mark.parametrize("status", [429, 503])
async def test_a_lasting_failure_ends_after_three_tries(calling: Calling, status: int) -> None:
    async with WireServer(reply(status, {})) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert isinstance(told.error, GatewayBusy)
    assert told.error.retry_after is None
    assert len(server.requests) == 3


async def test_the_number_of_tries_is_the_operators(calling: Calling) -> None:
    patience = Patience(tries=1)
    async with WireServer(reply(429, {})) as server, calling(server.url, patience=patience) as caller:
        await caller.hear()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, fault("no idea"), GatewayRejected),
        (401, fault("no"), GatewayRejected),
        (402, fault("no"), GatewayRejected),
        (403, fault("no", code="insufficient_user_quota"), GatewayRejected),
        (403, fault("no"), GatewayRejected),
        (403, fault("no", code="access_denied"), ModelUnavailable),
        (404, fault("no", code="model_not_found"), ModelUnavailable),
        (405, fault("no"), GatewayRejected),
        (413, fault("no"), ContextTooLong),
        (415, fault("no"), GatewayRejected),
        (422, {"detail": "no"}, GatewayRejected),
        (429, fault("no", code="insufficient_quota"), GatewayRejected),
        (400, fault("no", code="context_length_exceeded"), ContextTooLong),
        (302, {}, GatewayRejected),
    ],
)
async def test_a_certain_refusal_is_never_tried_again(
    calling: Calling, status: int, body: object, error: type[GatewayError]
) -> None:
    async with WireServer(reply(status, body)) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert type(told.error) is error
    assert len(server.requests) == 1
    assert caller.waits == []


async def test_the_gateways_wait_goes_before_our_own(calling: Calling) -> None:
    busy = reply(429, {}, retry_after="7"), reply(429, {}, retry_after_ms="250")
    async with WireServer(*busy, OK) as server, calling(server.url) as caller:
        assert (await caller.hear()).text == "Hello"
    assert caller.waits == [7.0, 0.25]


async def test_too_long_a_wait_is_told_at_once(calling: Calling) -> None:
    async with WireServer(reply(429, {}, retry_after="121")) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert isinstance(told.error, GatewayBusy)
    assert told.error.retry_after == 121.0
    assert told.error.notice.params["seconds"] == 121
    assert len(server.requests) == 1


async def test_the_gateway_may_forbid_a_repeat(calling: Calling) -> None:
    async with WireServer(reply(503, {}, x_should_retry="false")) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert isinstance(told.error, GatewayBusy)
    assert len(server.requests) == 1


async def test_a_reset_before_any_answer_is_tried_again(calling: Calling) -> None:
    async with WireServer(drop, drop, OK) as server, calling(server.url) as caller:
        assert (await caller.hear()).text == "Hello"


async def test_a_gateway_that_is_not_there_is_unreachable(calling: Calling) -> None:
    async with WireServer(OK) as server:
        url = server.url
    async with calling(url) as caller:
        told = await caller.hear()
    assert isinstance(told.error, GatewayUnreachable)
    assert len(caller.waits) == 2


async def test_a_gateway_that_does_not_encrypt_is_unreachable_by_https(calling: Calling) -> None:
    async with WireServer(OK) as server, calling(server.url.replace("http:", "https:")) as caller:
        assert isinstance((await caller.hear()).error, GatewayUnreachable)
    assert server.requests == []


async def test_a_gateway_that_never_answers_is_unreachable(calling: Calling) -> None:
    async with WireServer(hang) as server, calling(server.url, patience=Patience(first_byte_s=0.1)) as caller:
        assert isinstance((await caller.hear()).error, GatewayUnreachable)
    assert len(server.requests) == 3


async def test_an_answer_in_one_piece_that_took_all_its_time_is_not_begun_again(calling: Calling) -> None:
    async with WireServer(hang) as server, calling(server.url, patience=Patience(total_s=0.1)) as caller:
        assert isinstance((await caller.hear(ask("gpt-5-pro"))).error, GatewayUnreachable)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(reply(200, b""), id="empty body"),
        pytest.param(reply(200, b'{"choices": [{"mess'), id="truncated JSON"),
        pytest.param(reply(200, b"<html><title>Just a moment</title></html>", "text/html"), id="page"),
        pytest.param(reply(200, {"choices": []}), id="no choices"),
        pytest.param(reply(200, {"choices": None}), id="null choices"),
        pytest.param(reply(200, answer("")), id="empty answer"),
        pytest.param(reply(200, answer(None, "tool_calls")), id="nothing but calls"),
        pytest.param(stream(b"data: [DONE]\n\n"), id="DONE alone"),
        pytest.param(stream(b": PING\n\n"), id="comments alone"),
    ],
)
async def test_a_garbled_success_is_tried_again_once(calling: Calling, step: Step) -> None:
    async with WireServer(step, OK) as server, calling(server.url) as caller:
        assert (await caller.hear()).text == "Hello"
    async with WireServer(step) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert isinstance(told.error, GatewayGarbled)
    assert len(server.requests) == 2


@pytest.mark.parametrize("raw", [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"HTTP/1.1 banana\r\n\r\n", b"\x00" * 9000])
async def test_what_is_no_http_at_all_is_unreachable(calling: Calling, raw: bytes) -> None:
    async def step(line: Line) -> None:
        await line.write(raw)
        line.writer.close()

    async with WireServer(step) as server, calling(server.url) as caller:
        assert isinstance((await caller.hear()).error, GatewayUnreachable)


async def test_a_body_that_is_shorter_than_announced_is_no_answer(calling: Calling) -> None:
    async def step(line: Line) -> None:
        raw = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"choices": ['
        await line.write(raw)
        line.writer.close()

    async with WireServer(step, OK) as server, calling(server.url) as caller:
        assert (await caller.hear()).text == "Hello"


async def test_a_redirect_is_not_followed_with_the_token(calling: Calling) -> None:
    async with WireServer(OK) as thief:
        away = reply(307, {}, location=thief.url + "/v1/chat/completions")
        async with WireServer(away) as server, calling(server.url) as caller:
            told = await caller.hear()
    assert isinstance(told.error, GatewayRejected)
    assert thief.requests == []


async def test_an_error_holds_neither_the_token_nor_what_was_asked(calling: Calling) -> None:
    text = "My neighbour Alice stole the cake yesterday evening."
    said = fault(f"bad key {TOKEN} of X-Secret-Value-1 in: {text} (request id: r-17)")
    headers = {"X-Key": "X-Secret-Value-1"}
    async with WireServer(reply(401, said)) as server, calling(server.url, headers=headers) as caller:
        told = await caller.hear(ask(text=text))
    shown = f"{told.error} {told.error!r} {told.error and told.error.__cause__!r}"
    assert told.error is not None
    assert told.error.request_id == "r-17"
    assert TOKEN not in shown
    assert "Secret-Value" not in shown
    assert "Alice" not in shown
    assert "r-17" not in shown


async def test_logs_hold_neither_the_token_nor_what_was_asked(
    calling: Calling, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="parley.gateway")
    said = fault(f"{TOKEN}: My neighbour Alice stole the cake")
    async with WireServer(reply(503, said, x_request_id="r-18")) as server, calling(server.url) as caller:
        await caller.hear(ask(text="My neighbour Alice stole the cake"))
    assert "r-18" in caplog.text
    assert TOKEN not in caplog.text
    assert "Alice" not in caplog.text


async def test_a_missing_model_is_marked_and_comes_back_with_an_answer(calling: Calling) -> None:
    gone = reply(404, fault("no", code="model_not_found"))
    async with WireServer(gone, OK) as server, calling(server.url) as caller:
        told = await caller.hear(ask("GPT-5-mini"))
        assert isinstance(told.error, ModelUnavailable)
        assert told.error.notice.params["model"] == "gpt-5-mini"
        assert not caller.catalogue.available("gpt-5-mini")
        assert (await caller.hear(ask("gpt-5-mini"))).text == "Hello"
        assert caller.catalogue.available("gpt-5-mini")


async def test_no_channel_is_tried_twice_more_and_then_missing(calling: Calling) -> None:
    async with WireServer(reply(503, fault("无可用渠道"))) as server, calling(server.url) as caller:
        told = await caller.hear()
        assert not caller.catalogue.available("gpt-5-chat-latest")
    assert isinstance(told.error, ModelUnavailable)
    assert len(server.requests) == 3


async def test_a_price_reserved_for_too_large_a_cap_is_tried_with_a_smaller_one(calling: Calling) -> None:
    poor = reply(403, fault("预扣费额度失败", code="pre_consume_token_quota_failed"))
    async with WireServer(poor, OK) as server, calling(server.url) as caller:
        assert (await caller.hear(ask(max_output_tokens=4000))).text == "Hello"
    assert [seen.body["max_tokens"] for seen in server.requests] == [4000, 1000]
    async with WireServer(poor) as server, calling(server.url) as caller:
        assert isinstance((await caller.hear(ask(max_output_tokens=4000))).error, GatewayRejected)
    assert len(server.requests) == 2


async def test_the_list_of_models_is_read(calling: Calling) -> None:
    listed = reply(200, {"object": "list", "success": True, "data": [{"id": "gpt-5"}, {"id": "x"}, {}, 7]})
    async with WireServer(reply(503, {}), listed) as server, calling(server.url) as caller:
        assert await caller.client.models() == {"gpt-5", "x", "7"}
    assert [seen.path for seen in server.requests] == ["/v1/models"] * 2


@pytest.mark.parametrize("step", [reply(404, b"404 page not found"), reply(405, {}), reply(200, {"data": []})])
async def test_a_gateway_without_a_list_of_models_has_an_empty_one(calling: Calling, step: Step) -> None:
    async with WireServer(step) as server, calling(server.url) as caller:
        assert await caller.client.models() == frozenset()


async def test_a_bad_token_shows_when_the_models_are_listed(calling: Calling) -> None:
    async with WireServer(reply(401, fault("无效的令牌"))) as server, calling(server.url) as caller:
        with pytest.raises(GatewayRejected):
            await caller.client.models()
    async with WireServer(reply(200, b"<html>")) as server, calling(server.url) as caller:
        with pytest.raises(GatewayGarbled):
            await caller.client.models()


async def test_a_list_of_models_that_breaks_off_is_asked_for_again(calling: Calling) -> None:
    async def step(line: Line) -> None:
        await line.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"data": [')
        line.writer.close()

    async with WireServer(step, reply(200, {"data": [{"id": "gpt-5"}]})) as server, calling(server.url) as caller:
        assert await caller.client.models() == {"gpt-5"}


async def test_a_refusal_whose_body_breaks_off_keeps_its_status(calling: Calling) -> None:
    async def step(line: Line) -> None:
        await line.write(b'HTTP/1.1 401 X\r\nContent-Length: 500\r\n\r\n{"error"')
        line.writer.close()

    async with WireServer(step) as server, calling(server.url) as caller:
        assert isinstance((await caller.hear()).error, GatewayRejected)
    assert len(server.requests) == 1


async def test_a_refusal_of_megabytes_is_not_read_to_its_end(calling: Calling) -> None:
    page = b"<html><title>Bad gateway</title>" + b"x" * 3_000_000
    async with WireServer(reply(403, page, "text/html")) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert "a page titled Bad gateway" in str(told.error)


async def test_a_gateway_without_a_token_is_asked_without_one(calling: Calling) -> None:
    async with WireServer(OK) as server, calling(server.url, token="") as caller:
        await caller.hear()
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize("token", ["tg-\u2026", "tg-one\ntwo"])
async def test_a_token_that_no_header_can_carry_stops_the_start(calling: Calling, token: str) -> None:
    with pytest.raises(SettingsError, match="TOKENGATE_API_KEY") as caught:
        async with calling("http://gateway.invalid", token=token):
            raise AssertionError
    assert token not in str(caught.value)


async def test_a_proxy_of_another_kind_stops_the_start(calling: Calling) -> None:
    with pytest.raises(SettingsError, match="BOT_GATEWAY_PROXY"):
        async with calling("http://gateway.invalid", proxy="socks5://127.0.0.1:1"):
            raise AssertionError


def test_an_endpoint_shows_no_secret() -> None:
    endpoint = Endpoint("https://gateway.example/v1", TOKEN, {"X-Key": "other-secret"}, "http://u:pw@proxy")
    assert repr(endpoint) == "Endpoint(base_url='https://gateway.example/v1')"


async def test_the_proxy_of_the_settings_is_used(calling: Calling) -> None:
    async with WireServer(OK) as proxy, calling("http://gateway.invalid", proxy=proxy.url) as caller:
        assert (await caller.hear()).text == "Hello"
    assert proxy.requests[0].path == "http://gateway.invalid/v1/chat/completions"


def test_thinking_models_get_more_time() -> None:
    specs = {model.id: model for model in Catalogue.load().chat()}
    plain, thinking, slow = (Patience().with_model(specs[id]) for id in ("gpt-5-chat-latest", "gpt-5", "gpt-5-pro"))
    assert (plain.first_byte_s, plain.gap_s, plain.total_s) == (120, 120, 600)
    assert (thinking.first_byte_s, thinking.gap_s, thinking.total_s) == (300, 300, 600)
    assert (slow.first_byte_s, slow.gap_s, slow.total_s) == (900, 300, 1800)
