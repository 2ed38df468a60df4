"""Reply: one growing answer, paced and paged into a Channel.

One task per reply makes every call that writes a post, always with the newest text, so no two of them overlap and
the reader of the model's stream never waits. A call that has begun is never cancelled: a post would stand on the
screen whose id nobody knows.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from bot.contract import Button, Channel, File
from bot.errors import ChannelError, Fenced, StoppedByReader
from bot.reply.exhibits import Exhibits
from bot.reply.journal import Journal
from bot.reply.nap import Nap, Sleep, ended
from bot.reply.screen import Closed, Screen
from bot.reply.steady import Steady
from bot.text import START, close, pages

log = logging.getLogger("parley.reply")

FIRST_CHARACTERS = 12
FIRST_WAIT_S = 0.1
"""The first post goes out with so many characters, or so long after the first: a push message is no single letter."""

HUSH_S = 1.0
"""How long the first post waits for a typing call under way, whose sign might show after the post."""


class Reply:
    """One answer, from its first word to its last edit. Use it as a context manager, or `start` and `close` it.

    `broken` is what ended the growing, or None: look at it while reading the model's stream, and stop reading
    when it is there. After `StoppedByReader` the answer can still be finished; after anything else `finish`
    raises it. What nobody was told is raised when the context ends. `buttons` stand under it while it grows.
    """

    def __init__(
        self,
        channel: Channel,
        journal: Journal,
        *,
        status: str = "",
        buttons: tuple[Button, ...] = (),
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._channel = channel
        self._can = channel.capabilities
        self._journal = Steady(journal, sleep)
        self._status = status
        self._buttons = self._last_buttons = buttons
        self._clock = clock
        self._sleep = sleep
        self._nap, self._typing_nap = Nap(sleep), Nap(sleep)
        self._screen = Screen(channel, self._journal, clock, self._nap)
        self._exhibits = Exhibits(self._screen)
        self._parts: list[str] = []
        self._size = self._shown_size = 0
        self._begun_at: float | None = None
        self._seams = [START]
        self._final: str | None = None
        self._told = self._hushed = False
        self._pacer: asyncio.Task[None] | None = None
        self._typist: asyncio.Task[None] | None = None
        self.broken: Exception | None = None

    @property
    def text(self) -> str:
        """Everything written so far."""
        self._parts = ["".join(self._parts)]
        return self._parts[0]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
        if self.broken is None or self._told or self.broken is error or isinstance(self.broken, StoppedByReader):
            return
        if error is None:
            raise self.broken
        log.warning("reply_broken key=%s reason=%r", self._journal.key, self.broken)

    async def start(self) -> None:
        """Show the typing sign, and keep it up until the first post stands."""
        self._pacer = asyncio.create_task(self._pace())
        if self._can.typing_interval is not None:
            self._typist = asyncio.create_task(self._keep_typing(self._can.typing_interval))

    def write(self, delta: str) -> None:
        """Add to the answer. Returns at once and never raises: a failure stands in `broken`."""
        if not delta:
            return
        awaited = self._size == self._shown_size or self._screen.spoke_at is None
        self._parts.append(delta)
        self._size += len(delta)
        if self._begun_at is None and delta.strip():
            self._begun_at = self._clock()
        if awaited:
            self._nap.rouse()

    async def show(
        self, number: int, files: tuple[File, ...], text: str = "", buttons: tuple[Button, ...] = ()
    ) -> None:
        """Show files in a post of their own, once for each number; returns when they stand.

        What the platform has against them is raised and breaks nothing else.
        """
        if self._failed or self._final is not None:
            raise self.broken or Closed
        self._pacer = self._pacer or asyncio.create_task(self._pace())
        wanted = self._exhibits.add(number, files, text, buttons)
        self._nap.rouse()
        await asyncio.wait([wanted, self._pacer], return_when=asyncio.FIRST_COMPLETED)
        if not wanted.done():
            wanted.cancel()
            raise self.broken or Closed
        await wanted

    def tell(self, status: str) -> None:
        """Say what is being done, where the typing sign has words."""
        self._status = status
        self._typing_nap.rouse()

    async def finish(self, text: str | None = None, buttons: tuple[Button, ...] = ()) -> None:
        """Return when the platform has the whole answer, or `text` in its place; surplus posts are deleted.

        The buttons stand under its last page. A blank answer changes nothing on the screen. Raises what kept the
        answer from being shown.
        """
        if self._final is None and not self._failed:
            self._final, self._last_buttons = self.text if text is None else text, buttons
            self._pacer = self._pacer or asyncio.create_task(self._pace())
            self._nap.rouse()
            await asyncio.wait([self._pacer])
        if self.broken is not None and self._failed:
            self._told = True
            raise self.broken

    async def close(self) -> None:
        """Make no more calls, and wait for the one under way. What is shown stays as it is.

        Also where it is cancelled: a call that is left alone would write over what the next run of the answer shows.
        """
        self._screen.closed = True
        self._nap.rouse()
        self._typing_nap.rouse()
        await ended(task for task in (self._pacer, self._typist) if task is not None)

    @property
    def _failed(self) -> bool:
        return self.broken is not None and not isinstance(self.broken, StoppedByReader)

    @property
    def _growing(self) -> bool:
        return self._final is None and self.broken is None and not self._screen.closed

    async def _pace(self) -> None:
        """The one task that writes posts."""
        try:
            await self._grow()
            while self._final is None and not self._screen.closed:
                if not await self._exhibited():
                    await self._nap.take(None)
            if self._final is not None:
                await self._flush(self._final)
        except Closed:
            return
        except Exception as error:  # this loop has no caller: whatever it is, finish or the context's end raises it
            self.broken = error

    async def _grow(self) -> None:
        while self._growing:
            if await self._exhibited():
                continue
            wait = self._wait_s()
            if wait is None or wait > 0:
                await self._nap.take(wait)
                continue
            try:
                await self._show_newest()
            except StoppedByReader as stop:
                self.broken = stop

    async def _exhibited(self) -> bool:
        """Show the files that wait; False where none do."""
        if not self._exhibits.waiting:
            return False
        await self._hush()
        await self._exhibits.show()
        return True

    def _wait_s(self) -> float | None:
        """Seconds until there is something to do; None: not before more is written."""
        if self._can.edit_interval is None:
            return None
        moments = [self._screen.closes_at(self._page)]
        if self._begun_at is not None and self._size != self._shown_size:
            moments.append(self._next_time(self._begun_at, self._can.edit_interval))
        due = min((moment for moment in moments if moment is not None), default=None)
        return None if due is None else max(due, self._screen.not_before) - self._clock()

    def _next_time(self, begun_at: float, edit_interval: float) -> float:
        if self._screen.spoke_at is not None:
            return self._screen.spoke_at + edit_interval
        return begun_at + (0 if self._size >= FIRST_CHARACTERS else FIRST_WAIT_S)

    @property
    def _page(self) -> int:
        return len(self._seams) - 1

    async def _show_newest(self) -> None:
        written, self._shown_size = self.text, self._size
        await self._hush()
        found = pages(written, self._can.text_limit, self._can.measure, self._seams[-1])
        for page in found[:-1]:
            await self._screen.settle(self._page, page.text)
            self._seams.append(page.end)
        closing = self._screen.closes_at(self._page)
        if found and closing is not None and closing <= self._clock():
            early = close(written, self._can.text_limit, self._can.measure, found[-1])
            await self._screen.settle(self._page, early.text)
            self._seams.append(early.end)
            self._shown_size = -1
        elif found and not await self._screen.grow(self._page, found[-1].text, self._buttons):
            self._shown_size = -1

    async def _flush(self, text: str) -> None:
        if not text.strip():
            return
        await self._hush()
        self._rewind(text)
        first = self._page
        found = pages(text, self._can.text_limit, self._can.measure, self._seams[-1])
        last = first + len(found) - 1
        for number, page in enumerate(found, first):
            await self._settle(number, page.text, self._last_buttons if number == last else ())
        await self._screen.clear(last + 1)
        await self._screen.discard()

    async def _settle(self, page: int, text: str, buttons: tuple[Button, ...]) -> None:
        """The last look of a page; after a reader's stop once more, since what was ended may take an edit now."""
        for _ in range(2):
            try:
                await self._screen.settle(page, text, buttons)
            except StoppedByReader as stop:
                self.broken = stop
            else:
                return

    def _rewind(self, text: str) -> None:
        """Go back to the first page whose part of the text is another now."""
        written = self.text
        while len(self._seams) > 1 and not text.startswith(written[: self._seams[-1].at]):
            self._seams.pop()

    async def _keep_typing(self, interval: float) -> None:
        while not self._quiet:
            try:
                await self._journal.check()
                await self._channel.typing(self._status)
            except Fenced as fenced:
                self.broken = self.broken or fenced
            except ChannelError as error:
                log.debug("typing_failed key=%s reason=%s", self._journal.key, error)
            except Exception:  # this loop has no caller, and an answer is worth more than its typing sign
                log.exception("typing_broken key=%s", self._journal.key)
                return
            if not self._quiet:
                await self._typing_nap.take(interval)

    @property
    def _quiet(self) -> bool:
        return self._hushed or self._failed or self._screen.closed

    async def _hush(self) -> None:
        """End the typing sign before the first post stands."""
        if self._hushed or self._typist is None:
            return
        self._hushed = True
        self._typing_nap.rouse()
        patience = asyncio.ensure_future(self._sleep(HUSH_S))
        await asyncio.wait([self._typist, patience], return_when=asyncio.FIRST_COMPLETED)
        patience.cancel()
