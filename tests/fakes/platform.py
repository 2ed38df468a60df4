"""A platform whose channels can be read as screens, for tests of the engine."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from types import TracebackType
from typing import Self

from bot.contract import Accept, Address, AsgiApp, Capabilities, Command, Download, MessageReceived, Origin, Survey
from bot.errors import ChannelError
from tests.fakes.channel import ROOMY, FakeChannel, ShownPost


class FakePlatform:
    """Implements `bot.contract.Platform`; every origin gets a channel of its own, kept in `channels`.

    `anchored` is the origin that a command's question is shown under; `earlier` is what `read` finds.
    `downloads` says for every channel where the files that came in lie, by ref.
    """

    def __init__(self, capabilities: Capabilities = ROOMY) -> None:
        self.capabilities = capabilities
        self.channels: list[tuple[Origin, FakeChannel]] = []
        self.earlier: Sequence[MessageReceived] | ChannelError = ()
        self.read_at: list[Address] = []
        self.anchored: Origin | None = None
        self.downloads: dict[str, Download] = {}
        self.prepare: list[tuple[str, ChannelError]] = []
        self._ids = count(1)

    @property
    def name(self) -> str:
        return "fake"

    @property
    def web(self) -> AsgiApp | None:
        return None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def listen(self, accept: Accept, commands: Sequence[Command]) -> None:
        raise AssertionError("tests of the engine hand it their events themselves")

    def open(self, origin: Origin) -> FakeChannel:
        channel = FakeChannel(self.capabilities, origin=self.anchored or origin, elsewhere=self.posts, ids=self._ids)
        channel.downloads = self.downloads
        for verb, error in self.prepare:
            channel.fail(verb, error)  # type: ignore[arg-type]  # the test names a verb
        self.channels.append((origin, channel))
        return channel

    async def read(self, address: Address, after: str | None, limit: int) -> Sequence[MessageReceived]:
        self.read_at.append(address)
        if isinstance(self.earlier, ChannelError):
            raise self.earlier
        return self.earlier[-limit:]

    async def survey(
        self, channel: Address, threads: Sequence[Address], after: str | None, since: datetime, limit: int
    ) -> Survey:
        return Survey(await self.read(channel, after, limit), threads, (), None)

    def posts(self) -> list[ShownPost]:
        """Every post that was ever sent here, whichever channel it was sent through."""
        return [post for _, channel in self.channels for post in channel.posts]

    def shown(self, address: Address | None = None) -> list[str]:
        """What stands in a place, or anywhere, in the order in which the channels were opened."""
        return [
            text for origin, channel in self.channels if address in (None, origin.address) for text in channel.shown()
        ]

    def notices(self) -> list[str]:
        """What people were told alone."""
        return [text for _, channel in self.channels for text in channel.notices]
