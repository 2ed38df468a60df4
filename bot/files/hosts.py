"""Which addresses may be asked; pure. An address that is not plain is refused, whatever a parser may make of it."""

import re
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import quote

_PORTS: Final = {"https": 443, "http": 80}
_URL: Final = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE)
_AUTHORITY: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_AZURE: Final = IPv4Address("168.63.129.16")
"""Where Azure keeps what its machines may know of themselves: a public address that only they can reach."""

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
    if origin is None or (below and _is_number(origin.host)):
        return None
    exact = scheme == "http" or authority.rpartition("]")[2].find(":") >= 0 or _is_number(origin.host)
    return Pattern(origin, below, exact and not below)


def allowed(origin: Origin, hosts: tuple[str, ...]) -> Pattern | None:
    """The entry that allows this place, one that lets it lie anywhere before others; None where none does."""
    patterns = [found for entry in hosts if (found := pattern(entry)) and found.fits(origin)]
    return max(patterns, key=lambda fitting: fitting.anywhere, default=None)


def is_public(address_text: str) -> bool:
    """Whether this address of numbers lies in the open internet, also where it only wraps another one."""
    try:
        found = ip_address(address_text)
    except ValueError:
        return False
    inner = (_wrapped(found) if isinstance(found, IPv6Address) else None) or found
    return inner.is_global and not inner.is_multicast and not inner.is_reserved and inner != _AZURE


def _wrapped(found: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a gateway would make of this one."""
    if found.ipv4_mapped or found.sixtofour:
        return found.ipv4_mapped or found.sixtofour
    nat64 = int(found) >> 32 == 0x64FF9B << 64
    return IPv4Address(int(found) & 0xFFFFFFFF) if nat64 else None


def _origin(scheme: str, authority: str) -> Origin | None:
    parts = _AUTHORITY.fullmatch(authority)
    host = _host(parts[1].lower()) if parts else None
    port = int(parts[2]) if parts and parts[2] else _PORTS[scheme]
    return Origin(scheme, host, port) if host and 0 < port < 65536 else None


def _host(host: str) -> str | None:
    if host.startswith("["):
        return _six(host[1:-1])
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _four(host)
    plain = len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)
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


def _is_number(host: str) -> bool:
    return host.startswith("[") or bool(_NUMBER.fullmatch(host.rpartition(".")[2]))
