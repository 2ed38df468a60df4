"""The fake gateway takes pictures and tools only in the form in which the real ones do."""

import json
from base64 import b64encode

import pytest

from tests.fakes.gateway import Answer, FakeGateway, ToolCall
from tests.fakes.gateway.behaviours import CallStyle
from tests.fakes.gateway_calls import HELLO, Json, chat, post, responses

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 20
GIF = b"GIF89a" + b"0" * 20
WEBP = b"RIFF0000WEBPVP8 "
LOOK = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
FLAT = {"type": "function", "name": "look", "parameters": {"type": "object"}}
CALL: Json = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
ITEM: Json = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}
OUTPUT: Json = {"type": "function_call_output", "call_id": "c1", "output": "ok"}
RESULT: Json = {"role": "tool", "tool_call_id": "c1", "content": "ok"}


def url(raw: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{b64encode(raw).decode()}"


def shown(address: object, **more: object) -> Json:
    return {"role": "user", "content": [{"type": "image_url", "image_url": address, **more}]}


@pytest.mark.parametrize(
    "address",
    [url(PNG), url(JPEG, "image/jpeg"), url(GIF, "image/gif"), url(WEBP, "image/webp"), "https://a.example/cat.png"],
)
async def test_pictures_are_taken_on_both_endpoints(gateway: FakeGateway, address: str) -> None:
    part = {"type": "input_image", "image_url": address}
    on_responses = responses(input=[{"role": "user", "content": [part]}])
    assert (await post(gateway, chat(messages=[shown({"url": address})]))).status == 200
    assert (await post(gateway, on_responses, "/v1/responses")).status == 200


@pytest.mark.parametrize(
    "address",
    [
        "http://a.example/cat.png",
        "data:image/png,abc",
        "data:image/png;base64,***",
        url(PNG, "image/tiff"),
        url(JPEG, "image/png"),
        url(b"no picture"),
        url(PNG + b"0" * 4 * 1024**2),
        "",
    ],
)
async def test_what_is_no_picture_is_refused_on_both_endpoints(gateway: FakeGateway, address: str) -> None:
    part = {"type": "input_image", "image_url": address}
    on_responses = responses(input=[{"role": "user", "content": [part]}])
    assert (await post(gateway, chat(messages=[shown({"url": address})]))).status == 400
    assert (await post(gateway, on_responses, "/v1/responses")).status == 400


async def test_the_inner_object_of_a_picture_is_needed(gateway: FakeGateway) -> None:
    assert (await post(gateway, chat(messages=[shown(url(PNG))]))).status == 400
    assert (await post(gateway, chat(messages=[shown({"url": url(PNG), "detail": "huge"})]))).status == 400


async def test_only_models_that_see_take_pictures_and_only_from_people(gateway: FakeGateway) -> None:
    said = [{"type": "image_url", "image_url": {"url": url(PNG)}}]
    from_bot: list[Json] = [HELLO, {"role": "assistant", "content": said}]
    assert (await post(gateway, chat("deepseek3.2", messages=[shown({"url": url(PNG)})]))).status == 400
    assert (await post(gateway, chat(messages=from_bot))).status == 400


async def test_a_picture_counts_as_a_thousand_tokens(gateway: FakeGateway) -> None:
    gateway.context["gpt-5"] = 1100
    big = url(PNG + b"0" * 100_000)
    once, twice = [shown({"url": big})], [shown({"url": big})] * 2
    assert (await post(gateway, chat("gpt-5", messages=once))).status == 200
    assert (await post(gateway, chat("gpt-5", messages=twice))).error["code"] == "context_length_exceeded"


@pytest.mark.parametrize("count", [2, 129])
async def test_tools_have_names_of_their_own_and_are_not_too_many(gateway: FakeGateway, count: int) -> None:
    many = [LOOK] * count if count == 2 else [LOOK | {"function": {"name": f"t{n}"}} for n in range(count)]
    flat = [FLAT] * count if count == 2 else [FLAT | {"name": f"t{n}"} for n in range(count)]
    assert (await post(gateway, chat(tools=many))).error["param"] == "tools"
    assert (await post(gateway, responses(tools=flat), "/v1/responses")).error["param"] == "tools"


async def test_a_model_without_tools_names_them_when_it_refuses(gateway: FakeGateway) -> None:
    got = await post(gateway, chat("gpt-5.2-search", tools=[LOOK]))
    assert (got.status, got.error["param"]) == (400, "tools")


@pytest.mark.parametrize(
    ("model", "call", "status"),
    [
        ("gpt-5", CALL, 200),
        ("gpt-5", CALL | {"function": {"name": "look", "arguments": "{"}}, 200),
        ("gpt-5", CALL | {"function": {"name": "a.b", "arguments": "{}"}}, 400),
        ("gpt-5", CALL | {"function": {"name": "look", "arguments": {}}}, 400),
        ("claude-opus-4-6", CALL | {"function": {"name": "look", "arguments": "{"}}, 400),
        ("claude-opus-4-6", CALL | {"function": {"name": "look", "arguments": "[]"}}, 400),
        ("deepseek3.2", CALL, 400),
    ],
)
async def test_calls_go_back_as_each_vendor_takes_them(
    gateway: FakeGateway, model: str, call: Json, status: int
) -> None:
    messages: list[Json] = [HELLO, {"role": "assistant", "content": None, "tool_calls": [call]}, RESULT]
    assert (await post(gateway, chat(model, messages=messages, tools=[LOOK]))).status == status


async def test_an_id_is_not_used_twice(gateway: FakeGateway) -> None:
    loop: list[Json] = [{"role": "assistant", "content": None, "tool_calls": [CALL]}, RESULT]
    assert (await post(gateway, chat(messages=[HELLO, *loop, *loop]))).status == 400


@pytest.mark.parametrize(
    ("items", "status"),
    [
        ([ITEM, OUTPUT], 200),
        ([ITEM], 400),
        ([OUTPUT], 400),
        ([ITEM, OUTPUT, OUTPUT], 400),
        ([ITEM | {"id": "fc_1"}, OUTPUT], 400),
        ([ITEM, OUTPUT | {"output": ""}], 400),
    ],
)
async def test_responses_wants_an_output_for_each_call(gateway: FakeGateway, items: list[Json], status: int) -> None:
    body = responses(input=[{"role": "user", "content": "hello"}, *items])
    assert (await post(gateway, body, "/v1/responses")).status == status


@pytest.mark.parametrize(
    ("style", "entries"),
    [
        ("split", [(0, "a"), (0, None), (0, None), (1, "b"), (1, None), (1, None)]),
        ("whole", [(0, "a"), (1, "b")]),
        ("one_index", [(0, "a"), (0, "b")]),
        ("no_ids", [(0, None)] * 3 + [(1, None)] * 3),
        ("no_index", [(None, "a"), (None, "b")]),
    ],
)
async def test_calls_stream_in_every_habit(
    gateway: FakeGateway, style: CallStyle, entries: list[tuple[int | None, str | None]]
) -> None:
    wanted = (ToolCall("a", "look", '{"x": 1}', {"extra_content": {"s": "t"}}), ToolCall("b", "look", "{}"))
    gateway.script(Answer("", tool_calls=wanted, calls_as=style, finish="stop"))
    got = await post(gateway, chat(stream=True, tools=[LOOK]))
    found = [entry for delta in got.deltas for entry in delta.get("tool_calls", [])]  # type: ignore[attr-defined] # JSON
    assert [(entry.get("index"), entry.get("id")) for entry in found] == entries
    assert json.dumps(found).count("extra_content") == 1
    assert '"finish_reason":"stop"' in got.text
