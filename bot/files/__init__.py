"""Files that come in: what kind they are."""

from bot.files.kinds import HEAD, kind_of
from bot.files.signatures import Family, Kind

__all__ = ["HEAD", "Family", "Kind", "kind_of"]
