"""LocalRunner: who runs a conversation now, in one process: one lane a conversation, lanes side by side."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from bot.model import ConversationId

log = logging.getLogger("parley.runner")

Work = Callable[[ConversationId], Awaitable[bool]]
"""Does the next open turn of a conversation; False when there is none."""

Sleep = Callable[[float], Awaitable[None]]

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0


class Steps:
    """Works a conversation off turn by turn; a turn that broke the engine is logged and tried again, ever later."""

    def __init__(self, work: Work, conversation: ConversationId, sleep: Sleep = asyncio.sleep) -> None:
        self._work = work
        self._conversation = conversation
        self._sleep = sleep
        self._pause_s = FIRST_PAUSE_S

    async def next(self) -> bool:
        """Do one turn; whether another may be open."""
        try:
            more = await self._work(self._conversation)
        except Exception:  # the lane's own loop: a turn that broke the engine must not end its lane
            log.exception("lane_failed conversation=%s pause=%.0f", self._conversation, self._pause_s)
            await self._sleep(self._pause_s)
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
            return True
        self._pause_s = FIRST_PAUSE_S
        return more


class LocalRunner:
    """Runs `work` for woken conversations: in order within one, at most `limit` at a time over all.

    Leaving its context lets running turns finish for `grace_s` seconds, then cancels them; what was not
    finished stays open in the store.
    """

    def __init__(self, work: Work, *, limit: int, grace_s: float) -> None:
        self._work = work
        self._slots = asyncio.Semaphore(limit)
        self._grace_s = grace_s
        self._lanes: dict[ConversationId, asyncio.Task[None]] = {}
        self._again: set[ConversationId] = set()
        self._stopping = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def wake(self, conversation: ConversationId) -> None:
        """There is an open turn: run it after whatever its lane does now."""
        if self._stopping:
            return
        if conversation in self._lanes:
            self._again.add(conversation)
            return
        lane = asyncio.create_task(self._lane(conversation), name=f"lane-{conversation}")
        self._lanes[conversation] = lane

    async def idle(self) -> None:
        """Returns when no lane runs."""
        while self._lanes:
            await asyncio.wait(self._lanes.values())

    async def stop(self) -> None:
        """No new turns; the running ones may finish within the grace time."""
        self._stopping = True
        running = set(self._lanes.values())
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=self._grace_s)
        for lane in late:
            lane.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        log.info("runner_stopped finished=%d parked=%d", len(running) - len(late), len(late))

    async def _lane(self, conversation: ConversationId) -> None:
        steps = Steps(self._step, conversation)
        try:
            while not self._stopping:
                self._again.discard(conversation)
                if not await steps.next() and conversation not in self._again:
                    return
        finally:
            # Here and not in a callback: a wake between the last look and the callback would be lost.
            del self._lanes[conversation]

    async def _step(self, conversation: ConversationId) -> bool:
        async with self._slots:
            return await self._work(conversation)
