"""What a reply knows of its own posts, and where it writes that down."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from bot.contract import PostId
from bot.model import Placed

FIRST_FILE = 1000
"""From this page on a post shows files. No text has so many pages."""


def post_key(stem: str, page: int) -> str:
    """The key of one post of an answer: `t17-0`, `t17-1` for its text, `t17-f0` for its first files."""
    return f"{stem}-{page}" if page < FIRST_FILE else f"{stem}-f{page - FIRST_FILE}"


def held(posts: Iterable[Placed], key: str, post_id: PostId) -> bool | None:
    """Whether a post that was sent with this key is one of these; None while none of them has the key.

    A platform that knows keys gives whoever sends the same the same post.
    """
    placed = {post.post_id: post.key for post in posts}
    if post_id in placed:
        return True
    return False if key in placed.values() else None


class Journal(Protocol):
    """Where a reply asks whether it may still speak, and writes down what it placed."""

    @property
    def key(self) -> str:
        """The stem of its posts' keys, see `post_key`; at most 18 ASCII characters."""
        ...

    @property
    def placed(self) -> tuple[PostId, ...]:
        """Posts of an earlier attempt, by page: they are edited instead of sent anew."""
        ...

    @property
    def files(self) -> Mapping[int, PostId]:
        """The posts of files that this answer shows already, by page."""
        ...

    @property
    def outdated(self) -> Sequence[tuple[int, PostId]]:
        """The posts of files that an earlier answer has left, with their pages."""
        ...

    async def check(self) -> None:
        """Raises `Fenced` when another run has taken over."""
        ...

    async def place(self, page: int, post_id: PostId) -> None:
        """Remember a post; awaited before the next platform call. Raises `Fenced`."""
        ...

    def spoke(self) -> None:
        """A call is made that changes what stands. Where another run has taken over, it may write over the words of
        that one: a process that is frozen in the middle of a call writes when it wakes up.
        """
        ...

    async def gone(self, page: int, post_id: PostId) -> None:
        """Forget a post that was taken away: who answers next must not try to edit it."""
        ...

    async def holds(self, page: int, post_id: PostId) -> bool | None:
        """Whether the answer uses this post, whoever makes it now; None while it has none for the page."""
        ...
