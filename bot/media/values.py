"""What is known of sound and pictures, and the bounds within which they are taken; both processes know these."""

from dataclasses import dataclass, field
from pathlib import Path

MEGABYTE = 1_000_000
# Claude takes 5 MB of base64, which adds a third; the rest is for the front of the data URL.
MOST_PICTURE = 3_700_000
LONGEST_SIDE = 2048
MOST_SOUND = 24 * MEGABYTE
LONGEST_PART_S = 20 * 60.0
LONGEST_SOUND_S = 2 * 3600.0
PICTURE_KINDS = ("image/png", "image/jpeg", "image/webp", "image/gif")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the child may use. `memory` (bytes) is what a job may take besides what the idle child has.

    `look_s` is the time, on the clock and on the processor, for what looks at one file or at one picture, `work_s` for
    what decodes sound from end to end; `idle_s` is how long an idle child is kept.
    """

    at_once: int = 1
    idle_s: float = 60.0
    look_s: float = 60.0
    work_s: float = 600.0
    memory: int = 320 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Sound:
    """What a file sounds like. `media_type` is by its bytes; `has_video` counts no cover picture."""

    duration_s: float
    has_video: bool
    codec: str
    media_type: str
    channels: int
    rate: int


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a longer sound, as a file whose extension fits its bytes."""

    path: Path
    media_type: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sound that was made, and its loudness over time as at most 256 bytes of which the loudest is 255."""

    path: Path
    media_type: str
    size: int
    duration_s: float
    waveform: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was made from another: upright, one frame, in sRGB, telling nothing but its pixels."""

    path: Path
    media_type: str
    width: int
    height: int
    size: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """A file that may be shown: small enough, and where it is a picture without what it told of its maker."""

    path: Path
    media_type: str
    size: int
