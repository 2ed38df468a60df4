"""By which ending a file of a kind is known to people and programs."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from bot.kinds import signatures
from bot.kinds.signatures import BRANDS, FORMS, MARKS, RIFFS, UNKNOWN, ZIPPED, Kind

_SUBTITLES: Final = (Kind("application/x-subrip", ".srt", "text"), Kind("text/vtt", ".vtt", "text"))
"""Written by us; to a look at their bytes they are plain text."""


def extension_of(media_type: str) -> str:
    """With its dot; that of an unknown kind where there is none for it."""
    return _EXTENSIONS.get(media_type, UNKNOWN.extension)


def _kinds() -> Iterator[Kind]:
    """The last one of a media type is the one that names it."""
    yield from (named for named in vars(signatures).values() if isinstance(named, Kind))
    yield from (*_SUBTITLES, *RIFFS.values(), *FORMS.values(), *BRANDS.values())
    yield from (kind for _, kind in (*ZIPPED, *reversed(MARKS)))


_EXTENSIONS: Final[Mapping[str, str]] = MappingProxyType({kind.media_type: kind.extension for kind in _kinds()})
