"""Lanes: one turn at a time in a conversation, conversations side by side, and none is ended by a failure."""

import asyncio
import logging
from collections import defaultdict

import pytest

from bot.model import ConversationId
from bot.runner import local
from bot.runner.local import LocalRunner

ONE, TWO, THREE = ConversationId(1), ConversationId(2), ConversationId(3)


class Desk:
    """Work to do by conversation, and a record of how it was done."""

    def __init__(self) -> None:
        self.todo: dict[ConversationId, int] = defaultdict(int)
        self.running: set[ConversationId] = set()
        self.most = 0
        self.done: list[ConversationId] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failures = 0

    async def work(self, conversation: ConversationId) -> bool:
        if not self.todo[conversation]:
            return False
        if self.failures:
            self.failures -= 1
            raise RuntimeError("broken on purpose")
        assert conversation not in self.running
        self.running.add(conversation)
        self.most = max(self.most, len(self.running))
        await self.gate.wait()
        self.todo[conversation] -= 1
        self.running.discard(conversation)
        self.done.append(conversation)
        return True


async def test_turns_of_one_conversation_run_one_after_the_other() -> None:
    desk = Desk()
    async with LocalRunner(desk.work, limit=10, grace_s=1) as runner:
        desk.todo[ONE] = 3
        for _ in range(3):
            runner.wake(ONE)
        await runner.idle()
    assert desk.done == [ONE, ONE, ONE]
    assert desk.most == 1


async def test_conversations_run_side_by_side_up_to_the_limit() -> None:
    desk = Desk()
    desk.gate.clear()
    async with LocalRunner(desk.work, limit=2, grace_s=1) as runner:
        for conversation in (ONE, TWO, THREE):
            desk.todo[conversation] = 1
            runner.wake(conversation)
        await asyncio.sleep(0.01)
        assert desk.running == {ONE, TWO}
        desk.gate.set()
        await runner.idle()
    assert sorted(desk.done) == [ONE, TWO, THREE]


async def test_a_wake_at_the_very_end_of_a_lane_is_not_lost() -> None:
    desk = Desk()
    async with LocalRunner(desk.work, limit=2, grace_s=1) as runner:
        for _ in range(200):
            desk.todo[ONE] += 1
            runner.wake(ONE)
            await asyncio.sleep(0)
        await runner.idle()
    assert desk.todo[ONE] == 0


async def test_a_lane_outlives_a_failure_and_tries_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(local, "FIRST_PAUSE_S", 0.001)
    desk = Desk()
    desk.failures = 2
    desk.todo[ONE] = 1
    with caplog.at_level(logging.ERROR):
        async with LocalRunner(desk.work, limit=2, grace_s=1) as runner:
            runner.wake(ONE)
            await runner.idle()
    assert desk.done == [ONE]
    assert caplog.text.count("lane_failed") == 2


async def test_stopping_lets_running_turns_finish_and_takes_no_new_ones() -> None:
    desk = Desk()
    desk.gate.clear()
    runner = LocalRunner(desk.work, limit=2, grace_s=1)
    desk.todo[ONE] = 2
    runner.wake(ONE)
    await asyncio.sleep(0.01)
    stopping = asyncio.create_task(runner.stop())
    await asyncio.sleep(0)
    runner.wake(TWO)
    desk.gate.set()
    await stopping
    assert desk.done == [ONE]
    assert desk.todo[ONE] == 1


async def test_what_does_not_finish_in_the_grace_time_is_cancelled() -> None:
    desk = Desk()
    desk.gate.clear()
    runner = LocalRunner(desk.work, limit=2, grace_s=0.01)
    desk.todo[ONE] = 1
    runner.wake(ONE)
    await asyncio.sleep(0)
    await runner.stop()
    assert desk.done == []
