"""One growing answer on a screen."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from bot.contract import Button, Capabilities, PostId
from bot.errors import ChannelBusy, ChannelGone, Fenced, PostRejected, StoppedByReader
from bot.reply import Reply
from tests.fakes.channel import FakeChannel
from tests.fakes.clock import FakeClock, settle
from tests.fakes.journal import FakeJournal

PLAIN = Capabilities(text_limit=2000, measure=len, edit_interval=1.0)
SMALL = Capabilities(text_limit=40, measure=len, edit_interval=1.0)
TYPING = Capabilities(text_limit=2000, measure=len, edit_interval=1.0, typing_interval=5.0)
PRESSABLE = Capabilities(text_limit=40, measure=len, edit_interval=1.0, buttons=True)
STOP, AGAIN = (Button("b-stop", "Stop"),), (Button("b-again", "Again"), Button("b-undo", "Undo"))
ONCE = Capabilities(text_limit=40, measure=len, edit_interval=None)
MORTAL = Capabilities(text_limit=2000, measure=len, edit_interval=1.0, post_lifetime=30.0)


@dataclass
class Stage:
    """A channel, a journal and a clock, and the replies that are given there."""

    can: Capabilities = PLAIN
    latency: float = 0.0
    journal: FakeJournal = field(default_factory=FakeJournal)

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.channel = FakeChannel(self.can, clock=self.clock.now, sleep=self.clock.sleep, latency=self.latency)

    def new_reply(self) -> Reply:
        return Reply(self.channel, self.journal, status="thinking", clock=self.clock.now, sleep=self.clock.sleep)

    @asynccontextmanager
    async def reply(self) -> AsyncIterator[Reply]:
        """A reply whose end may take time by the fake clock."""
        reply = self.new_reply()
        await reply.start()
        try:
            yield reply
        finally:
            await self.clock.until(reply.close())

    async def feed(self, reply: Reply, text: str, *, words_per_s: float = 10) -> None:
        """Write a text word by word as a model would."""
        for word in text.split(" "):
            reply.write(word + " ")
            await self.clock.advance(1 / words_per_s)

    def texts(self) -> list[str]:
        """What stood in the first post, one look after the other."""
        return self.channel.posts[0].history


class TestPacing:
    async def test_a_short_answer_is_one_call(self) -> None:
        stage = Stage()
        async with stage.reply() as reply:
            reply.write("Paris.")
            await stage.clock.until(reply.finish())
        assert stage.channel.shown() == ["Paris."]
        assert stage.channel.verbs() == ["send"]
        assert stage.channel.unfinished() == []

    async def test_a_growing_answer_is_sent_edited_and_finished(self) -> None:
        stage = Stage()
        async with stage.reply() as reply:
            await stage.feed(reply, "word " * 24 + "end.")
            await stage.clock.until(reply.finish())
        assert stage.channel.shown() == ["word " * 24 + "end."]
        assert stage.channel.verbs() == ["send", "edit", "edit", "edit"]
        assert [call.final for call in stage.channel.calls] == [False, False, False, True]

    async def test_the_first_post_is_more_than_one_letter(self) -> None:
        stage = Stage()
        async with stage.reply() as reply:
            reply.write("")
            reply.write("T")
            await stage.clock.advance(0.05)
            assert stage.channel.shown() == []
            reply.write("he capital of")
            await settle()
            assert stage.channel.shown() == ["The capital of"]

    async def test_the_first_post_does_not_wait_long_for_more(self) -> None:
        stage = Stage()
        async with stage.reply() as reply:
            reply.write(" \n")
            await stage.clock.advance(3)
            reply.write("Hm")
            await stage.clock.advance(0.09)
            assert stage.channel.shown() == []
            await stage.clock.advance(0.02)
            assert stage.channel.shown() == ["Hm"]

    async def test_edits_keep_their_distance_and_carry_the_newest_text(self) -> None:
        stage = Stage()
        async with stage.reply() as reply:
            await stage.feed(reply, " ".join(f"w{n}" for n in range(200)), words_per_s=50)
        times = [call.at for call in stage.channel.calls]
        assert all(later - earlier >= 1.0 for earlier, later in pairwise(times))
        assert len(times) == 4
        assert [text.rsplit(" ", 1)[1] for text in stage.texts()[1:]] == ["w53", "w103", "w153"]

    async def test_nothing_is_edited_while_nothing_is_written(self) -> None:
        stage = Stage()
        async with stage.reply() as reply:
            reply.write("The capital of France")
            await stage.clock.advance(20)
            reply.write("   \n")
            await stage.clock.advance(20)
            assert stage.channel.verbs() == ["send"]
            reply.write("is Paris")
            await settle()
            assert stage.channel.verbs() == ["send", "edit"]

    async def test_slow_calls_never_overlap_and_lose_no_text(self) -> None:
        stage = Stage(latency=3.0)
        async with stage.reply() as reply:
            await stage.feed(reply, "word " * 80 + "end.")
            await stage.clock.until(reply.finish())
        assert stage.channel.shown() == ["word " * 80 + "end."]
        assert len(stage.channel.verbs()) <= 5

    async def test_the_final_text_replaces_what_was_written(self) -> None:
        stage = Stage()
        async with stage.reply() as reply:
            await stage.feed(reply, "I believe that it may well be Lyon")
            await stage.clock.until(reply.finish("Paris."))
            assert reply.text.startswith("I believe")
        assert stage.channel.shown() == ["Paris."]

    async def test_a_last_edit_closes_a_post_whose_text_is_whole_already(self) -> None:
        stage = Stage()
        async with stage.reply() as reply:
            reply.write("The capital is Paris.")
            await stage.clock.advance(5)
            assert len(stage.channel.unfinished()) == 1
            await stage.clock.until(reply.finish())
        assert stage.channel.unfinished() == []
        assert stage.channel.verbs() == ["send", "edit"]

    @pytest.mark.parametrize("blank", [None, "", " \n"])
    async def test_a_blank_answer_shows_nothing(self, blank: str | None) -> None:
        stage = Stage(TYPING)
        async with stage.reply() as reply:
            await stage.clock.until(reply.finish(blank))
        assert stage.channel.posts == []

    async def test_finish_needs_no_start(self) -> None:
        stage = Stage()
        await stage.new_reply().close()
        reply = stage.new_reply()
        await stage.clock.until(reply.finish("A notice."))
        await reply.close()
        assert stage.channel.shown() == ["A notice."]

    async def test_where_nothing_can_be_edited_all_is_sent_at_the_end(self) -> None:
        stage = Stage(ONCE)
        async with stage.reply() as reply:
            await stage.feed(reply, "word " * 15)
            assert stage.channel.posts == []
            await stage.clock.until(reply.finish())
        assert stage.channel.verbs() == ["send", "send"]
        assert stage.channel.unfinished() == []
        assert " ".join(stage.channel.shown()) == ("word " * 15).strip()


class TestTyping:
    async def test_the_sign_shows_at_once_and_is_renewed_until_the_first_post(self) -> None:
        stage = Stage(TYPING)
        async with stage.reply() as reply:
            await settle()
            assert stage.channel.statuses == ["thinking"]
            await stage.clock.advance(11)
            assert stage.channel.statuses == ["thinking"] * 3
            reply.write("The capital of France")
            await stage.clock.advance(30)
            assert stage.channel.statuses == ["thinking"] * 3
            assert stage.channel.shown() == ["The capital of France"]

    async def test_no_sign_shows_after_the_first_post(self) -> None:
        stage = Stage(TYPING, latency=0.4)
        async with stage.reply() as reply:
            await settle()
            reply.write("The capital of France")
            await stage.clock.advance(1)
        assert [call.verb for call in stage.channel.calls] == ["typing", "send"]
        assert stage.channel.calls[1].at - stage.channel.calls[0].at == pytest.approx(0.4)

    async def test_a_sign_that_hangs_holds_the_answer_up_for_a_second_at_most(self) -> None:
        stage = Stage(TYPING, latency=60.0)
        async with stage.reply() as reply:
            await settle()
            reply.write("The capital of France")
            await stage.clock.advance(1.1)
            assert [call.verb for call in stage.channel.calls] == ["typing", "send"]

    async def test_an_answer_that_is_there_already_needs_no_sign(self) -> None:
        stage = Stage(TYPING)
        async with stage.reply() as reply:
            await reply.finish("Paris.")
        assert stage.channel.statuses == []
        assert stage.channel.shown() == ["Paris."]

    async def test_a_sign_that_fails_harms_no_answer(self, caplog: pytest.LogCaptureFixture) -> None:
        stage = Stage(TYPING)
        stage.channel.fail("typing", ChannelGone("no sign here"))
        async with stage.reply() as reply:
            await stage.clock.advance(1)
            reply.write("Paris.")
            await stage.clock.until(reply.finish())
        assert stage.channel.shown() == ["Paris."]
        assert "typing_broken" not in caplog.text

    async def test_a_fault_of_the_sign_is_logged_and_harms_no_answer(self, caplog: pytest.LogCaptureFixture) -> None:
        class Faulty(FakeChannel):
            async def typing(self, status: str) -> None:
                raise ZeroDivisionError

        stage = Stage(TYPING)
        stage.channel = Faulty(TYPING, clock=stage.clock.now, sleep=stage.clock.sleep)
        async with stage.reply() as reply:
            await stage.clock.advance(1)
            await stage.clock.until(reply.finish("Paris."))
        assert stage.channel.shown() == ["Paris."]
        assert "typing_broken" in caplog.text


class TestPages:
    async def test_a_page_is_finished_before_the_next_is_sent(self) -> None:
        stage = Stage(SMALL)
        async with stage.reply() as reply:
            await stage.feed(reply, "word " * 25 + "end.", words_per_s=5)
            await stage.clock.until(reply.finish())
        assert " ".join(stage.channel.shown()) == "word " * 25 + "end."
        assert len(stage.channel.shown()) == 4
        order = [(call.verb, call.final) for call in stage.channel.calls]
        for number, (verb, _) in enumerate(order):
            assert verb != "send" or number == 0 or order[number - 1] == ("edit", True)

    async def test_no_page_is_called_for_in_vain(self) -> None:
        stage = Stage(SMALL)
        async with stage.reply() as reply:
            reply.write("word " * 25)
            await reply.finish()
        assert stage.channel.verbs() == ["send"] * 4
        assert stage.channel.unfinished() == []

    async def test_a_fence_goes_on_in_the_next_post(self) -> None:
        stage = Stage(SMALL)
        async with stage.reply() as reply:
            await stage.feed(reply, "```py\n" + "x = 1\n" * 10 + "```\nThat is all.", words_per_s=3)
            await stage.clock.until(reply.finish())
        shown = stage.channel.shown()
        assert len(shown) == 3
        assert all(post.startswith("```py\nx = 1") and post.count("```") == 2 for post in shown[:-1])
        assert shown[-1].endswith("That is all.")

    async def test_pages_written_down_are_those_on_the_screen(self) -> None:
        stage = Stage(SMALL)
        async with stage.reply() as reply:
            await stage.feed(reply, "word " * 25)
            await stage.clock.until(reply.finish())
        assert stage.journal.written == [(page, post.id) for page, post in enumerate(stage.channel.posts)]
        assert [post.key for post in stage.channel.posts] == ["t1-0", "t1-1", "t1-2", "t1-3"]

    async def test_a_shorter_final_text_takes_the_surplus_away(self) -> None:
        stage = Stage(SMALL)
        async with stage.reply() as reply:
            await stage.feed(reply, "word " * 25)
            await stage.clock.until(reply.finish("word word, and no more."))
        assert stage.channel.shown() == ["word word, and no more."]

    async def test_footnotes_leave_the_finished_pages_alone(self) -> None:
        stage = Stage(SMALL)
        async with stage.reply() as reply:
            await stage.feed(reply, "word " * 25)
            edits = [post.edits for post in stage.channel.posts[:-1]]
            await stage.clock.until(reply.finish(reply.text + "\n\n_A note._"))
        assert [post.edits for post in stage.channel.posts[: len(edits)]] == edits
        assert stage.channel.shown()[-1].endswith("_A note._")

    async def test_a_final_text_that_differs_early_rewrites_every_page(self) -> None:
        stage = Stage(SMALL)
        async with stage.reply() as reply:
            await stage.feed(reply, "word " * 25)
            await stage.clock.until(reply.finish("Word " * 25))
        assert " ".join(stage.channel.shown()) == ("Word " * 25).strip()


class TestLifetime:
    async def test_a_post_is_closed_before_its_time_and_the_rest_goes_on_in_another(self) -> None:
        stage = Stage(MORTAL)
        text = " ".join(f"Sentence number {n}." for n in range(100))
        async with stage.reply() as reply:
            await stage.feed(reply, text, words_per_s=5)
            await stage.clock.until(reply.finish())
        assert len(stage.channel.shown()) == 3
        assert " ".join(stage.channel.shown()) == text
        assert all(post.endswith(".") for post in stage.channel.shown())
        lasts = [call for call in stage.channel.calls if call.final]
        assert all(call.at - post.born < 30 for call, post in zip(lasts, stage.channel.posts, strict=True))

    async def test_a_post_is_closed_in_time_when_the_model_pauses(self) -> None:
        stage = Stage(MORTAL)
        async with stage.reply() as reply:
            reply.write("One sentence. And half a")
            await stage.clock.advance(30)
            assert stage.channel.shown() == ["One sentence. And half", "a"]
            reply.write(" sentence more.")
            await stage.clock.until(reply.finish())
        assert stage.channel.shown() == ["One sentence. And half", "a sentence more."]

    async def test_a_fence_that_is_open_then_goes_on_in_the_next_post(self) -> None:
        stage = Stage(MORTAL)
        async with stage.reply() as reply:
            await stage.feed(reply, "```py\n" + "x = 1 \n" * 200 + "```", words_per_s=10)
            await stage.clock.until(reply.finish())
        shown = stage.channel.shown()
        assert len(shown) > 2
        assert all(post.startswith("```py\n") and post.endswith("\n```") for post in shown)
        assert "".join(shown).count("x = 1") == 200

    async def test_rewriting_goes_back_over_posts_closed_early(self) -> None:
        stage = Stage(MORTAL)
        async with stage.reply() as reply:
            await stage.feed(reply, "word " * 200, words_per_s=5)
            assert len(stage.channel.shown()) > 1
            await stage.clock.until(reply.finish("Something else."))
        assert stage.channel.shown() == ["Something else."]


class TestBusyPlatform:
    async def test_a_growing_edit_is_skipped_and_made_up_for(self) -> None:
        stage = Stage()
        async with stage.reply() as reply:
            reply.write("The capital of")
            await settle()
            stage.channel.fail("edit", ChannelBusy("limited", retry_after=4))
            reply.write(" France")
            await stage.clock.advance(3)
            assert stage.channel.shown() == ["The capital of"]
            await stage.clock.advance(2.1)
            assert stage.channel.shown() == ["The capital of France"]

    async def test_a_first_post_waits_and_then_carries_the_newest_text(self) -> None:
        stage = Stage()
        stage.channel.fail("send", ChannelBusy("limited", retry_after=3), times=2)
        async with stage.reply() as reply:
            await stage.feed(reply, "word " * 70)
            await stage.clock.until(reply.finish())
        assert stage.channel.shown() == [("word " * 70).strip()]
        assert len(stage.texts()[0]) > 200

    async def test_the_final_edit_waits_as_long_as_the_platform_asks(self) -> None:
        stage = Stage()
        async with stage.reply() as reply:
            reply.write("The capital of")
            await settle()
            stage.channel.fail("edit", ChannelBusy("limited", retry_after=30), times=3)
            began, checks = stage.clock.now(), stage.journal.checks
            await stage.clock.until(reply.finish("Paris."))
        assert stage.channel.shown() == ["Paris."]
        assert stage.clock.now() - began == pytest.approx(90)
        assert stage.journal.checks - checks == 4 + 1

    async def test_patience_has_an_end(self) -> None:
        stage = Stage()
        stage.channel.fail("send", ChannelBusy("limited", retry_after=100), times=50)
        async with stage.reply() as reply:
            with pytest.raises(ChannelBusy):
                await stage.clock.until(reply.finish("Paris."))
        assert stage.channel.posts == []

    async def test_a_wait_of_no_time_at_all_is_no_busy_loop(self) -> None:
        stage = Stage()
        stage.channel.fail("send", ChannelBusy("limited", retry_after=0), times=5)
        async with stage.reply() as reply:
            began = stage.clock.now()
            await stage.clock.until(reply.finish("Paris."))
        assert stage.channel.shown() == ["Paris."]
        assert stage.clock.now() > began

    async def test_what_is_short_for_growing_need_not_be_short_for_the_whole(self) -> None:
        stage = Stage()
        stage.channel.fail("send", ChannelBusy("no stream can begin now", retry_after=40))
        async with stage.reply() as reply:
            reply.write("Paris is the capital")
            await stage.clock.advance(1)
            assert stage.channel.shown() == []
            began = stage.clock.now()
            await stage.clock.until(reply.finish())
        assert stage.channel.shown() == ["Paris is the capital"]
        assert stage.clock.now() - began < 2

    async def test_closing_ends_a_long_wait_at_once(self) -> None:
        stage = Stage()
        stage.channel.fail("send", ChannelBusy("limited", retry_after=500))
        reply = stage.new_reply()
        await reply.start()
        finishing = asyncio.ensure_future(reply.finish("Paris."))
        await stage.clock.advance(10)
        finishing.cancel()
        await reply.close()
        assert stage.channel.posts == []
        assert stage.clock.now() < 1100


class TestFailures:
    async def test_writing_never_raises_and_the_failure_can_be_seen(self) -> None:
        stage = Stage()
        stage.channel.fail("send", ChannelGone("kicked out"))
        async with stage.reply() as reply:
            reply.write("The capital of")
            await settle()
            assert isinstance(reply.broken, ChannelGone)
            reply.write(" France is Paris.")
            with pytest.raises(ChannelGone):
                await reply.finish()
        assert len(stage.channel.calls) == 1

    async def test_a_failure_half_way_keeps_what_is_shown(self) -> None:
        stage = Stage()
        async with stage.reply() as reply:
            reply.write("The capital of")
            await settle()
            stage.channel.fail("edit", PostRejected("no"))
            with pytest.raises(PostRejected):
                await stage.clock.until(reply.finish("The capital of France is Paris."))
        assert stage.channel.shown() == ["The capital of"]

    async def test_a_failure_that_nobody_asked_for_is_raised_at_the_end(self) -> None:
        stage = Stage()
        stage.channel.fail("send", ChannelGone("kicked out"))

        async def answer() -> None:
            async with stage.new_reply() as reply:
                reply.write("The capital of")
                await settle()

        with pytest.raises(ChannelGone):
            await answer()

    async def test_a_fault_of_our_own_is_not_lost_either(self) -> None:
        class Faulty(FakeChannel):
            async def send(self, post: object) -> PostId:
                raise ZeroDivisionError

        stage = Stage()
        stage.channel = Faulty(PLAIN, clock=stage.clock.now, sleep=stage.clock.sleep)
        async with stage.reply() as reply:
            with pytest.raises(ZeroDivisionError):
                await stage.clock.until(reply.finish("Paris."))

    async def test_another_error_of_the_context_is_not_masked(self, caplog: pytest.LogCaptureFixture) -> None:
        stage = Stage()
        stage.channel.fail("send", ChannelGone("kicked out"))

        async def answer() -> None:
            async with stage.new_reply() as reply:
                reply.write("The capital of")
                await settle()
                raise KeyError

        with caplog.at_level(logging.WARNING), pytest.raises(KeyError):
            await answer()
        assert "reply_broken" in caplog.text

    async def test_an_error_that_was_told_is_not_raised_twice(self) -> None:
        stage = Stage()
        stage.channel.fail("send", ChannelGone("kicked out"))
        async with stage.new_reply() as reply:
            with pytest.raises(ChannelGone):
                await reply.finish("Paris.")


class TestStop:
    async def test_a_readers_stop_is_seen_and_the_answer_can_still_be_finished(self) -> None:
        stage = Stage()
        async with stage.reply() as reply:
            reply.write("The capital of")
            await settle()
            stage.channel.fail("edit", StoppedByReader("stopped"))
            reply.write(" France")
            await stage.clock.advance(2)
            assert isinstance(reply.broken, StoppedByReader)
            await stage.clock.until(reply.finish(reply.text + "\n\n_Stopped._"))
        assert stage.channel.shown() == ["The capital of France\n\n_Stopped._"]
        assert stage.channel.unfinished() == []

    async def test_nothing_grows_after_a_stop(self) -> None:
        stage = Stage()
        async with stage.reply() as reply:
            reply.write("The capital of")
            await settle()
            stage.channel.fail("edit", StoppedByReader("stopped"))
            await stage.feed(reply, "word " * 50)
            assert stage.channel.shown() == ["The capital of"]

    async def test_a_stop_met_by_the_last_edit_is_tried_once_more(self) -> None:
        stage = Stage()
        async with stage.reply() as reply:
            reply.write("The capital of")
            await settle()
            stage.channel.fail("edit", StoppedByReader("stopped"))
            await stage.clock.until(reply.finish("Paris."))
        assert stage.channel.shown() == ["Paris."]

    async def test_a_place_that_stays_stopped_is_left_as_it_is(self) -> None:
        stage = Stage()
        async with stage.reply() as reply:
            reply.write("The capital of")
            await settle()
            stage.channel.fail("edit", StoppedByReader("stopped"), times=5)
            await stage.clock.until(reply.finish("Paris."))
            assert isinstance(reply.broken, StoppedByReader)
        assert stage.channel.shown() == ["The capital of"]

    async def test_closing_lets_the_call_under_way_end_and_makes_no_more(self) -> None:
        stage = Stage(latency=5.0)
        reply = stage.new_reply()
        await reply.start()
        reply.write("The capital of France")
        await stage.clock.advance(1)
        reply.write(" is Paris.")
        await stage.clock.until(reply.close())
        await stage.clock.advance(60)
        assert stage.channel.shown() == ["The capital of France"]
        assert stage.journal.written == [(0, stage.channel.posts[0].id)]

    async def test_a_cancelled_answer_leaves_no_post_unknown(self) -> None:
        stage = Stage(latency=5.0)

        async def answer() -> None:
            async with stage.new_reply() as reply:
                reply.write("The capital of France")
                await reply.finish()

        task = asyncio.ensure_future(answer())
        await stage.clock.advance(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stage.clock.until(task)
        assert stage.channel.shown() == ["The capital of France"]
        assert stage.journal.written == [(0, stage.channel.posts[0].id)]


class TestFence:
    async def test_a_fenced_reply_says_nothing_more(self) -> None:
        stage = Stage(journal=FakeJournal(fence_after=1))
        async with stage.reply() as reply:
            await stage.feed(reply, "word " * 50)
            assert isinstance(reply.broken, Fenced)
            with pytest.raises(Fenced):
                await reply.finish()
        assert len(stage.channel.calls) == 1

    @pytest.mark.parametrize(("checks", "spoken"), [(0, 0), (1, 1), (2, 2), (3, 2)])
    async def test_the_journal_knows_of_each_call_and_is_asked_behind_an_edit(self, checks: int, spoken: int) -> None:
        stage = Stage(journal=FakeJournal(fence_after=checks))
        async with stage.reply() as reply:
            await stage.feed(reply, "word " * 50)
            assert isinstance(reply.broken, Fenced)
            assert stage.journal.spoken == spoken
            with pytest.raises(Fenced):
                await reply.finish()
        assert len(stage.channel.calls) == spoken

    async def test_a_fence_found_by_the_typing_sign_ends_the_reply(self) -> None:
        stage = Stage(TYPING, journal=FakeJournal(fence_after=0))
        async with stage.reply() as reply:
            await settle()
            assert isinstance(reply.broken, Fenced)
            with pytest.raises(Fenced):
                await reply.finish("Paris.")
        assert stage.channel.calls == []

    async def test_every_call_was_allowed_first_and_every_edit_afterwards(self) -> None:
        stage = Stage(SMALL)
        async with stage.reply() as reply:
            await stage.feed(reply, "word " * 25)
            await stage.clock.until(reply.finish("word " * 10))
        assert stage.journal.checks == len(stage.channel.calls) + stage.channel.verbs().count("edit")

    async def test_a_post_is_written_down_before_anything_else_is_called(self) -> None:
        order: list[str] = []

        class Noting(FakeJournal):
            async def place(self, page: int, post_id: PostId) -> None:
                order.append(f"begin {page} after {len(stage.channel.calls)}")
                await stage.clock.sleep(3)
                order.append(f"end {page} after {len(stage.channel.calls)}")

        stage = Stage(SMALL, journal=Noting())
        async with stage.reply() as reply:
            reply.write("word " * 20)
            await stage.clock.until(reply.finish())
        assert order == [f"{step} {page} after {page + 1}" for page in range(3) for step in ("begin", "end")]

    async def test_a_run_that_is_cancelled_while_it_closes_has_its_call_behind_it(self) -> None:
        """What is under way then would write over the answer of the next run."""
        stage = Stage(latency=3.0)
        reply = stage.new_reply()
        await reply.start()
        reply.write("The capital of France")
        await stage.clock.advance(1)
        closing = asyncio.create_task(reply.close())
        for _ in range(2):
            await settle()
            closing.cancel()
        await stage.clock.advance(1.9)
        assert not closing.done()
        assert stage.channel.shown() == []
        await stage.clock.advance(0.2)
        assert closing.cancelled()
        assert stage.channel.shown() == ["The capital of France"]


class TestRestart:
    def _stage(self, *texts: str, can: Capabilities = SMALL) -> Stage:
        stage = Stage(can)
        stage.journal.placed = tuple(
            stage.channel.seed(text, key=f"t1-{page}", final=True) for page, text in enumerate(texts)
        )
        return stage

    async def test_posts_of_an_earlier_attempt_are_edited_and_not_sent_anew(self) -> None:
        stage = self._stage("Old first page", "Old second")
        async with stage.reply() as reply:
            await stage.feed(reply, "word " * 25)
            await stage.clock.until(reply.finish())
        assert " ".join(stage.channel.shown()) == ("word " * 25).strip()
        assert stage.channel.verbs().count("send") == 2
        assert [page for page, _ in stage.journal.written] == [2, 3]

    async def test_posts_that_are_not_needed_any_more_go(self) -> None:
        stage = self._stage("Old first page", "Old second", "Old third")
        async with stage.reply() as reply:
            await stage.clock.until(reply.finish("Paris."))
        assert stage.channel.shown() == ["Paris."]
        assert stage.channel.verbs() == ["edit", "delete", "delete"]

    async def test_a_post_of_unknown_text_gets_its_last_edit_in_any_case(self) -> None:
        stage = self._stage("Paris.")
        async with stage.reply() as reply:
            await stage.clock.until(reply.finish("Paris."))
        assert stage.channel.verbs() == ["edit"]

    async def test_where_nothing_can_be_edited_only_what_is_missing_is_sent(self) -> None:
        stage = self._stage("word word word word word word word word", can=ONCE)
        async with stage.reply() as reply:
            await stage.clock.until(reply.finish("word " * 12))
        assert " ".join(stage.channel.shown()) == ("word " * 12).strip()
        assert stage.channel.verbs() == ["send"]

    async def test_an_old_post_is_kept_when_the_new_answer_is_blank(self) -> None:
        stage = self._stage("Old first page")
        async with stage.reply() as reply:
            await stage.clock.until(reply.finish(""))
        assert stage.channel.shown() == ["Old first page"]


class TestButtons:
    def _reply(self, stage: Stage) -> Reply:
        return Reply(stage.channel, stage.journal, buttons=STOP, clock=stage.clock.now, sleep=stage.clock.sleep)

    async def _given(self, stage: Stage, text: str, final: str | None = None) -> None:
        reply = self._reply(stage)
        await reply.start()
        await stage.feed(reply, text)
        await stage.clock.until(reply.finish(final, AGAIN))
        await stage.clock.until(reply.close())

    async def test_a_growing_answer_has_its_own_and_a_finished_one_others(self) -> None:
        stage = Stage(PRESSABLE)
        reply = self._reply(stage)
        await reply.start()
        await stage.feed(reply, "half of it, ")
        assert [post.buttons for post in stage.channel.posts] == [STOP]
        await stage.clock.until(reply.finish("half of it, and all", AGAIN))
        assert [post.buttons for post in stage.channel.posts] == [AGAIN]
        await stage.clock.until(reply.close())

    async def test_only_the_last_page_keeps_buttons(self) -> None:
        stage = Stage(PRESSABLE)
        await self._given(stage, "word " * 20)
        assert len(stage.channel.posts) == 3
        assert [post.buttons for post in stage.channel.posts] == [(), (), AGAIN]

    async def test_an_answer_that_changes_nothing_but_its_buttons_is_edited_for_them(self) -> None:
        stage = Stage(PRESSABLE)
        await self._given(stage, "short enough")
        assert stage.channel.posts[0].buttons == AGAIN
        assert stage.channel.unfinished() == []

    async def test_where_there_are_no_buttons_none_are_shown(self) -> None:
        stage = Stage(SMALL)
        await self._given(stage, "short enough")
        assert stage.channel.posts[0].buttons == ()

    async def test_a_page_that_is_taken_away_is_forgotten_once_it_is_gone(self) -> None:
        stage = Stage(PRESSABLE)
        await self._given(stage, "word " * 20, final="short")
        assert stage.channel.shown() == ["short"]
        assert stage.journal.forgotten == [(page, stage.channel.posts[page].id) for page in (1, 2)]
        assert stage.channel.posts[0].buttons == AGAIN

    async def test_a_page_that_cannot_be_taken_away_is_not_forgotten(self) -> None:
        stage = Stage(PRESSABLE)
        stage.channel.fail("delete", ChannelGone("closed"))
        with pytest.raises(ChannelGone):
            await self._given(stage, "word " * 20, final="short")
        assert stage.journal.forgotten == []
