"""What a refusal says about the pictures of the request; pure."""

import re
from typing import Final

from bot.gateway.faults import Fault, Kind

_KINDS: Final = frozenset({Kind.PARAMETER, Kind.REJECTED})
_HEADS: Final = frozenset({"", "messages", "input", "content", "image", "image_url"})
_PICTURE: Final = re.compile(r"image|picture|vision|visual|multi-?modal|图片|图像|视觉|多模态", re.IGNORECASE)
_THESE: Final = re.compile(
    r"too (large|big|many|small)|exceed|maximum|at most [1-9]|invalid (base64|image|data)|decod|corrupt|dimension"
    r"|(could not|cannot|unable to|failed to) (process|load|read|open|parse)|media.?type|unsupported image"
    r"|过大|太大|格式|损坏",
    re.IGNORECASE,
)


def of_pictures(fault: Fault) -> bool:
    """The refusal of a request with pictures is about these."""
    head = re.split(r"[.\[]", fault.param.removeprefix("body."), maxsplit=1)[0]
    if fault.kind not in _KINDS or head not in _HEADS:
        return False
    return _PICTURE.search(f"{fault.param} {fault.message}") is not None


def blind(fault: Fault) -> bool:
    """The model takes no pictures at all; else something is wrong with those that were sent."""
    return _THESE.search(fault.message) is None
