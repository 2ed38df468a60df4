"""What the Responses endpoint takes and refuses."""

from tests.fakes.gateway.behaviours import Json
from tests.fakes.gateway.chat_fields import EFFORTS, sampling, tool_function, unique
from tests.fakes.gateway.data_urls import check_picture
from tests.fakes.gateway.refusals import (
    count,
    flag,
    items,
    known,
    refuse,
    table,
    unsupported,
    unsupported_value,
    words,
)
from tests.fakes.gateway.rules import Rules

_NAMES = (
    "model input instructions max_output_tokens tools tool_choice parallel_tool_calls reasoning text store stream"
    " temperature top_p metadata user include truncation"
)
_KNOWN = frozenset(_NAMES.split())
_PARTS = {
    "user": ("input_text", "input_image", "input_file"),
    "assistant": ("output_text", "refusal"),
    "system": ("input_text",),
    "developer": ("input_text",),
}


def check_responses(body: Json, rules: Rules) -> None:
    """Every rule of `/v1/responses`; `store: false` is demanded, since channels rotate behind the gateway."""
    known(body, _KNOWN)
    for name in sorted(rules.refused & body.keys()):
        unsupported(name)
    if flag(body, "stream") and not rules.streaming:
        unsupported_value("stream", True)
    if body.get("store") is not False:
        refuse("'store' must be false: this gateway keeps no responses.", "store")
    count(body, "max_output_tokens", 16)
    sampling(body, rules)
    if "instructions" in body:
        words(body["instructions"], "instructions")
    _reasoning(body)
    _input(body.get("input"), rules)
    if "tools" in body:
        _tools(body, rules)


def _reasoning(body: Json) -> None:
    reasoning = table(body.get("reasoning", {}), "reasoning")
    known(reasoning, frozenset({"effort", "summary"}), "reasoning.")
    if reasoning.get("effort", "low") not in EFFORTS:
        unsupported_value("reasoning.effort", reasoning["effort"])


def _tools(body: Json, rules: Rules) -> None:
    if not rules.tools:
        unsupported("tools")
    tools = items(body["tools"], "tools")
    if len(tools) > 128:
        refuse("Invalid 'tools': array too long, at most 128.", "tools")
    unique([_tool(table(tool, "tools")) for tool in tools])


def _tool(tool: Json) -> str:
    if tool.get("type") != "function" or "function" in tool:
        refuse("Tools are flat: {'type': 'function', 'name', 'parameters'}.", "tools")
    return tool_function(tool)


def _input(value: object, rules: Rules) -> None:
    if isinstance(value, str):
        words(value, "input")
        return
    open_calls: set[str] = set()
    for at, item in enumerate(items(value, "input")):
        _item(table(item, "input"), f"input[{at}]", rules, open_calls)
    if open_calls:
        refuse(f"No tool output found for function call {', '.join(sorted(open_calls))}.", "input", None)


def _item(item: Json, where: str, rules: Rules, open_calls: set[str]) -> None:
    kind = item.get("type", "message")
    if kind == "message":
        _message(item, where, rules)
    elif kind == "function_call":
        words(item.get("name"), f"{where}.name")
        words(item.get("arguments"), f"{where}.arguments")
        if "id" in item:
            refuse("Item was provided without its required 'reasoning' item.", where, None)
        open_calls.add(words(item.get("call_id"), f"{where}.call_id"))
    elif kind == "function_call_output":
        words(item.get("output"), f"{where}.output")
        call_id = words(item.get("call_id"), f"{where}.call_id")
        if call_id not in open_calls:
            refuse(f"No tool call found for function call output with call_id {call_id}.", where, None)
        open_calls.remove(call_id)
    elif kind != "reasoning":
        refuse(f"Invalid value: {kind!r}.", f"{where}.type")


def _message(item: Json, where: str, rules: Rules) -> None:
    known(item, frozenset({"type", "role", "content", "id", "status"}), f"{where}.")
    role = item.get("role")
    if not isinstance(role, str) or role not in _PARTS:
        refuse(f"Invalid value: {role!r}.", f"{where}.role")
    if isinstance(item.get("content"), str):
        words(item["content"], f"{where}.content")
        return
    for part in items(item.get("content"), f"{where}.content"):
        _part(table(part, f"{where}.content"), _PARTS[role], f"{where}.content", rules)


def _part(part: Json, allowed: tuple[str, ...], where: str, rules: Rules) -> None:
    kind = part.get("type")
    if kind not in allowed:
        refuse(f"Invalid value: {kind!r}. Supported here: {', '.join(allowed)}.", where)
    if kind in ("input_text", "output_text"):
        words(part.get("text"), f"{where}.text")
    if kind == "input_image":
        if not rules.image_input:
            refuse("This model does not support images.", where)
        check_picture(words(part.get("image_url"), f"{where}.image_url"), f"{where}.image_url")
