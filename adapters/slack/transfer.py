"""The bytes of our files on their way to Slack, read piece by piece beside the event loop."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp

from bot.contract import File
from bot.errors import ChannelBusy, PostRejected

_PIECE = 256 * 1024
_SLOWEST = 100_000
"""Bytes a second below which an upload is given up."""


async def put(session: aiohttp.ClientSession, url: str, file: File) -> None:
    """Send a file to the address that Slack gave for it, which is a secret: it stays out of every error.

    The address wants no token. Raises `ChannelBusy`, and `PostRejected` where Slack does not take these bytes.
    """
    headers = {"Content-Length": str(file.size), "Content-Type": "application/octet-stream"}
    patience = aiohttp.ClientTimeout(total=60 + file.size / _SLOWEST, sock_connect=10, sock_read=60)
    try:
        async with session.post(
            url, data=_pieces(file), headers=headers, timeout=patience, allow_redirects=False
        ) as said:
            status = said.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise ChannelBusy(f"upload: {type(error).__name__}", 2.0) from None
    except OSError as error:
        raise PostRejected(f"a file cannot be read: {type(error).__name__}") from None
    if status == 429 or status >= 500:
        raise ChannelBusy(f"upload: http_{status}", 2.0)
    if status != 200:
        raise PostRejected(f"upload: http_{status}")


async def whole(file: File) -> bool:
    """The file lies there with all its bytes."""
    try:
        return (await asyncio.to_thread(file.path.stat)).st_size == file.size
    except OSError:
        return False


async def _pieces(file: File) -> AsyncIterator[bytes]:
    opened = await asyncio.to_thread(file.path.open, "rb")
    with opened:
        while piece := await asyncio.to_thread(opened.read, _PIECE):
            yield piece
