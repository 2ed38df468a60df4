"""Which fields beside the messages a chat request may carry, model by model."""

import re

from tests.fakes.gateway.behaviours import Json
from tests.fakes.gateway.refusals import (
    count,
    flag,
    items,
    known,
    number,
    refuse,
    table,
    unsupported,
    unsupported_value,
    words,
)
from tests.fakes.gateway.rules import Rules

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_PLAIN = (
    "model messages stream stream_options temperature top_p max_tokens max_completion_tokens reasoning_effort verbosity"
    " stop presence_penalty frequency_penalty n seed logprobs top_logprobs logit_bias tools tool_choice"
    " parallel_tool_calls response_format web_search_options modalities image_config thinking enable_thinking"
    " chat_template_kwargs reasoning_split user functions function_call"
)
_KNOWN = frozenset(_PLAIN.split())
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def check_fields(body: Json, rules: Rules) -> None:
    """Every rule of the optional fields, first the general ones, then the model's own."""
    known(body, _KNOWN)
    for name in sorted(rules.refused & body.keys()):
        unsupported(name)
    _stream(body, rules)
    _caps(body, rules)
    sampling(body, rules)
    _words(body)
    if "tools" in body:
        _tools(body)
    elif "tool_choice" in body or "parallel_tool_calls" in body:
        refuse("'tool_choice' is only allowed when 'tools' are specified.", "tool_choice")


def _stream(body: Json, rules: Rules) -> None:
    streaming = flag(body, "stream")
    if streaming and not rules.streaming:
        unsupported_value("stream", True)
    if "stream_options" in body:
        if not streaming:
            refuse("'stream_options' is only allowed when 'stream' is enabled.", "stream_options")
        options = table(body["stream_options"], "stream_options")
        known(options, frozenset({"include_usage"}), "stream_options.")
        flag(options, "include_usage")


def _caps(body: Json, rules: Rules) -> None:
    if "max_tokens" in body and "max_completion_tokens" in body:
        refuse("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", "max_tokens")
    for name in ("max_tokens", "max_completion_tokens"):
        count(body, name, 1)
        value = body.get(name)
        if rules.max_output and isinstance(value, int) and value > rules.max_output:
            refuse(f"{name} is too large: this model supports at most {rules.max_output}.", name)


def sampling(body: Json, rules: Rules) -> None:
    """Temperature, top_p and the penalties, in the model's own range."""
    number(body, "temperature", 0, 2)
    number(body, "top_p", 0, 1)
    number(body, "presence_penalty", -2, 2)
    number(body, "frequency_penalty", -2, 2)
    for name in ("temperature", "top_p"):
        if rules.temperature == "default_only" and body.get(name, 1) != 1:
            unsupported_value(name, body[name])
    temperature = body.get("temperature")
    if isinstance(temperature, int | float) and _out_of_range(temperature, rules):
        unsupported_value("temperature", temperature)
    if rules.vendor == "anthropic" and "temperature" in body and "top_p" in body:
        refuse("`temperature` and `top_p` cannot both be specified for this model.", "top_p")


def _out_of_range(temperature: float, rules: Rules) -> bool:
    return temperature > rules.temperature_max or (rules.vendor == "minimax" and temperature == 0)


def _words(body: Json) -> None:
    if "reasoning_effort" in body and body["reasoning_effort"] not in EFFORTS:
        unsupported_value("reasoning_effort", body["reasoning_effort"])
    if "verbosity" in body and body["verbosity"] not in ("low", "medium", "high"):
        unsupported_value("verbosity", body["verbosity"])
    if "user" in body:
        words(body["user"], "user")
    stop = body.get("stop", "x")
    many = items(stop, "stop") if not isinstance(stop, str) else [stop]
    if len(many) > 4 or not all(isinstance(one, str) and one for one in many):
        refuse("Invalid 'stop': at most 4 strings.", "stop")
    if "response_format" in body:
        _format(table(body["response_format"], "response_format"))


def _format(chosen: Json) -> None:
    kind = chosen.get("type")
    if kind not in ("text", "json_object", "json_schema"):
        refuse("Invalid 'response_format.type'.", "response_format.type")
    if kind == "json_schema":
        schema = table(chosen.get("json_schema"), "response_format.json_schema")
        words(schema.get("name"), "response_format.json_schema.name")


def _tools(body: Json) -> None:
    tools = items(body["tools"], "tools")
    if len(tools) > 128:
        refuse("Invalid 'tools': array too long, at most 128.", "tools")
    names = [_tool(table(tool, "tools")) for tool in tools]
    unique(names)
    choice = body.get("tool_choice", "auto")
    if isinstance(choice, str):
        if choice not in ("none", "auto", "required"):
            refuse("Invalid 'tool_choice'.", "tool_choice")
    elif table(table(choice, "tool_choice").get("function"), "tool_choice.function").get("name") not in names:
        refuse("Tool choice names no tool of 'tools'.", "tool_choice")


def _tool(tool: Json) -> str:
    if tool.get("type") != "function":
        refuse("Invalid 'tools[].type': only 'function' is supported.", "tools")
    return tool_function(table(tool.get("function"), "tools[].function"))


def unique(names: list[str]) -> None:
    """No tool twice."""
    if len(set(names)) < len(names):
        refuse("Tool names must be unique.", "tools")


def tool_function(function: Json) -> str:
    """The name of a well-formed function declaration."""
    name = words(function.get("name"), "tools[].function.name")
    if not _TOOL_NAME.fullmatch(name):
        refuse("Invalid 'tools[].function.name': must match ^[a-zA-Z0-9_-]{1,64}$.", "tools")
    parameters = table(function.get("parameters", {"type": "object"}), "tools[].function.parameters")
    if parameters.get("type") != "object":
        refuse("Invalid schema for function: 'type' must be 'object'.", "tools")
    return name
