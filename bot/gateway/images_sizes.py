"""What people mean by a size, and the nearest that a model makes; pure."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.gateway.shapes import rows, words
from bot.gateway.values import ModelSpec

_SIDE: Final = 1024
_MULTIPLE: Final = 16
_WORD: Final = re.compile(r"(?P<exact>(\d{2,5})\s*[x×*]\s*(\d{2,5}))|(?P<ratio>(\d{1,3}):(\d{1,3}))|(?P<scale>[124]k)")
_SHAPE: Final = re.compile(r"[1-9]\d*[x:][1-9]\d*")
_NAMED: Final[Mapping[str, str]] = {
    "square": "1:1",
    "landscape": "3:2",
    "portrait": "2:3",
    "wide": "16:9",
    "tall": "9:16",
}


@dataclass(frozen=True, slots=True)
class Size:
    """What is wished: how wide for its height, on which scale (`2K`), and how many pixels a side on the average."""

    ratio: float | None = None
    scale: str | None = None
    side: float | None = None


def read_size(text: str) -> Size | None:
    """The size that somebody wrote; None where it can't be understood."""
    size = Size()
    for word in re.sub(r"\s*[x×*]\s*", "x", text.strip().lower()).split():
        found = _WORD.fullmatch(_NAMED.get(word, word))
        if found is None:
            return None
        size = _with(size, found)
    return None if size == Size() else size


def _with(size: Size, found: re.Match[str]) -> Size:
    if found["scale"]:
        return Size(size.ratio, found["scale"].upper(), size.side)
    wide, high = (int(found[2]), int(found[3])) if found["exact"] else (int(found[5]), int(found[6]))
    if not wide or not high:
        return size
    return Size(wide / high, size.scale, math.sqrt(wide * high) if found["exact"] else size.side)


def in_pixels(size: Size | None, spec: ModelSpec) -> str | None:
    """`WxH` for the images API: the nearest of the model's own, or any where it is not known to have some."""
    if size is None:
        return None
    own = _shapes(spec, "sizes")
    if own:
        return min(own, key=lambda each: _distance(each, size))
    side = size.side or _SIDE * int((size.scale or "1K")[0])
    root = math.sqrt(size.ratio or 1.0)
    return "x".join(str(max(1, round(length / _MULTIPLE)) * _MULTIPLE) for length in (side * root, side / root))


def in_ratios(size: Size | None, spec: ModelSpec) -> dict[str, str]:
    """`aspect_ratio` and `image_size` as Gemini's models take them, each only where it was wished and is known."""
    if size is None:
        return {}
    ratios = _shapes(spec, "ratios")
    scales = [words(each) for each in rows(spec.more.get("scales"))]
    config: dict[str, str] = {}
    if size.ratio is not None and ratios:
        config["aspect_ratio"] = min(ratios, key=lambda each: _distance(each, size))
    scale = size.scale or _scale_of(size.side)
    if scale in scales:
        config["image_size"] = scale
    return config


def _shapes(spec: ModelSpec, name: str) -> list[str]:
    """What the catalogue lists under a name; the operator may have put anything there."""
    return [words(each) for each in rows(spec.more.get(name)) if _SHAPE.fullmatch(words(each))]


def _scale_of(side: float | None) -> str | None:
    """The scale of a size in pixels; the first one is the model's own choice anyway."""
    if side is None or side < _SIDE * 1.5:
        return None
    return "2K" if side < _SIDE * 3 else "4K"


def _distance(each: str, size: Size) -> float:
    """How far a size or a ratio is from the wish, on a scale where twice as wide is as far as twice as high."""
    wide, high = (int(number) for number in re.split(r"[x:]", each))
    return abs(math.log(wide / high) - math.log(size.ratio or 1.0))
