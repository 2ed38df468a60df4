"""Reply: one growing answer, paced and paged into a Channel. (face only; see the contract of `Journal`)"""

from typing import Protocol

from bot.contract import PostId


class Journal(Protocol):
    """Where a reply asks whether it may still speak, and writes down what it placed."""

    @property
    def key(self) -> str:
        """The stem of its posts' keys: page N goes out as `{key}-{N}`; at most 20 ASCII characters."""
        ...

    @property
    def placed(self) -> tuple[PostId, ...]:
        """Posts of an earlier attempt, by page: they are edited instead of sent anew."""
        ...

    async def check(self) -> None:
        """Raises `Fenced` when another run has taken over."""
        ...

    async def place(self, page: int, post_id: PostId) -> None:
        """Remember a post; awaited before the next platform call. Raises `Fenced`."""
        ...
