"""The responses endpoint's JSON to and from our values, for the models that the chat endpoint refuses; pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.gateway.calls import CallPiece, response_call
from bot.gateway.lessons import Taught
from bot.gateway.messages import response_items, response_tools
from bot.gateway.parts import Piece, annotations, content, shifted, thought_words, usage
from bot.gateway.shapes import rows, table, words
from bot.gateway.values import ChatRequest, ModelSpec
from bot.gateway.wire import offers_tools, output_cap, reasoning_effort, temperature, without

_LEAST_CAP: Final = 16
"""The endpoint refuses lower caps."""

_LAST: Final = frozenset({"response.completed", "response.incomplete", "response.done"})
_ITEMS: Final[Mapping[str, bool]] = {"response.output_item.added": False, "response.output_item.done": True}
_ARGUMENTS: Final = "response.function_call_arguments."


def responses_body(
    request: ChatRequest, spec: ModelSpec, wire_id: str, taught: Taught, *, stream: bool
) -> dict[str, object]:
    """The request's body. Nothing is stored there and no earlier response is named: channels change under a gateway."""
    tools = offers_tools(request, spec, taught)
    body: dict[str, object] = {
        "model": wire_id,
        "input": response_items(request.messages, tools=tools),
        "store": False,
    }
    if tools:
        body["tools"] = response_tools(request.tools)
    system = "\n\n".join(message.text for message in request.messages if message.role == "system")
    if system:
        body["instructions"] = system
    if stream:
        body["stream"] = True
    warmth = temperature(request, spec)
    if warmth is not None:
        body["temperature"] = warmth
    cap = output_cap(request, spec)
    if cap is not None:
        body["max_output_tokens"] = max(cap, _LEAST_CAP)
    effort = reasoning_effort(request, spec)
    if effort is not None:
        body["reasoning"] = {"effort": effort}
    return without(body, taught)


def is_response(value: object) -> bool:
    """The JSON is a whole response or an event of its stream, whatever endpoint it came from."""
    found = table(value)
    return found.get("object") == "response" or words(found.get("type")).startswith("response.")


def failure(value: object) -> object | None:
    """The response inside an event that says that it failed; None for every other event."""
    found = table(value)
    return found.get("response") if found.get("type") == "response.failed" else None


def response_piece(value: object) -> Piece:
    """What an event or a whole response says."""
    found = table(value)
    kind = words(found.get("type"))
    if found.get("object") == "response":
        return _whole(found)
    if kind in _LAST:
        return _whole(table(found.get("response")))
    return _delta(kind, found)


def _delta(kind: str, found: Mapping[str, object]) -> Piece:
    delta = words(found.get("delta"))
    if kind == "response.output_text.delta":
        return Piece(text=delta)
    if kind in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
        return Piece(reasoning=delta)
    if kind == "response.refusal.delta":
        return Piece(refusal=delta)
    if kind == "response.output_text.annotation.added":
        return Piece(citations=tuple(annotations([found.get("annotation")])))
    return Piece(calls=_called(kind, found))


def _called(kind: str, found: Mapping[str, object]) -> tuple[CallPiece, ...]:
    """Calls come as an item that begins, pieces of its arguments, and the item once more when it is whole."""
    place = found.get("output_index", found.get("item_id"))
    item = table(found.get("item"))
    if kind in _ITEMS and item.get("type") == "function_call":
        return (response_call(item, place, whole=_ITEMS[kind]),)
    if not kind.startswith(_ARGUMENTS):
        return ()
    arguments = found.get("delta", found.get("arguments"))
    return (response_call({"arguments": arguments}, place, whole=kind.endswith(".done")),)


def _whole(response: Mapping[str, object]) -> Piece:
    said = _said(response)
    return replace(
        said,
        finish=_finish(response),
        usage=usage(response.get("usage")),
        model=words(response.get("model")),
        whole=True,
    )


def _said(response: Mapping[str, object]) -> Piece:
    total = Piece()
    for place, item in enumerate(map(table, rows(response.get("output")))):
        if item.get("type") == "reasoning":
            total = replace(total, reasoning=total.reasoning + thought_words(item))
        elif item.get("type") == "function_call":
            total = replace(total, calls=(*total.calls, response_call(item, place, whole=True)))
        elif item.get("type") == "message":
            said = content(item.get("content"))
            total = replace(
                total,
                text=total.text + said.text,
                refusal=total.refusal + said.refusal,
                citations=(*total.citations, *(shifted(each, len(total.text)) for each in said.citations)),
            )
    return total


def _finish(response: Mapping[str, object]) -> str:
    """The chat endpoint's word for how it ended; empty while it has not."""
    if response.get("status") == "incomplete":
        return words(table(response.get("incomplete_details")).get("reason")) or "length"
    return "stop" if response.get("status") == "completed" else ""
