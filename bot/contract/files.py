"""Files that come in and go out. Their bytes never cross this line: only where they lie, here or on the platform."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message. `size` in bytes, `name` and `media_type` as the sender's program claims them.

    `ref` is durable: `Channel.locate` finds the file by it, in any process; it may be a signed address. `voice` says
    that it was spoken for this message: a voice note or a clip, not a recording that somebody shares.
    """

    name: str
    media_type: str
    size: int
    ref: str = field(repr=False)
    voice: bool = False


@dataclass(frozen=True, slots=True)
class Download:
    """Where the bytes of an attachment can be had now; not to be stored, since addresses expire.

    `hosts` are all places that may be asked, redirects included, each as scheme, host and port where that is not the
    scheme's own: "https://files.slack.com", "https://*.slack-edge.com" (any name below it, not itself),
    "http://127.0.0.1:8080"; "file:" allows a path of this machine. `headers` are secret and go to the host
    of `url` alone.
    """

    url: str = field(repr=False)
    hosts: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Voice:
    """What a voice message tells besides its sound: its length, and its loudness as up to 256 bytes from 0 to 255."""

    duration_s: float
    waveform: bytes


@dataclass(frozen=True, slots=True)
class File:
    """A file to show; `path` is where it lies on this machine for as long as the post may be sent again.

    `name` is what people see and holds the key of its post, by which a post is found where the platform shows no
    other mark. `alt` says in words what a picture shows. A `voice` is a voice message where the platform has them.
    """

    name: str
    media_type: str
    size: int
    path: Path
    alt: str = ""
    voice: Voice | None = None
