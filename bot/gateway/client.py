"""The gateway's only client: a method per endpoint, retries within, every foreign error translated."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

import httpx
from aiohttp.abc import AbstractResolver

from bot.errors import GatewayError
from bot.gateway.assembly import Assembly
from bot.gateway.blame import Cleaner, translate
from bot.gateway.call import Call
from bot.gateway.catalogue import Catalogue
from bot.gateway.encoding import encoded, encoded_in_pieces
from bot.gateway.exchange import Exchange, Faulted
from bot.gateway.faults import Fault, Kind
from bot.gateway.fetching import Fetched, fetch
from bot.gateway.lessons import Memory, Taught
from bot.gateway.once import Ask, Got, Once
from bot.gateway.patience import Patience
from bot.gateway.reading import Reading
from bot.gateway.retry import Tries, hints
from bot.gateway.shapes import Undecodable, parse, rows, table, words
from bot.gateway.transport import LOST, Endpoint, http_client, outside_client
from bot.gateway.values import ChatDelta, ChatEvent, ChatRequest, Lesson, ModelSpec

__all__ = ["Endpoint", "GatewayClient", "Patience"]

log = logging.getLogger("parley.gateway")

_PATIENT: Final = Patience()
_MODELS: Final = "/v1/models"
_MODELS_S: Final = 30.0


class GatewayClient:
    """One per process; `async with` closes its connections.

    `lessons` are those of earlier runs, `learned` is awaited for each new one. `sleep` waits before a retry.
    `resolver` looks up the names of places that the gateway sends to.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        catalogue: Catalogue,
        patience: Patience = _PATIENT,
        *,
        lessons: Iterable[Lesson] = (),
        learned: Callable[[Lesson], Awaitable[None]] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        transport: httpx.AsyncBaseTransport | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._patience = patience
        self._memory = Memory(lessons)
        self._http = http_client(endpoint, patience.connect_s, transport)
        self._outside = outside_client(endpoint, transport, resolver)
        self._exchange = Exchange(
            self._http, self._outside, endpoint, catalogue, patience, self._memory, learned, sleep
        )
        # MiniMax always thinks aloud in its answer, and hosts lose the tag that opens the thought.
        self._thinks_aloud = {model.id for model in catalogue.chat() if model.vendor == "minimax"}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()
        await self._outside.aclose()

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """The answer as it grows, then one `ChatEnd`. Raises `GatewayError`; what was yielded before it stands.

        Failed tries are repeated as long as nothing was yielded. `aclose()` breaks the HTTP request off.
        """
        spec = self._catalogue.get(request.model) or ModelSpec(request.model, "", frozenset({"chat"}))
        patience = self._patience.with_model(spec)
        tries = Tries(patience.tries, patience.max_wait_s, patience.total_s)
        call = Call(request, spec, self._catalogue.wire_id(spec.id), self._memory.of(spec.id), tries)
        while True:
            try:
                async with aclosing(self._try(call)) as events:
                    async for event in events:
                        call.spoken = True
                        yield event
                return
            except Faulted as faulted:
                fault = call.judge(faulted.fault)
                wait = call.mend(fault)
                if wait is None:
                    raise self._given_up(call, fault) from faulted
                await self._exchange.pause(spec.id, tries.used, fault, wait)

    async def once(self, ask: Ask) -> Got:
        """The answer to a call that is answered in one piece. Raises `GatewayError`."""
        return await Once(self._exchange, ask).got()

    async def fetch(self, url: str, largest: int, limit_s: float = 120.0, *, model: str = "") -> Fetched:
        """What the gateway said lies at an address. Raises `GatewayError`, which never holds the address."""
        return await fetch(self._exchange, url, largest, limit_s, model)

    def taught(self, model: str) -> Taught:
        """All that is known about a model beside the catalogue."""
        return self._memory.of(model)

    async def learn(self, lesson: Lesson) -> None:
        """Remember what a caller found out by several calls."""
        await self._exchange.keep([lesson])

    async def models(self) -> frozenset[str]:
        """The ids that the gateway lists; empty where it keeps no list. Raises `GatewayError`."""
        tries = Tries(self._patience.tries, self._patience.max_wait_s, self._patience.total_s)
        while True:
            try:
                return await self._list()
            except Faulted as faulted:
                if faulted.fault.status in (404, 405):
                    return frozenset()
                wait = tries.wait(faulted.fault)
                if wait is None:
                    raise translate(faulted.fault, "", Cleaner(self._exchange.endpoint.secrets)) from faulted
                await self._exchange.pause("", tries.used, faulted.fault, wait)

    async def _list(self) -> frozenset[str]:
        async with self._exchange.answer(self._http.build_request("GET", _MODELS), _MODELS_S) as response:
            try:
                async with asyncio.timeout(_MODELS_S):
                    value = parse(await response.aread())
            except Undecodable as undecodable:
                raise Faulted(Fault(Kind.GARBLED, 200, message="a list that is no JSON")) from undecodable
            except LOST as lost:
                raise Faulted(Fault(Kind.UNREACHABLE, message=type(lost).__name__)) from lost
        entries = rows(table(value).get("data")) or rows(value)
        return frozenset(filter(None, (words(table(each).get("id")) or words(each) for each in entries)))

    async def _try(self, call: Call) -> AsyncGenerator[ChatEvent, None]:
        patience = self._patience.with_model(call.spec)
        if not call.streams:
            patience = replace(patience, first_byte_s=patience.total_s)
        # Eight pictures are megabytes of Base64 and JSON, a tenth of a second in which nobody else would be served.
        request = await asyncio.to_thread(self._request, call) if call.shows else self._request(call)
        async with self._exchange.answer(request, patience.first_byte_s) as response:
            asked = hints(response.headers)
            hold = call.spec.id in self._thinks_aloud or (call.spec.reasoning and not call.streams)
            assembly = Assembly(call.request.model, asked, hold=hold)
            reading = Reading(assembly, patience, asked)
            async with aclosing(_deltas(response, reading, assembly)) as deltas:
                async for delta in deltas:
                    await self._exchange.keep(call.lessons)
                    yield delta
        self._watch_tags(call.spec, assembly)
        if assembly.fault is not None:
            raise Faulted(assembly.fault)
        await self._exchange.keep(call.lessons)
        self._catalogue.mark_missing(call.spec.id, 0.0)
        log.debug("gateway_answered model=%s request_id=%s", call.spec.id, asked.request_id)
        end = assembly.end()
        yield replace(end, toolless=True) if call.toolless else end

    def _request(self, call: Call) -> httpx.Request:
        return self._http.build_request(
            "POST",
            call.path,
            content=encoded_in_pieces(call.body()) if call.shows else encoded(call.body()),
            headers={
                "Content-Type": "application/json",
                "Accept": "text/event-stream" if call.streams else "application/json",
                "Idempotency-Key": call.request.key,
            },
        )

    def _watch_tags(self, spec: ModelSpec, assembly: Assembly) -> None:
        """A model that closed a thought it never opened is held back next time; one that showed no tag is not."""
        thoughts = assembly.thoughts
        if thoughts.orphan and spec.reasoning:
            self._thinks_aloud.add(spec.id)
        elif assembly.fault is None and thoughts.holding:
            self._thinks_aloud.discard(spec.id)

    def _given_up(self, call: Call, fault: Fault) -> GatewayError:
        if fault.kind is Kind.ENDPOINT:
            self._exchange.lacks(call.spec.id)
        return self._exchange.given_up(call.spec.id, fault, call.written())


async def _deltas(response: httpx.Response, reading: Reading, assembly: Assembly) -> AsyncGenerator[ChatDelta, None]:
    """Read to the end of the body or of our patience; the end itself, good or bad, is left in the assembly."""
    chunks = response.aiter_bytes()
    while assembly.fault is None:
        try:
            async with asyncio.timeout(reading.wait()):
                chunk = await anext(chunks, None)
        except TimeoutError:
            reading.lose("it fell silent")
            break
        except LOST as lost:
            reading.lose(type(lost).__name__)
            break
        if chunk is None:
            reading.close()
            break
        reading.take(chunk)
        delta = assembly.delta()
        if delta is not None:
            yield delta
    assembly.close()
    last = assembly.delta()
    if last is not None:
        yield last
