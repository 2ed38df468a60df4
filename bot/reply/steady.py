"""A journal that outlives a moment without a store, and a moment in which another run is about to write."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from bot.contract import PostId
from bot.patience import persistently
from bot.reply.journal import Journal
from bot.reply.nap import Sleep

log = logging.getLogger("parley.reply")

T = TypeVar("T")

PAUSES_S = (0.1, 0.5, 2.0, 4.0)
"""Before each further try: a full disk or a database that restarts mostly lasts no longer."""

HELD_PAUSES_S = (0.1, 0.4, 1.0)


class Steady:
    """Implements `Journal` over another one; what its store raises is raised after some tries."""

    def __init__(self, journal: Journal, sleep: Sleep) -> None:
        self._journal = journal
        self._sleep = sleep

    @property
    def key(self) -> str:
        return self._journal.key

    @property
    def placed(self) -> tuple[PostId, ...]:
        return self._journal.placed

    @property
    def files(self) -> Mapping[int, PostId]:
        return self._journal.files

    @property
    def outdated(self) -> Sequence[tuple[int, PostId]]:
        return self._journal.outdated

    async def check(self) -> None:
        await self._patiently(self._journal.check)

    async def place(self, page: int, post_id: PostId) -> None:
        await self._patiently(partial(self._journal.place, page, post_id))

    async def gone(self, page: int, post_id: PostId) -> None:
        await self._patiently(partial(self._journal.gone, page, post_id))

    async def holds(self, page: int, post_id: PostId) -> bool | None:
        """With patience: a platform that knows a key has given the other run this very post, perhaps just now."""
        held = await self._patiently(partial(self._journal.holds, page, post_id))
        for pause_s in HELD_PAUSES_S:
            if held is None:
                await self._sleep(pause_s)
                held = await self._patiently(partial(self._journal.holds, page, post_id))
        return held

    def spoke(self) -> None:
        self._journal.spoke()

    async def _patiently(self, verb: Callable[[], Awaitable[T]]) -> T:
        return await persistently(verb, PAUSES_S, self._away, self._sleep)

    def _away(self, error: Exception, pause_s: float) -> None:
        log.warning("journal_away key=%s reason=%s again_in=%.1f", self.key, type(error).__name__, pause_s)
