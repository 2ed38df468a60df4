"""Which pictures this process has made small lately, so that a talk about one does not fetch it each time."""

from collections import OrderedDict

from bot.files import Blob, Blobs

MOST_SIGHTS = 500
"""A ref and a blob's id each: some hundred bytes."""

_LOST = ""


class Sights:
    """By the ref of a file the blob of what models are shown of it, or that there is nothing to be had."""

    def __init__(self, most: int = MOST_SIGHTS) -> None:
        self._most = most
        self._kept: OrderedDict[str, str] = OrderedDict()

    async def find(self, ref: str, blobs: Blobs) -> Blob | None:
        """What was kept, as long as it lies in the folder."""
        if ref in self._kept:
            self._kept.move_to_end(ref)
        blob_id = self._kept.get(ref, _LOST)
        return await blobs.find(blob_id) if blob_id else None

    def lost(self, ref: str) -> bool:
        """The last look at it was in vain."""
        return self._kept.get(ref) == _LOST

    def keep(self, ref: str, blob_id: str) -> None:
        """Remember what was made of a file."""
        self._kept[ref] = blob_id
        self._kept.move_to_end(ref)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def lose(self, ref: str) -> None:
        """Remember that nothing could be made of it."""
        self.keep(ref, _LOST)
