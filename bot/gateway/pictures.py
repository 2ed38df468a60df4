"""What is asked of an image model and what it gives back; pictures are known by their bytes alone; pure."""

from dataclasses import dataclass, field
from typing import Final

from bot.gateway.base64_text import decoded
from bot.gateway.values import Usage
from bot.kinds import kind_of

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
    """The picture of a base64 text or a data: URL; None where there is none in it."""
    data = decoded(text)
    return None if data is None else picture_of(data)
