"""The fake channel keeps the contract, so that what is tested on it holds elsewhere."""

import asyncio
from dataclasses import dataclass, field

import pytest

from bot.contract import Capabilities, Post, PostId
from bot.errors import ChannelBusy, PostGone, PostRejected
from tests.adapters.channel_contract import ChannelContract, Rig
from tests.fakes.channel import ROOMY, FakeChannel
from tests.fakes.clock import FakeClock, settle


@dataclass
class _FakeRig:
    channel: FakeChannel = field(default_factory=FakeChannel)
    rewrites: bool = True

    async def shown(self) -> list[str]:
        return self.channel.shown()

    async def buttons(self) -> list[list[str]]:
        return [[button.id for button in post.buttons] for post in self.channel.posts if not post.deleted]

    async def notices(self) -> list[str]:
        return self.channel.notices

    async def pings(self) -> list[str]:
        return []


class TestFakeChannel(ChannelContract):
    @pytest.fixture
    def rig(self) -> Rig:
        return _FakeRig()


class TestFakeChannelThatCountsBytes(ChannelContract):
    @pytest.fixture
    def rig(self) -> Rig:
        return _FakeRig(FakeChannel(Capabilities(500, lambda text: len(text.encode()), 1.0, buttons=True)))


async def test_a_known_key_is_not_posted_twice() -> None:
    channel = FakeChannel()
    first = await channel.send(Post("Hello", final=True, key="k-0"))
    assert await channel.send(Post("Hello", final=True, key="k-0")) == first
    assert channel.shown() == ["Hello"]


async def test_an_unknown_or_deleted_post_cannot_be_edited() -> None:
    channel = FakeChannel()
    post_id = await channel.send(Post("Hello", final=False, key="k-0"))
    await channel.delete(post_id)
    for stranger in (post_id, PostId("P99")):
        with pytest.raises(PostGone):
            await channel.edit(stranger, Post("Hello there", final=True, key="k-0"))


async def test_an_injected_failure_does_nothing_and_passes() -> None:
    channel = FakeChannel()
    channel.fail("send", ChannelBusy("limited", retry_after=3), times=2)
    for _ in range(2):
        with pytest.raises(ChannelBusy):
            await channel.send(Post("Hello", final=True, key="k-0"))
    assert channel.shown() == []
    await channel.send(Post("Hello", final=True, key="k-0"))
    assert channel.shown() == ["Hello"]


@pytest.mark.parametrize("post", [Post(" ", True, "k"), Post("x", True, "k" * 26), Post("x" * 2001, True, "k")])
async def test_a_platform_takes_neither_blank_posts_nor_long_texts_nor_long_keys(post: Post) -> None:
    with pytest.raises(PostRejected):
        await FakeChannel().send(post)


async def test_a_post_past_its_lifetime_takes_only_a_final_edit() -> None:
    clock = FakeClock()
    channel = FakeChannel(Capabilities(100, len, 1.0, post_lifetime=10), clock=clock.now, sleep=clock.sleep)
    post_id = await channel.send(Post("Hello", final=False, key="k-0"))
    await clock.advance(11)
    with pytest.raises(PostRejected):
        await channel.edit(post_id, Post("Hello you", final=False, key="k-0"))
    await channel.edit(post_id, Post("Hello you", final=True, key="k-0"))
    assert channel.shown() == ["Hello you"]


async def test_two_writers_at_once_are_caught() -> None:
    clock = FakeClock()
    channel = FakeChannel(ROOMY, clock=clock.now, sleep=clock.sleep, latency=1.0)
    first = asyncio.ensure_future(channel.send(Post("Hello", final=True, key="k-0")))
    await settle()
    with pytest.raises(AssertionError, match="two writers"):
        await channel.send(Post("Hello", final=True, key="k-1"))
    await clock.until(first)
    assert channel.shown() == ["Hello"]
