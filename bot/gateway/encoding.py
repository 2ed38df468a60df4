"""A request's body as JSON, without a long wait for the other threads where it carries pictures."""

import json
import re
import secrets
import string
from typing import Final

from bot.gateway.shapes import with_strings

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

    def lifted(said: str) -> str:
        if len(said) <= LONG or not _is_data_url(said):
            return said
        kept.append(said)
        return mark

    pieces = encoded(with_strings(body, lifted)).split(mark.encode())
    filled = [each for pair in zip(pieces, (*kept, ""), strict=True) for each in (pair[0], pair[1].encode())]
    return b"".join(filled)


def _is_data_url(value: str) -> bool:
    """Whether nothing in it needs escaping."""
    head, comma, data = value.partition(",")
    plain = bool(comma) and _HEAD.fullmatch(head) is not None and data.isascii()
    return plain and not data.encode().translate(None, _BASE64)
