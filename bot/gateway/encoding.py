"""A request's body as JSON, without a long wait for the other threads where it carries pictures."""

import json
import re
import secrets
import string
from typing import Final

LONG: Final = 64 * 1024
"""Characters from which on a data URL is put in as it is."""

_HEAD: Final = re.compile(r"data:[a-z0-9/+.;=-]{0,100}")
_BASE64: Final = (string.ascii_letters + string.digits + "+/=").encode()
_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def encoded(body: object) -> bytes:
    """The JSON of a body. A lone half of a surrogate pair, which chat platforms do let through, has no UTF-8."""
    return _JSON.encode(body).encode("utf-8", "replace")


def encoded_in_pieces(body: object) -> bytes:
    """The same. The encoder looks at every character for what must be escaped, in one call that lets no thread run
    beside it; a data URL of Base64 has nothing of that kind, so the long ones are left out and put in afterwards.
    """
    mark, kept = secrets.token_hex(16), list[str]()
    pieces = encoded(_lifted(body, mark, kept)).split(mark.encode())
    filled = [each for pair in zip(pieces, (*kept, ""), strict=True) for each in (pair[0], pair[1].encode())]
    return b"".join(filled)


def _lifted(value: object, mark: str, kept: list[str]) -> object:
    """The value with a mark in the place of each long data URL, which goes to `kept`."""
    if isinstance(value, dict):
        return {name: _lifted(each, mark, kept) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_lifted(each, mark, kept) for each in value]
    if isinstance(value, str) and len(value) > LONG and _is_data_url(value):
        kept.append(value)
        return mark
    return value


def _is_data_url(value: str) -> bool:
    """Whether nothing in it needs escaping."""
    head, comma, data = value.partition(",")
    plain = bool(comma) and _HEAD.fullmatch(head) is not None and data.isascii()
    return plain and not data.encode().translate(None, _BASE64)
