"""Calls that are answered in one piece: what is repeated, what is not, and what a success has to hold."""

import json
from dataclasses import replace

import pytest

from bot.errors import (
    ContentRefused,
    GatewayBusy,
    GatewayError,
    GatewayGarbled,
    GatewayRejected,
    GatewayUnreachable,
    ModelUnavailable,
)
from bot.gateway import Catalogue, Lesson
from bot.gateway.body import Form, FormFile
from bot.gateway.once import Ask, Got, NotServed
from tests.bot.gateway.conftest import TOKEN, Calling
from tests.bot.gateway.wire_server import Line, Step, WireServer, drop, fault, hang, head, reply

PLAIN = Ask("tts-1-hd", "/v1/audio/speech", "key-1", {"input": "Say it", "speed": 2.0}, accept="audio/*", limit_s=2.0)
FORM = Form((("prompt", "hush"), ("language", "en")), (("file", FormFile("a.ogg", b"OggS\x00\xff", "audio/ogg")),))
FINE = reply(200, b"ID3sound", "audio/mpeg", x_request_id="r-9")


def paid(**changes: object) -> Ask:
    return replace(PLAIN, paid=True, **changes)  # type: ignore[arg-type] # a test names the fields


def refused(*fields: str, code: str = "unknown_parameter") -> Step:
    async def step(line: Line) -> None:
        found = next((name for name in fields if f'"{name}"'.encode() in line.seen.raw), None)
        step = FINE if found is None else reply(400, fault(f"Unknown parameter: '{found}'", param=found, code=code))
        await step(line)

    return step


async def test_the_answer_is_its_bytes_and_the_request_is_json(calling: Calling) -> None:
    async with WireServer(FINE) as server, calling(server.url) as caller:
        assert await caller.client.once(PLAIN) == Got(b"ID3sound", "audio/mpeg", "r-9")
    [seen] = server.requests
    assert seen.body == {"model": "tts-1-hd", "input": "Say it", "speed": 2.0}
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert seen.headers["idempotency-key"] == "key-1"
    assert seen.headers["accept"] == "audio/*"
    assert "transfer-encoding" not in seen.headers


async def test_a_form_has_its_boundary_its_length_and_its_files(calling: Calling) -> None:
    ask = replace(PLAIN, model="whisper-1", body=FORM, accept="application/json")
    async with WireServer(reply(200, {"text": "hi"})) as server, calling(server.url) as caller:
        got = await caller.client.once(ask)
    assert got.value == {"text": "hi"}
    [seen] = server.requests
    assert seen.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="model"\r\n\r\nwhisper-1\r\n' in seen.raw
    assert b'name="file"; filename="a.ogg"\r\nContent-Type: audio/ogg\r\n\r\nOggS\x00\xff\r\n' in seen.raw


async def test_half_a_surrogate_pair_breaks_neither_form_nor_json(calling: Calling) -> None:
    form = Form((("prompt", "a\ud83d"),), (("file", FormFile("\ud83d.ogg", b"OggS", "audio/ogg")),))
    async with WireServer(FINE) as server, calling(server.url) as caller:
        await caller.client.once(replace(PLAIN, body=form))
        await caller.client.once(replace(PLAIN, body={"input": "a\ud83d"}))
    assert server.requests[1].body["input"] == "a?"


async def test_the_model_may_stand_in_the_path_by_its_wire_name(calling: Calling) -> None:
    known = Catalogue.load(aliases={"tts-1-hd": "voice/one"})
    async with WireServer(FINE) as server, calling(server.url, catalogue=known) as caller:
        await caller.client.once(replace(PLAIN, path="/v1beta/models/{model}:speak"))
        await caller.client.once(PLAIN)
    assert server.requests[0].path == "/v1beta/models/voice/one:speak"
    assert "model" not in server.requests[0].body
    assert server.requests[1].body["model"] == "voice/one"


@pytest.mark.parametrize("failing", [reply(500, {}), reply(429, {}), reply(503, {}), drop, reply(502, b"<html>x")])
async def test_a_passing_failure_is_tried_again_with_the_same_key(calling: Calling, failing: Step) -> None:
    async with WireServer(failing, failing, FINE) as server, calling(server.url) as caller:
        assert (await caller.client.once(PLAIN)).body == b"ID3sound"
    assert [seen.headers["idempotency-key"] for seen in server.requests] == ["key-1"] * 3
    assert len(caller.waits) == 2


@pytest.mark.parametrize("failing", [reply(500, {}), reply(502, {}), drop, reply(200, b""), hang])
async def test_a_paid_call_that_may_have_begun_is_not_repeated(calling: Calling, failing: Step) -> None:
    async with WireServer(failing, FINE) as server, calling(server.url) as caller:
        with pytest.raises(GatewayError):
            await caller.client.once(paid(limit_s=0.2))
    assert len(server.requests) == 1
    assert caller.waits == []


@pytest.mark.parametrize("status", [429, 503])
async def test_a_paid_call_that_was_turned_away_is_repeated(calling: Calling, status: int) -> None:
    async with WireServer(reply(status, {}), FINE) as server, calling(server.url) as caller:
        await caller.client.once(paid())
    assert len(server.requests) == 2


async def test_a_paid_call_without_a_connection_is_repeated(calling: Calling) -> None:
    async with WireServer(FINE) as server:
        url = server.url
    async with calling(url) as caller:
        with pytest.raises(GatewayUnreachable):
            await caller.client.once(paid())
    assert len(caller.waits) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(200, fault("slow down", code="rate_limit_exceeded")), GatewayBusy),
        (reply(200, fault("no", code="content_policy_violation")), ContentRefused),
        (reply(200, {"code": "x", "message": "无效的令牌", "data": None}), GatewayRejected),
        (reply(200, {"detail": "too many requests"}), GatewayBusy),
        (reply(200, {"fine": True}), GatewayGarbled),
        (reply(200, b'{"error": {"mess'), GatewayGarbled),
        (reply(200, b""), GatewayGarbled),
        (reply(200, b"", "audio/mpeg"), GatewayGarbled),
        (reply(200, b"<html><title>Sign in</title>", "text/html"), GatewayGarbled),
        (reply(200, b"rate limit reached", "text/plain"), GatewayBusy),
        (reply(200, fault("no balance", code="insufficient_quota"), "audio/mpeg"), GatewayRejected),
    ],
)
async def test_a_success_without_the_sound_is_an_error(
    calling: Calling, answer: Step, error: type[GatewayError]
) -> None:
    async with WireServer(answer) as server, calling(server.url) as caller:
        with pytest.raises(error) as raised:
            await caller.client.once(PLAIN)
    assert raised.value.model == "tts-1-hd"


async def test_a_success_without_content_gets_one_repeat(calling: Calling) -> None:
    async with WireServer(reply(200, b""), FINE) as server, calling(server.url) as caller:
        assert (await caller.client.once(PLAIN)).body == b"ID3sound"
    assert len(server.requests) == 2


async def test_the_caller_says_what_an_answer_holds(calling: Calling) -> None:
    ask = replace(PLAIN, holds=lambda got: got.value == {"audio": "x"})
    async with WireServer(reply(200, {"audio": "x"})) as server, calling(server.url) as caller:
        assert (await caller.client.once(ask)).value == {"audio": "x"}


async def test_an_answer_without_end_is_left_and_not_fetched_again(calling: Calling) -> None:
    async def endless(line: Line) -> None:
        await line.write(head(200, "audio/mpeg", {}))
        while True:
            await line.write(b"x" * 65536)

    async with WireServer(endless) as server, calling(server.url) as caller:
        with pytest.raises(GatewayGarbled, match="without end"):
            await caller.client.once(replace(PLAIN, largest=200_000))
    assert len(server.requests) == 1


async def test_a_body_that_breaks_off_is_asked_for_again(calling: Calling) -> None:
    async def half(line: Line) -> None:
        await line.write(head(200, "audio/mpeg", {}, 100) + b"ID3")
        line.reset()

    async with WireServer(half, FINE) as server, calling(server.url) as caller:
        assert (await caller.client.once(PLAIN)).body == b"ID3sound"


async def test_a_refused_optional_field_is_left_out_and_remembered(calling: Calling) -> None:
    ask = replace(PLAIN, optional=frozenset({"speed"}))
    async with WireServer(refused("speed")) as server, calling(server.url) as caller:
        await caller.client.once(ask)
        await caller.client.once(ask)
    assert ["speed" in seen.body for seen in server.requests] == [True, False, False]
    assert caller.lessons == [Lesson("tts-1-hd", "speed", "drop")]
    assert caller.waits == []


async def test_a_paid_call_learns_too_since_a_refusal_costs_nothing(calling: Calling) -> None:
    async with WireServer(refused("speed")) as server, calling(server.url) as caller:
        await caller.client.once(paid(optional=frozenset({"speed"})))
    assert len(server.requests) == 2


async def test_a_refused_value_is_no_lesson_about_its_field(calling: Calling) -> None:
    ask = replace(PLAIN, optional=frozenset({"speed"}), chosen=frozenset({"speed"}))
    async with WireServer(refused("speed", code="invalid_value")) as server, calling(server.url) as caller:
        await caller.client.once(ask)
    assert caller.lessons == []


async def test_a_field_that_has_to_be_there_is_not_left_out(calling: Calling) -> None:
    ask = replace(PLAIN, optional=frozenset({"speed"}))
    no = reply(400, fault("input and speed do not go together", param="input"))
    async with WireServer(no) as server, calling(server.url) as caller:
        with pytest.raises(GatewayRejected):
            await caller.client.once(ask)
    assert len(server.requests) == 1


async def test_three_fields_are_left_out_and_no_more(calling: Calling) -> None:
    body = {"input": "x", "aa": 1, "bb": 1, "cc": 1, "dd": 1}
    ask = replace(PLAIN, body=body, optional=frozenset({"aa", "bb", "cc", "dd"}))
    async with WireServer(refused("aa", "bb", "cc", "dd")) as server, calling(server.url) as caller:
        with pytest.raises(GatewayRejected):
            await caller.client.once(ask)
    assert len(server.requests) == 4
    assert caller.lessons == []


async def test_a_field_of_a_form_is_left_out_as_well(calling: Calling) -> None:
    ask = replace(PLAIN, body=FORM, optional=frozenset({"language"}))
    async with WireServer(refused("language")) as server, calling(server.url) as caller:
        await caller.client.once(ask)
    assert [b'name="language"' in seen.raw for seen in server.requests] == [True, False]


@pytest.mark.parametrize(
    "no",
    [
        reply(404, b"404 page not found", "text/plain"),
        reply(404, fault("Invalid URL (POST /v1/audio/speech)")),
        reply(405, {}),
        reply(415, {}),
        reply(501, {}),
    ],
)
async def test_a_closed_way_is_told_from_a_missing_model(calling: Calling, no: Step) -> None:
    async with WireServer(no) as server, calling(server.url) as caller:
        with pytest.raises(NotServed):
            await caller.client.once(PLAIN)
    assert caller.catalogue.available("tts-1-hd")


async def test_a_missing_model_is_offered_no_more(calling: Calling) -> None:
    async with WireServer(reply(404, fault("gone", code="model_not_found"))) as server, calling(server.url) as caller:
        with pytest.raises(ModelUnavailable) as raised:
            await caller.client.once(PLAIN)
    assert not isinstance(raised.value, NotServed)
    assert not caller.catalogue.available("tts-1-hd")


async def test_no_error_repeats_the_token_or_what_was_written(
    calling: Calling, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "My neighbour Alice stole the cake"
    no = reply(400, fault(f"bad text '{secret}' with {TOKEN}"))
    ask = replace(PLAIN, body={"input": secret})
    async with WireServer(no) as server, calling(server.url) as caller:
        with pytest.raises(GatewayRejected) as raised:
            await caller.client.once(ask)
    told = f"{raised.value} {caplog.text} {ask!r} {json.dumps(raised.value.notice.params)}"
    assert "Alice" not in told
    assert TOKEN not in told
