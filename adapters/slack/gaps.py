"""When Slack may have had nobody to deliver to, and telling of it."""

import asyncio
import logging
from collections.abc import Sequence

from slack_sdk.socket_mode.aiohttp import SocketModeClient

from adapters.slack.timing import Timing
from adapters.slack.values import PLATFORM
from bot.contract import Accept, EventsMissed

log = logging.getLogger("parley.slack")


class Missed:
    """Says that events may have been missed, as often as it takes until that is accepted."""

    def __init__(self, accept: Accept, timing: Timing) -> None:
        self._accept = accept
        self._timing = timing

    async def tell(self) -> None:
        """The loop that supervises one notice: nobody would deliver it again."""
        while True:
            try:
                return await self._accept(EventsMissed(PLATFORM))
            except Exception as error:  # whatever keeps the engine from taking it now, it is told again in a moment
                log.warning("slack_gap_not_taken error=%s", type(error).__name__)
                await asyncio.sleep(self._timing.watch_s)


class Gaps:
    """Looks now and then whether there was always a socket: one that was open at the last look still has to be."""

    def __init__(self, clients: Sequence[SocketModeClient]) -> None:
        self._clients = clients
        self._open = [client.current_session for client in clients]
        self._gap = False
        self.deaf = False

    async def over(self) -> bool:
        """A gap has ended since the last look. Afterwards `deaf` says that there is no socket now."""
        before, self._open = self._open, [each.current_session for each in self._clients if await each.is_connected()]
        self.deaf = not self._open
        self._gap = self._gap or not any(now is then for now in self._open for then in before)
        ended, self._gap = self._gap and not self.deaf, self._gap and self.deaf
        return ended
