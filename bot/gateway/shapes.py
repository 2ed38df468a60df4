"""Foreign JSON read leniently: what has the wrong shape is as good as absent; pure."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

NOTHING: Final[Mapping[str, object]] = {}


class Undecodable(ValueError):
    """The text is no JSON. The message never holds the text."""


def parse(text: str | bytes) -> object:
    """The JSON value of a text. Raises `Undecodable`, also for depths and numbers that Python refuses."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Undecodable(type(error).__name__) from None
    return value


def with_strings(value: object, put: Callable[[str], str]) -> object:
    """The value with `put` of each of its strings in their places, names among them, in the order of its text."""
    if isinstance(value, str):
        return put(value)
    if isinstance(value, list | tuple):
        return [with_strings(each, put) for each in value]
    if isinstance(value, dict):
        return {put(name): with_strings(each, put) for name, each in value.items()}
    return value


def table(value: object) -> Mapping[str, object]:
    """The object, else an empty one."""
    return value if isinstance(value, dict) else NOTHING


def rows(value: object) -> Sequence[object]:
    """The array, else an empty one."""
    return value if isinstance(value, list) else ()


def words(value: object) -> str:
    """The string, or a number as one; else an empty string."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def count(value: object) -> int:
    """The number as a whole one that is not negative; else 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        return 0
    return int(value)
