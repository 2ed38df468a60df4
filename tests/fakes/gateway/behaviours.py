"""How the fake gateway may behave on one request: values to hand to `FakeGateway.script`."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Json = Mapping[str, object]

Dialect = Literal[
    "openai",
    "new_api",
    "one_api",
    "upstream",
    "openai_error",
    "error_text",
    "message",
    "detail",
    "detail_list",
    "vllm",
    "anthropic",
    "gemini",
    "task",
    "cqtai",
    "dashscope",
    "minimax",
    "no_choices",
    "null_choices",
]
"""The shapes in which gateways and their upstreams word an error."""

ThoughtPlace = Literal["think", "unopened_think", "reasoning_content", "reasoning", "reasoning_details"]
"""Where the thought stands; `unopened_think` is `<think>` without its opening tag."""

CallStyle = Literal["split", "whole", "one_index", "no_ids", "no_index"]
"""How calls stream: `split` is head and pieces, `whole` a chunk a call, `one_index` whole and all at index 0; the
others leave out what their names say."""

UsagePlace = Literal["asked", "finishing", "missing"]
"""`asked`: a chunk of its own if the request asked for it; `finishing`: on the finishing chunk; `missing`: never."""


@dataclass(frozen=True, slots=True)
class Source:
    """A citation of the answer; without a range it has no `start_index` and `end_index`."""

    url: str
    title: str = ""
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model wants; `arguments` is sent as it stands, valid JSON or not; `more` are further fields."""

    id: str
    name: str
    arguments: str
    more: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fail:
    """An error in place of an answer. With `status=200` it is an error inside a success.

    `code` may be a number; `request_id` is appended to the message as new-api does.
    """

    status: int
    message: str = "The upstream is in trouble."
    dialect: Dialect = "openai"
    code: str | int | None = None
    type: str = "invalid_request_error"
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """Any bytes, as proxies send them."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


HTML_502 = Raw(502, b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>", "text/html")
EMPTY_BODY = Raw(200, b"")
TRUNCATED_JSON = Raw(200, b'{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"mess')


@dataclass(frozen=True, slots=True)
class Hang:
    """No headers, ever: until the client goes away or the gateway is closed."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset before any header."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The proper end: finish reason, usage if asked, `[DONE]`. `done=False` leaves only `[DONE]` out."""

    done: bool = True


@dataclass(frozen=True, slots=True)
class NoFinish:
    """`[DONE]` without a finish reason."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The stream is closed after so many pieces, without finish reason and `[DONE]`; `reset` closes it rudely."""

    after: int = 1
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """An error event after so many pieces; `named` puts `event: error` above it."""

    fail: Fail
    after: int = 1
    named: bool = False


@dataclass(frozen=True, slots=True)
class Stall:
    """Silence after so many pieces; with `comment_every_s` keep-alive comments go on."""

    after: int = 1
    comment_every_s: float | None = None


@dataclass(frozen=True, slots=True)
class Gibberish:
    """So many undecodable data lines after so many pieces; then the rest follows properly."""

    after: int = 1
    lines: int = 1


End = Whole | NoFinish | Cut | Broken | Stall | Gibberish


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, plain or streamed as the request wants.

    `text` None is the gateway's default; a function is given the parsed body. `chunks` is the number of text
    pieces, or the pieces themselves. `thought` None is the model's own habit, "" none; `thought_in` None likewise.
    `finish` None is the natural reason. `hold` is awaited after `hold_after` pieces, before the headers where that
    is None. `dribble` sends so many bytes a write. `as_json` answers a streamed request with plain JSON.
    """

    text: str | Callable[[Json], str] | None = None
    chunks: int | tuple[str, ...] | None = None
    delay_s: float = 0.0
    thought: str | None = None
    thought_in: ThoughtPlace | None = None
    citations: tuple[Source, ...] = ()
    citations_on_top: bool = False
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    calls_as: CallStyle = "split"
    finish: str | None = None
    usage: UsagePlace = "asked"
    end: End = field(default_factory=Whole)
    hold: asyncio.Event | None = None
    hold_after: int | None = None
    comment: str | None = None
    newline: Literal["\n", "\r\n"] = "\n"
    space: bool = True
    dribble: int | None = None
    as_json: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


Behaviour = Answer | Fail | Raw | Hang | Reset
