"""Messages and tools as the two endpoints want them; pure."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from bot.gateway.base64_text import data_url
from bot.gateway.shapes import Undecodable, parse, table
from bot.gateway.values import ChatImage, ChatMessage, ModelSpec, Tool, ToolCall

_NOTHING: Final = "(no output)"
"""Claude's hosts refuse blank texts."""

_NO_NAME: Final = re.compile(r"[^a-zA-Z0-9_-]")
_LONGEST_NAME: Final = 64
_PARTS: Final[Mapping[str, str]] = {"user": "input_text", "assistant": "output_text"}


def chat_messages(messages: Sequence[ChatMessage], spec: ModelSpec, *, tools: bool) -> list[dict[str, object]]:
    """The messages of the chat endpoint. Without `tools`, calls and their results are told in words."""
    return [
        _rich(message, spec, tools=tools)
        if message.images or message.calls or message.call_id
        else {"role": message.role, "content": message.text}
        for message in messages
    ]


def response_items(messages: Sequence[ChatMessage], *, tools: bool) -> list[dict[str, object]]:
    """The input of the responses endpoint, without the system's words."""
    items: list[dict[str, object]] = []
    for message in messages:
        if message.role == "system":
            continue
        if message.calls or message.call_id:
            items += _loop(message) if tools else [_item(_told(message))]
        else:
            items.append(_item(message))
    return items


def chat_tools(tools: Sequence[Tool]) -> list[dict[str, object]]:
    """The tools as the chat endpoint wants them declared."""
    return [{"type": "function", "function": _declared(tool)} for tool in tools]


def response_tools(tools: Sequence[Tool]) -> list[dict[str, object]]:
    """The same for the responses endpoint, which would hold them to its strict schemas unless told not to."""
    return [{"type": "function", **_declared(tool), "strict": False} for tool in tools]


def _declared(tool: Tool) -> dict[str, object]:
    described = {"description": tool.description} if tool.description else {}
    return {"name": tool.name, **described, "parameters": tool.parameters}


def _rich(message: ChatMessage, spec: ModelSpec, *, tools: bool) -> dict[str, object]:
    if (message.calls or message.call_id) and not tools:
        message = _told(message)
    if message.calls:
        return _calling(message, spec)
    if message.call_id:
        return {"role": "tool", "tool_call_id": message.call_id, "content": message.text.strip() or _NOTHING}
    if not message.images:
        return {"role": message.role, "content": message.text}
    text = [{"type": "text", "text": message.text}] if message.text.strip() else []
    shown = [{"type": "image_url", "image_url": {"url": _url(image)}} for image in message.images]
    return {"role": message.role, "content": [*text, *shown]}


def _calling(message: ChatMessage, spec: ModelSpec) -> dict[str, object]:
    """DeepSeek refuses calls without the thought that led to them, MiniMax is worse without; both where they put it."""
    text = message.text
    if message.reasoning and spec.vendor == "minimax":
        text = f"<think>\n{message.reasoning.strip()}\n</think>\n\n{text}"
    made: dict[str, object] = {"role": "assistant", "content": text if text.strip() else None}
    if message.reasoning and spec.vendor == "deepseek":
        made["reasoning_content"] = message.reasoning
    made["tool_calls"] = [_chat_call(call) for call in message.calls]
    return made


def _chat_call(call: ToolCall) -> dict[str, object]:
    function = {**table(call.more.get("function")), "name": _name(call), "arguments": _arguments(call)}
    return {**call.more, "id": call.id, "type": "function", "function": function}


def _loop(message: ChatMessage) -> list[dict[str, object]]:
    """Items carry no ids of their own: with one, the reasoning before it, which nobody has kept, is missed."""
    if message.call_id:
        output = message.text.strip() or _NOTHING
        return [{"type": "function_call_output", "call_id": message.call_id, "output": output}]
    said = [_item(message)] if message.text.strip() else []
    called = [
        {**call.more, "type": "function_call", "call_id": call.id, "name": _name(call), "arguments": _arguments(call)}
        for call in message.calls
    ]
    return [*said, *called]


def _item(message: ChatMessage) -> dict[str, object]:
    text = {"type": _PARTS[message.role], "text": message.text}
    if not message.images:
        return {"role": message.role, "content": [text]}
    shown = [{"type": "input_image", "image_url": _url(image)} for image in message.images]
    return {"role": message.role, "content": [text, *shown] if message.text.strip() else shown}


def _told(message: ChatMessage) -> ChatMessage:
    if message.call_id:
        return ChatMessage("user", f"[the tool's result]\n{message.text.strip() or _NOTHING}")
    called = (f"[called the tool {call.name} with {call.arguments or '{}'}]" for call in message.calls)
    return ChatMessage("assistant", "\n".join(filter(None, (message.text.strip(), *called))))


def _name(call: ToolCall) -> str:
    """A name that a model has made up goes back in letters that the endpoint takes."""
    return _NO_NAME.sub("_", call.name)[:_LONGEST_NAME]


def _arguments(call: ToolCall) -> str:
    """Hosts of other vendors' models decode the arguments: broken ones, which the result complains of, stay away."""
    try:
        return call.arguments if isinstance(parse(call.arguments), dict) else json.dumps({})
    except Undecodable:
        return json.dumps({})


def _url(image: ChatImage) -> str:
    return data_url(image.media_type, image.data)
