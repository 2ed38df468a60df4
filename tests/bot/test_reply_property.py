"""Whatever is written and however the platform behaves, the whole answer stands on the screen in the end."""

import asyncio
import re
from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.contract import Capabilities
from bot.errors import ChannelBusy
from bot.reply import Reply
from bot.text import split
from tests.fakes.channel import FakeChannel
from tests.fakes.clock import FakeClock
from tests.fakes.journal import FakeJournal

LIMIT = 60

DELTAS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "word ",
                "Sentence. ",
                "\n\n",
                "\n```@\n",
                "x = 1\n",
                "\n```\n",
                "\n| # |\n",
                "|---|\n",
                "長い文。",
                "y" * 30,
            ]
        ),
        st.sampled_from([0.0, 0.0, 0.03, 0.4, 5.0]),
    ),
    max_size=40,
)


@dataclass(frozen=True)
class Weather:
    """How the platform behaves: seconds a call takes, and how many of which calls it puts off."""

    latency: float
    busy_sends: int
    busy_edits: int
    lifetime: float | None
    edits: bool


WEATHER = st.builds(
    Weather,
    latency=st.sampled_from([0.0, 0.3, 4.0]),
    busy_sends=st.integers(0, 2),
    busy_edits=st.integers(0, 3),
    lifetime=st.sampled_from([None, 12.0]),
    edits=st.booleans(),
)


async def spoken(deltas: list[tuple[str, float]], weather: Weather) -> tuple[FakeChannel, str]:
    clock = FakeClock()
    can = Capabilities(LIMIT, len, 1.0 if weather.edits else None, weather.lifetime, typing_interval=3.0)
    channel = FakeChannel(can, clock=clock.now, sleep=clock.sleep, latency=weather.latency)
    channel.fail("send", ChannelBusy("limited", 2.0), times=weather.busy_sends)
    channel.fail("edit", ChannelBusy("limited", 2.0), times=weather.busy_edits)
    reply = Reply(channel, FakeJournal(), clock=clock.now, sleep=clock.sleep)
    await reply.start()
    for delta, pause in deltas:
        reply.write(delta)
        await clock.advance(pause)
    await clock.until(reply.finish())
    await clock.until(reply.close())
    return channel, reply.text


def ink(text: str) -> str:
    """What is left without blanks and what is repeated on a new page: the signs of fences and of table heads."""
    return re.sub(r"[\s`@|#-]+", "", text)


@given(DELTAS, WEATHER)
@settings(max_examples=100)
@example([("word ", 5.0), ("word ", 5.0), ("word ", 5.0), ("word ", 0.0)], Weather(4.0, 0, 0, 12.0, edits=True))
def test_the_whole_answer_stands_on_the_screen_in_the_end(deltas: list[tuple[str, float]], weather: Weather) -> None:
    channel, text = asyncio.run(spoken(deltas, weather))
    assert channel.unfinished() == []
    if weather.lifetime is None or not weather.edits:
        assert channel.shown() == split(text, LIMIT, len)
    else:
        assert ink("".join(channel.shown())) == ink(text)
