"""Names that lead into a private network are refused at the moment of connecting, by the very answer that is used."""

import logging
import socket

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.errors import FileLost
from bot.files.hosts import is_public

log = logging.getLogger("parley.files")


class Guard(AbstractResolver):
    """Asks another resolver and hands on the public addresses alone.

    The connection is made to one of these and the name is not asked for again, so an answer cannot change between
    being judged and being used.
    """

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises `FileLost` where no public address is among the answers."""
        answers = await self._resolver.resolve(host, port, family)
        public = [answer for answer in answers if is_public(answer["host"])]
        if answers and not public:
            log.warning(
                "file_refused host=%s why=%s hint=%s",
                host,
                "its name leads into a private network",
                "name the host with its port among the allowed ones if that is meant",
            )
            raise FileLost("the name of its host leads into a private network")
        return public

    async def close(self) -> None:
        """Release the other resolver."""
        await self._resolver.close()
