"""What a turn has made besides its answer: kept when it is done, so that nothing is bought twice, or told otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.contract import Attachment

OWN = "blob:"
"""How the `ref` of an attachment begins whose bytes lie in our own blob folder; the rest is the blob's id."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A piece of a transcript and when it is said, in seconds from the beginning of the file."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What is said in one file, or in one part of a long one. `language` as the model names it."""

    text: str
    language: str = ""
    duration_s: float = 0.0
    cues: tuple[Cue, ...] = ()
    kind: Literal["heard"] = "heard"


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture. `source` is the blob that it was made from, empty where there was none; `words` are the model's."""

    blob: str
    media_type: str
    size: int
    prompt: str
    model: str
    source: str = ""
    words: str = ""
    kind: Literal["drawn"] = "drawn"


@dataclass(frozen=True, slots=True)
class Spoken:
    """One piece of speech, as the model gave it."""

    blob: str
    media_type: str
    size: int
    kind: Literal["spoken"] = "spoken"


@dataclass(frozen=True, slots=True)
class Written:
    """The whole text of an answer of which more is still to be made; the fields are those of `Answer`."""

    text: str
    shown: str
    model: str
    usage: Mapping[str, int] = field(default_factory=dict)
    citations: tuple[str, ...] = ()
    request_hash: str = ""
    attachments: tuple[Attachment, ...] = ()
    kind: Literal["written"] = "written"


@dataclass(frozen=True, slots=True)
class Called:
    """What the model wants done, as one call of a tool."""

    id: str
    name: str
    arguments: str
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wished:
    """One round of a chat that ended in calls of tools; `text` is what it said before, `thought` goes back with it."""

    text: str
    calls: tuple[Called, ...]
    thought: str = ""
    kind: Literal["wished"] = "wished"


@dataclass(frozen=True, slots=True)
class Told:
    """The notice that stands in place of an answer, or, where it is `cut`, under a piece of one."""

    text: str
    interrupted: bool = False
    cut: bool = False
    kind: Literal["told"] = "told"


def told_name(revision: int) -> str:
    """Under which name the notice of one answer of a turn is kept."""
    return f"told-{revision}"


Made = Heard | Drawn | Spoken | Written | Wished | Told


@dataclass(frozen=True, slots=True)
class Task:
    """What a turn does in place of a chat: the command by its name, and its options as text."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)


def own(drawn: Drawn | Spoken, name: str) -> Attachment:
    """What was made, as the attachment of our answer in the history."""
    return Attachment(name, drawn.media_type, drawn.size, OWN + drawn.blob)
