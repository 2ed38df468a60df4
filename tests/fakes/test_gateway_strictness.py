"""The fake gateway refuses what the real one or its upstreams refuse, in their words."""

import pytest

from tests.fakes.gateway import FakeGateway
from tests.fakes.gateway.rules import catalogue
from tests.fakes.gateway_calls import HELLO, Json, chat, get, post, responses

CHAT_MODELS = [rules for rules in catalogue().values() if "chat" in rules.capability]
ON_CHAT = [rules for rules in CHAT_MODELS if not rules.responses_only]
ON_RESPONSES = [rules for rules in CHAT_MODELS if rules.responses_only]
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}


def test_catalogue_has_27_chat_models_and_three_speak_responses_only() -> None:
    assert len(CHAT_MODELS) == 27
    assert {rules.id for rules in ON_RESPONSES} == {"gpt-5-pro", "gpt-5.3-codex", "gpt-5.4-pro"}


@pytest.mark.parametrize("rules", ON_CHAT, ids=lambda rules: str(rules.id))
async def test_every_chat_model_answers_the_smallest_request(gateway: FakeGateway, rules: object) -> None:
    got = await post(gateway, chat(rules.id))  # type: ignore[attr-defined] # pytest hands objects
    assert got.status == 200
    assert "You said: hello" in got.text


@pytest.mark.parametrize("model", [rules.id for rules in ON_RESPONSES])
async def test_responses_only_models_send_the_caller_there(gateway: FakeGateway, model: str) -> None:
    refused = await post(gateway, chat(model))
    answered = await post(gateway, responses(model), "/v1/responses")
    assert refused.status == 404
    assert "v1/responses" in str(refused.error["message"])
    assert answered.status == 200
    assert "You said: hello" in answered.text


@pytest.mark.parametrize("given", ["Bearer wrong", "Basic abc", "sk-fake-gateway", ""])
async def test_wrong_token_is_401_in_an_envelope(gateway: FakeGateway, given: str) -> None:
    got = await post(gateway, chat(), Authorization=given)
    assert got.status == 401
    assert got.error["type"] == "new_api_error"
    assert got.error["code"] == "invalid_api_key"
    assert "request id" in str(got.error["message"])


async def test_secrets_are_not_kept(gateway: FakeGateway) -> None:
    await post(gateway, chat(), Idempotency_Key="k-1")
    (seen,) = gateway.requests
    assert gateway.token not in str(seen)
    assert seen.headers["idempotency-key"] == "k-1"
    assert (seen.model, seen.status, seen.body["messages"]) == ("gpt-5-chat-latest", 200, [HELLO])


@pytest.mark.parametrize("path", ["/v1/chat/completion", "/chat/completions", "/v1/chat/completions/", "/v1/messages"])
async def test_unknown_path_is_404(gateway: FakeGateway, path: str) -> None:
    got = await post(gateway, chat(), path)
    assert got.status == 404
    assert "Invalid URL" in str(got.error["message"])


async def test_wrong_method_is_405(gateway: FakeGateway) -> None:
    assert (await get(gateway, "/v1/chat/completions")).status == 405
    assert (await post(gateway, chat(), "/v1/models")).status == 405


async def test_wrong_content_type_is_415_and_broken_json_400(gateway: FakeGateway) -> None:
    assert (await post(gateway, chat(), Content_Type="text/plain")).status == 415
    assert (await post(gateway, b"{")).status == 400
    assert (await post(gateway, [])).status == 400


async def test_a_body_of_more_than_32_mb_is_413(gateway: FakeGateway) -> None:
    assert (await post(gateway, b" " * (32 * 1024**2 + 1))).status == 413


async def test_unknown_and_other_models_are_told_apart(gateway: FakeGateway) -> None:
    gateway.absent.add("gpt-5")
    unknown = await post(gateway, chat("gpt-9"))
    absent = await post(gateway, chat("gpt-5"))
    speech = await post(gateway, chat("tts-1-hd"))
    assert [got.status for got in (unknown, absent, speech)] == [404, 404, 404]
    assert unknown.error["code"] == absent.error["code"] == "model_not_found"
    assert "not a chat model" in str(speech.error["message"])


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": [HELLO]}, "model"),
        ({"model": "gpt-5"}, "messages"),
        (chat(messages=[]), "messages"),
        (chat(messages=[{"role": "bot", "content": "x"}]), "messages[0].role"),
        (chat("grok-4", messages=[{"role": "developer", "content": "x"}, HELLO]), "messages[0].role"),
        (chat(messages=[{"role": "user", "content": ""}]), "messages[0].content"),
        (chat(messages=[{"role": "user", "content": " \n"}]), "messages[0].content"),
        (chat(messages=[{"role": "user", "content": []}]), "messages[0].content"),
        (chat(messages=[{"role": "user", "content": None}]), "messages[0].content"),
        (chat(messages=[HELLO, {"role": "assistant", "content": None}]), "messages[1].content"),
        (chat(messages=[{"role": "user", "content": "x", "annotations": []}]), "messages[0].annotations"),
        (chat(messages=[{"role": "user", "content": "x", "name": "Zoë K"}]), "messages[0].name"),
        (chat(messages=[{"role": "system", "content": "x"}]), "messages"),
        (chat("grok-code-fast-1", messages=[{"role": "user", "content": [IMAGE]}]), "messages[0].content"),
        (chat(stream_options={"include_usage": True}), "stream_options"),
        (chat(stream="yes"), "stream"),
        (chat(max_tokens=9, max_completion_tokens=9), "max_tokens"),
        (chat(max_tokens=0), "max_tokens"),
        (chat(max_tokens=1_000_000), "max_tokens"),
        (chat(temperature=2.1), "temperature"),
        (chat(temperature="0.5"), "temperature"),
        (chat(stop=["a", "b", "c", "d", "e"]), "stop"),
        (chat(tool_choice="auto"), "tool_choice"),
        (chat(tools=[]), "tools"),
        (chat(tools=[{"type": "function", "function": {"name": "two words"}}]), "tools"),
        (chat(tools=[TOOL], tool_choice={"type": "function", "function": {"name": "other"}}), "tool_choice"),
        (chat(response_format={"type": "xml"}), "response_format.type"),
        (chat(colour="red"), "colour"),
        (chat("claude-opus-4.5", temperature=0.5, top_p=0.5), "top_p"),
    ],
)
async def test_malformed_requests_are_400_and_name_the_field(gateway: FakeGateway, body: Json, param: str) -> None:
    got = await post(gateway, body)
    assert (got.status, got.error["param"]) == (400, param)


@pytest.mark.parametrize("model", [rules.id for rules in ON_CHAT])
async def test_each_model_names_every_field_that_it_refuses(gateway: FakeGateway, model: str) -> None:
    for name in sorted(gateway.refused(model)):
        got = await post(gateway, chat(model, **{name: "x"}))
        assert (got.status, got.error["param"], got.error["code"]) == (400, name, "unsupported_parameter")


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("gpt-5", {"max_tokens", "stop", "presence_penalty"}),
        ("gpt-5.2-search", {"temperature", "top_p", "tools", "max_tokens"}),
        ("gpt-5-chat-latest", {"reasoning_effort", "web_search_options"}),
        ("grok-4", {"stop", "frequency_penalty", "reasoning_effort", "verbosity"}),
        ("grok-4-fast-non-reasoning", {"reasoning_effort", "thinking"}),
        ("claude-opus-4-6", {"seed", "n", "logit_bias"}),
        ("deepseek3.2", {"reasoning_split", "modalities"}),
    ],
)
def test_refusals_are_those_of_the_family(model: str, fields: set[str]) -> None:
    assert fields <= catalogue()[model].refused


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("gpt-5-chat-latest", {"temperature", "max_tokens", "stop", "tools"}),
        ("gpt-5", {"temperature", "max_completion_tokens", "reasoning_effort", "verbosity", "tools"}),
        ("gpt-5.2-search", {"web_search_options", "max_completion_tokens"}),
        ("claude-opus-4-6", {"temperature", "max_tokens", "stop"}),
        ("minimax2.7", {"reasoning_split", "temperature"}),
        ("deepseek3.2", {"thinking", "reasoning_effort"}),
    ],
)
def test_fields_that_a_family_takes_are_not_refused(model: str, fields: set[str]) -> None:
    assert not fields & catalogue()[model].refused


@pytest.mark.parametrize(
    ("model", "wrong", "right"),
    [
        ("gpt-5", 0.7, 1),
        ("gpt-5.4", 0, 1.0),
        ("claude-haiku-4.5", 1.1, 1),
        ("minimax2.5", 0, 0.01),
        ("minimax2.7", 1.5, 1),
    ],
)
async def test_temperature_is_held_to_the_models_range(
    gateway: FakeGateway, model: str, wrong: float, right: float
) -> None:
    refused = await post(gateway, chat(model, temperature=wrong))
    taken = await post(gateway, chat(model, temperature=right))
    assert (refused.status, refused.error["param"], refused.error["code"]) == (400, "temperature", "unsupported_value")
    assert taken.status == 200


@pytest.mark.parametrize("model", ["claude-sonnet-4.5", "gemini-3-flash-preview"])
async def test_some_families_want_the_user_first(gateway: FakeGateway, model: str) -> None:
    early = {"role": "assistant", "content": "Hi"}
    system = {"role": "system", "content": "Be brief."}
    assert (await post(gateway, chat(model, messages=[system, early, HELLO]))).status == 400
    assert (await post(gateway, chat(model, messages=[system, HELLO, early, HELLO]))).status == 200
    assert (await post(gateway, chat(messages=[system, early, HELLO]))).status == 200


@pytest.mark.parametrize(
    ("messages", "status"),
    [
        ([HELLO, {"role": "assistant", "content": None, "tool_calls": [CALL]}], 400),
        ([HELLO, {"role": "tool", "tool_call_id": "c1", "content": "ok"}], 400),
        ([HELLO, {"role": "assistant", "tool_calls": [CALL]}, HELLO], 400),
        (
            [
                HELLO,
                {"role": "assistant", "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "other", "content": "ok"},
            ],
            400,
        ),
        (
            [
                HELLO,
                {"role": "assistant", "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "c1", "content": "ok"},
            ],
            200,
        ),
    ],
)
async def test_tool_messages_follow_their_calls(gateway: FakeGateway, messages: list[Json], status: int) -> None:
    assert (await post(gateway, chat(messages=messages))).status == status


async def test_too_long_a_prompt_is_named_so(gateway: FakeGateway) -> None:
    gateway.context["gpt-5"] = 50
    got = await post(gateway, chat("gpt-5", messages=[{"role": "user", "content": "word " * 100}]))
    assert (got.status, got.error["code"]) == (400, "context_length_exceeded")
    assert "maximum context length" in str(got.error["message"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"store": True},
        {"input": ""},
        {"input": []},
        {"messages": [HELLO]},
        {"max_tokens": 20},
        {"max_output_tokens": 15},
        {"temperature": 1},
        {"previous_response_id": "resp_1"},
        {"tools": [TOOL]},
        {"input": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]},
        {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]},
        {"input": [{"type": "function_call_output", "call_id": "c1", "output": "x"}]},
        {"reasoning": {"effort": "huge"}},
        {"stream_options": {"include_usage": True}},
    ],
)
async def test_responses_refuses_what_belongs_to_chat(gateway: FakeGateway, wrong: Json) -> None:
    assert (await post(gateway, responses() | wrong, "/v1/responses")).status == 400


async def test_responses_takes_items_instructions_and_flat_tools(gateway: FakeGateway) -> None:
    body = responses(
        instructions="Be brief.",
        input=[
            {"role": "user", "content": [{"type": "input_text", "text": "first"}]},
            {"role": "assistant", "content": [{"type": "output_text", "text": "yes"}]},
            {"role": "user", "content": "second"},
        ],
        max_output_tokens=16,
        reasoning={"effort": "high"},
        tools=[{"type": "function", "name": "look", "parameters": {"type": "object"}}],
    )
    got = await post(gateway, body, "/v1/responses")
    assert got.status == 200
    assert "You said: second" in got.text


async def test_gpt_5_pro_does_not_stream_and_other_vendors_have_no_responses(gateway: FakeGateway) -> None:
    streamed = await post(gateway, responses("gpt-5-pro", stream=True), "/v1/responses")
    foreign = await post(gateway, responses("grok-4"), "/v1/responses")
    assert (streamed.status, streamed.error["param"]) == (400, "stream")
    assert foreign.status == 404
