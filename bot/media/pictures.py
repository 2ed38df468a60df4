"""Pictures taken in: looked at before they are decoded, turned, shrunk, freed of metadata, written anew."""

import io
import secrets
import struct
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageCms, PngImagePlugin, UnidentifiedImageError

from bot.errors import FileBroken, FileTooLarge, FileUnsupported
from bot.kinds import kind_of_file
from bot.media.values import MEGABYTE, Picture

# By our own look at the bytes these are let through to Pillow.
PICTURES = frozenset({"png", "jpg", "gif", "webp", "avif", "tiff", "bmp"})
# The formats that people and models send, and no more: each other decoder of Pillow is one more way in.
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF", "TIFF", "BMP")
# A JPEG is decoded at a fraction of its size, a picture of one byte a pixel needs no more than that.
MOST_PIXELS = 64_000_000
MOST_WIDE_PIXELS = 36_000_000
MOST_AVIF_PIXELS = 24_000_000  # its decoder holds two copies
MOST_WEBP_PIXELS = 16_000_000  # its decoder holds four
BAND_PIXELS = 1_000_000
LEAST_SIDE = 64
SHRINK = 0.75
NEARLY = 0.9
ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
PLAIN_MODES = ("RGB", "RGBA", "L", "CMYK")
CLEAR_MODES = ("RGBA", "RGBa", "LA", "La", "PA")
SHOWN = ("image/png", "image/jpeg", "image/webp")
# How a picture is written, best first: with transparency, drawn, photographed.
CLEAR = (("PNG", 0), ("WEBP", 90), ("WEBP", 75), ("GIF", 0))
DRAWN = (("PNG", 0), ("JPEG", 92), ("JPEG", 80), ("WEBP", 80), ("GIF", 0))
PHOTOGRAPHED = (("JPEG", 92), ("JPEG", 85), ("JPEG", 75), ("WEBP", 75), ("PNG", 0), ("GIF", 0))
SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "GIF": ".gif"}
# What Pillow and its codecs raise at bytes that are not what they seem.
BROKEN = (
    OSError,
    ValueError,
    RuntimeError,
    SyntaxError,
    EOFError,
    struct.error,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
)

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
PngImagePlugin.MAX_TEXT_MEMORY = MEGABYTE


@dataclass(frozen=True, slots=True)
class Raw:
    """A picture as it was read, by a whole factor smaller, and what is still to be done with it."""

    image: Image.Image
    size: tuple[int, int]
    turn: Image.Transpose | None
    profile: bytes | None
    drawn: bool


def picture(path: Path, folder: Path, longest: int, most_bytes: int, kinds: Sequence[str]) -> Picture:
    """See `Studio.picture`."""
    raw = _read(path, longest)
    shrunk = _shrunk(raw)
    return _written(shrunk, _ways(shrunk, kinds, drawn=raw.drawn), folder, most_bytes)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The picture, its header read and found to be within bounds; what its decoder stumbles over is `FileBroken`."""
    kind = kind_of_file(path).name
    if kind not in PICTURES:
        raise FileUnsupported(f"{kind}: no picture that can be read")
    if kind == "webp":
        _bounded(*_webp_size(path), MOST_WEBP_PIXELS)
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=FORMATS) as image:
            yield _checked(image)
    except Image.DecompressionBombError as error:
        raise FileTooLarge("too many pixels", most=_megapixels(MOST_PIXELS)) from error
    except UnidentifiedImageError as error:
        raise FileBroken(f"{kind} that cannot be opened") from error
    except BROKEN as error:
        raise FileBroken(f"{kind} that cannot be decoded: {type(error).__name__}") from error


def _checked(image: Image.Image) -> Image.Image:
    if image.format in ("WEBP", "AVIF"):
        _bounded(*image.size, MOST_WEBP_PIXELS if image.format == "WEBP" else MOST_AVIF_PIXELS)
    narrow = image.format in ("JPEG", "MPO") or image.mode in ("1", "L", "P")
    _bounded(*image.size, MOST_PIXELS if narrow else MOST_WIDE_PIXELS)
    if image.mode in ("F", "I"):
        raise FileUnsupported("pixels that are no colours")
    return image


def _bounded(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise FileTooLarge(f"{width} x {height} pixels", most=_megapixels(most))


def _webp_size(path: Path) -> tuple[int, int]:
    """The canvas of an extended WebP: its decoder reserves it twice before anybody can ask for its size."""
    with path.open("rb") as file:
        first = file.read(30)
    if first[12:16] != b"VP8X" or len(first) < 30:
        return 0, 0
    return int.from_bytes(first[24:27], "little") + 1, int.from_bytes(first[27:30], "little") + 1


def _read(path: Path, longest: int) -> Raw:
    """In a function of its own, so that the whole picture is gone when the smaller one is worked on."""
    with _opened(path) as image:
        turn, profile = TURNS.get(_orientation(image)), image.info.get("icc_profile")
        scale = min(1.0, longest / max(image.size))
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        drawn = image.format in ("PNG", "GIF", "BMP")
        return Raw(_reduced(_drafted(image, size), size), size, turn, profile, drawn)


def _shrunk(raw: Raw) -> Image.Image:
    """Upright, in sRGB, without anything but its pixels."""
    small = raw.image
    if small.width > raw.size[0] or small.height > raw.size[1]:
        small = small.resize(raw.size, Image.Resampling.LANCZOS)
    small = _in_srgb(small, raw.profile)
    small = small.copy() if raw.turn is None else small.transpose(raw.turn)
    small.info = {}
    return small


def _drafted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A JPEG is decoded at a half, quarter or eighth: neither time nor memory for the rest, and nearly the size."""
    image.draft(None, (max(1, round(size[0] * NEARLY)), max(1, round(size[1] * NEARLY))))
    return image


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except BROKEN:  # such a tag turns nothing
        return 1


def _reduced(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture in plain colours, by a whole factor smaller: band by band, so that it never stands there twice."""
    factor = max(1, min(image.width // size[0], image.height // size[1]))
    if factor == 1 and image.mode in PLAIN_MODES and "transparency" not in image.info:
        image.load()
        return image
    rows = factor * max(1, BAND_PIXELS // (image.width * factor))
    bands = (image.crop((0, top, image.width, min(top + rows, image.height))) for top in range(0, image.height, rows))
    whole: Image.Image | None = None
    for number, band in enumerate(bands):
        small = _plain(band).reduce(factor)
        if whole is None:
            whole = Image.new(small.mode, (small.width, -(-image.height // factor)))
        whole.paste(small, (0, number * rows // factor))
    assert whole is not None  # noqa: S101 - a picture has at least one row
    return whole


def _plain(band: Image.Image) -> Image.Image:
    if band.mode in CLEAR_MODES or "transparency" in band.info:
        return band.convert("RGBA")
    if band.mode.startswith("I"):  # 16 bits a pixel
        return band.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if band.mode in ("1", "L"):
        return band.convert("L")
    return band if band.mode in ("RGB", "CMYK") else band.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile and image.mode != "L":
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
            return turned or image.convert(mode)
        except (ImageCms.PyCMSError, *BROKEN):  # a profile of something else: its colours are taken as they are
            pass
    return image if image.mode in ("L", mode) else image.convert(mode)


def _ways(image: Image.Image, kinds: Sequence[str], *, drawn: bool) -> list[tuple[str, int]]:
    """How this picture may be written. One that is not transparent anywhere needs no transparency."""
    clear = image.mode == "RGBA" and not _covers(image)
    order = CLEAR if clear else DRAWN if drawn else PHOTOGRAPHED
    ways = [(form, quality) for form, quality in order if f"image/{form.lower()}" in kinds]
    return ways or [("JPEG", 85)]


def _written(image: Image.Image, ways: list[tuple[str, int]], folder: Path, most_bytes: int) -> Picture:
    """The first way that fits; where none does, the same with a smaller picture."""
    while True:
        for form, quality in ways:
            encoded = _encoded(image, form, quality)
            if len(encoded) <= most_bytes:
                path = folder / f"{secrets.token_hex(8)}{SUFFIXES[form]}"
                path.write_bytes(encoded)
                return Picture(path, f"image/{form.lower()}", image.width, image.height, len(encoded))
        size = (round(image.width * SHRINK), round(image.height * SHRINK))
        if max(size) < LEAST_SIDE or min(size) < 1:
            raise FileTooLarge("no size fits", most=f"{most_bytes} B")
        image = image.resize(size, Image.Resampling.LANCZOS)


def _encoded(image: Image.Image, form: str, quality: int) -> bytes:
    buffer = io.BytesIO()
    if form == "JPEG":
        _flat(image).save(buffer, form, quality=quality, optimize=True)
    elif form == "WEBP":
        image.save(buffer, form, quality=quality, method=4)
    else:
        (_flat(image).quantize() if form == "GIF" else _opaque(image)).save(buffer, form)
    return buffer.getvalue()


def _opaque(image: Image.Image) -> Image.Image:
    """Without an alpha that says nothing: a quarter of the bytes."""
    return image.convert("RGB") if image.mode == "RGBA" and _covers(image) else image


def _covers(image: Image.Image) -> bool:
    return image.getchannel("A").getextrema() == (255, 255)


def _flat(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    flat = Image.new("RGB", image.size, "white")
    flat.paste(image, mask=image.getchannel("A"))
    return flat


def _megapixels(pixels: int) -> str:
    return f"{pixels // MEGABYTE} MP"
