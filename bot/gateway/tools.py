"""What a model wrote as the arguments of a tool: read, or answered with a sentence that it can learn from; pure."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from bot.gateway.shapes import Undecodable, parse, rows, table, words
from bot.gateway.values import Tool, ToolCall

_MOST_NAMED: Final = 5
_LONGEST_QUOTE: Final = 60


def arguments(call: ToolCall, tool: Tool) -> Mapping[str, object] | str:
    """The arguments as the tool declares them, else what to tell the model.

    Leniently, as models write: nothing at all is no arguments, JSON within a JSON string is read, null counts as left
    out where it is not a declared type, a whole number may be written 3.0. What the tool does not declare is left away.
    """
    try:
        value = _parsed(call.arguments)
    except Undecodable:
        return f"The arguments of {tool.name} are not valid JSON. Call it again with one complete JSON object."
    if not isinstance(value, dict):
        return f"The arguments of {tool.name} must be one JSON object. Call it again with one."
    declared = table(tool.parameters.get("properties"))
    given = {name: _whole(each, table(declared.get(name))) for name, each in value.items() if name in declared}
    given = {name: each for name, each in given.items() if each is not None or _allows_null(table(declared[name]))}
    wrong = list(_wrong(given, declared, rows(tool.parameters.get("required"))))
    if not wrong:
        return given
    return f"Wrong arguments of {tool.name}: {'; '.join(wrong[:_MOST_NAMED])}. Call it again with these put right."


def unknown(call: ToolCall, tools: Sequence[Tool]) -> str:
    """What to tell a model that calls a tool that does not exist."""
    names = ", ".join(tool.name for tool in tools)
    return f"There is no tool {_quoted(call.name)}. " + (f"There are: {names}." if names else "There are none.")


def _parsed(text: str) -> object:
    value = parse(text) if text.strip() else {}
    return parse(value) if isinstance(value, str) else value


def _wrong(given: Mapping[str, object], declared: Mapping[str, object], required: Sequence[object]) -> Iterator[str]:
    for name in required:
        if name not in given:
            yield f"{words(name)} is missing"
    for name, value in given.items():
        schema = table(declared[name])
        options = rows(schema.get("enum"))
        if not _fits(value, schema):
            yield f"{name} must be {_type_words(schema)}, not {_quoted(value)}"
        elif options and value not in options:
            yield f"{name} must be one of {json.dumps(list(options), ensure_ascii=False)}, not {_quoted(value)}"


def _fits(value: object, schema: Mapping[str, object]) -> bool:
    """Of the right type, and the members of an array as well; a type that we do not know fits."""
    kinds = _types(schema)
    if kinds and not any(_CHECKS[kind](value) for kind in kinds):
        return False
    member = table(schema.get("items"))
    return not member or all(_fits(each, member) for each in rows(value))


def _types(schema: Mapping[str, object]) -> list[str]:
    named = schema.get("type")
    kinds = [words(each) for each in (named if isinstance(named, list) else [named])]
    return kinds if all(kind in _CHECKS for kind in kinds) else []


def _type_words(schema: Mapping[str, object]) -> str:
    return " or ".join(_types(schema)) + (" of the declared members" if schema.get("items") else "")


def _allows_null(schema: Mapping[str, object]) -> bool:
    return "null" in _types(schema)


def _whole(value: object, schema: Mapping[str, object]) -> object:
    """3.0 as 3 where a whole number is wanted."""
    if isinstance(value, float) and value.is_integer() and "integer" in _types(schema):
        return int(value)
    return value


def _quoted(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_CHECKS: Final[Mapping[str, Callable[[object], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _number,
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}
