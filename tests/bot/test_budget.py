"""A budget gives out no more than it has, in order of arrival."""

import asyncio

import pytest

from bot.budget import SlidingWindow
from tests.fakes.clock import FakeClock


def bucket(clock: FakeClock, count: int = 3, seconds: float = 6.0) -> SlidingWindow:
    return SlidingWindow(count, seconds, clock=clock.now, sleep=clock.sleep)


def test_a_burst_is_given_at_once_and_then_nothing() -> None:
    budget = bucket(FakeClock())
    assert [budget.try_take() for _ in range(4)] == [True, True, True, False]


def test_wait_says_when_the_next_one_comes() -> None:
    budget = bucket(FakeClock())
    assert budget.wait() == 0.0
    for _ in range(3):
        budget.try_take()
    assert budget.wait() == pytest.approx(6.0)


async def test_waiting_takers_are_served_in_order_window_by_window() -> None:
    clock = FakeClock()
    budget = bucket(clock)
    served: list[tuple[int, float]] = []
    start = clock.now()

    async def taker(number: int) -> None:
        await budget.take()
        served.append((number, round(clock.now() - start, 3)))

    await clock.until(asyncio.gather(*(taker(number) for number in range(6))))
    assert served == [(0, 0.0), (1, 0.0), (2, 0.0), (3, 6.0), (4, 6.0), (5, 6.0)]


async def test_nobody_overtakes_a_waiter() -> None:
    held = asyncio.Event()

    async def sleep(_: float) -> None:
        await held.wait()

    budget = SlidingWindow(1, 1.0, clock=lambda: 0.0, sleep=sleep)
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


async def test_no_window_ever_holds_more_than_the_count() -> None:
    clock = FakeClock()
    budget = bucket(clock, count=4, seconds=1.0)
    taken: list[float] = []
    for _ in range(40):
        await clock.until(budget.take())
        taken.append(clock.now())
        await clock.advance(0.07)
    for moment in taken:
        assert sum(moment <= each < moment + 1.0 for each in taken) <= 4
