"""Pictures that stand in the midst of words: markdown, bare addresses, base64; pure."""

import re
from typing import Final

from bot.gateway.pictures import Link, Picture, from_base64

_MARKDOWN: Final = re.compile(
    r"!\[[^\]\n]{0,500}\]\(\s*<?(?P<url>data:image/[^)>\"]+|https?://[^\s)>]+)>?(?:\s+\"[^\"\n]{0,500}\")?\s*\)?",
    re.IGNORECASE,
)
"""The closing bracket may be missing: an answer that was cut there must not show a megabyte of base64."""
_BARE: Final = re.compile(r"data:image/[\w.+-]+;base64,[\w+/=-]+", re.IGNORECASE)
_ONLY_DATA: Final = re.compile(r"data:image/[\w.+-]+;base64,[\w+/=\s-]+", re.IGNORECASE)
_ONLY_URL: Final = re.compile(r"<?(https?://[^\s<>]+)>?", re.IGNORECASE)
_GAP: Final = re.compile(r"\n{3,}")


def sift(text: str) -> tuple[list[Picture | Link], str, int]:
    """The pictures of a text, the words that are left of it, and how many pictures in it were broken."""
    alone = _alone(text.strip())
    if alone is not None:
        return [alone], "", 0
    found: list[Picture | Link | None] = []

    def take(match: re.Match[str]) -> str:
        found.append(address(match.groupdict().get("url") or match.group()))
        return ""

    # Only where there is a mark of a picture: most answers are words, and these are left as they stand.
    left = _BARE.sub(take, _MARKDOWN.sub(take, text))
    pictures = [each for each in found if each is not None]
    return pictures, _GAP.sub("\n\n", left).strip() if found else text.strip(), len(found) - len(pictures)


def address(text: str) -> Picture | Link | None:
    """The picture behind an address, which may hold it or only lead to it."""
    text = text.strip()
    if text[:5].lower() == "data:":
        return from_base64(text)
    return Link(text) if _ONLY_URL.fullmatch(text) else None


def _alone(text: str) -> Picture | Link | None:
    """The one address that is the whole text."""
    if text[:11].lower() == "data:image/":
        return from_base64(text) if _ONLY_DATA.fullmatch(text) else None
    only = _ONLY_URL.fullmatch(text)
    return Link(only.group(1)) if only else None
