"""Standard input by lines, without blocking the event loop and without holding the process at its end."""

import asyncio
import codecs
import io
import os
import threading
from contextlib import suppress
from typing import Self, TextIO

_CHUNK = 65536


class Lines:
    """The lines of a file descriptor: a pipe, a file, a terminal or nothing.

    A daemon thread reads below Python's buffered stream, whose lock would abort the interpreter at its exit
    if a thread still waited in it. A read that was waited for in vain is kept for the next call.
    """

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""
        self._ended = descriptor is None
        self._reading: asyncio.Future[bytes] | None = None

    @classmethod
    def of(cls, stream: TextIO | None) -> Self:
        """The lines of a text stream of the system; of one that is closed or has no descriptor, none."""
        try:
            return cls(None if stream is None else stream.fileno())
        except (io.UnsupportedOperation, ValueError):
            return cls(None)

    @property
    def interactive(self) -> bool:
        """A person types them."""
        return self._descriptor is not None and os.isatty(self._descriptor)

    async def next(self) -> str | None:
        """The next line without its end, None after the last."""
        while "\n" not in self._rest and not self._ended:
            chunk = await self._chunk()
            self._ended = not chunk
            self._rest += self._decoder.decode(chunk, final=self._ended)
        if not self._rest:
            return None
        line, _, self._rest = self._rest.partition("\n")
        return line.removesuffix("\r")

    async def _chunk(self) -> bytes:
        if self._reading is None:
            self._reading = asyncio.get_running_loop().create_future()
            threading.Thread(target=self._read, args=(self._reading,), daemon=True, name="parley-lines").start()
        chunk = await asyncio.shield(self._reading)
        self._reading = None
        return chunk

    def _read(self, reading: asyncio.Future[bytes]) -> None:
        try:
            chunk = os.read(self._descriptor, _CHUNK) if self._descriptor is not None else b""
        except OSError:  # a terminal that hung up
            chunk = b""
        with suppress(RuntimeError):  # the loop may be closed by now
            reading.get_loop().call_soon_threadsafe(_deliver, reading, chunk)


def _deliver(reading: asyncio.Future[bytes], chunk: bytes) -> None:
    if not reading.done():
        reading.set_result(chunk)
