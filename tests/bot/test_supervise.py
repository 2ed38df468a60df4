"""One platform's life: retried alone, named with its fix, and left in the right order."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

import pytest

from bot.contract import Accept, Address, AsgiApp, Channel, Command, Event, MessageReceived, Origin, Survey
from bot.errors import PlatformError
from bot.supervise import LONGEST_PAUSE_S, Supervisor


class StubPlatform:
    """A platform whose listening goes as the test says: an error to raise, or None to stay."""

    def __init__(self, *lives: Exception | str) -> None:
        self.lives = list(lives)
        self.entered = 0
        self.inside = False

    @property
    def name(self) -> str:
        return "stub"

    @property
    def web(self) -> AsgiApp | None:
        return None

    async def __aenter__(self) -> Self:
        self.entered += 1
        self.inside = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.inside = False

    async def listen(self, accept: Accept, commands: Sequence[Command]) -> None:
        life = self.lives.pop(0) if self.lives else "stay"
        if isinstance(life, Exception):
            raise life
        if life == "stay":
            await asyncio.Event().wait()

    def open(self, origin: Origin) -> Channel:
        raise NotImplementedError

    async def read(self, address: Address, after: str | None, limit: int) -> Sequence[MessageReceived]:
        return ()

    async def survey(
        self, channel: Address, threads: Sequence[Address], after: str | None, since: datetime, limit: int
    ) -> Survey:
        return Survey((), (), (), None)


async def accept(event: Event) -> None:
    raise AssertionError("nothing happens here")


def supervised(platform: StubPlatform, pauses: list[float]) -> Supervisor:
    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    return Supervisor(platform, accept, (), sleep=sleep)


async def settled() -> None:
    for _ in range(60):
        await asyncio.sleep(0)


async def test_a_failing_platform_is_tried_again_with_growing_pauses(caplog: pytest.LogCaptureFixture) -> None:
    platform = StubPlatform(*[PlatformError("bad token", "reissue it") for _ in range(12)])
    pauses: list[float] = []
    supervisor = supervised(platform, pauses)
    with caplog.at_level(logging.ERROR):
        running = asyncio.create_task(supervisor.run())
        await asyncio.sleep(0.02)
    assert platform.entered == 13
    assert pauses[:4] == [1, 2, 4, 8]
    assert pauses[-1] == LONGEST_PAUSE_S
    assert "reason=bad token fix=reissue it" in caplog.text
    assert supervisor.state == "listening"
    running.cancel()


async def test_an_unforeseen_failure_does_not_end_the_supervisor(caplog: pytest.LogCaptureFixture) -> None:
    platform = StubPlatform(RuntimeError("boom"))
    supervisor = supervised(platform, [])
    with caplog.at_level(logging.ERROR):
        running = asyncio.create_task(supervisor.run())
        await settled()
    assert supervisor.state == "listening"
    assert "platform_broke" in caplog.text
    running.cancel()


async def test_it_says_when_it_is_able_even_if_it_failed() -> None:
    supervisor = supervised(StubPlatform(PlatformError("no", "fix")), [])
    running = asyncio.create_task(supervisor.run())
    await asyncio.wait_for(supervisor.able.wait(), 1)
    running.cancel()


async def test_one_that_cannot_be_entered_is_not_said_to_be() -> None:
    class Locked(StubPlatform):
        async def __aenter__(self) -> Self:
            if self.lives:
                raise self.lives.pop(0)  # type: ignore[misc]  # an error, as the test says
            return await super().__aenter__()

    supervisor = Supervisor(Locked(PlatformError("no", "fix")), accept, ())
    running = asyncio.create_task(supervisor.run())
    await asyncio.wait_for(supervisor.able.wait(), 1)
    assert supervisor.state == "down"
    assert not supervisor.entered.is_set()
    running.cancel()


async def test_one_that_does_not_listen_speaks_until_it_is_released() -> None:
    platform = StubPlatform(RuntimeError("it listened"))
    supervisor = Supervisor(platform, accept, (), listens=False)
    running = asyncio.create_task(supervisor.run())
    await asyncio.wait_for(supervisor.entered.wait(), 1)
    assert supervisor.state == "speaking"
    supervisor.stop_listening()
    await settled()
    assert platform.inside
    supervisor.release()
    await running
    assert (platform.entered, platform.inside, supervisor.state) == (1, False, "ended")


async def test_after_the_stop_it_can_still_speak_until_it_is_released() -> None:
    platform = StubPlatform()
    supervisor = supervised(platform, [])
    running = asyncio.create_task(supervisor.run())
    await settled()
    supervisor.stop_listening()
    await settled()
    assert platform.inside
    assert not running.done()
    supervisor.release()
    await running
    assert not platform.inside


async def test_a_platform_with_nothing_more_to_receive_says_so_and_waits_to_be_released() -> None:
    platform = StubPlatform("end")
    supervisor = supervised(platform, [])
    running = asyncio.create_task(supervisor.run())
    await asyncio.wait_for(supervisor.deaf(), 1)
    await settled()
    assert platform.inside
    supervisor.release()
    await running
    assert supervisor.state == "ended"
    assert platform.entered == 1


async def test_a_stop_during_a_pause_ends_it_at_once() -> None:
    async def forever(_: float) -> None:
        await asyncio.Event().wait()

    supervisor = Supervisor(StubPlatform(PlatformError("no", "fix")), accept, (), sleep=forever)
    running = asyncio.create_task(supervisor.run())
    await settled()
    assert supervisor.state == "down"
    supervisor.stop_listening()
    supervisor.release()
    await asyncio.wait_for(running, 1)


async def test_being_cancelled_leaves_the_platform() -> None:
    platform = StubPlatform()
    running = asyncio.create_task(supervised(platform, []).run())
    await settled()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not platform.inside
