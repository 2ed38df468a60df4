"""Putting an answer on the socket, with every way to do it badly."""

import asyncio
import socket
import struct

from aiohttp import web

from tests.fakes.gateway.behaviours import Answer, Broken, Cut, Gibberish, Raw, Stall
from tests.fakes.gateway.envelopes import envelope
from tests.fakes.gateway.frames import Frames, comment, dump
from tests.fakes.gateway.speech import Speech

_RST_ON_CLOSE = struct.pack("ii", 1, 0)


async def forever() -> None:
    """Until the client goes away or the gateway is closed."""
    await asyncio.Event().wait()


def reset(request: web.Request) -> None:
    """Close the connection with RST."""
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
    transport.abort()


def plain(raw: Raw) -> web.Response:
    """Any bytes as they are."""
    return web.Response(status=raw.status, body=raw.body, content_type=raw.content_type, headers=raw.headers)


class Delivery:
    """One answer on its way to one client."""

    def __init__(self, request: web.Request, speech: Speech, frames: Frames) -> None:
        self._request = request
        self._speech = speech
        self._answer: Answer = speech.answer
        self._frames = frames

    async def whole(self) -> web.StreamResponse:
        """The answer as one JSON body; ends that a stream would have are translated."""
        if self._answer.hold is not None:
            await self._answer.hold.wait()
        await asyncio.sleep(self._answer.delay_s)
        body = dump(self._frames.whole()).encode()
        match self._answer.end:
            case Broken(fail=fail):
                body = dump(envelope(fail)).encode()
            case Cut(reset=True):
                reset(self._request)
            case Cut():
                body = body[: len(body) // 2]
            case Stall():
                await forever()
        return web.Response(body=body, content_type="application/json", headers=self._answer.headers)

    async def stream(self) -> web.StreamResponse:
        """The answer as an event stream."""
        if self._answer.hold is not None and self._answer.hold_after is None:
            await self._answer.hold.wait()
        response = web.StreamResponse(headers={"Cache-Control": "no-cache", **self._answer.headers})
        response.content_type = "text/event-stream"
        await response.prepare(self._request)
        for frame in self._frames.opening():
            await self._write(response, frame)
        if await self._pieces(response):
            for frame in self._frames.closing():
                await self._write(response, frame)
        return response

    async def _pieces(self, response: web.StreamResponse) -> bool:
        for at, piece in enumerate(self._speech.pieces):
            if not await self._before(response, at):
                return False
            await self._write(response, self._frames.piece(piece))
            if self._answer.delay_s:
                await asyncio.sleep(self._answer.delay_s)
        return await self._before(response, len(self._speech.pieces), last=True)

    async def _before(self, response: web.StreamResponse, at: int, *, last: bool = False) -> bool:
        if self._answer.comment is not None:
            await self._write(response, comment(self._answer.comment, self._answer))
        if self._answer.hold is not None and self._answer.hold_after == at:
            await self._answer.hold.wait()
        end = self._answer.end
        due = isinstance(end, Cut | Broken | Stall | Gibberish) and (at == end.after or (last and at < end.after))
        return await self._misbehave(response) if due else True

    async def _misbehave(self, response: web.StreamResponse) -> bool:
        match self._answer.end:
            case Cut(reset=True):
                reset(self._request)
            case Broken() as end:
                await self._write(response, self._frames.broken(end))
            case Stall(comment_every_s=every):
                await self._stall(response, every)
            case Gibberish(lines=lines):
                for _ in range(lines):
                    await self._write(response, b'data: {"choices":[{"index":0,"de\n\n')
                return True
        return False

    async def _stall(self, response: web.StreamResponse, every: float | None) -> None:
        if every is None:
            await forever()
            return
        while True:
            await self._write(response, comment("keep-alive", self._answer))
            await asyncio.sleep(every)

    async def _write(self, response: web.StreamResponse, frame: bytes) -> None:
        size = self._answer.dribble or len(frame)
        for at in range(0, len(frame), size):
            await response.write(frame[at : at + size])
            if self._answer.dribble:
                await asyncio.sleep(0)
