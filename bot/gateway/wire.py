"""The chat endpoint's JSON to and from our values; pure."""

from bot.gateway.calls import chat_calls
from bot.gateway.lessons import Taught
from bot.gateway.messages import chat_messages, chat_tools
from bot.gateway.parts import Piece, annotations, content, reasoning, sources, usage
from bot.gateway.shapes import rows, table, words
from bot.gateway.values import ChatRequest, ModelSpec

_MINIMAX_COLDEST = 0.01
"""MiniMax takes temperatures above 0 only."""


def chat_body(
    request: ChatRequest, spec: ModelSpec, wire_id: str, taught: Taught, *, stream: bool
) -> dict[str, object]:
    """The request's body: what the user set, as far as the model takes it, and nothing else."""
    tools = offers_tools(request, spec, taught)
    body: dict[str, object] = {"model": wire_id, "messages": chat_messages(request.messages, spec, tools=tools)}
    if tools:
        body["tools"] = chat_tools(request.tools)
    if stream:
        body["stream"] = True
        body["stream_options"] = {"include_usage": True}
    warmth = temperature(request, spec)
    if warmth is not None:
        body["temperature"] = warmth
    cap, name = output_cap(request, spec), taught.cap(spec.token_param)
    if cap is not None and name is not None:
        body[name] = cap
    effort = reasoning_effort(request, spec)
    if effort is not None:
        body["reasoning_effort"] = effort
    return without(body, taught)


def offers_tools(request: ChatRequest, spec: ModelSpec, taught: Taught) -> bool:
    """There are tools, and nothing is known against offering them to this model."""
    return bool(request.tools) and spec.tools and not taught.drops("tools")


def without(body: dict[str, object], taught: Taught) -> dict[str, object]:
    """The body without the fields that the model was learned to refuse."""
    return {name: value for name, value in body.items() if not taught.drops(name)}


def temperature(request: ChatRequest, spec: ModelSpec) -> float | None:
    """The user's temperature within the model's range; None: not to be sent."""
    asked = request.options.temperature
    if asked is None or spec.temperature == "drop":
        return None
    coldest = _MINIMAX_COLDEST if spec.vendor == "minimax" else 0.0
    return min(max(asked, coldest), spec.temperature_max)


def output_cap(request: ChatRequest, spec: ModelSpec) -> int | None:
    """The user's cap within the model's; None: not to be sent."""
    asked = request.options.max_output_tokens
    if asked is None or spec.max_output is None:
        return asked
    return min(asked, spec.max_output)


def reasoning_effort(request: ChatRequest, spec: ModelSpec) -> str | None:
    """The user's effort where the model thinks and takes one: xAI's models refuse the field."""
    takes = (spec.reasoning or not spec.vendor) and spec.vendor != "xai"
    return request.options.reasoning_effort if takes else None


def answers(value: object) -> bool:
    """The JSON is a chat reply with something in it."""
    return bool(rows(table(value).get("choices")))


def chat_piece(value: object) -> Piece:
    """What a chunk of a stream or a whole reply says. Everything in it may be missing."""
    found = table(value)
    choices = rows(found.get("choices"))
    choice = table(choices[0]) if choices else table(None)
    delta = table(choice.get("delta"))
    message = delta or table(choice.get("message"))
    whole = not delta and "message" in choice
    called = message.get("tool_calls")
    said = content(message.get("content", choice.get("text")))
    return Piece(
        said.text,
        reasoning(message) or said.reasoning,
        words(message.get("refusal")) or said.refusal,
        words(choice.get("finish_reason")),
        usage(found.get("usage")),
        (*said.citations, *annotations(message.get("annotations")), *sources(found.get("citations"))),
        words(found.get("model")),
        whole=whole,
        calls=chat_calls(called, whole=whole) if called else (),
    )
