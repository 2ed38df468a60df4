"""Turn: one answer in the making, its state in the store and its fence against another run of itself."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Self, TypeVar

from bot.contract import PostId
from bot.errors import Fenced, Notice, QuestionChanged, StoppedByReader
from bot.made import Made
from bot.model import Answer, Claim, ConversationId, Message, TurnId, TurnState
from bot.patience import persistently
from bot.reply.journal import FIRST_FILE, held, post_key
from bot.store import Store

log = logging.getLogger("parley.turn")

T = TypeVar("T")

SAVING_PAUSES_S = (0.1, 0.5, 2.0)

TRUST_S = 0.5
"""How long a passed check stands, from when it was asked for. A process that was frozen for longer, be it between the
question to the store and its answer, asks again before it speaks."""

WATCH_S = 2.0
"""How often it is asked while nothing is said."""


def awake() -> float:
    """Seconds on a clock that goes on while the machine sleeps, where the system has one."""
    return time.clock_gettime(_CLOCK)


_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Turn:
    """The writes of one attempt at a turn; each raises `Fenced` once a later attempt has begun.

    It is the `Journal` of the turn's Reply. `since` is when the claim was asked for, on this clock; `committed` is the
    commit of a claim that is still under way.
    """

    def __init__(
        self,
        store: Store,
        claim: Claim,
        clock: Callable[[], float] = awake,
        *,
        since: float | None = None,
        committed: "asyncio.Future[None] | None" = None,
    ) -> None:
        self.claim = claim
        self.more = True
        """Whether another turn may be open in the conversation; known for certain once this one is closed."""
        self.stale = False
        """What the answer rests on was changed while it was made."""
        self.stored = claim.answer is not None
        """The answer is in the store: from here on it is only a matter of showing it."""
        self.kept: Answer | None = None
        """The answer that this attempt has put there."""
        self.notes: list[Notice] = []
        """What is to be said under whatever is answered, known before it began."""
        self.above = ""
        """CommonMark that stands above the answer and is no part of it: a notice in its place leaves it standing."""
        self._committed = committed
        self._cut: StoppedByReader | Fenced | None = None
        self._end: Callable[[], object] | None = None
        self._store = store
        self._clock = clock
        self._checked_at = clock() if since is None else since
        self._spoke = False
        self._fenced = False
        self._placed = {post.page: post.post_id for post in claim.posts}
        current = {post_key(self.key, post.page) for post in claim.posts}
        self._outdated = {post.page for post in claim.posts if post.page >= FIRST_FILE and post.key not in current}
        self._made: dict[str, Made] | None = None

    @classmethod
    async def begin(cls, store: Store, conversation: ConversationId, limit: int, *, again: bool) -> Self | None:
        """Claim the oldest open turn of a conversation; None where there is none."""
        since = awake()
        claim = await store.claim(conversation, limit, again=again)
        return None if claim is None else cls(store, claim, since=since)

    @property
    def late(self) -> bool:
        """Whether this attempt may have written over what a later one has shown."""
        return self._spoke and self._fenced and not isinstance(self._cut, QuestionChanged)

    @property
    def key(self) -> str:
        """The stem of the keys of this answer's posts, the same in every attempt.

        An answer that was asked for anew has its own: a platform that knows a key gives back the post that had it,
        which may have been deleted since.
        """
        return _stem(self.claim.turn, self.claim.revision)

    @property
    def stems(self) -> tuple[str, ...]:
        """That stem, and the one of the answer before, which may have been cut off while it was shown."""
        revision = self.claim.revision
        return tuple(_stem(self.claim.turn, each) for each in range(revision, max(revision - 2, -1), -1))

    @property
    def placed(self) -> tuple[PostId, ...]:
        """The posts of the text so far, by page, those of earlier attempts among them."""
        return tuple(post_id for page, post_id in sorted(self._placed.items()) if page < FIRST_FILE)

    @property
    def files(self) -> Mapping[int, PostId]:
        """The posts that show files of this answer so far, by page."""
        shown = {page: post_id for page, post_id in self._placed.items() if page >= FIRST_FILE}
        return {page: post_id for page, post_id in shown.items() if page not in self._outdated}

    @property
    def outdated(self) -> Sequence[tuple[int, PostId]]:
        """The posts of files that the answer before this one has left."""
        return [(page, self._placed[page]) for page in sorted(self._outdated)]

    @property
    def posts(self) -> Sequence[PostId]:
        """All that stands of this turn."""
        return [post_id for _, post_id in sorted(self._placed.items())]

    def leave(self) -> None:
        """Forget the posts of earlier answers: where they cannot be rewritten the new one stands by itself."""
        self._placed.clear()
        self._outdated.clear()

    async def check(self) -> None:
        """May this attempt still speak? Asked of the store when the last yes is older than `TRUST_S`."""
        await self._stands()
        if (asked_at := self._clock()) - self._checked_at > TRUST_S:
            stopped = await self._held(self._store.stopped(self.claim.turn, self.claim.attempt))
            self._checked_at = asked_at
            if stopped:
                self.interrupt(StoppedByReader("stop was asked for"))
        if isinstance(self._cut, Fenced):
            raise self._cut

    async def place(self, page: int, post_id: PostId) -> None:
        """Remember a post of this answer."""
        await self._stands()
        key, asked_at = post_key(self.key, page), self._clock()
        # Known here at once: where the store fails, the notice that follows must not leave it standing.
        self._placed[page] = post_id
        self._outdated.discard(page)
        await self._held(self._store.placed(self.claim.turn, self.claim.attempt, page, key, post_id))
        self._checked_at = asked_at

    async def gone(self, page: int, post_id: PostId) -> None:
        """Forget a post that was taken away."""
        await self._store.gone(self.claim.turn, post_id)
        self._placed.pop(page, None)
        self._outdated.discard(page)

    async def holds(self, page: int, post_id: PostId) -> bool | None:
        """Whether the answer uses this post, whoever makes it now; None while it has none for the page."""
        return held(await self._store.posts(self.claim.turn), post_key(self.key, page), post_id)

    def spoke(self) -> None:
        """What stands may be this run's words from now on."""
        self._spoke = True

    def interrupt(self, cut: StoppedByReader | Fenced) -> None:
        """Somebody wants no more of this answer, or not of this attempt at it: end `until_cut`."""
        self._cut = self._cut or cut
        end, self._end = self._end, None  # once: a second push would break off the hanging up
        if end is not None:
            end()

    async def until_cut(self, work: "asyncio.Future[T]") -> T:
        """The result of `work`, unless it is interrupted. Raises what the interruption was told."""
        self._end = work.cancel
        watch = asyncio.create_task(self._watch())
        if self._cut is not None:
            work.cancel()
        try:
            return await work
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._cut is None or (task is not None and task.cancelling()):
                raise
            raise self._cut from None  # not this task was cancelled, only its work, by `interrupt`
        finally:
            self._end = None
            watch.cancel()

    async def _watch(self) -> None:
        """Another process may have been asked to stop this turn, or have taken it over, while nothing is said."""
        while True:
            await asyncio.sleep(WATCH_S)
            try:
                await self.check()
            except Fenced as fenced:
                self.interrupt(fenced)
            except Exception as error:  # a loop beside the answer: a database that is away must not end it
                log.warning("turn_unchecked turn=%s reason=%s", self.claim.turn, type(error).__name__)

    async def made(self) -> Mapping[str, Made]:
        """What paid calls of this turn have made, in earlier attempts too, by request."""
        if self._made is None:
            await self._stands()
            self._made = dict(await self._store.works.made(self.claim.turn))
        return self._made

    async def keep(self, request: str, made: Made) -> None:
        """Store what a paid call has made; from here on it is not bought again for this turn."""
        await self.made()
        await self._saved(partial(self._store.works.keep, self.claim.turn, self.claim.attempt, request, made))
        self._made = {**(self._made or {}), request: made}

    async def heard(self, message: Message) -> None:
        """Let a remembered message say what was said in its files."""
        await self._stands()
        await self._held(self._store.works.heard(self.claim.turn, self.claim.attempt, message))

    async def answered(self, answer: Answer) -> None:
        """Store the paid answer; from here on the gateway is not called for this turn again."""
        await self._stands()
        await self._saved(partial(self._store.answered, self.claim.turn, self.claim.attempt, answer))
        self.stored, self.kept = True, answer

    async def _saved(self, save: Callable[[], Awaitable[None]]) -> None:
        """It is paid, and only here in memory."""
        await self._held(persistently(save, SAVING_PAUSES_S, self._not_saved))

    def _not_saved(self, _: Exception, pause_s: float) -> None:
        log.warning("answer_not_stored turn=%s again_in=%.1f", self.claim.turn, pause_s)

    async def close(self, state: TurnState) -> None:
        """DONE or FAILED: nothing is left to do."""
        await self._stands()
        ended = await self._held(self._store.closed(self.claim.turn, self.claim.attempt, state))
        self.more, self.stale = ended.more, ended.stale

    async def _held(self, write: Awaitable[T]) -> T:
        """What the store says to this attempt; once it has refused one, another run has taken over."""
        try:
            return await write
        except Fenced:
            self._fenced = True
            raise

    async def _stands(self) -> None:
        """Wait for the commit that this turn rests on: people see nothing before it, and on a server no other
        connection does. Where it failed, the platform will deliver the question again.
        """
        if self._committed is None:
            return
        try:
            await asyncio.shield(self._committed)
        except Exception as error:  # whatever the database raises, this turn does not exist
            raise Fenced(f"turn {self.claim.turn} was never stored") from error
        self._committed = None


def _stem(turn: TurnId, revision: int) -> str:
    return f"t{turn}" + (f"r{revision}" if revision else "")
