"""The real program between both platforms and a gateway, and places for people who change their minds."""

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.places import Model, OnDiscord, OnSlack, Place
from tests.process import Program
from tests.test_end_to_end import World, world

FINISHED = ("Regenerate", "Undo", "👍", "👎")
"""What stands under a whole answer."""

CUT = ("Continue", *FINISHED)


@dataclass(slots=True)
class Site:
    """The program, and places that nobody has been to."""

    far: World
    ledger: Path
    model: Model = field(default_factory=Model)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def slack_direct(self) -> OnSlack:
        return OnSlack(self.far, self.ledger, self._tag(), direct=True)

    @property
    def slack_thread(self) -> OnSlack:
        return OnSlack(self.far, self.ledger, self._tag(), direct=False)

    @property
    def discord_direct(self) -> OnDiscord:
        return OnDiscord(self.far, self.ledger, self._tag(), direct=True)

    @property
    def discord_channel(self) -> OnDiscord:
        return OnDiscord(self.far, self.ledger, self._tag(), direct=False)

    @property
    def discord_closed(self) -> OnDiscord:
        """A channel that the bot itself cannot see: it speaks only through the command or the press at hand."""
        return OnDiscord(self.far, self.ledger, self._tag(), direct=False, rights=0)

    @property
    def all(self) -> list[Place]:
        return [self.slack_direct, self.slack_thread, self.discord_direct, self.discord_channel]

    @property
    def shared(self) -> list[Place]:
        """Where there are others than Ann."""
        return [self.slack_thread, self.discord_channel]

    @property
    def updated(self) -> list[Place]:
        """Where a post can have buttons while it grows."""
        return [self.slack_direct, self.discord_direct, self.discord_channel]

    def _tag(self) -> str:
        return f"p{next(self._numbers)}z"


@asynccontextmanager
async def far_ends(model: Model | None = None) -> AsyncIterator[World]:
    """Both platforms and the gateway, with a stranger and without limits."""
    async with world() as far:
        far.slack.user("U2", "Eve")
        far.slack.limit(None)
        far.discord.limits.enabled = False
        far.gateway.judge(model or Model())
        yield far


@asynccontextmanager
async def site(folder: Path) -> AsyncIterator[Site]:
    """The program, running; the workspace lets it edit fifty times a minute, so not every test can share it."""
    model = Model()
    async with far_ends(model) as far, Program("run", environment=far.environment(), folder=folder) as bot:
        try:
            await far.ready()
        except TimeoutError:
            raise AssertionError(bot.errors) from None
        yield Site(far, folder / "parley.db", model)
        assert await bot.stop() == 0
    assert "Traceback" not in bot.errors
