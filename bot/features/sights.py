"""What this process has learned of looking: which pictures it has made small lately, so that a talk about one does not
fetch it each time, and which models have turned out to see none.
"""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable

from bot.files import Blob, Blobs

MOST_SIGHTS = 500
"""A ref and a blob's id each: some hundred bytes."""

MOST_REFUSALS = 2
"""So many refusals one after the other are believed: each may have been about its own picture alone."""

BLIND_S = 3600.0
"""How long a model is taken to see nothing; then it is asked again."""

_LOST = ""


class Sights:
    """By the ref of a file the blob of what models are shown of it, or that there is nothing to be had."""

    def __init__(self, most: int = MOST_SIGHTS, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._refusals: Counter[str] = Counter()
        self._refused_at: dict[str, float] = {}
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

    def refuse(self, model: str) -> None:
        """The model has said that it sees no pictures."""
        self._refusals[model] += 1
        self._refused_at[model] = self._clock()

    def see(self, model: str) -> None:
        """The model has answered a question with pictures."""
        self._refusals.pop(model, None)

    def blind(self, model: str) -> bool:
        """Whether there is no use in showing it pictures now."""
        if self._refusals[model] < MOST_REFUSALS:
            return False
        return self._clock() - self._refused_at[model] < BLIND_S
