"""What is asked of a chat model and what it gives back, free of any wire form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["system", "user", "assistant", "tool"]
Finish = Literal["stop", "length", "tools"]
"""`length`: cut at the output limit. `tools`: it calls tools and waits for them. All other ends are errors."""


@dataclass(frozen=True, slots=True)
class ChatImage:
    """A picture to look at: the bytes of a file of that type, as small as they are to be sent."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that the model may ask for. `name`: up to 64 of a-z, A-Z, 0-9, _ and -; `parameters`: JSON Schema."""

    name: str
    description: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model wants called. `arguments` is JSON as the model wrote it, perhaps broken.

    `more` are the fields that we do not know: they go back unchanged, some models lose their thread without.
    """

    id: str
    name: str
    arguments: str
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a prompt. Pictures are a user's, `calls` an assistant's.

    After a message with `calls` there must be one of the role "tool" for each of them, which names it in `call_id`.
    `reasoning` is the thought that `ChatEnd` gave with the calls.
    """

    role: Role
    text: str
    images: tuple[ChatImage, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""
    reasoning: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """What the user set; None is not sent, so that the model's own default holds."""

    temperature: float | None = None
    max_output_tokens: int | None = None
    reasoning_effort: str | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One paid call. `key` is its idempotency key, the same on each retry."""

    model: str
    messages: tuple[ChatMessage, ...]
    key: str
    options: ChatOptions = field(default_factory=ChatOptions)
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the gateway counted them; `reasoning` and `cached` are parts of the other two."""

    prompt: int = 0
    completion: int = 0
    reasoning: int = 0
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Citation:
    """A source that the model names. `start` and `end` are character offsets into the answer, None if unusable."""

    url: str
    title: str = ""
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class ChatDelta:
    """A piece of the answer as it grows; `reasoning` is thought, never part of the answer."""

    text: str = ""
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class ChatEnd:
    """The last thing a chat stream yields, once, when the answer is whole.

    `calls` are there if and only if `finish` is "tools"; `reasoning` is then the thought to send back with them.
    `toolless`: tools were to be offered, but this model takes none.
    """

    finish: Finish
    usage: Usage | None = None
    citations: tuple[Citation, ...] = ()
    model: str = ""
    calls: tuple[ToolCall, ...] = ()
    reasoning: str = field(default="", repr=False)
    toolless: bool = False


ChatEvent = ChatDelta | ChatEnd


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a refusal taught about a model, remembered over restarts.

    `field` is the wire field; `remedy` is "drop", "swap:OTHER" (send it under another name) or, with the
    field "endpoint", the path that the model wants instead, or, with the field "stream", "off", or, with the fields
    "draw_via" and "edit_via", the way on which pictures were had.
    """

    model: str
    field: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model of the catalogue. Sizes in tokens; None where unknown."""

    id: str
    vendor: str
    capabilities: frozenset[str]
    context: int | None = None
    max_output: int | None = None
    endpoint: str = "/v1/chat/completions"
    endpoint_alt: str | None = None
    streaming: bool = True
    tools: bool = True
    image_input: bool = False
    reasoning: bool = False
    slow: bool = False
    temperature: Literal["any", "default_only", "drop"] = "any"
    temperature_max: float = 2.0
    token_param: str = "max_tokens"  # noqa: S105 - the name of a field, no secret
    price_in: float | None = None
    price_out: float | None = None
    retire: str | None = None
    more: Mapping[str, object] = field(default_factory=dict)
