"""A run that was frozen in the middle of a call writes when it wakes up, over what the run in its place has shown."""

import asyncio
import logging
from dataclasses import replace

import pytest

from bot import steering
from bot import turn as turn_module
from bot.contract import MessageEdited, Post, PostId
from bot.model import ConversationId
from bot.store import Store
from tests.bot.house import CHANNEL, House, house, labels
from tests.fakes.channel import FakeChannel, ShownPost
from tests.fakes.gateway import Answer, Fail

FIRST, MORE = "A story about", " a fox that was"


class Frost:
    """Freezes the first edit of the test, until `thaw`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.frozen, self.thaw = asyncio.Event(), asyncio.Event()
        self.armed = True
        real = FakeChannel.edit

        async def edit(channel: FakeChannel, post_id: PostId, post: Post) -> None:
            if self.armed and not self.frozen.is_set():
                self.frozen.set()
                await self.thaw.wait()
            await real(channel, post_id, post)

        monkeypatch.setattr(FakeChannel, "edit", edit)


@pytest.fixture
def frost(monkeypatch: pytest.MonkeyPatch) -> Frost:
    monkeypatch.setattr(turn_module, "TRUST_S", 0.0)
    monkeypatch.setattr(steering, "SETTLING_S", (0.01,) * 20)
    return Frost(monkeypatch)


async def frozen(home: House, frost: Frost) -> ConversationId:
    """A question whose run hangs in an edit of its half answer; its conversation."""
    home.platform.capabilities = replace(home.platform.capabilities, edit_interval=0.01)
    hold = asyncio.Event()
    home.gateway.script(Answer("", chunks=(FIRST, MORE, " red."), hold=hold, hold_after=2, delay_s=0.03))
    await home.engine.accept(home.message("a story"))
    await home.until(frost.frozen.is_set)
    return await talked_in(home)


async def talked_in(home: House) -> ConversationId:
    conversation = await home.store.find(CHANNEL)
    assert conversation is not None
    return conversation


async def taken_over(home: House) -> ShownPost:
    """Another run answers the question; what it shows."""
    home.gateway.answer("Another story.")
    await home.engine.work(await talked_in(home), again=True)
    (shown,) = home.standing()
    return shown


async def test_what_a_frozen_run_has_written_over_an_answer_is_taken_back(store: Store, frost: Frost) -> None:
    async with house(store) as home:
        await frozen(home, frost)
        shown = await taken_over(home)
        assert shown.text == "Another story."
        frost.thaw.set()
        await home.quiet()
        assert shown.history[-2:] == [FIRST + MORE, "Another story."]
        assert labels(shown) == ["Regenerate", "Undo", "👍", "👎"]
        assert len(home.gateway.asked()) == 2


async def test_where_the_other_run_still_writes_its_own_words_mend_it(store: Store, frost: Frost) -> None:
    async with house(store) as home:
        conversation, hold = await frozen(home, frost), asyncio.Event()
        home.gateway.script(Answer("Another story.", hold=hold, hold_after=1, chunks=2))
        working = asyncio.create_task(home.engine.work(conversation, again=True))
        await home.until(lambda: len(home.gateway.asked()) == 2)
        frost.thaw.set()
        await home.until(lambda: (FIRST + MORE) in home.standing()[0].history)
        hold.set()
        await working
        await home.quiet()
        assert home.screen() == ["Another story."]


async def test_a_run_that_lost_its_turn_before_it_wrote_leaves_what_stands_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn_module, "TRUST_S", 0.0)
    async with house(store) as home:
        hold = asyncio.Event()
        home.gateway.script(Answer("", chunks=(FIRST, MORE), hold=hold, hold_after=0))
        await home.engine.accept(home.message("a story"))
        await home.until(home.gateway.asked)
        shown = await taken_over(home)
        looks = list(shown.history)
        hold.set()
        await home.quiet()
        assert shown.history == looks


async def test_a_notice_that_a_frozen_run_has_written_over_an_answer_is_taken_back(store: Store, frost: Frost) -> None:
    async with house(store) as home:
        frost.armed = False
        await home.say("a story")
        frost.armed = True
        home.gateway.script(Fail(400, "invalid_request_error"))
        await home.engine.accept(home.press("regenerate"))
        await home.until(frost.frozen.is_set)
        shown = await taken_over(home)
        assert shown.text == "Another story."
        frost.thaw.set()
        await home.quiet()
        assert shown.history[-1] == "Another story."
        assert "does not accept" in shown.history[-2]


async def test_a_notice_that_was_written_over_is_shown_again(store: Store, frost: Frost) -> None:
    async with house(store) as home:
        conversation = await frozen(home, frost)
        home.gateway.script(Fail(400, "invalid_request_error"))
        await home.engine.work(conversation, again=True)
        (shown,) = home.standing()
        notice, row = shown.text, labels(shown)
        assert "does not accept" in notice
        frost.thaw.set()
        await home.quiet()
        assert shown.history[-2:] == [FIRST + MORE, notice]
        assert labels(shown) == row == ["Regenerate", "Undo"]


async def test_an_edited_question_is_no_reason_to_show_its_answer_twice(
    store: Store, frost: Frost, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with house(store) as home:
        await frozen(home, frost)
        home.gateway.answer("Another story.")
        await home.engine.accept(MessageEdited(CHANNEL, "M1", "another story"))
        frost.thaw.set()
        await home.quiet()
        (shown,) = home.standing()
        assert shown.text == "Another story."
        assert "answer_overwritten" not in caplog.text
