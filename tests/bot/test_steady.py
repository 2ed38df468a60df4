"""An answer outlives a moment in which nothing can be written down."""

import asyncio
from dataclasses import dataclass

import pytest

from bot.contract import PostId
from bot.errors import Fenced
from bot.reply import Reply
from bot.reply.steady import PAUSES_S
from tests.fakes.channel import FakeChannel
from tests.fakes.journal import FakeJournal


@dataclass
class Shaky(FakeJournal):
    """Its store is away for so many calls of these verbs."""

    away: int = 0
    verbs: tuple[str, ...] = ("check", "place", "gone")

    async def check(self) -> None:
        self._may_fail("check")
        await super().check()

    async def place(self, page: int, post_id: PostId) -> None:
        self._may_fail("place")
        await super().place(page, post_id)

    async def gone(self, page: int, post_id: PostId) -> None:
        self._may_fail("gone")
        await super().gone(page, post_id)

    def _may_fail(self, verb: str) -> None:
        if self.away and verb in self.verbs:
            self.away -= 1
            raise OSError("disk full")


async def at_once(_: float) -> None:
    await asyncio.sleep(0)


async def test_an_answer_is_shown_once_where_the_store_was_away_for_a_moment() -> None:
    channel, journal = FakeChannel(), Shaky(away=len(PAUSES_S))
    await Reply(channel, journal, sleep=at_once).finish("whole")
    assert channel.shown() == ["whole"]
    assert journal.written == [(0, channel.posts[0].id)]


async def test_a_post_that_was_sent_is_written_down_when_the_store_is_back() -> None:
    channel, journal = FakeChannel(), Shaky(away=2, verbs=("place",))
    await Reply(channel, journal, sleep=at_once).finish("whole")
    assert (channel.verbs(), [page for page, _ in journal.written]) == (["send"], [0])


async def test_a_page_that_was_taken_away_is_forgotten_though_the_store_was_away() -> None:
    channel = FakeChannel()
    placed = (channel.seed("the first page"), channel.seed("the second page"))
    journal = Shaky(placed=placed, away=2, verbs=("gone",))
    await Reply(channel, journal, sleep=at_once).finish("a notice")
    assert channel.shown() == ["a notice"]
    assert journal.forgotten == [(1, placed[1])]


async def test_a_store_that_stays_away_ends_the_answer() -> None:
    with pytest.raises(OSError, match="disk full"):
        await Reply(FakeChannel(), Shaky(away=100), sleep=at_once).finish("whole")


async def test_an_answer_that_another_run_makes_is_not_insisted_on() -> None:
    journal = Shaky(fence_after=0)
    with pytest.raises(Fenced):
        await Reply(FakeChannel(), journal, sleep=at_once).finish("whole")
    assert journal.checks == 1
