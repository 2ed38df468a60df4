"""Which messages a chat request may carry, and in which order."""

import json
import re
from collections.abc import Sequence

from tests.fakes.gateway.behaviours import Json
from tests.fakes.gateway.data_urls import check_picture
from tests.fakes.gateway.refusals import items, known, refuse, table, words
from tests.fakes.gateway.rules import Rules

_FIELDS = {
    "system": frozenset({"role", "content", "name"}),
    "developer": frozenset({"role", "content", "name"}),
    "user": frozenset({"role", "content", "name"}),
    "assistant": frozenset({"role", "content", "name", "tool_calls"}),
    "tool": frozenset({"role", "content", "tool_call_id"}),
}
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_PICTURE = re.compile(r"data:image/[^\"]*")
_THINKERS = ("deepseek", "minimax")
_THOUGHTS = frozenset({"reasoning_content", "reasoning_details"})


def check_messages(value: object, rules: Rules) -> Sequence[Json]:
    """The messages, if each one and their order are acceptable to the model."""
    messages = [table(message, "messages") for message in items(value, "messages")]
    for at, message in enumerate(messages):
        _message(message, f"messages[{at}]", rules)
    _first(messages, rules)
    _tool_order(messages)
    return messages


def _message(message: Json, where: str, rules: Rules) -> None:
    role = message.get("role")
    if not isinstance(role, str) or role not in _FIELDS or (role == "developer" and rules.vendor != "openai"):
        refuse(f"Invalid value: {role!r}. Supported roles: system, user, assistant, tool.", f"{where}.role")
    _fields(message, role, where, rules)
    if role == "user" and isinstance(message.get("content"), list):
        for part in items(message["content"], f"{where}.content"):
            _part(table(part, f"{where}.content"), f"{where}.content", rules)
    elif not (role == "assistant" and message.get("tool_calls") and message.get("content") is None):
        words(message.get("content"), f"{where}.content")
    if "tool_calls" in message:
        _calls(message, where, rules)
    if role == "tool":
        words(message.get("tool_call_id"), f"{where}.tool_call_id")


def _fields(message: Json, role: str, where: str, rules: Rules) -> None:
    thoughts = _THOUGHTS if rules.vendor in _THINKERS and "tool_calls" in message else frozenset[str]()
    known(message, _FIELDS[role] | thoughts, f"{where}.")
    name = message.get("name", "x")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        refuse(f"Invalid '{where}.name': must match ^[a-zA-Z0-9_-]{{1,64}}$.", f"{where}.name")


def _part(part: Json, where: str, rules: Rules) -> None:
    kind = part.get("type")
    taken = {"image_url": rules.image_input, "input_audio": rules.audio_input, "file": rules.file_input}
    if kind == "text":
        words(part.get("text"), f"{where}.text")
    elif not isinstance(kind, str) or not taken.get(kind, False):
        refuse(f"Invalid content type {kind!r}: this model does not support it.", where)
    elif kind == "image_url":
        _image(table(part.get("image_url"), f"{where}.image_url"), where)
    else:
        _file(table(part.get(kind), f"{where}.{kind}"), kind, where)


def _image(image: Json, where: str) -> None:
    url = words(image.get("url"), f"{where}.image_url.url")
    check_picture(url, f"{where}.image_url.url")
    if image.get("detail", "auto") not in ("auto", "low", "high"):
        refuse("Invalid 'detail'.", f"{where}.image_url.detail")


def _file(value: Json, kind: str, where: str) -> None:
    needed = ("data", "format") if kind == "input_audio" else ("filename", "file_data")
    for name in needed:
        words(value.get(name), f"{where}.{kind}.{name}")
    if kind == "input_audio" and value["format"] not in ("wav", "mp3"):
        refuse("Invalid audio format: wav or mp3.", f"{where}.input_audio.format")


def _calls(message: Json, where: str, rules: Rules) -> None:
    if message["role"] != "assistant":
        refuse("Only assistant messages carry 'tool_calls'.", f"{where}.tool_calls")
    if rules.vendor == "deepseek" and rules.reasoning and not message.get("reasoning_content"):
        refuse("Missing `reasoning_content` field in the assistant message.", f"{where}.reasoning_content")
    for value in items(message["tool_calls"], f"{where}.tool_calls"):
        call = table(value, f"{where}.tool_calls")
        function = table(call.get("function"), f"{where}.tool_calls.function")
        words(call.get("id"), f"{where}.tool_calls.id")
        if not _NAME.fullmatch(words(function.get("name"), f"{where}.tool_calls.function.name")):
            refuse("Invalid 'function.name': must match ^[a-zA-Z0-9_-]{1,64}$.", f"{where}.tool_calls.function.name")
        if call.get("type") != "function" or not isinstance(function.get("arguments"), str):
            refuse("A tool call has type 'function' and its arguments are a string.", f"{where}.tool_calls")
        if rules.vendor != "openai":
            _decode(function["arguments"], f"{where}.tool_calls")


def _decode(arguments: object, where: str) -> None:
    """Other vendors' hosts turn the arguments into an object before the model sees them."""
    try:
        table(json.loads(str(arguments)), where)
    except ValueError:
        refuse("The arguments of a tool call could not be decoded.", where)


def _first(messages: Sequence[Json], rules: Rules) -> None:
    spoken = [message["role"] for message in messages if message["role"] not in ("system", "developer")]
    if not spoken:
        refuse("At least one message must not be a system message.", "messages")
    if rules.vendor in ("anthropic", "google") and spoken[0] != "user":
        refuse("messages: first message must use the 'user' role.", "messages", "invalid_request_error")


def _tool_order(messages: Sequence[Json]) -> None:
    waiting: set[str] = set()
    used: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            _settle(waiting, str(message["tool_call_id"]))
            continue
        if waiting:
            missing = ", ".join(sorted(waiting))
            refuse(f"These tool_call_ids did not have response messages: {missing}.", "messages", None)
        waiting = _ids(message)
        if waiting & used:
            refuse("`tool_use` ids must be unique.", "messages", None)
        used |= waiting
    if waiting:
        refuse(f"These tool_call_ids did not have response messages: {', '.join(sorted(waiting))}.", "messages", None)


def _settle(waiting: set[str], call_id: str) -> None:
    if call_id not in waiting:
        refuse("A 'tool' message must follow the message with its 'tool_calls'.", "messages", None)
    waiting.remove(call_id)


def _ids(message: Json) -> set[str]:
    calls = message.get("tool_calls", [])
    return {str(call["id"]) for call in calls if isinstance(call, dict)} if isinstance(calls, list) else set()


def text_of(content: object) -> str:
    """The words of a message's content, whatever its shape."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return " ".join(str(part["text"]) for part in parts if isinstance(part, dict) and "text" in part)


def tokens(value: object) -> int:
    """A rough count: four bytes of JSON a token, a thousand tokens a picture."""
    return len(_PICTURE.sub("x" * 4000, json.dumps(value, ensure_ascii=False)).encode()) // 4
