"""A budget gives out no more than it has, in order of arrival."""

import asyncio

import pytest

from bot.budget import TokenBucket
from tests.fakes.clock import FakeClock


def bucket(clock: FakeClock, count: int = 3, seconds: float = 6.0) -> TokenBucket:
    return TokenBucket(count, seconds, clock=clock.now, sleep=clock.sleep)


def test_a_burst_is_given_at_once_and_then_nothing() -> None:
    budget = bucket(FakeClock())
    assert [budget.try_take() for _ in range(4)] == [True, True, True, False]


def test_wait_says_when_the_next_one_comes() -> None:
    budget = bucket(FakeClock())
    assert budget.wait() == 0.0
    for _ in range(3):
        budget.try_take()
    assert budget.wait() == pytest.approx(2.0)


async def test_waiting_takers_are_served_in_order_at_the_rate() -> None:
    clock = FakeClock()
    budget = bucket(clock)
    served: list[tuple[int, float]] = []
    start = clock.now()

    async def taker(number: int) -> None:
        await budget.take()
        served.append((number, round(clock.now() - start, 3)))

    await clock.until(asyncio.gather(*(taker(number) for number in range(6))))
    assert served == [(0, 0.0), (1, 0.0), (2, 0.0), (3, 2.0), (4, 4.0), (5, 6.0)]


async def test_nobody_overtakes_a_waiter() -> None:
    held = asyncio.Event()

    async def sleep(_: float) -> None:
        await held.wait()

    budget = TokenBucket(1, 1.0, clock=lambda: 0.0, sleep=sleep)
    await budget.take()
    waiting = asyncio.create_task(budget.take())
    await asyncio.sleep(0)
    assert not budget.try_take()
    held.set()
    await waiting


def test_a_pause_holds_everybody() -> None:
    budget = bucket(FakeClock())
    budget.pause(30.0)
    assert not budget.try_take()
    assert budget.wait() == pytest.approx(30.0)


async def test_the_budget_fills_up_again_but_not_beyond_its_count() -> None:
    clock = FakeClock()
    budget = bucket(clock)
    for _ in range(3):
        budget.try_take()
    await clock.advance(1000.0)
    assert [budget.try_take() for _ in range(4)] == [True, True, True, False]
