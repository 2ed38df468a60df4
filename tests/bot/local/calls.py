"""Calls to the embedded backend's server in this process, and files to give it."""

import io
import math
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, FormData
from aiohttp.test_utils import TestServer

from bot.local.chat import ChatModel
from bot.local.hearing import Hearing
from bot.local.server import application
from bot.local.voice import Voice
from tests.stock import wav

TOKEN = "a-token"
Answer = tuple[int, str, bytes]
"""Status, media type, body."""


class NoChat(ChatModel):
    """For tests that do not chat."""

    def __init__(self) -> None:
        """No weights."""


class Caller:
    """Asks the server as the gateway client would."""

    def __init__(self, session: ClientSession, server: TestServer) -> None:
        self._session = session
        self._server = server

    async def get(self, path: str) -> Answer:
        async with self._session.get(self._server.make_url(path)) as answer:
            return answer.status, answer.content_type, await answer.read()

    async def post(self, path: str, body: Any) -> Answer:
        kind = "data" if isinstance(body, FormData | bytes) else "json"
        async with self._session.post(self._server.make_url(path), **{kind: body}) as answer:
            return answer.status, answer.content_type, await answer.read()


@asynccontextmanager
async def calling(hearing: Hearing | None = None, voice: Voice | None = None) -> AsyncIterator[Caller]:
    server = TestServer(application(NoChat(), TOKEN, hearing, voice))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with server, ClientSession(headers=headers) as session:
        yield Caller(session, server)


def form(file: bytes | None, name: str = "voice.wav", field: str = "file", **fields: str) -> FormData:
    data = FormData(default_to_multipart=True)
    for each, value in fields.items():
        data.add_field(each, value)
    if file is not None:
        data.add_field(field, io.BytesIO(file), filename=name)
    return data


def tone(seconds: float, rate: int = 16_000) -> bytes:
    """A wav file of a tone."""
    samples = (int(8000 * math.sin(2 * math.pi * 440 * number / rate)) for number in range(int(seconds * rate)))
    return wav(b"".join(struct.pack("<h", sample) for sample in samples), rate)
