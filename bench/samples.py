"""The files that are sent: ten seconds of sound as each platform records it, and pictures of twenty megabytes."""

import io
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from PIL import Image

from bench.wire import Shared
from tests.bot.media.clips import sound

VOICE_S = 10.0
_SEED = 7
_PNG = (2600, 2570)
_JPEG, _QUALITY = (8000, 6000), 86
_COARSE = 4
"""A photograph has no noise of single pixels: so many share a random colour, and those between are blended."""


@cache
def voice_note(platform: str) -> Shared:
    """A clip of Slack's or a voice message of Discord's."""
    ending, media_type = {"slack": ("m4a", "audio/mp4"), "discord": ("ogg", "audio/ogg")}[platform]
    with TemporaryDirectory() as folder:
        content = sound(Path(folder) / f"note.{ending}", seconds=VOICE_S).read_bytes()
    return Shared(f"note.{ending}", media_type, content, VOICE_S)


@cache
def png() -> Shared:
    """Noise, which PNG cannot make smaller: 20 MB are 6.7 megapixels."""
    return Shared("noise.png", "image/png", _written(_noise(*_PNG), "PNG", compress_level=1))


@cache
def jpeg() -> Shared:
    """As a telephone takes them: 20 MB are 48 megapixels."""
    width, height = _JPEG
    sheet = _noise(width // _COARSE, height // _COARSE).resize(_JPEG, Image.Resampling.BICUBIC)
    return Shared("photograph.jpg", "image/jpeg", _written(sheet, "JPEG", quality=_QUALITY))


def _noise(width: int, height: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), Random(_SEED).randbytes(3 * width * height))


def _written(sheet: Image.Image, form: str, **options: int) -> bytes:
    file = io.BytesIO()
    sheet.save(file, form, **options)
    return file.getvalue()
