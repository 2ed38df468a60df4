"""Tools on the wire: offered, called, answered, refused, on both endpoints of a strict gateway."""

from dataclasses import replace

import pytest

from bot.errors import GatewayRejected
from bot.gateway import Catalogue, ChatMessage, ChatRequest, Lesson, Tool, ToolCall
from bot.gateway.tools import arguments
from tests.bot.gateway.conftest import Calling, Told, ask
from tests.bot.gateway.wire_server import OK, Line, Step, WireServer, fault, reply
from tests.fakes.gateway import Answer, FakeGateway
from tests.fakes.gateway import ToolCall as Wanted
from tests.fakes.gateway.behaviours import CallStyle

ON_CHAT, ON_RESPONSES = "gpt-5-chat-latest", "gpt-5.3-codex"
BOTH = pytest.mark.parametrize("model", [ON_CHAT, ON_RESPONSES])
LOOK = Tool(
    "look",
    "Look at the weather",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
PARIS = Wanted("c1", "look", '{"city": "Paris"}')
ROME = Wanted("c2", "look", '{"city": "Rome"}')


def asking(model: str = ON_CHAT, *more: ChatMessage) -> ChatRequest:
    request = ask(model, "Paris or Rome?")
    return replace(request, messages=(*request.messages, *more), tools=(LOOK,))


def answered(request: ChatRequest, told: Told, *results: str) -> ChatRequest:
    """The request with the calls that it led to, and what the tools gave."""
    assert told.end is not None
    called = ChatMessage("assistant", told.text, calls=told.end.calls, reasoning=told.end.reasoning)
    outcome = [
        ChatMessage("tool", result, call_id=call.id) for call, result in zip(told.end.calls, results, strict=True)
    ]
    return replace(request, messages=(*request.messages, called, *outcome))


async def test_tools_are_declared_as_each_endpoint_wants_them(calling: Calling) -> None:
    async with FakeGateway() as gateway, calling(gateway.url, token=gateway.token) as caller:
        await caller.hear(asking(ON_CHAT))
        await caller.hear(asking(ON_RESPONSES))
        first, last = gateway.asked()[0].body["tools"], gateway.asked()[-1].body["tools"]
    declared = {"name": "look", "description": "Look at the weather", "parameters": LOOK.parameters}
    assert first == [{"type": "function", "function": declared}]
    assert last == [{"type": "function", "strict": False, **declared}]


@BOTH
async def test_tools_are_called_and_their_results_answered(calling: Calling, model: str) -> None:
    async with FakeGateway() as gateway, calling(gateway.url, token=gateway.token) as caller:
        gateway.script(Answer("", tool_calls=(PARIS, ROME)))
        first = await caller.hear(asking(model))
        second = await caller.hear(answered(asking(model), first, "rain", ""))
    assert first.end is not None
    assert (first.text, first.end.finish) == ("", "tools")
    assert [(call.name, call.arguments) for call in first.end.calls] == [
        ("look", each.arguments) for each in (PARIS, ROME)
    ]
    assert second.text == "You said: Paris or Rome?"
    assert second.end is not None
    assert (second.end.finish, second.end.calls, second.end.toolless) == ("stop", (), False)


@BOTH
@pytest.mark.parametrize("style", ["split", "whole", "one_index", "no_ids", "no_index"])
async def test_calls_come_whole_in_every_habit(calling: Calling, model: str, style: CallStyle) -> None:
    async with FakeGateway() as gateway, calling(gateway.url, token=gateway.token) as caller:
        gateway.script(Answer("", tool_calls=(PARIS, ROME), calls_as=style, finish="stop", dribble=7))
        told = await caller.hear(asking(model))
        again = await caller.hear(answered(asking(model), told, "rain", "sun"))
    assert told.end is not None
    assert [call.arguments for call in told.end.calls] == [PARIS.arguments, ROME.arguments]
    assert len({call.id for call in told.end.calls}) == 2
    assert again.error is None


@BOTH
async def test_calls_without_a_stream_are_the_same(calling: Calling, model: str) -> None:
    catalogue = Catalogue.load(overrides={model: {"stream": "off"}})
    async with (
        FakeGateway() as gateway,
        calling(gateway.url, token=gateway.token, catalogue=catalogue) as caller,
    ):
        gateway.script(Answer("Let me look.", tool_calls=(PARIS,)))
        told = await caller.hear(asking(model))
    assert told.text == "Let me look."
    assert told.end is not None
    assert told.end.calls == (ToolCall("c1", "look", PARIS.arguments),)


@BOTH
async def test_words_before_calls_go_back_with_them(calling: Calling, model: str) -> None:
    async with FakeGateway() as gateway, calling(gateway.url, token=gateway.token) as caller:
        gateway.script(Answer("Let me look.", tool_calls=(PARIS,)))
        told = await caller.hear(asking(model))
        await caller.hear(answered(asking(model), told, "rain"))
        body = gateway.asked()[-1].body
    assert "Let me look." in str(body)
    assert told.text == "Let me look."


@pytest.mark.parametrize("model", [ON_CHAT, ON_RESPONSES, "claude-opus-4-6", "gemini-3-flash-preview"])
async def test_broken_arguments_and_made_up_names_can_be_sent_back(calling: Calling, model: str) -> None:
    async with FakeGateway() as gateway, calling(gateway.url, token=gateway.token) as caller:
        broken = (Wanted("c1", "look", '{"city": "Par'), Wanted("c2", "functions.look", "[]"))
        gateway.script(Answer("", tool_calls=broken))
        told = await caller.hear(asking(model))
        assert told.end is not None
        wrong = arguments(told.end.calls[0], LOOK)
        assert isinstance(wrong, str)
        again = await caller.hear(answered(asking(model), told, wrong, "There is no such tool."))
    assert again.error is None
    assert "not valid JSON" in str(gateway.asked()[-1].body)


async def test_signatures_of_a_call_go_back_unchanged(calling: Calling) -> None:
    signed = replace(PARIS, more={"extra_content": {"google": {"thought_signature": "abc="}}})
    async with FakeGateway() as gateway, calling(gateway.url, token=gateway.token) as caller:
        gateway.script(Answer("", tool_calls=(signed,)))
        told = await caller.hear(asking("gemini-3-flash-preview"))
        await caller.hear(answered(asking("gemini-3-flash-preview"), told, "rain"))
        messages = gateway.asked()[-1].body["messages"]
    assert isinstance(messages, list)
    assert messages[1]["tool_calls"][0] | signed.more == messages[1]["tool_calls"][0]


async def test_deepseek_gets_its_thought_back_inside_the_loop(calling: Calling) -> None:
    async with FakeGateway() as gateway, calling(gateway.url, token=gateway.token) as caller:
        gateway.script(Answer("", tool_calls=(PARIS,), thought="Paris first."))
        told = await caller.hear(asking("deepseek3.2"))
        again = await caller.hear(answered(asking("deepseek3.2"), told, "rain"))
        messages = gateway.asked()[-1].body["messages"]
    assert told.reasoning == "Paris first."
    assert again.error is None
    assert isinstance(messages, list)
    assert messages[1]["reasoning_content"] == "Paris first."


async def test_minimax_gets_its_thought_back_where_it_put_it(calling: Calling) -> None:
    async with FakeGateway() as gateway, calling(gateway.url, token=gateway.token) as caller:
        gateway.script(Answer("One moment.", tool_calls=(PARIS,), thought="Paris first."))
        told = await caller.hear(asking("minimax2.7"))
        again = await caller.hear(answered(asking("minimax2.7"), told, "rain"))
        messages = gateway.asked()[-1].body["messages"]
    assert told.text == "One moment."
    assert again.error is None
    assert isinstance(messages, list)
    assert messages[1]["content"] == "<think>\nParis first.\n</think>\n\nOne moment."


async def test_a_model_of_the_catalogue_without_tools_never_gets_them(calling: Calling) -> None:
    async with FakeGateway() as gateway, calling(gateway.url, token=gateway.token) as caller:
        told = await caller.hear(asking("gpt-5.2-search"))
        assert [seen.status for seen in gateway.asked()] == [200]
        assert "tools" not in gateway.asked()[0].body
    assert told.end is not None
    assert told.end.toolless
    assert caller.lessons == []


@BOTH
async def test_a_model_that_refuses_tools_is_asked_again_without_and_it_is_told(calling: Calling, model: str) -> None:
    async with FakeGateway() as gateway, calling(gateway.url, token=gateway.token) as caller:
        gateway.rules[model] = replace(gateway.rules[model], tools=False)
        first, second = await caller.hear(asking(model)), await caller.hear(asking(model))
        accepted = ["tools" in seen.body for seen in gateway.asked() if seen.status == 200]
        refused = [seen for seen in gateway.asked() if seen.status == 400]
    assert [told.text for told in (first, second)] == ["You said: Paris or Rome?"] * 2
    assert all(told.end is not None and told.end.toolless for told in (first, second))
    assert accepted == [False, False]
    assert len(refused) == 1
    assert Lesson(model, "tools", "drop") in caller.lessons


def without_tools(status: int, said: object) -> Step:
    async def step(line: Line) -> None:
        await (reply(status, said) if "tools" in line.seen.body else OK)(line)

    return step


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, fault("Unsupported parameter: 'tools'", param="tools", code="unsupported_parameter")),
        (400, fault("tool_choice is not supported", param="tool_choice")),
        (400, fault("parallel_tool_calls is unknown", param="parallel_tool_calls")),
        (400, {"object": "error", "message": '"auto" tool choice requires --enable-auto-tool-choice', "code": 400}),
        (400, {"error": "library/x does not support tools"}),
        (400, {"detail": "Function calling is not enabled for this model"}),
        (404, fault("No endpoints found that support tool use.", code="404")),
    ],
)
async def test_every_wording_of_no_tools_is_understood_and_remembered(
    calling: Calling, status: int, said: object
) -> None:
    async with WireServer(without_tools(status, said)) as server, calling(server.url) as caller:
        told = await caller.hear(asking())
    assert told.text == "Hello"
    assert caller.lessons == [Lesson(ON_CHAT, "tools", "drop")]


@pytest.mark.parametrize(
    "said",
    [
        fault("Invalid schema for function 'look'", param="tools[0].function.parameters"),
        fault("Tool names must be unique.", param="tools"),
    ],
)
async def test_one_bad_tool_is_no_lesson_about_the_model(calling: Calling, said: object) -> None:
    async with WireServer(without_tools(400, said)) as server, calling(server.url) as caller:
        told = await caller.hear(asking())
    assert told.end is not None
    assert told.end.toolless
    assert caller.lessons == []


async def test_a_complaint_about_tool_messages_says_nothing_about_tools(calling: Calling) -> None:
    said = fault("An assistant message with 'tool_calls' must be followed by tool messages", param="messages.[1].role")
    async with WireServer(without_tools(400, said)) as server, calling(server.url) as caller:
        assert isinstance((await caller.hear(asking())).error, GatewayRejected)
    assert len(server.requests) == 1


@BOTH
async def test_earlier_calls_are_told_in_words_where_no_tools_are_offered(calling: Calling, model: str) -> None:
    called = ChatMessage("assistant", "", calls=(ToolCall("c1", "look", '{"city": "Paris"}'),))
    loop = replace(asking(model, called, ChatMessage("tool", "rain", call_id="c1")), tools=())
    async with FakeGateway() as gateway, calling(gateway.url, token=gateway.token) as caller:
        told = await caller.hear(loop)
        body = str(gateway.asked()[-1].body)
    assert told.error is None
    assert told.end is not None
    assert not told.end.toolless
    assert "tool_calls" not in body
    assert "function_call" not in body
    assert "look" in body
    assert "rain" in body


async def test_a_broken_stream_of_calls_is_repeated_since_nothing_was_shown(calling: Calling) -> None:
    head = b'data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"look"}}]}}]}\n\n'

    async def cut(line: Line) -> None:
        await line.write(b"HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + head)
        line.writer.close()

    async with WireServer(cut, OK) as server, calling(server.url) as caller:
        told = await caller.hear(asking())
    assert told.text == "Hello"
    assert len(server.requests) == 2


def test_requests_with_tools_and_pictures_can_be_compared() -> None:
    assert asking() == asking()
    assert asking() != replace(asking(), tools=())
    assert asking() != asking(ON_CHAT, ChatMessage("tool", "x", call_id="c1"))
