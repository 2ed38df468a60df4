"""The one door for files that come in: fetched from where their platform says, and nowhere else."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import unquote, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver

from bot.contract import Attachment, Download
from bot.errors import FileError, FileLost
from bot.files.blobs import Blobs
from bot.files.copying import bound, pieces
from bot.files.draft import Blob, Draft
from bot.files.web import Again, Patience, Web, closed
from bot.kinds import HEAD, PAGE

_PATIENT: Final = Patience()
_FIRST_WAIT_S: Final = 0.5
_PAGES: Final = (".html", ".htm", ".xhtml")


class Door:
    """One per process; `async with` closes its connections. `sleep` waits before another try."""

    def __init__(
        self,
        blobs: Blobs,
        patience: Patience = _PATIENT,
        *,
        resolver: AbstractResolver | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._blobs = blobs
        self._patience = patience
        self._sleep = sleep
        self._web = Web(patience, resolver)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._web.aclose()

    async def fetch(self, download: Download, attachment: Attachment, *, most: int) -> Blob:
        """The file as a blob of at most so many bytes, its media type by its content. Raises `FileError` alone."""
        try:
            bound(attachment.size, most)
            async with asyncio.timeout(self._patience.total_s):
                return await self._fetched(download, attachment, most)
        except TimeoutError:
            raise FileError("it took too long", attachment.name) from None
        except FileError as error:
            error.name = error.name or attachment.name
            raise

    async def _fetched(self, download: Download, attachment: Attachment, most: int) -> Blob:
        if download.url[:5].lower() == "file:":
            return await self._copied(_path(download), most)
        wait = _FIRST_WAIT_S
        for _ in range(self._patience.tries - 1):
            try:
                return await self._tried(download, attachment, most)
            except Again as again:
                await self._pause(again, wait)
                wait *= 2
        try:
            return await self._tried(download, attachment, most)
        except Again as again:
            raise FileError(f"given up: {again}") from again

    async def _pause(self, again: Again, wait: float) -> None:
        asked = wait if again.retry_after is None else again.retry_after
        if asked > self._patience.max_wait_s:
            raise FileError(f"its host wants to be left alone: {again}") from again
        await self._sleep(asked)

    async def _tried(self, download: Download, attachment: Attachment, most: int) -> Blob:
        async with self._web.get(download) as response, self._blobs.draft() as draft:
            bound(response.content_length or 0, most)
            async for chunk in response.content.iter_any():
                bound(draft.size + len(chunk), most)
                await draft.write(chunk)
                if draft.size >= HEAD:
                    _refuse_page(draft, attachment, response)
            _refuse_page(draft, attachment, response, whole=True)
            return await draft.keep()

    async def _copied(self, path: Path, most: int) -> Blob:
        async with self._blobs.draft() as draft:
            await draft.pour(pieces(path, most))
            return await draft.keep()


def _refuse_page(
    draft: Draft, attachment: Attachment, response: aiohttp.ClientResponse, *, whole: bool = False
) -> None:
    """Without a usable token a host answers with its sign-in page, and says 200. A page that was promised has
    exactly the promised size."""
    if draft.kind is not PAGE:
        return
    promised = attachment.media_type.startswith("text/") or attachment.name.lower().endswith(_PAGES)
    if not promised or (whole and draft.size != attachment.size):
        raise closed(response.status, response.url.raw_host or "")


def _path(download: Download) -> Path:
    if "file:" not in download.hosts:
        raise FileLost("files of this machine are not open here")
    parts = urlsplit(download.url)
    if parts.netloc not in ("", "localhost"):
        raise FileLost("it lies on another machine")
    return Path(unquote(parts.path))
