"""The fake Discord as a place to measure in: one guild, a hundred channels, no rate limits of its own."""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from bench.wire import Shared, Source, Spoken
from tests.fakes.discord import FakeDiscord, File, Limits
from tests.fakes.discord.files import path_of, signed

_SETTLE_S = 0.5
"""After READY, until the guild is known and the commands are registered."""


class DiscordPlace:
    """A spot is the id of a channel."""

    def __init__(self, spots: int) -> None:
        self._discord = FakeDiscord(limits=Limits(enabled=False))
        self._user = self._discord.user("Ann")
        guild = self._discord.guild()
        channels = [self._discord.channel(guild, f"channel-{number}") for number in range(spots)]
        self._channels = {str(channel.id): channel for channel in channels}
        self.spots: Sequence[str] = list(self._channels)

    @property
    def environment(self) -> Mapping[str, str]:
        """The token and the address."""
        return {"DISCORD_BOT_TOKEN": self._discord.token, "DISCORD_API_BASE": self._discord.base_url}

    async def ready(self) -> None:
        """Returns once the gateway has a session."""
        await self._discord.until(lambda: bool(self._discord.hub.sessions), 30.0)
        await asyncio.sleep(_SETTLE_S)

    async def ask(self, spot: str, text: str) -> None:
        """A mention in the channel."""
        await self._discord.say(self._user, self._channels[spot], f"<@{self._discord.bot_user_id}> {text}")

    async def share(self, text: str, shared: Shared) -> Source:
        """A direct message with a file, or a voice message."""
        room = self._discord.dm(self._user)
        file = File(shared.name, shared.content, shared.media_type, shared.voice_s)
        said = await self._discord.say(self._user, room, text, attachments=[file])
        path = path_of(room.id, room.messages[said].attachments[0])
        return Source(signed(self._discord.base_url, path, self._discord.clock.now()), {})

    def spoken(self, start: int) -> Sequence[Spoken]:
        """Every REST call."""
        return [
            Spoken(call.at, call.route, _content(call.body))
            for call in itertools.islice(self._discord.calls, start, None)
        ]

    async def __aenter__(self) -> Self:
        await self._discord.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._discord.__aexit__(kind, error, trace)


def _content(body: object) -> str:
    return str(body.get("content") or "") if isinstance(body, dict) else ""
