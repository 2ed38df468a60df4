"""Saying no, and reading a body's fields so that a wrong type is a refusal too."""

from collections.abc import Sequence
from typing import NoReturn

from tests.fakes.gateway.behaviours import Fail, Json


class Refused(Exception):
    """The request is not acceptable; `fail` is the answer to it."""

    def __init__(self, fail: Fail) -> None:
        super().__init__(fail.message)
        self.fail = fail


def refuse(message: str, param: str | None = None, code: str | None = "invalid_value", status: int = 400) -> NoReturn:
    """Refuse the request. Always raises."""
    raise Refused(Fail(status, message, code=code, param=param))


def unsupported(name: str) -> NoReturn:
    """Refuse a field that the model does not take at all."""
    refuse(f"Unsupported parameter: '{name}' is not supported with this model.", name, "unsupported_parameter")


def unsupported_value(name: str, value: object) -> NoReturn:
    """Refuse the value of a field that the model takes."""
    refuse(f"Unsupported value: '{name}' does not support {value!r} with this model.", name, "unsupported_value")


def number(body: Json, name: str, low: float, high: float) -> None:
    """A number in this range, or absent."""
    value = body.get(name)
    if value is None and name not in body:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        refuse(f"Invalid '{name}': expected a number between {low} and {high}.", name)


def count(body: Json, name: str, low: int) -> None:
    """A whole number of at least `low`, or absent."""
    value = body.get(name)
    if name in body and (not isinstance(value, int) or isinstance(value, bool) or value < low):
        refuse(f"Invalid '{name}': expected an integer of at least {low}.", name)


def flag(body: Json, name: str) -> bool:
    """A boolean; False where absent."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        refuse(f"Invalid type for '{name}': expected a boolean.", name, "invalid_type")
    return value


def table(value: object, name: str) -> Json:
    """A JSON object."""
    if not isinstance(value, dict):
        refuse(f"Invalid type for '{name}': expected an object.", name, "invalid_type")
    return value


def items(value: object, name: str) -> Sequence[object]:
    """A JSON array with at least one member."""
    if not isinstance(value, list) or not value:
        refuse(f"Invalid '{name}': expected an array with at least one member.", name)
    return value


def words(value: object, name: str) -> str:
    """A string that is more than white space."""
    if not isinstance(value, str) or not value.strip():
        refuse(f"Invalid '{name}': expected text that is not empty.", name)
    return value


def known(body: Json, names: frozenset[str], where: str = "") -> None:
    """No field outside `names`."""
    for name in body:
        if name not in names:
            refuse(f"Unknown parameter: '{where}{name}'.", f"{where}{name}", "unknown_parameter")
