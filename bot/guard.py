"""What may be asked when somebody else names the place: the open internet, and nothing in our own network.

A name is judged at the moment of connecting, by the very answer that is used.
"""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_AZURE: Final = IPv4Address("168.63.129.16")
"""Where Azure keeps what its machines may know of themselves: a public address that only they can reach."""


class PrivateNetwork(Exception):
    """A name leads nowhere but into a private network."""

    def __init__(self, host: str) -> None:
        super().__init__("a name leads into a private network")
        self.host = host


class Guard(AbstractResolver):
    """Asks another resolver and hands on the public addresses alone.

    The connection is made to one of these and the name is not asked for again, so an answer cannot change between
    being judged and being used. Hosts that are numbers (`is_number`) never come here: who asks judges these.
    """

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises `PrivateNetwork` where no public address is among the answers."""
        answers = await self._resolver.resolve(host, port, family)
        public = [answer for answer in answers if is_public(answer["host"])]
        if answers and not public:
            raise PrivateNetwork(host)
        return public

    async def close(self) -> None:
        """Release the other resolver."""
        await self._resolver.close()


def is_number(host: str) -> bool:
    """Whether somebody may take this host for an address of numbers, however it is written."""
    return ":" in host or bool(_NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]))


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
