"""What was asked while nobody listened: each place that was lately active is read once, and what is new is taken in."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.contract import Accept, Address, Addressed, MessageReceived, PersonKind, Platform
from bot.errors import ChannelError
from bot.features import Kit
from bot.patience import patiently
from bot.store import Store

log = logging.getLogger("parley.missed")

ACTIVE = timedelta(days=1)
"""So long before the oldest question that is looked for a place has seen its last one, at most."""

MOST_PLACES = 100
"""How many places are looked at, the latest first: a platform counts every reading."""

LATE_S = 3.0
"""An event that is older was delivered again, or found: a platform's first delivery takes less."""

PAUSES_S = (2.0, 10.0, 60.0)
"""Between two looks where the first one failed: a disk that is full, a database that is away."""

PATIENCE_S = 600.0
"""How long a place waits to be read: platforms allow so many readings a minute, and nobody else reads it."""

MOST_MESSAGES = 50
"""How many of the newest messages of a place are read."""


class CatchingUp:
    """Hands what was missed to `accept`, as if it came in now."""

    def __init__(
        self,
        kit: Kit,
        platforms: Mapping[str, Platform],
        accept: Accept,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._sleep = sleep
        self._kit = kit
        self._platforms = platforms
        self._accept = accept
        self._gaps: dict[str, int] = {}

    async def catch_up(self, name: str) -> None:
        """Look at one platform, one look at a time; another gap that shows meanwhile is looked at afterwards."""
        if not self._kit.defaults.catch_up_s:
            return
        self._gaps[name] = self._gaps.get(name, 0) + 1
        if self._gaps[name] > 1:
            return
        while (gaps := self._gaps[name]) > 0:
            await self._look(name)
            self._gaps[name] -= gaps

    def begins_late(self, event: MessageReceived) -> bool:
        """A thread's first question that comes in after a while: what was said under it may have come before it,
        when nobody knew the thread.
        """
        late_s = (datetime.now(UTC) - event.sent_at).total_seconds()
        return (
            event.origin.begins_thread
            and event.addressed is Addressed.BOT
            and LATE_S < late_s <= self._kit.defaults.catch_up_s
        )

    async def look_at(self, place: Address) -> None:
        """Take in what was said in one place."""
        await self._look(place.platform, [place])

    async def _look(self, name: str, places: Sequence[Address] | None = None) -> None:
        since = datetime.now(UTC) - timedelta(seconds=self._kit.defaults.catch_up_s)
        for pause_s in (*PAUSES_S, None):
            try:
                found = await missed(self._kit.store, self._platforms[name], since, places)
                for event in found:
                    await self._accept(event)
            except Exception:  # an errand has no caller; what is left over is found at the next gap
                log.exception("catching_up_failed platform=%s again_in=%s", name, pause_s)
            else:
                log.info("caught_up platform=%s messages=%d", name, len(found))
                return
            if pause_s is not None:
                await self._sleep(pause_s)


async def missed(
    store: Store, platform: Platform, since: datetime, places: Sequence[Address] | None = None
) -> tuple[MessageReceived, ...]:
    """What people have said since then of which the store knows nothing, the oldest first.

    It is looked for in these places, by default in those that were lately active.
    """
    found: dict[str, MessageReceived] = {}
    for place in places or _places(await store.active(platform.name, since - ACTIVE)):
        for message in await _read(platform, place):
            if message.sent_at >= since and message.origin.asker.kind is PersonKind.HUMAN:
                found.setdefault(message.keys.place or message.keys.event, message)
    unseen = await store.unseen(list(found))
    return tuple(sorted((found[key] for key in unseen), key=lambda message: message.sent_at))


def _places(active: Sequence[Address]) -> list[Address]:
    """Threads and the channels around them, where the next question may have been asked."""
    around = [near for place in active for near in (place, place.parent)]
    return list(dict.fromkeys(around))[:MOST_PLACES]


async def _read(platform: Platform, place: Address) -> Sequence[MessageReceived]:
    try:
        return await patiently(lambda: platform.read(place, None, MOST_MESSAGES), PATIENCE_S)
    except ChannelError as error:
        log.warning("place_unread platform=%s channel=%s reason=%s", platform.name, place.channel, error)
        return ()
