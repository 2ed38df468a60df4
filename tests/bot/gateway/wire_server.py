"""A server of scripted bytes on a loopback socket, for what no well-behaved gateway would send."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came in; header names in lower case. `body` is its JSON, empty where it is something else."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, object] = field(default_factory=dict)
    raw: bytes = b""


@dataclass(slots=True)
class Line:
    """The open connection, as a step of the script sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    seen: Seen
    gone: asyncio.Event

    async def write(self, raw: bytes) -> None:
        self.writer.write(raw)
        await self.writer.drain()

    def reset(self) -> None:
        self.writer.transport.abort()

    async def until_gone(self) -> None:
        """Wait until the other side has closed."""
        while await self.reader.read(1024):
            continue
        self.gone.set()


Step = Callable[[Line], Awaitable[None]]


class WireServer:
    """`script` holds one step a request, the last one again and again; `requests` what was asked."""

    def __init__(self, *script: Step) -> None:
        self.script = list(script)
        self.requests: list[Seen] = []
        self.gone = asyncio.Event()
        self.connections = 0
        self.url = ""
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                seen = await _request(reader)
                self.requests.append(seen)
                step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                await step(Line(reader, writer, seen, self.gone))
                if writer.is_closing():
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            self.gone.set()
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    method, path, _ = head[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-1])}
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    is_json = headers.get("content-type") == "application/json"
    return Seen(method, path, headers, json.loads(raw) if is_json else {}, raw)


def head(status: int, content_type: str, extra: Mapping[str, str], length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {content_type}", *(f"{k}: {v}" for k, v in extra.items())]
    lines.append("Connection: close" if length is None else f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


def reply(status: int, body: object, content_type: str = "application/json", **headers: str) -> Step:
    """A whole answer; anything but bytes goes out as JSON. An underscore in a header's name is a dash."""
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    extra = {name.replace("_", "-"): value for name, value in headers.items()}

    async def step(line: Line) -> None:
        await line.write(head(status, content_type, extra, len(raw)) + raw)

    return step


def stream(*chunks: object, content_type: str = "text/event-stream", **headers: str) -> Step:
    """A stream that is closed at the end: bytes as they are, anything else as one event, floats are pauses."""
    extra = {name.replace("_", "-"): value for name, value in headers.items()}

    async def step(line: Line) -> None:
        await line.write(head(200, content_type, extra))
        for chunk in chunks:
            if isinstance(chunk, float):
                await asyncio.sleep(chunk)
            else:
                await line.write(chunk if isinstance(chunk, bytes) else data(chunk))
        line.writer.close()

    return step


def stall(*chunks: object, comment_every_s: float | None = None) -> Step:
    """A stream that is never closed: after its chunks it is silent, or sends comments only."""

    async def step(line: Line) -> None:
        await line.write(head(200, "text/event-stream", {}))
        for chunk in chunks:
            await line.write(chunk if isinstance(chunk, bytes) else data(chunk))
        if comment_every_s is None:
            await line.until_gone()
        while comment_every_s is not None:
            await line.write(b": PING\n\n")
            await asyncio.sleep(comment_every_s)

    return step


async def hang(line: Line) -> None:
    """Never answer."""
    await line.until_gone()


async def drop(line: Line) -> None:
    """Reset the connection without an answer."""
    line.reset()


def cut(*chunks: object) -> Step:
    """Reset the connection in the middle of a stream."""

    async def step(line: Line) -> None:
        await line.write(head(200, "text/event-stream", {}))
        for chunk in chunks:
            await line.write(chunk if isinstance(chunk, bytes) else data(chunk))
        await asyncio.sleep(0.02)
        line.reset()

    return step


def data(value: object) -> bytes:
    """One event."""
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


DONE = b"data: [DONE]\n\n"


def chunk(text: str | None = None, finish: str | None = None, **delta: object) -> dict[str, object]:
    """One chunk of a chat stream."""
    inner = delta | ({} if text is None else {"content": text})
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": inner, "finish_reason": finish}]}


def answer(text: object, finish: str | None = "stop", **message: object) -> dict[str, object]:
    """A whole chat reply."""
    inner = {"role": "assistant", "content": text} | message
    return {"object": "chat.completion", "choices": [{"index": 0, "message": inner, "finish_reason": finish}]}


def fault(message: str, **fields: object) -> dict[str, object]:
    """OpenAI's envelope of an error."""
    return {"error": {"message": message} | fields}


OK = stream(chunk("Hello"), chunk(finish="stop"), DONE)
