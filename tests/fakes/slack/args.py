"""The arguments of a call, read from a query, a form or JSON as Slack reads them."""

import json
from collections.abc import Sequence

from tests.fakes.slack.values import ApiError, Json


class Args:
    """Arguments by name, whatever dress they came in: forms hold numbers, flags and lists as text."""

    def __init__(self, values: Json) -> None:
        self.values = values

    def text(self, name: str) -> str | None:
        """The argument as text; None where it is missing or empty."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, (dict, list)):
            raise ApiError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {name} must be a string"]})
        return str(value)

    def need(self, name: str) -> str:
        """The argument as text; missing: `invalid_arguments`."""
        value = self.text(name)
        if value is None:
            detail = f"[ERROR] missing required field: {name}"
            raise ApiError("invalid_arguments", response_metadata={"messages": [detail]})
        return value

    def flag(self, name: str) -> bool:
        """Whether the argument says yes."""
        return str(self.values.get(name, "")).lower() in {"1", "true"}

    def number(self, name: str, default: int) -> int:
        """The argument as a whole number; anything else is `invalid_arguments`."""
        value = self.text(name)
        if value is None:
            return default
        if not value.isdigit():
            raise ApiError("invalid_arguments")
        return int(value)

    def object(self, name: str, error: str) -> Json | None:
        """An object (`metadata`), in a form as JSON text; None where it is missing, anything else is `error`."""
        value = self.values.get(name)
        if isinstance(value, str):
            value = _parsed(value, error)
        if value is not None and not isinstance(value, dict):
            raise ApiError(error)
        return value

    def objects(self, name: str, error: str) -> list[Json] | None:
        """A list of objects (`blocks`, `chunks`), in a form as JSON text; anything else is `error`."""
        value = self.values.get(name)
        if isinstance(value, str):
            value = _parsed(value, error)
        if value is None:
            return None
        if not isinstance(value, Sequence) or not all(isinstance(item, dict) for item in value):
            raise ApiError(error)
        return [dict(item) for item in value]


def _parsed(value: str, error: str) -> object:
    if not value:
        return None
    try:
        return json.loads(value)
    except ValueError:
        raise ApiError(error) from None
