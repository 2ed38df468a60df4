"""The bare bot answers on both fakes with three calls, and a bot that ends is told from a slow one."""

import pytest

from bench.discord_place import DiscordPlace
from bench.rig import BARE, BotLost, Rig
from bench.slack_place import SlackPlace
from bench.wire import Place

pytestmark = pytest.mark.long


@pytest.mark.parametrize("make_place", [SlackPlace, DiscordPlace])
async def test_a_bare_bot_answers_with_three_calls(make_place: type[SlackPlace] | type[DiscordPlace]) -> None:
    place: Place = make_place(2)
    async with Rig("bare", BARE, place) as rig:
        burst = await rig.ask(place.spots)
        assert rig.rss > 10**6
    assert burst.calls == 6
    assert all(0 < timing.gateway < timing.first < timing.final <= burst.seconds for timing in burst.timings)


async def test_a_bot_that_ends_is_lost_with_its_last_words() -> None:
    with pytest.raises(BotLost, match="No module named"):
        async with Rig("none", ("-m", "bench.missing"), SlackPlace(1)):
            pass
