"""A file in the making: written piece by piece beside the others, hashed on the way, a whole blob or nothing."""

import asyncio
import hashlib
import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bot.errors import FileBroken, FileError
from bot.kinds import HEAD, Kind, kind_of

log = logging.getLogger("parley.files")

PIECE: Final = 256 * 1024
"""So much at once to the disk: 0.3 ms of hashing, and no thread is asked more often than that."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A kept file. `id` is the SHA-256 of what it holds, in hex; `media_type` what its keeper found it to be."""

    id: str
    path: Path
    size: int
    media_type: str


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Make an error of the disk one that the asker can be told of; the log tells the operator which."""
    try:
        yield
    except OSError as error:
        log.error("blob_folder_failed doing=%s error=%s", doing, error.strerror)
        raise FileError(f"the blob folder failed while {doing}: {error.strerror}") from error


class _Part:
    """The file itself. A lock, because a cancelled task leaves its thread behind, still writing."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{secrets.token_hex(16)}.part"
        self._hash = hashlib.sha256()
        self._lock = threading.Lock()
        self._file: int | None = None
        self._over = False

    def write(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            with self._lock, told("writing"):
                _write(self._opened(), piece)
                self._hash.update(piece)

    def finish(self) -> str:
        """Everything on the disk; the id."""
        with self._lock, told("writing"):
            os.fsync(self._opened())
        return self._hash.hexdigest()

    def discard(self) -> None:
        with self._lock, told("tidying up"):
            self._over = True
            if self._file is not None:
                os.close(self._file)
                self._file = None
                self.path.unlink(missing_ok=True)

    def _opened(self) -> int:
        if self._over:
            raise FileError("it was given up")
        if self._file is None:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        return self._file


def _write(file: int, piece: bytes) -> None:
    """All of it: a disk that is nearly full takes less, and says so only the next time."""
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(file, rest) :]


class Draft:
    """`async with`: what was not kept by its end is gone. `size` counts what came, `kind` is told by its beginning.

    It has to be written to at least every quarter of an hour: what lies still for longer is taken for a dead run's.
    """

    def __init__(self, folder: Path, place: Callable[[Path, str, str], tuple[Path, str]]) -> None:
        self.size = 0
        self._part = _Part(folder)
        self._place = place
        self._head = b""
        self._kind: Kind | None = None
        self._waiting = bytearray()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._part.discard)

    @property
    def kind(self) -> Kind:
        """By what has been written so far; certain once that is `kinds.HEAD` bytes, or everything."""
        if self._kind is None or len(self._head) < HEAD:
            self._kind = kind_of(self._head)
        return self._kind

    async def write(self, chunk: bytes) -> None:
        """Put this behind what is there. Raises `FileError` where the disk is full."""
        self._count(chunk)
        self._waiting += chunk
        if len(self._waiting) >= PIECE:
            await self._flush()

    async def pour(self, pieces: Iterable[bytes]) -> None:
        """Put all these behind what is there, in a thread."""
        await self._flush()
        await asyncio.to_thread(self._part.write, map(self._count, pieces))

    async def keep(self, media_type: str | None = None) -> Blob:
        """Make a blob of it, of the kind that its bytes tell where none is given. Raises `FileError`."""
        if not self.size:
            raise FileBroken("it is empty")
        await self._flush()
        return await asyncio.to_thread(self._kept, media_type or self.kind.media_type)

    def _count(self, piece: bytes) -> bytes:
        self.size += len(piece)
        if len(self._head) < HEAD:
            self._head += piece[: HEAD - len(self._head)]
        return piece

    async def _flush(self) -> None:
        piece, self._waiting = bytes(self._waiting), bytearray()
        if piece:
            await asyncio.to_thread(self._part.write, (piece,))

    def _kept(self, media_type: str) -> Blob:
        blob_id = self._part.finish()
        with told("keeping"):
            path, known = self._place(self._part.path, blob_id, media_type)
        return Blob(blob_id, path, self.size, known)
