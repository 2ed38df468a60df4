"""Kinds of sound files, told by their first bytes; pure."""

import io
import wave
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """A container: its media type, and the ending under which the gateway takes it, empty where it does not."""

    media_type: str
    ending: str = ""


_BEGINNINGS: Final = (
    (b"OggS", Kind("audio/ogg", "ogg")),
    (b"fLaC", Kind("audio/flac", "flac")),
    (b"ID3", Kind("audio/mpeg", "mp3")),
    (b"\x1aE\xdf\xa3", Kind("audio/webm", "webm")),
    (b"#!AMR", Kind("audio/amr")),
    (b"#!SILK", Kind("audio/silk")),
    (b"\x02#!SILK", Kind("audio/silk")),
)
_WAV: Final = Kind("audio/wav", "wav")
_PCM_RATE: Final = 24_000


def kind_of(content: bytes) -> Kind | None:
    """The kind of a file by its beginning; None where no sound begins so."""
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return _WAV
    if content[4:8] == b"ftyp":
        return Kind("audio/mp4", "m4a")
    begun = next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), None)
    return begun or _frame(content)


def wav_of(pcm: bytes) -> bytes:
    """Bare samples as models send them (24 kHz, 16 bit, mono, little-endian), made a file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(_PCM_RATE)
        writer.writeframes(pcm[: len(pcm) // 2 * 2])
    return file.getvalue()


def _frame(content: bytes) -> Kind | None:
    """MPEG audio begins with eleven set bits, and so does UTF-16; layer 0 is AAC, which the gateway does not take."""
    if len(content) < 2 or content[0] != 0xFF or content[1] & 0xE0 != 0xE0:
        return None
    layer = content[1] & 0x06
    return {0x00: Kind("audio/aac"), 0x02: Kind("audio/mpeg", "mp3"), 0x04: Kind("audio/mpeg", "mp3")}.get(layer)
