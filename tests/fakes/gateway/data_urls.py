"""Whether a picture of a message is one: a data URL whose bytes are what it says, or an address."""

import binascii
import re
from base64 import b64decode

from tests.fakes.gateway.refusals import refuse

_DATA = re.compile(r"data:(image/[a-z]+);base64,(.*)", re.DOTALL)
_MOST = 5 * 1024**2
_MAGIC = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
}


def check_picture(url: str, where: str) -> None:
    """Refuse what upstreams refuse: other schemes, other types, broken base64, bytes of another type, too many."""
    if url.startswith("https://"):
        return
    found = _DATA.fullmatch(url)
    if found is None or found[1] not in _MAGIC:
        refuse("Invalid image URL: expected https or a base64 data URL of a PNG, JPEG, GIF or WEBP image.", where)
    if len(found[2]) > _MOST:
        refuse("image exceeds 5 MB maximum", where)
    try:
        raw = b64decode(found[2], validate=True)
    except binascii.Error:
        refuse("Invalid base64 image_url.", where)
    if not _MAGIC[found[1]].match(raw):
        refuse(f"The image was specified using the {found[1]} media type, but does not appear to be one.", where)
