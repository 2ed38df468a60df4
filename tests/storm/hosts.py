"""The hosts of files on both platforms, and what goes wrong there: errors, silence, a page in place of a file."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from tests.fakes.slack.depot import Depot
from tests.fakes.slack.workspace import Workspace
from tests.storm.plan import Trouble
from tests.storm.values import Diary

TROUBLES = frozenset({Trouble.FILES_DOWN, Trouble.FILES_SILENT, Trouble.FILES_SIGN_IN})

_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in to go on.</body></html>"
_SILENT_S = 30.0
"""Longer than the bot waits between two bytes of a file."""
_OFTEN = 0.8
_TRIES = 3

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Mishaps:
    """What the next requests for a file meet, whichever platform they go to."""

    diary: Diary
    silent_s: float = _SILENT_S
    _ordered: deque[tuple[Trouble, float]] = field(default_factory=deque)

    def order(self, trouble: Trouble, strength: float) -> None:
        """The next request fails so; a host that is down mostly is so for one try, at times for all of them."""
        often = _TRIES if trouble is Trouble.FILES_DOWN and strength > _OFTEN else 1
        self._ordered.extend([(trouble, strength)] * often)

    async def meet(self, request: web.Request, give: Handler) -> web.StreamResponse:
        """The file, or what was ordered."""
        if not self._ordered:
            return await give(request)
        trouble, strength = self._ordered.popleft()
        self.diary.fired.append((time.monotonic(), trouble))
        if trouble is Trouble.FILES_SIGN_IN:
            return web.Response(text=_PAGE, content_type="text/html")
        if trouble is Trouble.FILES_SILENT:
            await asyncio.sleep(self.silent_s)
        return web.Response(status=500 if strength > 0.5 else 503)

    def attach(self, app: web.Application) -> None:
        """Stand before the files that an application hands out, and before nothing else of it."""

        @web.middleware
        async def before(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(("/attachments/", "/ephemeral-attachments/")):
                return await self.meet(request, handler)
            return await handler(request)

        app.middlewares.append(before)


class Quay(Depot):
    """Slack's host of files, with mishaps."""

    def __init__(self, workspace: Workspace, token: str, mishaps: Mishaps) -> None:
        super().__init__(workspace, token)
        self._mishaps = mishaps

    async def _give(self, request: web.Request) -> web.Response:
        response = await self._mishaps.meet(request, super()._give)
        assert isinstance(response, web.Response)
        return response
