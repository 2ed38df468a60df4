"""A platform's file host, as strict as the real ones: it counts who asked for what, and with which token."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

SIGN_IN: Final = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>" + b"<p>please</p>" * 800
TOKEN: Final = "xoxb-very-secret"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came in."""

    path: str
    token: str | None
    encodings: str


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FileHost:
    """`answers` are given in turn, the last one again and again; `requests` is what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[Seen] = []
        self.origin = ""
        self.port = 0
        server = web.Application()
        server.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(server, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        self.origin = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        headers = request.headers
        self.requests.append(
            Seen(request.path_qs, headers.get("Authorization"), ",".join(headers.getall("Accept-Encoding", [])))
        )
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)


def file(body: bytes, status: int = 200, **headers: str) -> Answer:
    """Just this, whoever asks. An underscore in a header's name is a dash."""

    async def answer(request: web.Request) -> web.StreamResponse:
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, body=body, headers=extra)

    return answer


def moved(place: str, status: int = 302) -> Answer:
    """The file is somewhere else."""
    return file(b"over there", status, Location=place)


def closed(body: bytes) -> Answer:
    """The file for who has the token; the way to the sign-in page for everybody else."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/signin":
            return web.Response(body=SIGN_IN, content_type="text/html")
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=302, headers={"Location": "/signin"})
        return web.Response(body=body)

    return answer


def streamed(chunks: Sequence[bytes], pause_s: float = 0.0, *, endless: bool = False) -> Answer:
    """Piece by piece, with no word on how much it will be."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            for chunk in chunks:
                await response.write(chunk)
                await asyncio.sleep(pause_s)
            if not endless:
                return response

    return answer


def raw(wire: bytes) -> Answer:
    """These bytes on the connection, and its end: for what no well-behaved server would send."""

    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(wire)
        request.transport.close()
        return web.Response()

    return answer


class Names(AbstractResolver):
    """Names of this test; `asked` counts. Each answer is given in turn, the last one again and again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        numbers = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0) for each in numbers]

    async def close(self) -> None:
        return None
