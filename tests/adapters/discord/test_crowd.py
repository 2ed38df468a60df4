"""A hundred channels at once, under the limit of the whole bot."""

import asyncio

from adapters.discord.platform import CALLS, IN_SECONDS
from bot.budget import SlidingWindow
from bot.contract import Address, Channel, Origin, Person, Post, PostId
from bot.errors import ChannelBusy
from tests.adapters.discord.stage import Stage
from tests.fakes.discord import FakeDiscord

SPEED = 4.0
"""Discord seconds in a real one."""


async def answer(speech: Channel, text: str, key: str) -> None:
    """As a reply does it: a beginning, a middle that may be lost, and an end that may not."""
    post_id = await patiently(speech, Post("…", final=False, key=key))
    await speech.edit(post_id, Post(text[:3], final=False, key=key))
    while True:
        try:
            await speech.edit(post_id, Post(text, final=True, key=key))
            return
        except ChannelBusy as busy:
            await asyncio.sleep(busy.retry_after)


async def patiently(speech: Channel, post: Post) -> PostId:
    while True:
        try:
            return await speech.send(post)
        except ChannelBusy as busy:
            await asyncio.sleep(busy.retry_after)


async def test_no_answer_is_lost_when_a_hundred_channels_ask_at_once() -> None:
    async with FakeDiscord(speed=SPEED) as world:
        stage = Stage(world, listens=False)
        stage.host.budgets["discord:global"] = SlidingWindow(CALLS, IN_SECONDS / SPEED)  # type: ignore[assignment]  # a real one
        rooms = [world.channel(stage.guild, f"room-{number}") for number in range(100)]
        asker = Person(str(stage.ann.id), "Ann")
        places = [Origin(Address("discord", str(stage.guild.id), str(room.id)), asker) for room in rooms]
        async with stage:
            await asyncio.gather(
                *(answer(stage.speech(place), f"Answer {n}", f"turn-{n}") for n, place in enumerate(places))
            )
        assert [stage.screen(room) for room in rooms] == [[f"Answer {number}"] for number in range(100)]
        # Without the gate about half of all calls are refused; a stalled machine may still bunch a few.
        assert sum(call.status == 429 for call in world.calls) <= len(world.calls) // 10
