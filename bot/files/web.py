"""Asking a file's host: the addresses checked one by one, the headers to the first place alone."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.contract import Download
from bot.errors import FileError, FileLost
from bot.files import hosts
from bot.guard import Guard, PrivateNetwork

log = logging.getLogger("parley.files")

_HOPS: Final = 5
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_CLOSED: Final = frozenset({401, 403})
_SCOPE: Final = "the scope to read files may be missing (files:read on Slack): grant it and install the app again"
_OURS: Final = {"User-Agent": "parley", "Accept-Encoding": "identity"}
_AT_ONCE: Final = 16
_BUFFER: Final = 64 * 1024
_LOST: Final = (aiohttp.ClientError, OSError)


class Again(Exception):
    """This try has failed and another may not; `retry_after` seconds where the host said so."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits in seconds; `idle_s` is between two bytes, `total_s` holds for a file with all its tries."""

    connect_s: float = 10.0
    idle_s: float = 20.0
    total_s: float = 300.0
    max_wait_s: float = 10.0
    tries: int = 3


class Web:
    """The connections: those to public addresses, and apart from them those that may go anywhere."""

    def __init__(self, patience: Patience, resolver: AbstractResolver | None = None) -> None:
        self._patience = patience
        self._resolver = resolver
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def aclose(self) -> None:
        """Close every connection."""
        while self._sessions:
            await self._sessions.popitem()[1].close()

    @asynccontextmanager
    async def get(self, download: Download) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer with the file. Raises `FileError`, or `Again`, also for what happens to its reader's stream.

        aiohttp's errors quote addresses, so they are no causes of ours.
        """
        try:
            async with self._found(download) as response:
                yield response
        except _LOST as error:
            raise Again(f"connection lost: {type(error).__name__}") from None
        except PrivateNetwork as private:
            hint = "name the host with its port among the allowed ones if that is meant"
            log.warning("file_refused host=%s why=%s hint=%s", private.host, private, hint)
            raise FileLost("the name of its host leads into a private network") from None
        except ValueError:
            raise FileError("its request cannot be written down: a token with odd characters?") from None

    @asynccontextmanager
    async def _found(self, download: Download) -> AsyncIterator[aiohttp.ClientResponse]:
        url, home = download.url, None
        for _ in range(1 + _HOPS):
            address, place = _checked(url, download.hosts)
            home = home or address.origin
            secret = download.headers if address.origin == home else {}
            async with self._ask(address, place, secret) as response:
                target = response.headers.get("Location") if response.status in _MOVED else None
                if target is None:
                    _judge(response, address)
                    yield response
                    return
            url = _next(address, target)
        raise FileLost("its host sends from place to place without end")

    def _ask(
        self, address: hosts.Address, place: hosts.Pattern, secret: Mapping[str, str]
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self._session(place.anywhere).get(
            URL(address.url, encoded=True), headers={**secret, **_OURS}, allow_redirects=False
        )

    def _session(self, anywhere: bool) -> aiohttp.ClientSession:
        if anywhere not in self._sessions:
            self._sessions[anywhere] = self._opened(self._resolver if anywhere else Guard(self._resolver))
        return self._sessions[anywhere]

    def _opened(self, resolver: AbstractResolver | None) -> aiohttp.ClientSession:
        limits = aiohttp.ClientTimeout(
            sock_connect=self._patience.connect_s, sock_read=self._patience.idle_s, total=None
        )
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, limit=_AT_ONCE),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=limits,
            auto_decompress=False,
            read_bufsize=_BUFFER,
            trust_env=False,
        )


def closed(status: int, host: str) -> FileLost:
    """Not open to us; the log tells the operator what may be missing."""
    log.warning("file_not_open status=%d host=%s hint=%s", status, host, _SCOPE)
    return FileLost(f"not open to us (status {status})")


def _checked(url: str, allowed: tuple[str, ...]) -> tuple[hosts.Address, hosts.Pattern]:
    address = hosts.address(url)
    if address is None:
        raise FileLost("its address is not plainly written, or not one of HTTP")
    place = hosts.allowed(address.origin, allowed)
    if place is None:
        log.warning("file_refused host=%s why=%s", address.origin.host, "it is not among the allowed hosts")
        raise FileLost("its host is not among the allowed ones")
    return address, place


def _next(address: hosts.Address, target: str) -> str:
    try:
        return urljoin(address.url, target)
    except ValueError:
        raise FileLost("its host sends to no address") from None


def _judge(response: aiohttp.ClientResponse, address: hosts.Address) -> None:
    """Only a whole, uncompressed file will do: nobody asked for a part of it, and what unpacks may be a bomb."""
    status = response.status
    if status in _BUSY:
        raise Again(f"status {status}", _seconds(response.headers.get("Retry-After", "")))
    if status in _CLOSED:
        raise closed(status, address.origin.host)
    if 400 <= status < 500:
        raise FileLost(f"status {status}")
    if status != 200:
        raise FileError(f"an answer that holds no file (status {status})")
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise FileError("its host compresses it although it was asked not to")
    if response.headers.get("Transfer-Encoding", "chunked").strip().lower() != "chunked":
        raise FileError("its host transfers it in a way that was not asked for")


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.replace(".", "", 1).isdigit() and len(text) < 9 else None
