"""Which addresses may be asked; pure. An address that is not plain is refused, whatever a parser may make of it."""

import re
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote

from bot.guard import is_number

_PORTS: Final = {"https": 443, "http": 80}
_URL: Final = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE)
_AUTHORITY: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_PRINTABLE: Final = "".join(map(chr, range(0x21, 0x7F))).replace("\\", "")


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom a request goes to."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Address:
    """A place that may be asked. `url` is written so that no parser can read another host in it."""

    origin: Origin
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One entry of `Download.hosts`.

    `below`: any name below this one, and not itself. `anywhere`: it names so exactly where to go (plain HTTP, a port,
    an address of numbers) that it may lie in a private network; of other names an answer that does is refused.
    """

    origin: Origin
    below: bool
    anywhere: bool

    def fits(self, origin: Origin) -> bool:
        """Whether the entry allows this place."""
        if (origin.scheme, origin.port) != (self.origin.scheme, self.origin.port):
            return False
        if self.below:
            return origin.host.endswith("." + self.origin.host)
        return origin.host == self.origin.host


def address(url: str) -> Address | None:
    """The address; None where it is not of HTTP, or its host is not written plainly."""
    whole = _URL.fullmatch(quote(url, safe=_PRINTABLE, errors="replace"))
    origin = _origin(whole[1].lower(), whole[2]) if whole else None
    if whole is None or origin is None:
        return None
    port = "" if origin.port == _PORTS[origin.scheme] else f":{origin.port}"
    rest = whole[3] if whole[3].startswith("/") else f"/{whole[3]}"
    return Address(origin, f"{origin.scheme}://{origin.host}{port}{rest}")


def pattern(entry: str) -> Pattern | None:
    """The entry as a pattern; None where it is no host of HTTP."""
    whole = _URL.fullmatch(entry)
    if whole is None or whole[3] not in ("", "/"):
        return None
    scheme, authority = whole[1].lower(), whole[2]
    below = authority.startswith("*.")
    origin = _origin(scheme, authority.removeprefix("*."))
    if origin is None or (below and is_number(origin.host)):
        return None
    exact = scheme == "http" or authority.rpartition("]")[2].find(":") >= 0 or is_number(origin.host)
    return Pattern(origin, below, exact and not below)


def allowed(origin: Origin, hosts: tuple[str, ...]) -> Pattern | None:
    """The entry that allows this place, one that lets it lie anywhere before others; None where none does."""
    patterns = [found for entry in hosts if (found := pattern(entry)) and found.fits(origin)]
    return max(patterns, key=lambda fitting: fitting.anywhere, default=None)


def _origin(scheme: str, authority: str) -> Origin | None:
    parts = _AUTHORITY.fullmatch(authority)
    host = _host(parts[1].lower()) if parts else None
    port = int(parts[2]) if parts and parts[2] else _PORTS[scheme]
    return Origin(scheme, host, port) if host and 0 < port < 65536 else None


def _host(host: str) -> str | None:
    if host.startswith("["):
        return _six(host[1:-1])
    if is_number(host):
        return _four(host)
    plain = len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.split("."))
    return host if plain else None


def _four(host: str) -> str | None:
    """Only the usual writing: 127.1, 0x7f000001 and 2130706433 name the same machine, to some."""
    try:
        return str(IPv4Address(host))
    except AddressValueError:
        return None


def _six(host: str) -> str | None:
    try:
        return f"[{IPv6Address(host)}]"
    except AddressValueError:
        return None
