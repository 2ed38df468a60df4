"""Files that come in: what kind they are, the folder that keeps them."""

from bot.files.blobs import Blobs
from bot.files.draft import Blob, Draft
from bot.files.kinds import HEAD, kind_of
from bot.files.signatures import Family, Kind

__all__ = ["HEAD", "Blob", "Blobs", "Draft", "Family", "Kind", "kind_of"]
