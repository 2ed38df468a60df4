"""Which kinds of sound the gateway takes and gives; pure."""

import io
import wave
from collections.abc import Mapping
from typing import Final

from bot.kinds import M4A, OGG, WEBA, Kind, kind_of

_HEARD: Final[Mapping[str, Kind]] = {
    "ogv": OGG,
    **dict.fromkeys(("webm", "mka", "mkv"), WEBA),
    **dict.fromkeys(("mp4", "mov", "3gp", "3g2"), M4A),
}
"""What films are here: containers whose heads often do not tell whether pictures follow, and whose sound is meant."""

_ENDINGS: Final[Mapping[str, str]] = {
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/mpeg": "mp3",
    "audio/webm": "webm",
    "audio/wav": "wav",
    "audio/mp4": "m4a",
}
_PCM_RATE: Final = 24_000


def sound_kind(content: bytes) -> Kind | None:
    """The kind of a file by its beginning; None where no sound begins so."""
    kind = kind_of(content)
    kind = _HEARD.get(kind.name, kind)
    return kind if kind.family == "sound" else None


def ending(kind: Kind) -> str:
    """The ending under which the gateway takes a kind, empty where it does not."""
    return _ENDINGS.get(kind.media_type, "")


def wav_of(pcm: bytes) -> bytes:
    """Bare samples as models send them (24 kHz, 16 bit, mono, little-endian), made a file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(_PCM_RATE)
        writer.writeframes(pcm[: len(pcm) // 2 * 2])
    return file.getvalue()
