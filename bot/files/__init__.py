"""Files that come in: the door that fetches them, the folder that keeps them."""

from bot.files.blobs import Blobs
from bot.files.door import Door
from bot.files.draft import Blob, Draft
from bot.files.web import Patience

__all__ = ["Blob", "Blobs", "Door", "Draft", "Patience"]
