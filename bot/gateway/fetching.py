"""Results that the gateway names by address: fetched at once, with the token for nobody but the gateway itself.

The address may come out of a model's own text, so it is as hostile as that: nothing in our own network is asked.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import httpx

from bot.gateway.exchange import Exchange, Faulted
from bot.gateway.faults import Fault, Hints, Kind
from bot.gateway.once import read_capped
from bot.gateway.retry import hints
from bot.gateway.transport import LOST
from bot.guard import PrivateNetwork, is_number, is_public

_HOPS: Final = 5
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_PASSING: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, *range(520, 525), 529})
_PRIVATE: Final = "a result in a private network, which BOT_RESULT_HOSTS can allow"
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes, and what their host calls them."""

    body: bytes = field(repr=False)
    media_type: str


async def fetch(exchange: Exchange, url: str, largest: int, limit_s: float, model: str = "") -> Fetched:
    """The file at an https address, or at the gateway's own. Raises `GatewayError`, which never holds the address.

    `model` is whose result it is, for the words in which a failure is told.
    """
    tries = exchange.tries()
    while True:
        try:
            return await _try(exchange, url, largest, limit_s)
        except Faulted as faulted:
            wait = tries.wait(faulted.fault)
            if wait is None:
                raise exchange.given_up(model, faulted.fault) from faulted
            await exchange.pause(model, tries.used, faulted.fault, wait)


async def _try(exchange: Exchange, url: str, largest: int, limit_s: float) -> Fetched:
    try:
        async with asyncio.timeout(limit_s):
            return await _follow(exchange, url, largest)
    except LOST as lost:
        # Their texts hold the address.
        raise Faulted(Fault(Kind.UNREACHABLE, message=type(lost).__name__)) from None
    except PrivateNetwork:
        raise _useless(_PRIVATE) from None
    except UnicodeError:  # a name that cannot even be asked for
        raise _useless("a result at no web address") from None


async def _follow(exchange: Exchange, url: str, largest: int) -> Fetched:
    target = _address(url)
    for _ in range(_HOPS):
        client = _client(exchange, target)
        response = await client.send(_request(exchange, target), stream=True)
        try:
            if response.status_code not in _MOVED:
                return await _read(response, largest)
            target = target.join(_address(response.headers.get("location", "")))
        finally:
            await response.aclose()
    raise _useless("a result that is moved for ever")


async def _read(response: httpx.Response, largest: int) -> Fetched:
    if not response.is_success:
        kind = Kind.TROUBLE if response.status_code in _PASSING else Kind.GARBLED
        raise _useless("a result that is not there", kind, response.status_code, hints(response.headers).retry_after)
    body = await read_capped(response, largest)
    if not body:
        raise _useless("an empty result")
    return Fetched(body, str(response.headers.get("content-type", "")).partition(";")[0].strip().lower())


def _request(exchange: Exchange, target: httpx.URL) -> httpx.Request:
    """Only the gateway's own origin gets our headers, which hold the token; nobody gets cookies of another."""
    if _origin(target) == _origin(httpx.URL(exchange.endpoint.root)):
        return exchange.http.build_request("GET", target, headers={"Accept": "*/*"})
    return httpx.Request(
        "GET",
        target,
        headers={"User-Agent": "parley", "Accept": "*/*", "Accept-Encoding": "identity"},
        extensions={"timeout": exchange.http.timeout.as_dict()},
    )


def _client(exchange: Exchange, target: httpx.URL) -> httpx.AsyncClient:
    """Who asks there. Raises `Faulted` for what must not be asked: no web address, somebody's password, our own
    network; a name that leads there is found out on connecting."""
    if target.scheme not in _PORTS or not target.host or target.userinfo:
        raise _useless("a result at no web address")
    endpoint = exchange.endpoint
    if httpx.URL(endpoint.root).host == target.host or target.netloc.decode() in endpoint.result_hosts:
        return exchange.http
    if target.scheme != "https":
        raise _useless("a result that would not come encrypted, which BOT_RESULT_HOSTS can allow")
    host = target.raw_host.decode("ascii")
    if host == "localhost" or (is_number(host) and not is_public(host)):
        raise _useless(_PRIVATE)
    return exchange.outside


def _address(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except httpx.InvalidURL:
        raise _useless("a result at no web address") from None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme)


def _useless(message: str, kind: Kind = Kind.GARBLED, status: int = 200, retry_after: float | None = None) -> Faulted:
    repeat = None if kind is Kind.TROUBLE else False
    return Faulted(Fault(kind, status, message=message, hints=Hints(retry_after, repeat)))
