"""Intermediate edits: at most one in flight in a place, always with the newest text.

discord.py holds the call that used up a rate-limit bucket until the bucket is full again, although the edit
is already shown. Whoever streams must not wait for that, and all posts of one place share the bucket.
"""

import asyncio
from collections.abc import Awaitable, Callable

from bot.contract import PostId

Write = Callable[[], Awaitable[None]]
"""Makes one intermediate edit; must not raise."""


class Drafts:
    """The intermediate edits of one place."""

    def __init__(self) -> None:
        self._waiting: dict[PostId, Write] = {}
        self._writing: tuple[PostId, asyncio.Event] | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is in flight."""
        return self._task is None

    def offer(self, post_id: PostId, write: Write) -> None:
        """Make this edit as soon as the place is free; an older one that still waits is forgotten."""
        self._waiting[post_id] = write
        if self._task is None:
            self._task = asyncio.create_task(self._write_all())

    async def settle(self, post_id: PostId) -> None:
        """Forget what waits for a post, and return once nothing of it is in flight."""
        self._waiting.pop(post_id, None)
        if self._writing is not None and self._writing[0] == post_id:
            await self._writing[1].wait()

    async def close(self, timeout: float) -> None:
        """Forget what waits; what is in flight may end within so many seconds."""
        self._waiting.clear()
        if self._task is not None:
            _, late = await asyncio.wait({self._task}, timeout=timeout)
            for task in late:
                task.cancel()

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                await self._write(next(iter(self._waiting)))
        finally:
            self._task = None

    async def _write(self, post_id: PostId) -> None:
        done = asyncio.Event()
        self._writing = (post_id, done)
        try:
            await self._waiting.pop(post_id)()
        finally:
            self._writing = None
            done.set()
