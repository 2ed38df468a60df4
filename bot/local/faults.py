"""What can be wrong with a call, and how the wire says so."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web


class BadRequest(Exception):
    """The caller's mistake; `param` names the field."""

    def __init__(self, message: str, param: str | None = None, *, code: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.param = param
        self.code = code


class NotHere(Exception):
    """A part of the embedded backend that this machine does not have; the message says what to do."""


def fault(status: int, code: str, message: str, param: str | None = None) -> web.Response:
    """An error as the wire has them."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return web.json_response({"error": error}, status=status)


def number(
    fields: Mapping[str, Any], name: str, default: float, *, least: float, most: float = float("inf"), whole: bool
) -> Any:
    """A number among the fields of a call. Raises `BadRequest`."""
    value = fields.get(name)
    if value is None:
        return default
    kind = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kind) or not least <= value <= most:
        bounds = f"of at least {least}" if most == float("inf") else f"from {least} to {most}"
        raise BadRequest(f"{name} must be a number {bounds}", name)
    return value
