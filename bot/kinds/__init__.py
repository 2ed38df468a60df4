"""What a file is, by its own bytes; standard library only, so that a process that starts often may ask too."""

from bot.kinds.endings import extension_of
from bot.kinds.judges import HEAD, kind_of, kind_of_file
from bot.kinds.signatures import M4A, OGG, PAGE, UNKNOWN, WEBA, Family, Kind

__all__ = ["HEAD", "M4A", "OGG", "PAGE", "UNKNOWN", "WEBA", "Family", "Kind", "extension_of", "kind_of", "kind_of_file"]
