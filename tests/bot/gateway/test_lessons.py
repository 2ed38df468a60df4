"""What a model refuses is left out the next time, also after a restart."""

import pytest

from bot.errors import GatewayRejected, ModelUnavailable
from bot.gateway import Catalogue, Lesson
from bot.gateway.faults import Fault, Kind
from bot.gateway.lessons import Memory, Taught, lasting, lesson_of, of_value, refused_field
from tests.bot.gateway.conftest import Calling, ask
from tests.bot.gateway.wire_server import OK, Line, Step, WireServer, answer, chunk, fault, reply, stream

SENT = frozenset({"model", "messages", "temperature", "max_tokens", "stream", "stream_options", "reasoning_effort"})


def refused(*fields: str) -> Step:
    """A gateway that refuses these fields, one at a time, as OpenAI words it."""

    async def step(line: Line) -> None:
        found = next((name for name in fields if name in line.seen.body), None)
        said = fault(f"Unsupported parameter: '{found}'", param=found, code="unsupported_parameter")
        await (OK if found is None else reply(400, said))(line)

    return step


@pytest.mark.parametrize(
    ("param", "message", "field"),
    [
        ("temperature", "no", "temperature"),
        ("body.temperature", "no", "temperature"),
        ("stream_options.include_usage", "no", "stream_options"),
        ("stream_options", "stream_options is unknown, stream is fine", "stream_options"),
        ("", "Unknown field stream_options", "stream_options"),
        ("", "Streaming is not supported for this model", "stream"),
        ("", "`Temperature` may not be set", "temperature"),
        ("", "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens"),
        ("messages", "temperature", None),
        ("messages[0].content", "temperature", None),
        ("model", "temperature", None),
        ("", "my_temperature_x is odd", None),
        ("", "something is odd", None),
        ("top_p", "top_p is odd", None),
    ],
)
def test_the_refused_field_is_found(param: str, message: str, field: str | None) -> None:
    lesson = lesson_of(Fault(Kind.PARAMETER, 400, param=param, message=message), "m", SENT, Taught())
    assert (lesson.field if lesson else None) == field


def test_a_cap_is_renamed_first_and_left_out_when_neither_name_is_taken() -> None:
    taught = Taught()
    assert taught.cap("max_tokens") == "max_tokens"
    first = lesson_of(Fault(Kind.PARAMETER, 400, param="max_tokens"), "m", ["max_tokens"], taught)
    assert first == Lesson("m", "max_tokens", "swap:max_completion_tokens")
    taught = taught.plus(first)
    assert taught.cap("max_tokens") == "max_completion_tokens"
    second = lesson_of(
        Fault(Kind.PARAMETER, 400, param="max_completion_tokens"), "m", ["max_completion_tokens"], taught
    )
    assert second == Lesson("m", "max_completion_tokens", "drop")
    assert taught.plus(second).cap("max_tokens") is None


def test_a_cap_that_was_merely_too_high_is_no_lesson_for_ever() -> None:
    lesson = Lesson("m", "max_tokens", "drop")
    assert not lasting(lesson, Fault(Kind.PARAMETER, 400, message="max_tokens is too large: at most 100"))
    assert lasting(lesson, Fault(Kind.PARAMETER, 400, message="max_tokens is not supported"))


@pytest.mark.parametrize(
    ("param", "message", "field"),
    [
        ("speed", "no", "speed"),
        ("body.speed", "no", "speed"),
        ("input", "speed is fine, input is not", None),
        ("", "Extra inputs are not permitted: language", "language"),
        ("", "languages are many", None),
        ("strange", "the style of it", None),
    ],
)
def test_a_refused_field_is_one_that_may_be_left_out(param: str, message: str, field: str | None) -> None:
    fault = Fault(Kind.PARAMETER, 400, param=param, message=message)
    assert refused_field(fault, {"input", "speed", "language"}, {"speed", "language", "style"}) == field


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("invalid_value", "", True),
        ("unsupported_value", "", True),
        ("unknown_parameter", "", False),
        ("400", "Input should be one of a, b", True),
        ("400", "unexpected keyword argument 'style'", False),
        ("400", "none of our models take it", False),
    ],
)
def test_a_refusal_is_about_a_value_or_about_its_field(code: str, message: str, expected: bool) -> None:
    assert of_value(Fault(Kind.PARAMETER, 400, code, message=message)) is expected


def test_a_lesson_is_new_only_once() -> None:
    memory = Memory([Lesson("m", "temperature", "drop")])
    assert not memory.keep(Lesson("m", "temperature", "drop"))
    assert memory.keep(Lesson("other", "temperature", "drop"))
    assert memory.of("other").drops("temperature")
    assert not memory.of("third").drops("temperature")


async def test_a_refused_field_is_left_out_and_remembered(calling: Calling) -> None:
    request = ask("gpt-5", temperature=0.7)
    async with WireServer(refused("temperature")) as server, calling(server.url) as caller:
        assert (await caller.hear(request)).text == "Hello"
        assert (await caller.hear(request)).text == "Hello"
    assert ["temperature" in seen.body for seen in server.requests] == [True, False, False]
    assert caller.lessons == [Lesson("gpt-5", "temperature", "drop")]
    assert caller.waits == []


async def test_a_lesson_of_an_earlier_run_is_heeded_and_not_told_again(calling: Calling) -> None:
    lessons = [Lesson("gpt-5", "temperature", "drop")]
    async with WireServer(refused("temperature")) as server, calling(server.url, lessons=lessons) as caller:
        await caller.hear(ask("gpt-5", temperature=0.7))
        await caller.hear(ask("gpt-5-mini", temperature=0.7))
    assert ["temperature" in seen.body for seen in server.requests] == [False, True, False]
    assert caller.lessons == [Lesson("gpt-5-mini", "temperature", "drop")]


async def test_three_fields_are_corrected_and_no_more(calling: Calling) -> None:
    request = ask("gpt-5", temperature=0.7, max_output_tokens=100, reasoning_effort="low")
    three = refused("temperature", "reasoning_effort", "stream_options")
    async with WireServer(three) as server, calling(server.url) as caller:
        assert (await caller.hear(request)).text == "Hello"
    assert len(caller.lessons) == 3
    four = refused("temperature", "reasoning_effort", "stream_options", "max_completion_tokens")
    async with WireServer(four) as server, calling(server.url) as caller:
        assert isinstance((await caller.hear(request)).error, GatewayRejected)
    assert len(server.requests) == 4
    assert caller.lessons == []


async def test_a_cap_is_sent_under_the_name_that_the_model_takes(calling: Calling) -> None:
    request = ask("gpt-5", max_output_tokens=100)
    async with WireServer(refused("max_completion_tokens")) as server, calling(server.url) as caller:
        await caller.hear(request)
        await caller.hear(request)
    assert [seen.body.get("max_tokens") for seen in server.requests] == [None, 100, 100]
    async with WireServer(refused("max_completion_tokens", "max_tokens")) as server, calling(server.url) as caller:
        assert (await caller.hear(request)).text == "Hello"
    assert not {"max_tokens", "max_completion_tokens"} & server.requests[-1].body.keys()


async def test_a_cap_that_was_merely_too_high_is_left_out_this_once(calling: Calling) -> None:
    too_large = reply(400, fault("max_tokens is too large: this model supports at most 10", param="max_tokens"))
    also = reply(400, fault("max_completion_tokens is too large", param="max_completion_tokens"))
    async with WireServer(too_large, also, OK) as server, calling(server.url) as caller:
        assert (await caller.hear(ask(max_output_tokens=100))).text == "Hello"
        await caller.hear(ask(max_output_tokens=5))
    assert caller.lessons == []
    assert server.requests[-1].body["max_tokens"] == 5


async def test_what_did_not_help_is_not_learned(calling: Calling) -> None:
    always = reply(400, fault("bad temperature", param="temperature"))
    async with WireServer(always) as server, calling(server.url) as caller:
        told = await caller.hear(ask("gpt-5", temperature=0.7))
    assert isinstance(told.error, GatewayRejected)
    assert len(server.requests) == 2
    assert caller.lessons == []


async def test_a_refused_stream_is_repeated_without(calling: Calling) -> None:
    async def step(line: Line) -> None:
        streams = line.seen.body.get("stream")
        await (
            reply(400, fault("stream is not supported", param="stream")) if streams else reply(200, answer("Whole"))
        )(line)

    async with WireServer(step) as server, calling(server.url) as caller:
        told = await caller.hear(ask("gpt-5"))
        await caller.hear(ask("gpt-5"))
    assert told.pieces == ["Whole"]
    assert caller.lessons == [Lesson("gpt-5", "stream", "off")]
    assert [seen.body.get("stream") for seen in server.requests] == [True, None, None]
    assert "stream_options" not in server.requests[-1].body


async def test_the_operators_stream_stands_against_a_lesson(calling: Calling) -> None:
    catalogue = Catalogue.load(overrides={"gpt-5": {"stream": "on"}, "gpt-5-mini": {"stream": "off"}})
    lessons = [Lesson("gpt-5", "stream", "off")]
    both = stream(chunk("Hi", "stop"), b"data: [DONE]\n\n")
    async with WireServer(both) as server, calling(server.url, catalogue=catalogue, lessons=lessons) as caller:
        await caller.hear(ask("gpt-5"))
        await caller.hear(ask("gpt-5-mini"))
    assert [seen.body.get("stream") for seen in server.requests] == [True, None]
    rejecting = reply(400, fault("no", param="stream"))
    async with WireServer(rejecting) as server, calling(server.url, catalogue=catalogue) as caller:
        assert isinstance((await caller.hear(ask("gpt-5"))).error, GatewayRejected)
    assert len(server.requests) == 1


def split(chat: Step, responses: Step) -> Step:
    async def step(line: Line) -> None:
        await (responses if line.seen.path == "/v1/responses" else chat)(line)

    return step


RESPONSE = {
    "object": "response",
    "status": "completed",
    "model": "gpt-5.3-codex",
    "output": [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "message", "content": [{"type": "output_text", "text": "Hi", "annotations": []}]},
    ],
}
ELSEWHERE = reply(404, fault("This model is only supported in v1/responses and not in v1/chat/completions."))


@pytest.mark.parametrize(
    "refusal",
    [
        ELSEWHERE,
        reply(400, fault("This is not a chat model.")),
        reply(404, fault("Invalid URL (POST /v1/chat/completions)")),
    ],
)
async def test_a_model_of_the_other_endpoint_is_asked_there_and_remembered(calling: Calling, refusal: Step) -> None:
    async with WireServer(split(refusal, reply(200, RESPONSE))) as server, calling(server.url) as caller:
        told = await caller.hear(ask("gpt-5.3-codex"))
        await caller.hear(ask("gpt-5.3-codex"))
    assert (told.text, told.reasoning) == ("Hi", "hm")
    assert [seen.path[4:] for seen in server.requests] == ["chat/completions", "responses", "responses"]
    assert caller.lessons == [Lesson("gpt-5.3-codex", "endpoint", "/v1/responses")]


async def test_a_remembered_endpoint_that_is_gone_gives_way_to_chat(calling: Calling) -> None:
    lessons = [Lesson("gpt-5.3-codex", "endpoint", "/v1/responses")]
    both = split(OK, reply(404, b"404 page not found"))
    async with WireServer(both) as server, calling(server.url, lessons=lessons) as caller:
        assert (await caller.hear(ask("gpt-5.3-codex"))).text == "Hello"
    assert caller.lessons == [Lesson("gpt-5.3-codex", "endpoint", "/v1/chat/completions")]


async def test_a_model_that_neither_endpoint_serves_is_unavailable(calling: Calling) -> None:
    both = split(ELSEWHERE, reply(404, b"404 page not found"))
    async with WireServer(both) as server, calling(server.url) as caller:
        assert isinstance((await caller.hear(ask("gpt-5.3-codex"))).error, ModelUnavailable)
        assert not caller.catalogue.available("gpt-5.3-codex")
    assert len(server.requests) == 2
    assert caller.lessons == []


async def test_the_operators_endpoint_stands_against_all(calling: Calling) -> None:
    catalogue = Catalogue.load(overrides={"gpt-5": {"endpoint": "responses"}, "gpt-5.3-codex": {"endpoint": "chat"}})
    lessons = [Lesson("gpt-5.3-codex", "endpoint", "/v1/responses")]
    both = split(ELSEWHERE, reply(200, RESPONSE))
    async with WireServer(both) as server, calling(server.url, catalogue=catalogue, lessons=lessons) as caller:
        assert (await caller.hear(ask("gpt-5"))).text == "Hi"
        assert isinstance((await caller.hear(ask("gpt-5.3-codex"))).error, ModelUnavailable)
    assert [seen.path[4:] for seen in server.requests] == ["responses", "chat/completions"]
