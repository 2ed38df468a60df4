"""A call that is answered in one piece, whatever its body: pictures, speech, transcripts."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import httpx

from bot.errors import GatewayError, ModelUnavailable
from bot.gateway.body import Body, Form, Outgoing, encode, with_model, without
from bot.gateway.carving import parse_beside
from bot.gateway.exchange import Exchange, Faulted
from bot.gateway.faults import Fault, Hints, Kind, hidden, refusal, stranger
from bot.gateway.lessons import Taught, of_value, refused_field
from bot.gateway.retry import Tries, hints
from bot.gateway.shapes import Undecodable
from bot.gateway.transport import LOST
from bot.gateway.values import Lesson

__all__ = ["Ask", "Got", "NotServed", "Once", "read_capped"]

_CORRECTIONS: Final = 3
_WRITTEN: Final = frozenset({"prompt", "input", "instructions", "instruct", "negative_prompt"})
_NO_SUCH_DOOR: Final = frozenset({404, 405, 415, 501})
_LONGEST_WRITTEN: Final = 100_000


class NotServed(ModelUnavailable):
    """The gateway does not serve this path, or not for this model; another way to the same thing may be open."""


@dataclass(frozen=True, slots=True)
class Got:
    """The answer. `value` is its JSON, None where it is none; `media_type` is what the gateway calls it."""

    body: bytes = field(repr=False)
    media_type: str
    request_id: str
    value: object = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Ask:
    """One call. The model's wire name goes into the path where that has `{model}`, else into the body.

    `optional` fields are left out when the gateway refuses them, at most three of them; it is remembered for the
    model unless the refusal was about the value of a `chosen` one. A `paid` call is repeated only where the gateway
    can't have begun: 429, 503, no connection. `holds` says whether a success holds what was asked for; what does not
    is read as a refusal.
    """

    model: str
    path: str
    key: str
    body: Body = field(repr=False)
    accept: str = "application/json"
    limit_s: float = 300.0
    largest: int = 64 * 1024**2
    paid: bool = False
    optional: frozenset[str] = frozenset()
    chosen: frozenset[str] = frozenset()
    holds: Callable[[Got], bool] | None = None


class Once:
    """One logical call over all its tries."""

    def __init__(self, exchange: Exchange, ask: Ask) -> None:
        self._exchange = exchange
        self._ask = ask
        spec = exchange.catalogue.get(ask.model)
        self._model = spec.id if spec else ask.model
        self._wire_id = exchange.catalogue.wire_id(ask.model)
        self._taught: Taught = exchange.memory.of(self._model)
        self._tries: Tries = exchange.tries()
        self._lessons: list[Lesson] = []
        self._corrections = 0

    async def got(self) -> Got:
        """The answer. Raises `GatewayError`, and of these `NotServed` where only this way is closed."""
        while True:
            # 25 MB of a recording take 60 ms.
            content, content_type = await asyncio.to_thread(encode, self._body())
            outgoing = Outgoing(content)
            try:
                got = await self._try(self._request(outgoing, len(content), content_type))
            except Faulted as faulted:
                wait = self._mend(faulted.fault, outgoing)
                if wait is None:
                    raise self._given_up(faulted.fault) from faulted
                await self._exchange.pause(self._model, self._tries.used, faulted.fault, wait)
            else:
                await self._exchange.keep(self._lessons)
                self._exchange.catalogue.mark_missing(self._model, 0.0)
                return got

    def _body(self) -> Body:
        body = without(self._ask.body, {name for name in self._ask.optional if self._taught.drops(name)})
        return body if "{model}" in self._ask.path else with_model(body, self._wire_id)

    def _request(self, outgoing: Outgoing, size: int, content_type: str) -> httpx.Request:
        return self._exchange.http.build_request(
            "POST",
            self._ask.path.replace("{model}", self._wire_id),
            content=outgoing,
            headers={
                "Content-Type": content_type,
                "Content-Length": str(size),
                "Accept": self._ask.accept,
                "Idempotency-Key": self._ask.key,
            },
        )

    async def _try(self, request: httpx.Request) -> Got:
        try:
            async with (
                asyncio.timeout(self._ask.limit_s),
                self._exchange.answer(request, self._ask.limit_s) as response,
            ):
                asked = hints(response.headers)
                body = await read_capped(response, self._ask.largest)
        except LOST as lost:
            raise Faulted(Fault(Kind.UNREACHABLE, message=type(lost).__name__)) from lost
        got = Got(body, _media_type(response), asked.request_id, await _json(body))
        fault = _unasked(self._ask, got, asked)
        if fault is not None:
            raise Faulted(fault)
        return got

    def _mend(self, fault: Fault, outgoing: Outgoing) -> float | None:
        """Change the call so that it may pass, and say after how many seconds; None: nothing can be done."""
        if fault.kind is Kind.PARAMETER:
            return self._correct(fault)
        if self._ask.paid and outgoing.begun and fault.status not in (429, 503):
            return None
        return self._tries.wait(fault)

    def _correct(self, fault: Fault) -> float | None:
        body = self._body()
        sent = body.names() if isinstance(body, Form) else set(body)
        name = refused_field(fault, sent, self._ask.optional)
        if name is None or self._corrections == _CORRECTIONS:
            return None
        self._corrections += 1
        lesson = Lesson(self._model, name, "drop")
        self._taught = self._taught.plus(lesson)
        if not (name in self._ask.chosen and of_value(fault)):
            self._lessons.append(lesson)
        return 0.0

    def _given_up(self, fault: Fault) -> GatewayError:
        raised = self._exchange.given_up(self._model, fault, _written(self._ask.body))
        closed = fault.status in _NO_SUCH_DOOR and fault.kind is not Kind.MISSING
        if closed or fault.kind is Kind.ENDPOINT:
            return NotServed(str(raised), model=self._model, request_id=raised.request_id)
        return raised


async def read_capped(response: httpx.Response, largest: int) -> bytes:
    """The whole body. Raises `Faulted` as soon as it is longer than that, which no repeat would change."""
    chunks = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > largest:
            raise Faulted(Fault(Kind.GARBLED, 200, message="a body without end", hints=Hints(should_retry=False)))
        chunks.append(chunk)
    return b"".join(chunks)


def _media_type(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()


async def _json(body: bytes) -> object:
    if body[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        return await parse_beside(body)
    except Undecodable:
        return None


def _unasked(ask: Ask, got: Got, asked: Hints) -> Fault | None:
    """The fault behind a success that does not hold what was asked for."""
    fault = hidden(got.value, asked)
    if fault is not None:
        return fault
    if got.body and (ask.holds or _plainly(ask.accept))(got):
        return None
    if got.value is not None:
        fault = stranger(got.value, asked)
        return fault if fault.kind is not Kind.GARBLED else replace(fault, message="JSON without what was asked for")
    if got.body and got.media_type.startswith("text/"):
        fault = refusal(200, got.body, asked)
        return replace(fault, kind=Kind.GARBLED) if fault.kind is Kind.TROUBLE else fault
    message = f"{got.media_type or 'something'} that does not hold what was asked for" if got.body else "an empty body"
    return Fault(Kind.GARBLED, 200, message=message, hints=asked)


def _plainly(accept: str) -> Callable[[Got], bool]:
    if accept == "application/json":
        return lambda got: got.value is not None
    return lambda got: got.value is None and not got.media_type.startswith(("text/", "application/json"))


def _written(body: Body) -> list[str]:
    """What people wrote; a picture in base64 among it would take seconds to look for."""
    fields: Mapping[str, object] = dict(body.fields) if isinstance(body, Form) else body
    texts = [value for name, value in fields.items() if name in _WRITTEN and isinstance(value, str)]
    return [text for text in texts if len(text) < _LONGEST_WRITTEN]
