"""The fake gateway answers, streams, breaks off and fails as it is told to."""

import asyncio
import json
import sys

import aiohttp
import pytest

from tests.fakes.gateway import (
    EMPTY_BODY,
    HTML_502,
    TRUNCATED_JSON,
    Answer,
    Broken,
    Cut,
    Fail,
    FakeGateway,
    Gibberish,
    Hang,
    NoFinish,
    Reset,
    Source,
    Stall,
    ToolCall,
    Whole,
)
from tests.fakes.gateway_calls import chat, get, post, responses

STREAM = chat(stream=True)


async def test_a_stream_joins_to_the_plain_answer_and_ends_properly(gateway: FakeGateway) -> None:
    gateway.answer("Ein schöner Tag 🌞 heute.", chunks=5)
    plain = await post(gateway, chat())
    got = await post(gateway, STREAM)
    assert json.dumps("Ein schöner Tag 🌞 heute.", ensure_ascii=False) in plain.text
    assert got.headers["content-type"].startswith("text/event-stream")
    assert got.content == "Ein schöner Tag 🌞 heute."
    assert sum("content" in delta for delta in got.deltas) == 6
    assert got.text.endswith("data: [DONE]\n\n")
    assert got.events[-1]["choices"][0]["finish_reason"] == "stop"  # type: ignore[index] # JSON


async def test_usage_comes_only_when_asked_for(gateway: FakeGateway) -> None:
    silent = await post(gateway, STREAM)
    asked = await post(gateway, {**STREAM, "stream_options": {"include_usage": True}})
    gateway.script(Answer(usage="finishing"), Answer(usage="missing"))
    finishing = await post(gateway, STREAM)
    missing = await post(gateway, chat())
    assert "usage" not in silent.text
    assert asked.events[-1]["choices"] == []
    assert "usage" in asked.events[-1]
    assert "usage" in finishing.events[-1]
    assert "usage" not in missing.json


async def test_minimax_thinks_inside_content_with_torn_tags(gateway: FakeGateway) -> None:
    got = await post(gateway, chat("minimax2.7", stream=True))
    pieces = [str(delta["content"]) for delta in got.deltas if delta.get("content")]
    assert got.content.startswith("<think>")
    assert got.content.endswith("You said: hello")
    assert not any("<think>" in piece or "</think>" in piece for piece in pieces)


async def test_minimax_splits_its_thought_off_on_request(gateway: FakeGateway) -> None:
    got = await post(gateway, chat("minimax2.7", stream=True, reasoning_split=True))
    assert got.content == "You said: hello"
    assert any("reasoning_details" in delta for delta in got.deltas)


@pytest.mark.parametrize("model", ["deepseek3.2", "grok-4"])
async def test_some_models_think_in_a_field_of_its_own_first(gateway: FakeGateway, model: str) -> None:
    got = await post(gateway, chat(model, stream=True))
    kinds = ["thought" if "reasoning_content" in delta else "text" for delta in got.deltas[1:-1]]
    assert got.content == "You said: hello"
    assert kinds == sorted(kinds, reverse=True)
    assert kinds[0] == "thought"


async def test_an_answer_is_the_models_own_or_everybodys(gateway: FakeGateway) -> None:
    gateway.answer("all")
    gateway.answer(lambda body: f"asked {body['model']}", model="gpt-5")
    assert (await post(gateway, chat("gpt-5", stream=True))).content == "asked gpt-5"
    assert (await post(gateway, chat("gpt-5.2", stream=True))).content == "all"


async def test_a_script_is_used_up_in_order_and_refusals_leave_it_alone(gateway: FakeGateway) -> None:
    gateway.script(Answer("one"), Answer("two"))
    await post(gateway, chat(colour="red"))
    assert [(await post(gateway, STREAM)).content for _ in range(3)] == ["one", "two", "You said: hello"]


@pytest.mark.parametrize(
    ("dialect", "found"),
    [
        ("openai", '{"error": {"message": "Slow down", "type": "t", "param": null, "code": "c"}}'),
        ("new_api", '"type": "new_api_error"'),
        ("one_api", '"type": "one_api_error"'),
        ("upstream", '"type": "upstream_error"'),
        ("openai_error", '"type": "openai_error"'),
        ("error_text", '{"error": "Slow down"}'),
        ("message", '{"message": "Slow down"}'),
        ("detail", '{"detail": "Slow down"}'),
        ("detail_list", '{"detail": [{"loc": ["body", "messages"], "msg": "Slow down"'),
        ("vllm", '{"object": "error", "message": "Slow down"'),
        ("anthropic", '{"type": "error", "error": {"type": "t", "message": "Slow down"}}'),
        ("gemini", '"status": "RESOURCE_EXHAUSTED"'),
        ("task", '{"code": "c", "message": "Slow down", "data": null}'),
        ("cqtai", '{"code": "c", "msg": "Slow down", "data": null}'),
        ("dashscope", '{"code": "c", "message": "Slow down", "request_id"'),
        ("minimax", '{"base_resp": {"status_code": "c", "status_msg": "Slow down"}}'),
        ("no_choices", '"choices": []'),
        ("null_choices", '"choices": null'),
    ],
)
async def test_errors_are_worded_in_every_dialect(gateway: FakeGateway, dialect: str, found: str) -> None:
    fail = Fail(429, "Slow down", dialect, "c", "t", headers={"retry-after-ms": "20", "x-should-retry": "true"})  # type: ignore[arg-type] # parametrized
    gateway.script(fail)
    got = await post(gateway, chat())
    assert got.status == 429
    assert found in got.text
    assert (got.headers["retry-after-ms"], got.headers["x-should-retry"]) == ("20", "true")


async def test_an_error_may_hide_in_a_success(gateway: FakeGateway) -> None:
    gateway.script(Fail(200, code="insufficient_quota"), Answer(end=Broken(Fail(200, code="x"))))
    first, second = await post(gateway, chat()), await post(gateway, chat())
    assert (first.status, first.error["code"]) == (200, "insufficient_quota")
    assert (second.status, second.error["code"]) == (200, "x")


async def test_proxies_send_what_they_like(gateway: FakeGateway) -> None:
    gateway.script(HTML_502, EMPTY_BODY, TRUNCATED_JSON)
    html, empty, torn = [await post(gateway, chat()) for _ in range(3)]
    assert (html.status, html.headers["content-type"]) == (502, "text/html")
    assert (empty.status, empty.text) == (200, "")
    with pytest.raises(json.JSONDecodeError):
        json.loads(torn.text)


@pytest.mark.parametrize(
    ("end", "content", "finished", "done"),
    [
        (Whole(done=False), "one two three", True, False),
        (NoFinish(), "one two three", False, True),
        (Cut(after=2), "one two ", False, False),
        (Cut(after=0), "", False, False),
        (Broken(Fail(500), after=1), "one ", False, False),
    ],
)
async def test_a_stream_ends_as_badly_as_told(
    gateway: FakeGateway, end: Cut | NoFinish | Whole | Broken, content: str, finished: bool, done: bool
) -> None:
    gateway.script(Answer("one two three", end=end))
    got = await post(gateway, STREAM)
    said = "".join(str(event["choices"][0]["delta"].get("content") or "") for event in got.events if "choices" in event)  # type: ignore[index] # JSON
    assert said == content
    assert ('"finish_reason":"stop"' in got.text, "[DONE]" in got.text) == (finished, done)


async def test_an_error_event_may_be_named(gateway: FakeGateway) -> None:
    gateway.script(Answer("one two", end=Broken(Fail(500, "boom"), named=True)))
    got = await post(gateway, STREAM)
    assert 'event: error\ndata: {"error":{"message":"boom"' in got.text


async def test_gibberish_is_followed_by_the_rest(gateway: FakeGateway) -> None:
    gateway.script(Answer("one two", end=Gibberish(lines=2)))
    got = await post(gateway, STREAM)
    assert got.text.count('"de\n') == 2
    assert "two" in got.text
    assert "[DONE]" in got.text


async def test_a_connection_is_reset_before_or_within_the_answer(gateway: FakeGateway) -> None:
    gateway.script(Reset(), Answer("one two", end=Cut(reset=True)))
    with pytest.raises(aiohttp.ClientError):
        await post(gateway, STREAM)
    with pytest.raises(aiohttp.ClientError):
        await post(gateway, STREAM)
    assert [seen.closed_early for seen in gateway.requests] == [False, False]


async def test_silence_lasts_until_the_client_leaves(gateway: FakeGateway) -> None:
    gateway.script(Hang(), Answer(end=Stall()), Answer(end=Stall()))
    for body in (chat(), STREAM, chat()):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(post(gateway, body), 0.05)
    async with asyncio.timeout(5):
        while not all(seen.closed_early for seen in gateway.requests):  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.005)
    assert len(gateway.requests) == 3


async def test_a_stalled_stream_may_keep_commenting(gateway: FakeGateway) -> None:
    gateway.script(Answer("one two", end=Stall(comment_every_s=0.001)))
    seen = b""
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {gateway.token}"}) as session,
        session.post(f"{gateway.url}/v1/chat/completions", json=STREAM) as response,
    ):
        while seen.count(b": keep-alive\n\n") < 3:
            seen += await response.content.readany()
    assert b"one" in seen
    assert b"two" not in seen


@pytest.mark.parametrize("after", [None, 1])
async def test_an_answer_waits_until_it_is_released(gateway: FakeGateway, after: int | None) -> None:
    release = asyncio.Event()
    gateway.script(Answer("one two", hold=release, hold_after=after))
    waiting = asyncio.create_task(post(gateway, STREAM))
    await asyncio.sleep(0.03)
    assert not waiting.done()
    release.set()
    assert (await waiting).content == "one two"


async def test_refusal_filter_citations_and_tool_calls_take_their_places(gateway: FakeGateway) -> None:
    source = Source("https://a.example", "A", 0, 3)
    gateway.script(
        Answer("", refusal="I cannot."),
        Answer("", finish="content_filter"),
        Answer("See A", citations=(source,)),
        Answer("See A", citations=(source,), citations_on_top=True),
        Answer("", tool_calls=(ToolCall("c1", "look", '{"a": 1}'),)),
    )
    refused, filtered, noted, topped, calls = [await post(gateway, STREAM) for _ in range(5)]
    assert any(delta.get("refusal") == "I cannot." for delta in refused.deltas)
    assert '"finish_reason":"content_filter"' in filtered.text
    assert '"start_index":0' in noted.text
    assert '"citations":["https://a.example"]' in topped.text
    assert '"finish_reason":"tool_calls"' in calls.text
    assert calls.text.count('"name":"look"') == 1


async def test_a_plain_answer_carries_the_same_things(gateway: FakeGateway) -> None:
    gateway.script(
        Answer("", refusal="I cannot."),
        Answer("A", thought="hm", thought_in="reasoning", citations=(Source("https://a.example"),)),
        Answer("A", citations=(Source("https://a.example"),), citations_on_top=True),
        Answer("", tool_calls=(ToolCall("c1", "look", "{"),)),
    )
    refused, thought, topped, calls = [(await post(gateway, chat())).text for _ in range(4)]
    assert '"content":null,"refusal":"I cannot."' in refused
    assert '"reasoning":"hm"' in thought
    assert '"url_citation"' in thought
    assert '"citations":["https://a.example"]' in topped
    assert '"arguments":"{"' in calls


async def test_the_wire_may_be_torn_anywhere(gateway: FakeGateway) -> None:
    gateway.script(Answer("schön 🌞", dribble=1, newline="\r\n", space=False, comment="PING"))
    got = await post(gateway, STREAM)
    assert got.content == "schön 🌞"
    assert ": PING\r\n\r\n" in got.text
    assert got.text.endswith("data:[DONE]\r\n\r\n")


async def test_a_streamed_request_may_get_a_plain_answer(gateway: FakeGateway) -> None:
    gateway.script(Answer("plain", as_json=True))
    got = await post(gateway, STREAM)
    assert got.json["object"] == "chat.completion"


async def test_responses_streams_the_whole_sequence_of_events(gateway: FakeGateway) -> None:
    gateway.script(Answer("one two", thought="hm"))
    got = await post(gateway, responses(stream=True), "/v1/responses")
    kinds = [str(event["type"]).removeprefix("response.") for event in got.events]
    assert kinds == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_text.delta",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event["sequence_number"] for event in got.events] == list(range(13))
    assert "[DONE]" not in got.text
    assert got.text.startswith("event: response.created\n")


@pytest.mark.parametrize(
    ("answer", "last"),
    [
        (Answer("one", finish="length"), "response.incomplete"),
        (Answer("one", finish="content_filter"), "response.incomplete"),
        (Answer("one", end=Broken(Fail(500, code="server_error"))), "response.failed"),
        (Answer("one", end=Broken(Fail(500, code="server_error"), named=True)), "error"),
        (Answer("one", end=NoFinish()), "response.output_item.done"),
        (Answer("one two", end=Cut()), "response.output_text.delta"),
        (Answer("", refusal="No.", tool_calls=(ToolCall("c", "look", "{}"),)), "response.completed"),
    ],
)
async def test_responses_end_as_told(gateway: FakeGateway, answer: Answer, last: str) -> None:
    gateway.script(answer)
    got = await post(gateway, responses(stream=True), "/v1/responses")
    assert got.events[-1]["type"] == last


async def test_the_models_list_is_what_it_is_set_to(gateway: FakeGateway) -> None:
    whole = (await get(gateway, "/v1/models")).json["data"]
    gateway.models = ["gpt-5", "new-one"]
    short = (await get(gateway, "/v1/models")).text
    gateway.models = Fail(404, dialect="new_api")
    assert isinstance(whole, list)
    assert len(whole) == len(gateway.rules)
    assert '"id": "new-one"' in short
    assert (await get(gateway, "/v1/models")).status == 404
    assert (await get(gateway, "/v1/models", token="wrong")).status == 401


async def test_it_serves_as_a_process_of_its_own() -> None:
    command = ("-m", "tests.fakes.gateway", "--token", "t", "--text", "from afar", "--chunks", "2")
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    there = FakeGateway("t")
    there.url = (await process.stdout.readline()).decode().strip()
    got = await post(there, STREAM)
    process.terminate()
    assert got.content == "from afar"
    assert await process.wait() == 0


async def test_a_judge_meets_each_request_by_what_it_says_and_a_script_comes_before_him(gateway: FakeGateway) -> None:
    gateway.judge(lambda seen: Answer(f"for {seen.headers['x-turn']}") if "x-turn" in seen.headers else Fail(503))
    gateway.script(Answer("scripted"))
    assert (await post(gateway, STREAM, x_turn="3")).content == "scripted"
    assert (await post(gateway, STREAM, x_turn="4")).content == "for 4"
    assert (await post(gateway, STREAM)).status == 503


async def test_a_request_tells_whether_its_answer_was_sent_to_the_end_and_when_it_was_over(
    gateway: FakeGateway,
) -> None:
    gateway.script(Answer("a whole answer"), Answer("a cut answer", end=Cut(after=1)))
    for _ in range(2):
        await post(gateway, STREAM)
    assert [seen.whole for seen in gateway.requests] == [True, False]
    assert all(seen.ended_at is not None and seen.ended_at >= seen.at for seen in gateway.requests)
