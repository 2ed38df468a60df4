"""One request to the gateway and what becomes of it: the answer, or a fault, a lesson, a wait, an error."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from bot.errors import GatewayError
from bot.gateway.blame import Cleaner, translate
from bot.gateway.catalogue import Catalogue
from bot.gateway.faults import Fault, Kind, refusal
from bot.gateway.lessons import Memory
from bot.gateway.patience import Patience
from bot.gateway.retry import Tries, hints
from bot.gateway.transport import LOST, Endpoint
from bot.gateway.values import Lesson

log = logging.getLogger("parley.gateway")

_REFUSAL_S: Final = 30.0
_LONGEST_REFUSAL: Final = 64 * 1024
_MISSING_S: Final = 3600.0
_GONE: Final = frozenset({Kind.MISSING, Kind.FORBIDDEN, Kind.NO_CHANNEL})
_OPERATOR: Final = frozenset({Kind.TOKEN, Kind.BALANCE})


class Faulted(Exception):
    """One try has failed."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.kind.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Exchange:
    """What every call of a client shares. `learned` is awaited for each new lesson, `sleep` before each repeat."""

    http: httpx.AsyncClient
    outside: httpx.AsyncClient
    endpoint: Endpoint
    catalogue: Catalogue
    patience: Patience
    memory: Memory
    learned: Callable[[Lesson], Awaitable[None]] | None
    sleep: Callable[[float], Awaitable[None]]

    def tries(self) -> Tries:
        """The tries of one call to a model that is not slow."""
        return Tries(self.patience.tries, self.patience.max_wait_s, self.patience.total_s)

    @asynccontextmanager
    async def answer(self, request: httpx.Request, limit_s: float) -> AsyncIterator[httpx.Response]:
        """The response of a request that was accepted; leaving breaks off what was not read. Raises `Faulted`."""
        try:
            async with asyncio.timeout(limit_s):
                response = await self.http.send(request, stream=True)
        except LOST as lost:
            raise Faulted(Fault(Kind.UNREACHABLE, message=type(lost).__name__)) from lost
        try:
            if not response.is_success:
                raise Faulted(await _refused(response))
            yield response
        finally:
            await response.aclose()

    async def keep(self, lessons: list[Lesson]) -> None:
        """The repeat has worked, so what it rests on is true; empties the list."""
        while lessons:
            lesson = lessons.pop(0)
            if self.memory.keep(lesson):
                log.info("gateway_learned model=%s field=%s remedy=%s", lesson.model, lesson.field, lesson.remedy)
                if self.learned is not None:
                    await self.learned(lesson)

    async def pause(self, model: str, tries: int, fault: Fault, wait_s: float) -> None:
        """Say that a try is repeated, and wait."""
        log.warning(
            "gateway_repeat model=%s tries=%d kind=%s status=%d wait=%.2f request_id=%s",
            *(model, tries, fault.kind.value, fault.status, wait_s, fault.hints.request_id),
        )
        if wait_s > 0:
            await self.sleep(wait_s)

    def given_up(self, model: str, fault: Fault, written: Iterable[str] = ()) -> GatewayError:
        """The error for the last fault of a call; `written` is what people wrote, so that no log repeats it."""
        if fault.kind in _GONE:
            self.lacks(model)
        level = logging.ERROR if fault.kind in _OPERATOR else logging.WARNING
        raised = translate(fault, model, Cleaner(self.endpoint.secrets, written))
        log.log(level, "gateway_failed model=%s request_id=%s reason=%r", model, raised.request_id, str(raised))
        return raised

    def lacks(self, model: str) -> None:
        """Offer the model no more for an hour."""
        self.catalogue.mark_missing(model, time.monotonic() + _MISSING_S)


async def _refused(response: httpx.Response) -> Fault:
    """The fault behind a status that is no success; a body that does not come leaves the status alone."""
    body = b""
    try:
        async with asyncio.timeout(_REFUSAL_S):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _LONGEST_REFUSAL:
                    break
    except LOST:
        log.debug("gateway_refusal_cut status=%d", response.status_code)
    return refusal(response.status_code, body, hints(response.headers))
