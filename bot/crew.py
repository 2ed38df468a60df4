"""Who works off the turns: this process alone, or this one beside others, or only the others."""

import asyncio
import contextlib
import logging
from collections.abc import Collection, Sequence
from typing import Protocol

from bot.engine import Engine
from bot.model import ConversationId
from bot.runner.local import LocalRunner
from bot.runner.sharing import SharedRunner
from bot.store import Store
from bot.supervise import Supervisor

log = logging.getLogger("parley.app")

ABLE_S = 15.0
"""How long open turns of an earlier run wait for their platforms before they are taken up."""
LOOK_AGAIN_S = 5.0


class Crew(Protocol):
    """`begins`: a question may be worked on before its commit is through."""

    begins: bool

    def wake(self, conversation: ConversationId) -> None:
        """There is an open turn."""
        ...

    async def take_up(self, store: Store, engine: Engine, supervisors: Sequence[Supervisor]) -> None:
        """Begin to work; runs until it is cancelled or all is begun."""
        ...

    async def stop(self) -> None:
        """No new turns; the running ones may finish within the grace time."""
        ...


class Alone:
    """Nobody else works on what this process has taken in."""

    begins = True

    def __init__(self, runner: LocalRunner) -> None:
        self._runner = runner

    def wake(self, conversation: ConversationId) -> None:
        """In its lane."""
        self._runner.wake(conversation)

    async def take_up(self, store: Store, engine: Engine, supervisors: Sequence[Supervisor]) -> None:
        """Take up the turns that an earlier run left open, once their platforms can speak."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ABLE_S):
                for supervisor in supervisors:
                    await supervisor.able.wait()
        waiting = await _left_open(store, [supervisor.platform.name for supervisor in supervisors])
        for conversation in waiting:
            engine.recover(conversation)
        if waiting:
            log.info("turns_taken_up conversations=%d", len(waiting))

    async def stop(self) -> None:
        """What is not finished waits for the next start."""
        await self._runner.stop()


class Shared:
    """The work is in a queue; `works` says whether this process takes any from it."""

    begins = False

    def __init__(self, runner: SharedRunner, *, works: bool) -> None:
        self._runner = runner
        self._works = works

    def wake(self, conversation: ConversationId) -> None:
        """Through the queue."""
        self._runner.wake(conversation)

    async def take_up(self, store: Store, engine: Engine, supervisors: Sequence[Supervisor]) -> None:
        """Work for each platform from when it can be spoken on; where it never can, others have to answer."""
        if self._works:
            await asyncio.gather(*(self._work_for(supervisor) for supervisor in supervisors))

    async def stop(self) -> None:
        """What is not finished is the others'."""
        await self._runner.stop()

    async def _work_for(self, supervisor: Supervisor) -> None:
        await supervisor.entered.wait()
        self._runner.start(supervisor.platform.name)


async def _left_open(store: Store, platforms: Collection[str]) -> Sequence[ConversationId]:
    """Those of the platforms that run: the others' turns keep their attempts until somebody can answer them."""
    while True:
        try:
            return await store.open_conversations(platforms)
        except Exception as error:  # the recovery's own loop: a database that comes back is asked again
            log.warning("turns_not_taken_up reason=%s again_in=%.0f", type(error).__name__, LOOK_AGAIN_S)
            await asyncio.sleep(LOOK_AGAIN_S)
