"""The fake clock: time passes when told, in one order."""

import asyncio

import pytest

from tests.fakes.clock import FakeClock, settle


async def test_sleepers_wake_in_the_order_of_their_time() -> None:
    clock = FakeClock(start=0)
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.now()))

    async with asyncio.TaskGroup() as group:
        for name, seconds in (("late", 3.0), ("soon", 1.0), ("later", 5.0)):
            group.create_task(sleeper(name, seconds))
        await clock.advance(4)
        assert woken == [("soon", 1.0), ("late", 3.0)]
        await clock.advance(1)
    assert woken[-1] == ("later", 5.0)
    assert clock.now() == 5


async def test_until_lets_only_the_needed_time_pass() -> None:
    clock = FakeClock(start=0)

    async def work() -> str:
        await clock.sleep(2)
        await clock.sleep(3)
        return "done"

    assert await clock.until(work()) == "done"
    assert clock.now() == 5


async def test_waiting_for_what_never_comes_is_a_failure_and_no_hang() -> None:
    with pytest.raises(AssertionError, match="no passing of time"):
        await FakeClock().until(asyncio.Event().wait())


async def test_a_cancelled_sleeper_is_forgotten() -> None:
    clock = FakeClock(start=0)
    task = asyncio.ensure_future(clock.sleep(5))
    await settle()
    task.cancel()
    await settle()
    await clock.advance(10)
    assert task.cancelled()
    assert clock.now() == 10
