"""What is asked of models that hear and speak, and what they give back, free of any wire form."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TranscriptRequest:
    """One paid call. `sound` is a file or its bytes, `name` what people call it, `key` the idempotency key.

    `language` is the ISO 639-1 code of what is spoken, empty where unknown; `prompt` steers spelling and script.
    `translate` wants English, whatever is spoken.
    """

    model: str
    sound: Path | bytes = field(repr=False)
    key: str
    name: str = field(default="", repr=False)
    language: str = ""
    prompt: str = field(default="", repr=False)
    translate: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a transcript, in seconds from the beginning of the file."""

    start_s: float
    end_s: float
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said. `silent`: nothing was, and what the model made up is not here.

    `language` is the gateway's own word for it, `english` as well as `en`; `duration_s` is None and there are no
    segments where the host tells the text alone.
    """

    text: str = field(repr=False)
    language: str = ""
    duration_s: float | None = None
    segments: tuple[Segment, ...] = ()
    silent: bool = False


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """One paid call. What is empty or None is the model's own choice, and so is what it does not offer.

    `voice` and `language` may be in any letter case, `language` a name or an ISO 639-1 code; `style` says in words
    how to speak; `format` is only a wish.
    """

    model: str
    text: str = field(repr=False)
    key: str
    voice: str = ""
    format: str = ""
    language: str = ""
    style: str = field(default="", repr=False)
    speed: float | None = None


@dataclass(frozen=True, slots=True)
class Speech:
    """A sound file; the type is that of its bytes, whatever the gateway called it."""

    content: bytes = field(repr=False)
    media_type: str
