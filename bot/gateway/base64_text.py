"""Files that stand in JSON as base64, bare or as a data: URL; pure."""

import binascii
import re
from base64 import b64encode
from typing import Final

_SLICE: Final = 1024 * 1024
"""So many characters at a time, so that a thread that decodes a large picture lets the others run in between."""
_URL_SAFE: Final = str.maketrans("-_", "+/")
_DATA_URL: Final = re.compile(r"\s*data:[^,]{0,200},", re.IGNORECASE)


def data_url(media_type: str, data: bytes) -> str:
    """The file as a data: URL."""
    return f"data:{media_type};base64,{b64encode(data).decode('ascii')}"


def decoded(text: str) -> bytes | None:
    """The bytes of a base64 text or a data: URL; None for letters that base64 does not have.

    White space, the letters of URLs and missing padding are taken as they come.
    """
    prefix = _DATA_URL.match(text)
    try:
        return _decoded(text, prefix.end() if prefix else 0)
    except ValueError:
        return None


def _decoded(text: str, start: int) -> bytes:
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
