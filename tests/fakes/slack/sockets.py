"""Socket Mode: one-time addresses, the hello, envelopes and their acknowledgements, disconnects."""

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from uuid import uuid4

from aiohttp import WSMsgType, web

from tests.fakes.slack.clock import Changes, Clock
from tests.fakes.slack.delivery import ACK_WITHIN, Outcome, Retry
from tests.fakes.slack.values import Ack, ApiError, Json

MOST = 10
"""Sockets that one app may have open (https://docs.slack.dev/apis/events-api/using-socket-mode)."""

GRACE = 10.0
"""Seconds between a `disconnect` frame and the close."""


@dataclass(slots=True)
class Pending:
    """An envelope that was sent on a socket and not yet acknowledged."""

    event_id: str | None
    sent: float
    answer: asyncio.Future[object]


@dataclass(slots=True, eq=False)
class Socket:
    """One open socket; a `leaving` one gets no more envelopes."""

    ws: web.WebSocketResponse
    request: web.Request
    pending: dict[str, Pending] = field(default_factory=dict)
    leaving: bool = False


class Sockets:
    """All sockets of the app. An envelope goes to any one of them and must be acknowledged on that one."""

    def __init__(self, clock: Clock, changes: Changes, app_id: str) -> None:
        self.open: list[Socket] = []
        self.acks: list[Ack] = []
        self.base_url = ""
        self.refused_until = float("-inf")
        self._clock = clock
        self._changes = changes
        self._app_id = app_id
        self._tickets: set[str] = set()
        self._turn = itertools.count()

    def address(self) -> str:
        """A new `wss` address, good for one connection; `apps.connections.open` hands it out."""
        if self.refusing:
            raise ApiError("internal_error")
        ticket = uuid4().hex
        self._tickets.add(ticket)
        return f"{self.base_url}/link/?ticket={ticket}&app_id={self._app_id}"

    @property
    def refusing(self) -> bool:
        """Whether connections are turned away at the moment."""
        return self._clock.now() < self.refused_until

    @property
    def ready(self) -> list[Socket]:
        """The sockets that take envelopes."""
        return [socket for socket in self.open if not socket.leaving and not socket.ws.closed]

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """The handshake: a used or unknown ticket is refused, the eleventh socket is sent away."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets or self.refusing:
            return web.Response(status=503 if self.refusing else 403)
        self._tickets.remove(ticket)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        socket = Socket(ws, request)
        await self._serve(socket)
        return ws

    async def send(self, kind: str, payload: Json, retry: Retry | None) -> Outcome:
        """Send one envelope down the next socket and wait for its acknowledgement."""
        ready = self.ready
        if not ready:
            return Outcome(acked=False)
        socket = ready[next(self._turn) % len(ready)]
        envelope_id = str(uuid4())
        waiting = Pending(_event_id(payload), self._clock.now(), asyncio.get_running_loop().create_future())
        socket.pending[envelope_id] = waiting
        await _say(socket, _envelope(envelope_id, kind, payload, retry))
        in_time = await self._clock.before(waiting.sent + ACK_WITHIN, waiting.answer)
        if not in_time or waiting.answer.cancelled():
            return Outcome(acked=False)
        response = waiting.answer.result()
        after = self._clock.now() - waiting.sent
        return Outcome(acked=True, after=after, response=response if isinstance(response, dict) else None)

    async def disconnect(self, reason: str) -> None:
        """Announce the end to every socket; one that does not leave is closed after ten seconds."""
        leaving = [socket for socket in self.open if not socket.leaving]
        for socket in leaving:
            socket.leaving = True
            await _say(socket, {"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}})

    async def close_leaving(self) -> None:
        """Close what was told to leave and has not."""
        for socket in [socket for socket in self.open if socket.leaving]:
            await socket.ws.close()

    def drop(self) -> None:
        """Cut every connection without a word, as a broken network does."""
        for socket in self.open:
            if socket.request.transport is not None:
                socket.request.transport.abort()

    async def _serve(self, socket: Socket) -> None:
        self.open.append(socket)
        self._changes.notify()
        try:
            await self._greet(socket)
            await self._listen(socket)
        finally:
            self.open.remove(socket)
            _abandon(socket)
            self._changes.notify()

    async def _greet(self, socket: Socket) -> None:
        if len(self.open) > MOST:
            await _say(socket, {"type": "disconnect", "reason": "too_many_websockets"})
            await socket.ws.close()
            return
        debug = {"host": "fake", "build_number": 1, "approximate_connection_time": 18060}
        about = {"app_id": self._app_id}
        hello: Json = {"type": "hello", "num_connections": len(self.open), "debug_info": debug}
        await _say(socket, {**hello, "connection_info": about})

    async def _listen(self, socket: Socket) -> None:
        async for frame in socket.ws:
            if frame.type is WSMsgType.TEXT:
                self._acknowledge(socket, frame.data)

    def _acknowledge(self, socket: Socket, frame: str) -> None:
        answer = json.loads(frame)
        envelope_id = str(answer.get("envelope_id"))
        waiting = socket.pending.pop(envelope_id, None)
        if waiting is None or waiting.answer.done():
            return
        after = self._clock.now() - waiting.sent
        self.acks.append(Ack(envelope_id, waiting.event_id, after, in_time=after <= ACK_WITHIN))
        waiting.answer.set_result(answer.get("payload"))
        self._changes.notify()


async def _say(socket: Socket, frame: Json) -> None:
    try:
        await socket.ws.send_json(frame)
    except ConnectionError:
        _abandon(socket)  # the peer is gone; whoever waits for an answer must not


def _abandon(socket: Socket) -> None:
    for waiting in socket.pending.values():
        waiting.answer.cancel()


def _envelope(envelope_id: str, kind: str, payload: Json, retry: Retry | None) -> Json:
    envelope: Json = {"envelope_id": envelope_id, "type": kind, "payload": payload}
    envelope["accepts_response_payload"] = kind != "events_api"
    if kind == "events_api":
        envelope["retry_attempt"] = retry.number if retry else 0
        envelope["retry_reason"] = retry.reason if retry else ""
    return envelope


def _event_id(payload: Json) -> str | None:
    event_id = payload.get("event_id")
    return None if event_id is None else str(event_id)
