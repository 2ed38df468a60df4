"""The blob folder: files by what they hold, next to the database, safe against crashes and shared by processes."""

import asyncio
import logging
import os
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote, unquote

from bot.files.copying import pieces
from bot.files.draft import Blob, Draft, told

log = logging.getLogger("parley.files")

_ID: Final = re.compile(r"[0-9a-f]{64}")
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9.+-]{1,50}/[a-z0-9.+-]{1,100}")
_SHELF: Final = re.compile(r"[0-9a-f]{2}")
_NAMELESS: Final = "application/octet-stream"
_DEAD_S: Final = 900.0
_FRESH_S: Final = 600.0
"""Between keeping a blob and storing who needs it lie moments; nothing so young is dropped for room."""


@dataclass(frozen=True, slots=True)
class _Found:
    path: Path
    size: int
    written: float

    @property
    def id(self) -> str:
        return self.path.name.partition(".")[0]


class Blobs:
    """One folder, for any number of processes. A blob's name is its id and its media type, on a shelf of its first
    two digits, so nothing else needs to be remembered.

    `most_bytes` is kept by `prune` alone, since only its caller knows what is still needed.
    """

    def __init__(self, folder: Path, most_bytes: int | None = None, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._new = folder / "new"
        self._most_bytes = most_bytes
        self._clock = clock

    @classmethod
    async def open(cls, folder: Path, most_bytes: int | None = None, clock: Callable[[], float] = time.time) -> Self:
        """The folder, made and closed to others where needed, rid of what dead runs left. Raises `FileError`."""
        blobs = cls(folder, most_bytes, clock)
        await asyncio.to_thread(blobs._prepare)
        return blobs

    def draft(self) -> Draft:
        """A file to write piece by piece."""
        return Draft(self._new, self._place)

    async def keep(self, source: Path | bytes, media_type: str | None = None) -> Blob:
        """Keep a copy; a media type is found where none is given. The same content is kept once. Raises `FileError`."""
        async with self.draft() as draft:
            await draft.pour((source,) if isinstance(source, bytes) else pieces(source))
            return await draft.keep(media_type)

    async def find(self, blob_id: str) -> Blob | None:
        """The blob; None where it is not kept, or this is no id."""
        return await asyncio.to_thread(self._find, blob_id)

    async def count(self) -> int:
        """How many blobs there are."""
        return len(await self._all())

    async def size(self) -> int:
        """How many bytes all blobs have."""
        return sum(found.size for found in await self._all())

    async def prune(self, older_than_s: float, keep: Collection[str]) -> int:
        """Remove blobs kept longer ago than this whose id is not in `keep`, then the oldest others of these until
        all fit into the limit, and what dead runs left; how many blobs went. Raises `FileError`."""
        return await asyncio.to_thread(self._prune, older_than_s, frozenset(keep))

    async def _all(self) -> list[_Found]:
        return await asyncio.to_thread(lambda: list(self._scan()))

    def _prepare(self) -> None:
        with told("opening"):
            self._new.mkdir(parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            self._new.chmod(0o700)
            self._sweep()

    def _place(self, part: Path, blob_id: str, media_type: str) -> tuple[Path, str]:
        """Also where the content is there already: so it counts as new, and a `prune` elsewhere lets it be."""
        there = self._find(blob_id)
        known = media_type if _MEDIA_TYPE.fullmatch(media_type) else _NAMELESS
        path = there.path if there else self._shelf(blob_id) / f"{blob_id}.{quote(known, safe='+')}"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        os.replace(part, path)
        _settle(path.parent)
        return path, _media_type(path)

    def _find(self, blob_id: str) -> Blob | None:
        if not _ID.fullmatch(blob_id):
            return None
        for found in _files(self._shelf(blob_id)):
            if found.id == blob_id:
                return Blob(blob_id, found.path, found.size, _media_type(found.path))
        return None

    def _shelf(self, blob_id: str) -> Path:
        return self._folder / blob_id[:2]

    def _scan(self) -> Iterator[_Found]:
        for shelf in sorted(self._folder.iterdir()):
            if _SHELF.fullmatch(shelf.name):
                yield from (found for found in _files(shelf) if _ID.fullmatch(found.id))

    def _prune(self, older_than_s: float, keep: frozenset[str]) -> int:
        with told("tidying up"):
            self._sweep()
            everything = sorted(self._scan(), key=lambda found: found.written)
            unneeded = [found for found in everything if found.id not in keep]
            expired = sum(_remove(found) for found in unneeded if self._age(found) > older_than_s)
            return expired + self._make_room([found for found in unneeded if self._age(found) <= older_than_s])

    def _make_room(self, droppable: Iterable[_Found]) -> int:
        """Drop these, in this order, until the rest fits."""
        if self._most_bytes is None:
            return 0
        gone, over = 0, sum(found.size for found in self._scan()) - self._most_bytes
        for found in droppable:
            if over > 0 and self._age(found) > _FRESH_S and _remove(found):
                gone, over = gone + 1, over - found.size
        if over > 0:
            log.warning("blobs_full bytes_over=%d", over)
        return gone

    def _age(self, found: _Found) -> float:
        return self._clock() - found.written

    def _sweep(self) -> None:
        """By age and not by process: others that live may write here, from other machines too."""
        for left in _files(self._new):
            if self._age(left) > _DEAD_S:
                left.path.unlink(missing_ok=True)


def _media_type(path: Path) -> str:
    return unquote(path.name.partition(".")[2])


def _files(folder: Path) -> Iterator[_Found]:
    """What lies there at this moment; others may take it away meanwhile."""
    try:
        entries = sorted(folder.iterdir())
    except FileNotFoundError:
        return
    for path in entries:
        try:
            state = path.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        yield _Found(path, state.st_size, state.st_mtime)


def _remove(found: _Found) -> bool:
    """Unless somebody has kept the same content anew since it was looked at."""
    try:
        if found.path.stat().st_mtime != found.written:
            return False
        found.path.unlink()
    except FileNotFoundError:
        return False
    return True


def _settle(folder: Path) -> None:
    """A name is on the disk only once its folder is."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
