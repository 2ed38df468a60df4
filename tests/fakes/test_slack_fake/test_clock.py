"""Slack's time: faster, or jumping."""

import asyncio
import time
from functools import partial
from operator import le

from tests.fakes.slack import FakeSlack
from tests.fakes.slack.clock import Changes, Clock
from tests.fakes.slack.workspace import Workspace


async def test_a_fast_clock_sleeps_shorter() -> None:
    begun = time.monotonic()
    await Clock(speed=1_000).sleep(20)
    assert 0.015 < time.monotonic() - begun < 1


async def test_a_jump_wakes_only_those_whose_time_has_come() -> None:
    clock = Clock()
    short, long = asyncio.ensure_future(clock.sleep(60)), asyncio.ensure_future(clock.sleep(300))
    await asyncio.sleep(0)
    clock.advance(61)
    await asyncio.wait_for(short, 1)
    assert not long.done()
    clock.advance(240)
    await asyncio.wait_for(long, 1)


async def test_before_says_whether_it_came_in_time_and_leaves_the_future_alone() -> None:
    clock = Clock()
    future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    waiting = asyncio.ensure_future(clock.before(clock.now() + 3, future))
    await asyncio.sleep(0)
    clock.advance(4)
    assert not await waiting
    assert not future.done()
    future.set_result(None)
    assert await clock.before(clock.now() + 3, future)


async def test_every_change_wakes_all_who_wait() -> None:
    changes, seen = Changes(), [0]
    waiting = [asyncio.ensure_future(changes.until(partial(le, least, seen))) for least in ([1], [2])]
    for number in (1, 2):
        await asyncio.sleep(0)
        seen[0] = number
        changes.notify()
    await asyncio.wait_for(asyncio.gather(*waiting), 1)


async def test_ids_follow_a_clock_that_jumps_and_still_rise_where_it_goes_back() -> None:
    workspace = Workspace(Clock(), Changes())
    first = workspace.next_ts()
    workspace.skew_s = 600.0
    ahead = workspace.next_ts()
    workspace.skew_s = -600.0
    assert float(ahead) - float(first) >= 600
    assert 0 < float(workspace.next_ts()) - float(ahead) < 1


async def test_the_waits_between_two_tries_of_an_event_can_be_made_shorter() -> None:
    async with FakeSlack() as slack:
        slack.server.deliveries.retries = (0.0, 0.01)
        slack.push({"type": "message"})
        await slack.until(lambda: slack.idle)
        assert [(each.attempts, each.given_up) for each in slack.deliveries] == [(3, True)]
