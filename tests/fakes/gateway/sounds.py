"""How the fake gateway may hear and speak: values for `FakeGateway.script`."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

VoiceShape = Literal["bytes", "audio", "audio_object", "output_data", "output_url", "url", "empty", "noise"]
"""Where the sound stands: the body itself, base64 in JSON, below DashScope's `output`, at an address; or nowhere."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A transcript. `text` None names the length of the file, a function is given it in seconds.

    `segments` None are one a sentence, evenly spread; else start, end and text. `silence` is the likelihood that
    nobody speaks, as told with every segment. `shape` answers in another format than was asked for. `hold` is
    awaited before the answer.
    """

    text: str | Callable[[float], str] | None = None
    language: str = "english"
    segments: tuple[tuple[float, float, str], ...] | None = None
    silence: float = 0.01
    shape: Literal["json", "text", "verbose_json"] | None = None
    hold: asyncio.Event | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Voiced:
    """Speech: a tone as long as the text needs. `form` is another format than was asked for.

    `media_type` is another than the right one. `hold` is awaited before the answer.
    """

    shape: VoiceShape = "bytes"
    form: str | None = None
    media_type: str | None = None
    hold: asyncio.Event | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
