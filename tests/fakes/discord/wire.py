"""What crosses the fake's REST wire: questions taken apart, answers and errors in Discord's shapes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from aiohttp import web

Json = dict[str, Any]
Answer = Json | list[Json] | None
"""The body of an answer; None is 204."""

VIA = {"Via": "1.1 google"}
"""On every answer that Discord itself gives; Cloudflare's own answers lack it."""


class Problem(Enum):
    """Errors by number: HTTP status, JSON code, message."""

    UNAUTHORIZED = (401, 0, "401: Unauthorized")
    NOT_FOUND = (404, 0, "404: Not Found")
    NOT_ALLOWED = (405, 0, "405: Method Not Allowed")
    UNKNOWN_APPLICATION = (404, 10002, "Unknown Application")
    UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
    UNKNOWN_GUILD = (404, 10004, "Unknown Guild")
    UNKNOWN_MEMBER = (404, 10007, "Unknown Member")
    UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
    UNKNOWN_USER = (404, 10013, "Unknown User")
    UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
    UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
    UNKNOWN_COMMAND = (404, 10063, "Unknown application command")
    SLOWMODE = (429, 20016, "This action cannot be performed due to slowmode rate limit")
    TOO_MANY_CREATES = (429, 30034, "Max number of daily application command creates has been reached (200)")
    OLD_EDITS = (429, 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later")
    TOO_LARGE = (413, 40005, "Request entity too large")
    ALREADY_ACKNOWLEDGED = (400, 40060, "Interaction has already been acknowledged.")
    NETWORK = (403, 40333, "internal network error")
    MISSING_ACCESS = (403, 50001, "Missing Access")
    NOT_AUTHOR = (403, 50005, "Cannot edit a message authored by another user")
    EMPTY_MESSAGE = (400, 50006, "Cannot send an empty message")
    NO_DMS = (403, 50007, "Cannot send messages to this user")
    NOT_IN_FORUM = (400, 50008, "Cannot send messages in a non-text channel")
    MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
    INVALID_TOKEN = (401, 50027, "Invalid Webhook Token")
    INVALID_FORM = (400, 50035, "Invalid Form Body")
    ARCHIVED = (400, 50083, "Thread is archived")
    INVALID_JSON = (400, 50109, "The request body contains invalid JSON.")
    VOICE_WITH_MORE = (400, 50159, "Voice messages do not support additional content")
    VOICE_NOT_ONE_SOUND = (400, 50160, "Voice messages must have a single audio attachment")
    VOICE_WITHOUT_METADATA = (400, 50161, "Voice messages must have supporting metadata")
    VOICE_EDITED = (403, 50162, "Voice messages cannot be edited")
    NO_VOICE = (403, 50173, "Cannot send voice messages in this channel")
    NO_HISTORY_TO_REPLY = (400, 160002, "Cannot reply without permission to read message history")
    THREAD_EXISTS = (400, 160004, "A thread has already been created for this message")
    THREAD_LOCKED = (400, 160005, "Thread is locked")


class ApiError(Exception):
    """An answer that is an error; `extra` joins the body."""

    def __init__(self, problem: Problem, extra: Json | None = None, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.code, self.message = problem.value
        self.extra = extra or {}
        self.headers = dict(headers or {})
        super().__init__(f"{self.status}/{self.code}: {self.message}")

    def response(self) -> web.Response:
        """The error as it goes over the wire."""
        return reply({"message": self.message, "code": self.code} | self.extra, self.status, self.headers)


def invalid(path: str, code: str, message: str) -> ApiError:
    """400/50035 pointing at a field; `path` is dotted ("options.0.name")."""
    errors: Json = {"_errors": [{"code": code, "message": message}]}
    for part in reversed(path.split(".")):
        errors = {part: errors}
    return ApiError(Problem.INVALID_FORM, {"errors": errors})


def check_length(path: str, value: object, least: int, most: int) -> str:
    """The value if it is a text of that length, in UTF-16 units: the strictest way to count."""
    if not isinstance(value, str):
        raise invalid(path, "BASE_TYPE_BAD_STRING", "Could not interpret as string.")
    if not least <= utf16(value) <= most:
        raise invalid(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
    return value


def utf16(text: str) -> int:
    """Length in UTF-16 code units, never less than in characters."""
    return len(text.encode("utf-16-le")) // 2


def reply(body: Answer, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """JSON as Discord sends it: the content type has no charset, or discord.py takes the body for text."""
    if body is None:
        return web.Response(status=204, headers=VIA | dict(headers or {}))
    sent = {"Content-Type": "application/json"} | VIA | dict(headers or {})
    return web.Response(status=status, body=json.dumps(body).encode(), headers=sent)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came in a multipart body."""

    part: str
    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ask:
    """One REST question: ids from its path, its query, its JSON and its files."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    files: tuple[Upload, ...] = ()

    def id(self, name: str) -> int:
        """A snowflake of the path; anything else is 50035."""
        value = self.path[name]
        if not value.isdecimal():
            raise invalid(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
        return int(value)

    @property
    def form(self) -> Json:
        """The body as an object."""
        if not isinstance(self.body, dict):
            raise invalid("_misc", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return self.body
