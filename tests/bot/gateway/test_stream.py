"""Streams over a real socket: whole, odd, cut, stalled and stopped ones."""

import asyncio
import json
from dataclasses import replace

import pytest

from bot.errors import ContentRefused, GatewayBusy, GatewayGarbled, GatewayUnreachable
from bot.gateway import ChatDelta, ChatEnd, Citation, Usage
from tests.bot.gateway.conftest import QUICK, Calling, ask
from tests.bot.gateway.wire_server import (
    DONE,
    OK,
    Step,
    WireServer,
    answer,
    chunk,
    cut,
    data,
    fault,
    reply,
    stall,
    stream,
)

USAGE = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}}


async def test_a_stream_is_told_piece_by_piece_and_ended_once(calling: Calling) -> None:
    first = {"id": "x", "model": "gpt-x", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}
    step = stream(first, chunk("Hel"), 0.01, chunk("lo"), 0.01, chunk(finish="stop"), USAGE, DONE)
    async with WireServer(step) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert told.pieces == ["Hel", "lo"]
    assert told.end == ChatEnd("stop", Usage(prompt=7, completion=2), (), "gpt-x")


async def test_the_request_says_what_is_needed_and_nothing_else(calling: Calling) -> None:
    async with WireServer(OK) as server, calling(server.url + "/v1/", headers={"X-Team": "blue"}) as caller:
        await caller.hear()
    (seen,) = server.requests
    assert (seen.method, seen.path) == ("POST", "/v1/chat/completions")
    assert seen.headers["authorization"].startswith("Bearer tg-secret")
    assert seen.headers["accept"] == "text/event-stream"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["idempotency-key"] == "key-1"
    assert seen.headers["x-team"] == "blue"
    assert seen.body == {
        "model": "gpt-5-chat-latest",
        "messages": [{"role": "user", "content": "Hi there"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
async def test_lines_may_end_in_any_way(calling: Calling, end: str) -> None:
    raw = b"".join(map(data, [chunk("你好"), chunk("👋", finish="stop")])) + DONE
    raw = raw.replace(b"\n", end.encode()).replace(b"data: ", b"data:")
    step = stream(*(raw[i : i + 7] for i in range(0, len(raw), 7)))
    async with WireServer(step) as server, calling(server.url) as caller:
        assert (await caller.hear()).text == "你好👋"


async def test_one_event_may_be_several_megabytes_long(calling: Calling) -> None:
    text = "a" * 3_000_000
    async with WireServer(stream(chunk(text), chunk(finish="stop"), DONE)) as server, calling(server.url) as caller:
        assert (await caller.hear()).text == text


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        pytest.param(stream(chunk("Hi"), chunk(finish="stop")), "Hi", id="closed without DONE"),
        pytest.param(stream(chunk("Hi", finish="stop"), b"data: [DONE]"), "Hi", id="DONE without a blank line"),
        pytest.param(cut(chunk("Hi", finish="stop")), "Hi", id="reset after the finish"),
        pytest.param(
            stream({"choices": []}, chunk(), chunk("Hi"), chunk(None, "stop"), DONE), "Hi", id="empty choices"
        ),
        pytest.param(stream(chunk("Hi", "stop"), DONE, content_type="text/plain"), "Hi", id="wrong content type"),
        pytest.param(reply(200, answer("Hi")), "Hi", id="JSON in place of a stream"),
        pytest.param(reply(200, answer("Hi", None)), "Hi", id="null finish reason"),
        pytest.param(reply(200, answer("Hi", "martian")), "Hi", id="unknown finish reason"),
        pytest.param(reply(200, answer([{"type": "text", "text": "H"}, "i", {"type": "image_url"}])), "Hi", id="parts"),
        pytest.param(reply(200, {"choices": [{"text": "Hi"}]}), "Hi", id="old completion"),
        pytest.param(stream(chunk("Hi"), b"data: {oops\n\n", chunk(finish="stop"), DONE), "Hi", id="one bad line"),
        pytest.param(stream(b": PING\n\n", b"event: ping\ndata: {}\n\n", chunk("Hi", "stop"), DONE), "Hi", id="pings"),
        pytest.param(stream(chunk("Hi"), answer("Hi"), DONE), "Hi", id="a last chunk that repeats everything"),
        pytest.param(stream(b"\xef\xbb\xbf", chunk("Hi", "end_turn"), DONE), "Hi", id="byte order mark"),
    ],
)
async def test_an_odd_but_whole_reply_is_an_answer(calling: Calling, steps: Step, text: str) -> None:
    async with WireServer(steps) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert told.text == text
    assert told.end is not None
    assert told.end.finish == "stop"
    assert len(server.requests) == 1


@pytest.mark.parametrize("word", ["length", "max_tokens", "MAX_TOKENS"])
async def test_an_answer_cut_at_its_limit_says_so(calling: Calling, word: str) -> None:
    async with WireServer(stream(chunk("Hi", word), DONE)) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert told.end is not None
    assert told.end.finish == "length"


async def test_hidden_thought_that_used_up_the_limit_is_an_empty_answer_at_its_limit(calling: Calling) -> None:
    async with WireServer(stream(chunk("", "length"), DONE)) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert told.end is not None
    assert (told.end.finish, told.text) == ("length", "")


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(stream(chunk("Hi")), id="closed without finish"),
        pytest.param(stream(chunk("Hi"), DONE), id="DONE without finish"),
        pytest.param(cut(chunk("Hi")), id="reset"),
        pytest.param(stream(chunk("Hi"), *[b"data: {oops\n\n"] * 3, chunk("!", "stop"), DONE), id="three bad lines"),
        pytest.param(stream(chunk("Hi"), b'data: {"choices": [{"delta"'), id="cut inside an event"),
    ],
)
async def test_a_stream_that_breaks_off_keeps_its_text_and_is_not_repeated(calling: Calling, steps: Step) -> None:
    async with WireServer(steps) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert told.text == "Hi"
    assert isinstance(told.error, GatewayGarbled)
    assert len(server.requests) == 1


@pytest.mark.parametrize("prefix", [b"", b"event: error\n"])
async def test_an_error_in_the_middle_of_a_stream_keeps_the_text(calling: Calling, prefix: bytes) -> None:
    broken = prefix + data(fault("overloaded", code="rate_limit_exceeded"))
    async with WireServer(stream(chunk("Hi"), broken, chunk("never"))) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert told.text == "Hi"
    assert isinstance(told.error, GatewayBusy)
    assert len(server.requests) == 1


async def test_an_error_event_that_is_no_json_is_an_error(calling: Calling) -> None:
    step = stream(chunk("Hi"), b"event: error\ndata: upstream is down\n\n")
    async with WireServer(step) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert isinstance(told.error, GatewayBusy)
    assert "upstream is down" in str(told.error)


async def test_an_error_before_any_text_is_tried_again(calling: Calling) -> None:
    async with WireServer(stream(fault("x", code=503)), OK) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert told.text == "Hello"
    assert len(server.requests) == 2


async def test_silence_after_text_is_a_broken_answer(calling: Calling) -> None:
    patience = replace(QUICK, gap_s=0.05)
    async with WireServer(stall(chunk("Hi"))) as server, calling(server.url, patience=patience) as caller:
        told = await caller.hear()
        await asyncio.wait_for(server.gone.wait(), 1)
    assert told.text == "Hi"
    assert isinstance(told.error, GatewayGarbled)


async def test_comments_stretch_the_patience_but_not_for_ever(calling: Calling) -> None:
    patience = replace(QUICK, gap_s=0.1, kept_alive=3.0)
    loop = asyncio.get_running_loop()
    step = stall(chunk("Hi"), comment_every_s=0.01)
    async with WireServer(step) as server, calling(server.url, patience=patience) as caller:
        begun = loop.time()
        told = await caller.hear()
        lasted = loop.time() - begun
    assert isinstance(told.error, GatewayGarbled)
    assert 0.3 <= lasted < 1.0


async def test_comments_keep_a_slow_beginning_alive(calling: Calling) -> None:
    step = stream(*[b": PING\n\n", 0.03] * 5, chunk("Hi", "stop"), DONE)
    patience = replace(QUICK, first_byte_s=0.1)
    async with WireServer(step) as server, calling(server.url, patience=patience) as caller:
        assert (await caller.hear()).text == "Hi"


async def test_silence_before_any_text_is_tried_again(calling: Calling) -> None:
    patience = replace(QUICK, first_byte_s=0.1)
    async with WireServer(stall(), OK) as server, calling(server.url, patience=patience) as caller:
        told = await caller.hear()
    assert told.text == "Hello"


async def test_silence_for_ever_is_unreachable(calling: Calling) -> None:
    patience = replace(QUICK, first_byte_s=0.1)
    async with WireServer(stall()) as server, calling(server.url, patience=patience) as caller:
        told = await caller.hear()
    assert isinstance(told.error, GatewayUnreachable)
    assert len(server.requests) == 3


async def test_silence_after_the_finish_is_the_end(calling: Calling) -> None:
    patience = replace(QUICK, finish_s=0.05)
    async with WireServer(stall(chunk("Hi", "stop"))) as server, calling(server.url, patience=patience) as caller:
        told = await caller.hear()
    assert told.text == "Hi"
    assert told.end is not None


@pytest.mark.parametrize("comments", [None, 0.01])
async def test_a_line_left_open_after_done_does_not_hold_the_end_back(calling: Calling, comments: float | None) -> None:
    step = stall(chunk("Hi", "stop"), DONE, comment_every_s=comments)
    async with WireServer(step) as server, calling(server.url) as caller, asyncio.timeout(1.0):
        assert (await caller.hear()).text == "Hi"


async def test_closing_the_stream_breaks_the_request_off_at_once(calling: Calling) -> None:
    async with WireServer(stall(chunk("Hi"))) as server, calling(server.url) as caller:
        events = caller.client.chat(ask())
        assert await anext(events) == ChatDelta("Hi")
        await events.aclose()
        await asyncio.wait_for(server.gone.wait(), 0.5)


async def test_cancelling_the_reader_breaks_the_request_off_at_once(calling: Calling) -> None:
    async with WireServer(stall(chunk("Hi"))) as server, calling(server.url) as caller:
        hearing = asyncio.create_task(caller.hear())
        await asyncio.sleep(0.05)
        hearing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hearing
        await asyncio.wait_for(server.gone.wait(), 0.5)


async def test_a_connection_serves_one_answer_after_another(calling: Calling) -> None:
    raw = b"".join(map(data, [chunk("Hi"), chunk(finish="stop")])) + DONE
    async with WireServer(reply(200, raw, "text/event-stream")) as server, calling(server.url) as caller:
        assert [(await caller.hear()).text for _ in range(3)] == ["Hi"] * 3
    assert server.connections == 1


async def test_citations_come_as_data(calling: Calling) -> None:
    places = [
        {"type": "url_citation", "url_citation": {"url": "https://a.example/?utm_source=openai", "title": "A"} | place}
        for place in ({"start_index": 0, "end_index": 4}, {"start_index": 2, "end_index": 99})
    ]
    top = chunk(finish="stop") | {"citations": ["https://b.example/x?q=1&utm_source=openai", "javascript:alert(1)"]}
    step = stream(chunk("Rain"), chunk(None, None, annotations=places), top, DONE)
    async with WireServer(step) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert told.end is not None
    assert told.end.citations == (
        Citation("https://a.example/", "A", 0, 4),
        Citation("https://a.example/", "A"),
        Citation("https://b.example/x?q=1"),
    )


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (stream(chunk(None, None, refusal="I can"), chunk(None, "stop", refusal="not."), DONE), "I cannot."),
        (reply(200, answer(None, "stop", refusal="I cannot.")), "I cannot."),
        (reply(200, answer([{"type": "refusal", "refusal": "I cannot."}])), "I cannot."),
        (stream(chunk("Well", "content_filter"), DONE), ""),
        (stream(chunk("", "SAFETY"), DONE), ""),
        (reply(400, fault("no", code="content_policy_violation")), ""),
        (reply(400, fault("no", code="data_inspection_failed")), ""),
        (reply(500, fault("no", code="sensitive_words_detected")), ""),
    ],
)
async def test_a_refusal_is_told_apart_and_not_repeated(calling: Calling, steps: Step, said: str) -> None:
    async with WireServer(steps) as server, calling(server.url) as caller:
        told = await caller.hear()
    assert isinstance(told.error, ContentRefused)
    assert told.error.said == said
    assert "cannot" not in told.text
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning": "hm", "reasoning_details": [{"text": "hm"}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        {"content": "<think>hm</think>"},
        {"content": [{"type": "thinking", "thinking": "hm"}]},
    ],
)
@pytest.mark.parametrize("model", ["deepseek3.2", "minimax2.7", "gpt-5-mini"])
async def test_thought_is_kept_out_of_the_answer(calling: Calling, delta: dict[str, object], model: str) -> None:
    step = stream(chunk(None, None, **delta), chunk("Yes."), chunk(finish="stop"), DONE)
    async with WireServer(step) as server, calling(server.url) as caller:
        told = await caller.hear(ask(model))
    assert (told.text, told.reasoning) == ("Yes.", "hm")


async def test_a_minimax_whose_thought_comes_apart_streams_at_once(calling: Calling) -> None:
    step = stream(chunk(None, None, reasoning_content="hm"), chunk("Yes, "), 0.01, chunk("rain.", "stop"), DONE)
    async with WireServer(step) as server, calling(server.url) as caller:
        told = await caller.hear(ask("minimax2.7"))
    assert told.pieces[-2:] == ["Yes, ", "rain."]


async def test_an_unopened_thought_of_minimax_is_kept_out_of_the_answer(calling: Calling) -> None:
    step = stream(chunk("I wo"), chunk("nder.</th"), chunk("ink>\n\nYes."), chunk(finish="stop"), DONE)
    async with WireServer(step) as server, calling(server.url) as caller:
        told = await caller.hear(ask("minimax2.7"))
    assert (told.text, told.reasoning) == ("Yes.", "I wonder.")


async def test_a_model_that_was_caught_thinking_aloud_is_held_back_next_time(calling: Calling) -> None:
    step = stream(chunk("I wonder.\n"), 0.01, chunk("</think>"), chunk("Yes."), chunk(finish="stop"), DONE)
    async with WireServer(step) as server, calling(server.url) as caller:
        await caller.hear(ask("deepseek3.2"))
        told = await caller.hear(ask("deepseek3.2"))
    assert (told.text, told.reasoning) == ("Yes.", "I wonder.\n")


async def test_a_minimax_without_tags_streams_from_the_second_answer_on(calling: Calling) -> None:
    step = stream(chunk("Yes, "), 0.01, chunk("rain."), chunk(finish="stop"), DONE)
    async with WireServer(step) as server, calling(server.url) as caller:
        first = await caller.hear(ask("minimax2.7"))
        second = await caller.hear(ask("minimax2.7"))
    assert first.pieces == ["Yes, rain."]
    assert second.pieces == ["Yes, ", "rain."]


async def test_a_model_that_cannot_stream_is_asked_for_the_whole(calling: Calling) -> None:
    async with WireServer(reply(200, answer("Whole."))) as server, calling(server.url) as caller:
        told = await caller.hear(ask("gpt-5-pro"))
    assert told.pieces == ["Whole."]
    (seen,) = server.requests
    assert "stream" not in seen.body
    assert "stream_options" not in seen.body
    assert seen.headers["accept"] == "application/json"


async def test_an_unopened_thought_in_a_whole_reply_is_kept_out_of_the_answer(calling: Calling) -> None:
    async with WireServer(reply(200, answer("I wonder.</think>\nYes."))) as server, calling(server.url) as caller:
        told = await caller.hear(ask("gpt-5-pro"))
    assert (told.text, told.reasoning) == ("Yes.", "I wonder.")


async def test_half_a_surrogate_pair_does_not_stop_the_request(calling: Calling) -> None:
    async with WireServer(OK) as server, calling(server.url) as caller:
        assert (await caller.hear(ask(text="broken \ud83d emoji"))).text == "Hello"
    assert "broken" in json.dumps(server.requests[0].body)
