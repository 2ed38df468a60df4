"""Files that come in: the door that fetches them, what kind they are, the folder that keeps them."""

from bot.files.blobs import Blobs
from bot.files.door import Door
from bot.files.draft import Blob, Draft
from bot.files.kinds import HEAD, kind_of
from bot.files.signatures import Family, Kind
from bot.files.web import Patience

__all__ = ["HEAD", "Blob", "Blobs", "Door", "Draft", "Family", "Kind", "Patience", "kind_of"]
