"""What is asked of an image model and what it gives back; pictures are known by their bytes alone; pure."""

import binascii
import re
from dataclasses import dataclass, field
from typing import Final

from bot.gateway.values import Usage
from bot.kinds import kind_of

_SLICE: Final = 1024 * 1024
"""So many characters at a time, so that a thread that decodes a large picture lets the others run in between."""
_URL_SAFE: Final = str.maketrans("-_", "+/")
_DATA_URL: Final = re.compile(r"\s*data:[^,]{0,200},", re.IGNORECASE)
_SHOWN: Final = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/avif", "image/heic"})


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture. `media_type` is told by the bytes, whatever a host or a person calls it."""

    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class Link:
    """Where a picture can be had, for an hour or so; as good as a secret."""

    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """One paid call. Without `images` a picture is drawn, with them they are altered.

    `size` is a size (`1664x928`), a ratio (`16:9`), a scale (`2K`) or a ratio and a scale (`16:9 2K`); the nearest
    that the model makes is taken. `transparent` and, where the model has no field for it, `negative` are wishes
    put into the prompt. `key` is the idempotency key, the same on each retry.
    """

    model: str
    prompt: str = field(repr=False)
    key: str
    size: str | None = None
    transparent: bool = False
    images: tuple[Picture, ...] = ()
    negative: str | None = None


@dataclass(frozen=True, slots=True)
class Pictures:
    """What came of it. Without `images` the model has only answered with `text`, which is to be shown."""

    images: tuple[Picture, ...]
    text: str = ""
    revised_prompt: str = ""
    model: str = ""
    usage: Usage | None = None


def media_type_of(data: bytes) -> str | None:
    """The type that the first bytes tell; None where they are no picture's."""
    media_type = kind_of(data).media_type
    return media_type if media_type in _SHOWN else None


def picture_of(data: bytes) -> Picture | None:
    """The bytes as a picture; None where they are none."""
    media_type = media_type_of(data)
    return Picture(data, media_type) if media_type else None


def from_base64(text: str) -> Picture | None:
    """The picture of a base64 text or a data: URL; None where there is none in it.

    White space, the letters of URLs and missing padding are taken as they come.
    """
    prefix = _DATA_URL.match(text)
    try:
        return picture_of(_decoded(text, prefix.end() if prefix else 0))
    except ValueError:
        return None


def _decoded(text: str, start: int) -> bytes:
    """Raises `ValueError` for letters that base64 does not have."""
    parts: list[bytes] = []
    rest = ""
    for at in range(start, len(text), _SLICE):
        rest += "".join(text[at : at + _SLICE].split())
        whole = len(rest) // 4 * 4
        parts.append(_strict(rest[:whole]))
        rest = rest[whole:]
    rest = rest.rstrip("=")
    parts.append(_strict(rest + "=" * (-len(rest) % 4)))
    return b"".join(parts)


def _strict(text: str) -> bytes:
    return binascii.a2b_base64(text.translate(_URL_SAFE).encode("ascii"), strict_mode=True) if text else b""
