"""The posts of one answer as they stand on the screen, and the fenced, patient calls that change them."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from bot.contract import Button, Channel, File, Post, PostId
from bot.errors import ChannelBusy, ChannelError, Fenced, PostGone, PostRejected
from bot.patience import LEAST_WAIT_S
from bot.reply.journal import Journal, post_key
from bot.reply.nap import Nap

T = TypeVar("T")

_LIFETIME_MARGIN_S = 5.0

PATIENCE_S = 600.0
"""How long a call that must not be skipped waits for a limited platform in all."""


class Closed(Exception):
    """The reply was closed while it had something to say; nothing more is to be said."""


@dataclass(slots=True)
class _Shown:
    """A post as we last made it look; `text` is None where an earlier attempt placed it."""

    post_id: PostId
    text: str | None
    final: bool
    since: float
    buttons: tuple[Button, ...] = ()

    def looks(self, post: Post) -> bool:
        """Whether it already looks so."""
        return (self.text, self.final, self.buttons) == (post.text, post.final, post.buttons)


class Screen:
    """The posts of one answer by page, and the calls that change them, one at a time."""

    def __init__(self, channel: Channel, journal: Journal, clock: Callable[[], float], nap: Nap) -> None:
        self._channel = channel
        self._journal = journal
        self._clock = clock
        self._nap = nap
        self.posts = {page: _Shown(post, None, False, clock()) for page, post in enumerate(journal.placed)}
        self.spoke_at: float | None = None
        self.not_before = 0.0
        self.closed = False

    async def grow(self, page: int, text: str, buttons: tuple[Button, ...] = ()) -> bool:
        """Make an unfinished page look so; False where the platform is busy and nothing was done."""
        try:
            await self._show(page, self._post(page, text, buttons, final=False))
        except ChannelBusy:
            return False
        except PostRejected:
            # Who begins in time may come too late all the same: then it is closed like one whose time has come.
            closing = self.closes_at(page)
            if closing is None or closing > self._clock():
                raise
            return False
        return True

    def closes_at(self, page: int) -> float | None:
        """When an open post of ours must be closed, because the platform would close it soon."""
        post, lifetime = self.posts.get(page), self._channel.capabilities.post_lifetime
        if post is None or post.text is None or lifetime is None:
            return None
        return post.since + lifetime - min(_LIFETIME_MARGIN_S, lifetime / 10)

    async def settle(self, page: int, text: str, buttons: tuple[Button, ...] = ()) -> None:
        """Make a page look so for good, however long the platform lets us wait."""
        await self._show(page, self._post(page, text, buttons, final=True))

    async def clear(self, first: int) -> None:
        """Take away the pages from this one on."""
        for page in sorted(page for page in self.posts if page >= first):
            post_id = self.posts[page].post_id
            await self._call(partial(self._channel.delete, post_id), patient=True)
            del self.posts[page]
            await self._journal.gone(page, post_id)

    async def exhibit(self, page: int, text: str, files: tuple[File, ...], buttons: tuple[Button, ...] = ()) -> None:
        """Show files in a post of their own, unless it stands already; those of an earlier answer make room."""
        if page not in self._journal.files:
            await self.discard(page)
            post = replace(self._post(page, text, buttons, final=True), files=files)
            await self._place(page, await self._call(partial(self._channel.send, post), patient=True))

    async def discard(self, only: int | None = None) -> None:
        """Take away the files of an answer that this one replaces, all of them or one page."""
        for page, post_id in self._journal.outdated:
            if only in (None, page):
                await self._call(partial(self._channel.delete, post_id), patient=True)
                await self._journal.gone(page, post_id)

    def _post(self, page: int, text: str, buttons: tuple[Button, ...], *, final: bool) -> Post:
        shown = buttons if self._channel.capabilities.buttons else ()
        return Post(text, final, post_key(self._journal.key, page), shown)

    async def _show(self, page: int, post: Post) -> None:
        known = self.posts.get(page)
        if known is None:
            post_id = await self._call(partial(self._channel.send, post), patient=post.final)
            began = self._clock() if self.spoke_at is None else self.spoke_at
            self.posts[page] = _Shown(post_id, post.text, post.final, began, post.buttons)
            await self._place(page, post_id)
        elif self._channel.capabilities.edit_interval is not None and not known.looks(post):
            await self._edit(page, known, post)

    async def _place(self, page: int, post_id: PostId) -> None:
        """Write a new post down. Where another run has taken over meanwhile, the post is one too many."""
        try:
            await self._journal.place(page, post_id)
        except Fenced:
            with suppress(ChannelError):
                if not await self._journal.holds(page, post_id):
                    await self._channel.delete(post_id)
            raise

    async def _edit(self, page: int, known: _Shown, post: Post) -> None:
        try:
            await self._call(partial(self._channel.edit, known.post_id, post), patient=post.final)
        except PostGone:
            if known.text is not None:
                raise  # taken away while it was being written: whoever did that wants no more of it
            del self.posts[page]
            await self._show(page, post)
        else:
            known.text, known.final, known.buttons = post.text, post.final, post.buttons
            await self._journal.check()

    async def _call(self, verb: Callable[[], Awaitable[T]], *, patient: bool) -> T:
        waited = moment = 0.0
        while True:
            # A call that may be left out was told not to come before then; one that must be made tries for itself,
            # since what is short for growing (a stream, say) need not be short for the whole.
            await self._hold(moment)
            await self._journal.check()
            self.spoke_at = self._clock()
            self._journal.spoke()
            try:
                return await verb()
            except ChannelBusy as busy:
                waited += busy.retry_after
                self.not_before = moment = self._clock() + max(busy.retry_after, LEAST_WAIT_S)
                if not patient or waited > PATIENCE_S:
                    raise

    async def _hold(self, moment: float) -> None:
        while not self.closed and (rest := moment - self._clock()) > 0:
            await self._nap.take(rest)
        if self.closed:
            raise Closed
