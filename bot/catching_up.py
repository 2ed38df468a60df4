"""What was asked or changed while nobody listened: each channel that was lately active is looked at, and what is new
there is taken in.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.contract import Address, Addressed, MessageEdited, MessageReceived, PersonKind, Platform, Survey
from bot.errors import ChannelError, ChannelGone
from bot.features import Kit
from bot.patience import patiently

log = logging.getLogger("parley.missed")

ACTIVE = timedelta(days=1)
"""So long before the oldest question that is looked for a place has seen its last one, at most."""

MOST_CHANNELS = 100
MOST_THREADS = 50
"""How many channels are looked at, and how many threads of each, the latest first: a platform counts every reading."""

MOST_HIDDEN = 20
"""How many threads are read in all of which nobody can tell whether they have anything new."""

LATE_S = 3.0
"""An event that is older was delivered again, or found: a platform's first delivery takes less."""

PAUSES_S = (2.0, 10.0, 60.0)
"""Between two looks where the first one failed: a disk that is full, a database that is away."""

PATIENCE_S = 600.0
"""How long a place waits to be read: platforms allow so many readings a minute, and nobody else reads it."""

MOST_MESSAGES = 100
"""How many of the newest messages of a place are read."""


class CatchingUp:
    """Hands on what was missed, as if it came in now: to `found` what people said, to `changed` what they edited.

    How far a channel was read is remembered: a bot that is often restarted must not read the same again each time.
    """

    def __init__(
        self,
        kit: Kit,
        platforms: Mapping[str, Platform],
        found: Callable[[MessageReceived], Awaitable[None]],
        changed: Callable[[MessageEdited], Awaitable[None]],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._sleep = sleep
        self._kit = kit
        self._store = kit.store
        self._platforms = platforms
        self._found = found
        self._changed = changed
        self._gaps: dict[str, int] = {}

    @property
    def _within(self) -> timedelta:
        return timedelta(seconds=self._kit.defaults.catch_up_s)

    async def catch_up(self, name: str) -> None:
        """Look at one platform, one look at a time; another gap that shows meanwhile is looked at afterwards."""
        if not self._within:
            return
        self._gaps[name] = self._gaps.get(name, 0) + 1
        if self._gaps[name] > 1:
            return
        while (gaps := self._gaps[name]) > 0:
            await self._insist(name, self._everywhere)
            self._gaps[name] -= gaps

    def begins_late(self, event: MessageReceived) -> bool:
        """A thread's first question that comes in after a while: what was said under it may have come before it,
        when nobody knew the thread.
        """
        late = datetime.now(UTC) - event.sent_at
        return (
            event.origin.begins_thread
            and event.addressed is Addressed.BOT
            and timedelta(seconds=LATE_S) < late <= self._within
        )

    async def look_at(self, place: Address) -> None:
        """Take in what was said in one place."""

        async def once(platform: Platform, since: datetime) -> int:
            return await self._take(await _read(platform, place, None) or (), since)

        await self._insist(place.platform, once)

    async def _insist(self, name: str, look: Callable[[Platform, datetime], Awaitable[int]]) -> None:
        since = datetime.now(UTC) - self._within
        for pause_s in (*PAUSES_S, None):
            try:
                taken = await look(self._platforms[name], since)
            except Exception:  # an errand has no caller; what is left over is found at the next gap
                log.exception("catching_up_failed platform=%s again_in=%s", name, pause_s)
            else:
                log.info("caught_up platform=%s messages=%d", name, taken)
                return
            if pause_s is not None:
                await self._sleep(pause_s)

    async def _everywhere(self, platform: Platform, since: datetime) -> int:
        """Channel by channel, so that what is taken in of one is not lost with the next; how many messages."""
        active = await self._store.missed.active(platform.name, since - ACTIVE)
        marks = await self._store.missed.marks(platform.name)
        hidden: list[Address] = []
        taken = 0
        for channel, threads in list(_channels(active).items())[:MOST_CHANNELS]:
            survey = await _surveyed(platform, channel, threads, marks.get(channel), since)
            if survey is not None:
                taken += await self._follow(platform, channel, survey, marks.get(channel), since)
                hidden += survey.hidden
        for thread in sorted(hidden, key=active.index)[:MOST_HIDDEN]:
            taken += await self._take(await _read(platform, thread, marks.get(thread.parent)) or (), since)
        return taken

    async def _follow(
        self, platform: Platform, channel: Address, survey: Survey, mark: str | None, since: datetime
    ) -> int:
        read = [await _read(platform, thread, mark) for thread in survey.fresh[:MOST_THREADS]]
        taken = await self._take([*survey.messages, *(message for found in read for message in found or ())], since)
        if survey.upto is not None and survey.upto != mark and None not in read:
            await self._store.missed.read_upto(channel, survey.upto)
        return taken

    async def _take(self, messages: Iterable[MessageReceived], since: datetime) -> int:
        """What people have said of which the store knows nothing, and their new texts for the rest; the oldest first.

        How many were unknown.
        """
        found: dict[str, MessageReceived] = {}
        for message in messages:
            if message.sent_at >= since and message.origin.asker.kind is PersonKind.HUMAN:
                found.setdefault(message.keys.place or message.keys.event, message)
        unseen = await self._store.missed.unseen(list(found))
        # Stable: what was said in the same millisecond stays in the order in which its place shows it.
        for key, message in sorted(found.items(), key=lambda each: each[1].sent_at):
            if key in unseen:
                await self._found(message)
            elif (edit := _edit(message)) is not None:  # nothing is changed by one that was followed already
                await self._changed(edit)
        return len(unseen)


def _edit(message: MessageReceived) -> MessageEdited | None:
    at, message_id = message.edited_at, message.origin.message_id
    if at is None or message_id is None:
        return None
    return MessageEdited(message.origin.address, message_id, message.text, at)


def _channels(active: Sequence[Address]) -> Mapping[Address, Sequence[Address]]:
    """The flat channels, where the next question may have been asked, with those of their threads that were active."""
    found: dict[Address, list[Address]] = {}
    for place in active:
        found.setdefault(place.parent, []).extend([place] if place.thread is not None else [])
    return found


async def _surveyed(
    platform: Platform, channel: Address, threads: Sequence[Address], mark: str | None, since: datetime
) -> Survey | None:
    try:
        return await patiently(lambda: platform.survey(channel, threads, mark, since, MOST_MESSAGES), PATIENCE_S)
    except ChannelError as error:
        _log_unread(channel, error)
        return None


async def _read(platform: Platform, place: Address, after: str | None) -> Sequence[MessageReceived] | None:
    """None where it could not be read now; of what is gone there is nothing to read."""
    try:
        return await patiently(lambda: platform.read(place, after, MOST_MESSAGES), PATIENCE_S)
    except ChannelError as error:
        _log_unread(place, error)
        return () if isinstance(error, ChannelGone) else None


def _log_unread(place: Address, error: ChannelError) -> None:
    log.warning("place_unread platform=%s channel=%s reason=%s", place.platform, place.channel, error)
