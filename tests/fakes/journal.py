"""A journal in memory that can be told to fence its reply."""

from dataclasses import dataclass, field

from bot.contract import PostId
from bot.errors import Fenced
from bot.reply.journal import FIRST_FILE


@dataclass
class FakeJournal:
    """Implements `bot.reply.Journal`. `fence_after` lets so many checks pass; None lets all.

    With `taken_over` a post can't be written down any more; `held` are those of the other run by page.
    """

    key: str = "t1"
    placed: tuple[PostId, ...] = ()
    files: dict[int, PostId] = field(default_factory=dict)
    outdated: list[tuple[int, PostId]] = field(default_factory=list)
    fence_after: int | None = None
    taken_over: bool = False
    held: dict[int, PostId] = field(default_factory=dict)
    checks: int = 0
    written: list[tuple[int, PostId]] = field(default_factory=list)
    forgotten: list[tuple[int, PostId]] = field(default_factory=list)
    spoken: int = 0

    async def check(self) -> None:
        self.checks += 1
        if self.fence_after is not None and self.checks > self.fence_after:
            raise Fenced("another run has taken over")

    async def place(self, page: int, post_id: PostId) -> None:
        if self.taken_over:
            raise Fenced("another run has taken over")
        self.written.append((page, post_id))
        if page >= FIRST_FILE:
            self.files[page] = post_id

    async def holds(self, page: int, post_id: PostId) -> bool | None:
        return post_id == self.held[page] if page in self.held else None

    def spoke(self) -> None:
        self.spoken += 1

    async def gone(self, page: int, post_id: PostId) -> None:
        self.forgotten.append((page, post_id))
        self.outdated = [each for each in self.outdated if each != (page, post_id)]
