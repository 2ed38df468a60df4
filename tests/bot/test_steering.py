"""Stop, Regenerate, Continue, Undo and opinions: by button, by command, by the platform's own sign."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot import turn as turn_module
from bot.contract import (
    Address,
    ButtonPressed,
    Capabilities,
    Keys,
    MessageEdited,
    Origin,
    Person,
    Post,
    PostId,
    StopRequested,
)
from bot.errors import ChannelGone
from bot.gateway.client import Patience
from bot.model import Bounds, Press, Stood, TurnId
from bot.reply import steady
from bot.store import Store
from bot.store.tables import feedback
from tests.bot.house import ANN, BEN, CHANNEL, House, house, labels
from tests.fakes.channel import FakeChannel
from tests.fakes.gateway import Answer, Cut, Fail, Hang, Stall

MODERATOR = Person("U9", "Mo", moderator=True)
THREAD = Address("fake", "W1", "C1", "M1")
SHORT = Capabilities(text_limit=60, measure=len, edit_interval=0.01, buttons=True)
FINISHED = ["Regenerate", "Undo", "👍", "👎"]
CUT = ["Continue", *FINISHED]


@asynccontextmanager
async def streaming(store: Store, *, behaviour: Answer | Hang | None = None) -> AsyncIterator[House]:
    """A house in which "half " of an answer stands on the screen and the model has fallen silent."""
    async with house(store) as home:
        home.gateway.script(behaviour or Answer(chunks=("half of it", " rest"), thought="", end=Stall(after=1)))
        await home.engine.accept(home.message("a story", message_id="Q"))
        await home.until(lambda: home.gateway.asked() if behaviour else home.screen())
        yield home


async def remembered(home: House, place: Address = CHANNEL) -> list[str]:
    conversation = await home.store.find(place)
    assert conversation is not None
    window = await home.store.window(conversation, 40)
    assert window.total == len(window.messages)
    return [message.text for message in window.messages]


# Stop


async def test_stop_keeps_what_was_written_and_hangs_up_on_a_silent_model(store: Store) -> None:
    async with streaming(store) as home:
        assert labels(home.standing()[0]) == ["Stop"]
        async with asyncio.timeout(1):
            await home.hear(home.press("stop"))
        assert home.screen() == [f"half of it\n\n_{home.say_so('stopped')}_"]
        assert labels(home.standing()[0]) == CUT
        assert await remembered(home) == ["a story", "half of it"]
        await home.until(lambda: home.gateway.asked()[0].closed_early)


async def test_stop_before_any_text_ends_in_a_plain_notice(store: Store) -> None:
    async with streaming(store, behaviour=Hang()) as home:
        await home.hear(home.command("stop"))
        assert home.screen() == [home.say_so("stopped")]
        assert labels(home.standing()[0]) == ["Regenerate", "Undo"]
        await home.until(lambda: home.gateway.asked()[0].closed_early)
        home.gateway.answer("told after all")
        await home.hear(home.press("regenerate"))
        assert home.screen() == ["told after all"]


async def test_stop_reaches_a_turn_of_another_process(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn_module, "TRUST_S", 0.01)
    monkeypatch.setattr(turn_module, "WATCH_S", 0.02)
    async with streaming(store) as home:
        home.restarted()
        await home.hear(home.press("stop"))
        assert home.screen() == [f"half of it\n\n_{home.say_so('stopped')}_"]


@pytest.mark.parametrize("named", [True, False], ids=["with its post", "without posts"])
async def test_the_platforms_own_stop_sign_is_the_same_stop(store: Store, named: bool) -> None:
    async with streaming(store) as home:
        posts = (home.standing()[0].id,) if named else ()
        await home.hear(StopRequested(home.message("x", who=BEN).origin, posts))
        assert home.screen() == [f"half of it\n\n_{home.say_so('stopped')}_"]


async def test_a_stop_sign_on_a_post_that_is_not_written_down_yet_stops_what_runs_there(store: Store) -> None:
    async with streaming(store) as home:
        await home.hear(StopRequested(home.message("x").origin, (PostId("P77"),)))
        assert home.screen() == [f"half of it\n\n_{home.say_so('stopped')}_"]


async def test_a_stop_sign_where_nothing_runs_does_nothing(store: Store) -> None:
    async with house(store) as home:
        await home.say("hello")
        before = home.screen()
        await home.hear(StopRequested(home.message("x").origin, (home.standing()[0].id,)))
        await home.hear(StopRequested(home.message("x").origin))
        assert home.screen() == before


async def test_a_stranger_is_refused_and_a_moderator_is_not(store: Store) -> None:
    async with streaming(store) as home:
        await home.engine.accept(home.press("stop", who=BEN))
        await home.engine.settle()
        assert home.platform.notices() == [home.say_so("not-yours")]
        assert not home.gateway.asked()[0].closed_early
        await home.hear(home.press("stop", who=MODERATOR))
        assert home.screen() == [f"half of it\n\n_{home.say_so('stopped')}_"]


async def test_stop_where_nothing_runs_says_so(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("stop"))
        await home.say("hello")
        await home.hear(home.command("stop"))
        assert home.platform.notices() == [home.say_so("nothing-to-stop")] * 2


async def test_stop_pressed_again_and_again_is_one_stop(store: Store) -> None:
    async with streaming(store) as home:
        presses = [home.press("stop") for _ in range(4)]
        for press in presses:
            await home.engine.accept(press)
        await home.quiet()
        assert home.screen() == [f"half of it\n\n_{home.say_so('stopped')}_"]
        assert labels(home.standing()[0]) == CUT


async def test_stop_said_at_the_top_reaches_the_askers_thread(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Answer(chunks=("half of it", " rest"), thought="", end=Stall(after=1)))
        await home.engine.accept(home.message("a story", at=THREAD, message_id="M1"))
        await home.until(home.screen)
        await home.hear(home.command("stop"))
        assert home.screen() == [f"half of it\n\n_{home.say_so('stopped')}_"]


async def test_a_mention_at_the_top_that_says_stop_means_the_askers_thread(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Answer(chunks=("half of it", " rest"), thought="", end=Stall(after=1)))
        await home.engine.accept(home.message("a story", at=THREAD, message_id="M1"))
        await home.until(home.screen)
        await home.say("/stop", at=replace(CHANNEL, thread="M2"), message_id="M2")
        assert home.screen() == [f"half of it\n\n_{home.say_so('stopped')}_"]


async def test_a_stop_that_a_crash_outlived_is_kept_in_mind(store: Store) -> None:
    async with house(store) as home:
        await store.accept(home.message("a story"), Bounds(20, 100))
        conversation = await store.find(CHANNEL)
        assert conversation is not None
        claim = await store.claim(conversation, 40)
        assert claim is not None
        await store.stop(Press(claim.turn, ANN))
        home.engine.recover(conversation)
        await home.quiet()
        assert home.gateway.asked() == []
        assert home.screen() == [home.say_so("stopped")]


# Regenerate


async def test_regenerate_answers_anew_in_the_same_post(store: Store) -> None:
    async with house(store) as home:
        home.gateway.answer("first")
        await home.say("a story")
        post = home.standing()[0].id
        home.gateway.answer("second")
        await home.hear(home.press("regenerate"))
        assert [(each.id, each.text) for each in home.standing()] == [(post, "second")]
        assert home.prompts()[1] == [("user", "a story")]
        assert await remembered(home) == ["a story", "second"]
        assert labels(home.standing()[0]) == FINISHED


async def test_a_shorter_new_answer_leaves_no_page_behind(store: Store) -> None:
    async with house(store) as home:
        home.platform.capabilities = SHORT
        home.gateway.answer("word " * 40)
        await home.say("a story")
        assert len(home.screen()) > 2
        home.gateway.answer("short")
        await home.hear(home.press("regenerate"))
        assert home.screen() == ["short"]
        assert labels(home.standing()[0]) == FINISHED


async def test_an_answer_may_shrink_and_grow_again(store: Store) -> None:
    async with house(store) as home:
        home.platform.capabilities = SHORT
        home.gateway.answer("word " * 40)
        await home.say("a story")
        pages = home.screen()
        home.gateway.answer("short")
        await home.hear(home.press("regenerate"))
        home.gateway.answer("word " * 40)
        await home.hear(home.press("regenerate"))
        assert home.screen() == pages


async def test_a_double_click_regenerates_once(store: Store) -> None:
    async with house(store) as home:
        await home.say("a story")
        first, second = home.press("regenerate"), home.press("regenerate")
        await asyncio.gather(home.engine.accept(first), home.engine.accept(second))
        await home.quiet()
        await home.hear(replace(second, keys=Keys("E-late")))
        assert len(home.gateway.asked()) == 2
        assert home.platform.notices() == [home.say_so("button-old")], "the second click is silent, a late one is not"


async def test_a_press_that_is_delivered_twice_is_done_once_and_in_silence(store: Store) -> None:
    async with house(store) as home:
        await home.say("a story")
        press = home.press("regenerate")
        await home.hear(press)
        await home.hear(press)
        assert len(home.gateway.asked()) == 2
        assert home.platform.notices() == []


async def test_regenerate_works_after_a_restart(store: Store) -> None:
    async with house(store) as home:
        home.gateway.answer("first")
        await home.say("a story")
        home.restarted()
        home.gateway.answer("second")
        await home.hear(home.press("regenerate"))
        assert home.screen() == ["second"]


async def test_regenerate_waits_for_the_turn_that_runs(store: Store) -> None:
    async with house(store) as home:
        home.gateway.answer("first")
        await home.say("one")
        post, hold = home.standing()[0], asyncio.Event()
        home.gateway.script(Answer("second", hold=hold))
        await home.engine.accept(home.message("two"))
        await home.until(lambda: len(home.gateway.asked()) == 2)
        home.gateway.answer("anew")
        await home.engine.accept(home.press("regenerate", post))
        await asyncio.sleep(0.03)
        assert len(home.gateway.asked()) == 2
        hold.set()
        await home.quiet()
        assert home.screen() == ["anew", "second"]
        assert await remembered(home) == ["one", "anew", "two", "second"]
        assert home.prompts()[2] == [("user", "one")]


async def test_a_crash_with_an_older_answer_asked_anew_leaves_no_turn_behind(store: Store) -> None:
    async with house(store) as home:
        home.gateway.answer("first")
        await home.say("one")
        press = home.press("regenerate")
        await store.accept(home.message("two"), Bounds(20, 100))
        conversation = await store.find(CHANNEL)
        assert conversation is not None
        await store.claim(conversation, 40)  # by a process that then dies, like the one that heard the press
        turn = await store.turn_of(CHANNEL, press.post)
        assert turn is not None
        await store.again(Press(turn, ANN))
        home.restarted().recover(conversation)
        await home.quiet()
        assert await store.open_conversations() == ()
        assert len(home.screen()) == 2


async def test_a_failed_regenerate_says_why_in_the_same_post_and_can_be_pressed_again(store: Store) -> None:
    async with house(store, patience=Patience(tries=1)) as home:
        home.gateway.answer("first")
        await home.say("a story")
        home.gateway.script(Fail(500))
        await home.hear(home.press("regenerate"))
        assert len(home.screen()) == 1
        assert labels(home.standing()[0]) == ["Regenerate", "Undo"]
        home.gateway.answer("second")
        await home.hear(home.press("regenerate"))
        assert home.screen() == ["second"]
        assert await remembered(home) == ["a story", "second"]


async def test_retry_takes_the_newest_exchange(store: Store) -> None:
    async with house(store) as home:
        await home.say("one")
        await home.say("two")
        home.gateway.answer("anew")
        await home.hear(home.command("retry"))
        assert home.screen() == ["You said: one", "anew"]


async def test_retry_and_undo_at_the_top_take_the_askers_newest_thread(store: Store) -> None:
    async with house(store) as home:
        for number, who in (("1", ANN), ("2", ANN), ("3", BEN)):
            await home.say(f"q{number}", at=replace(CHANNEL, thread=f"M{number}"), message_id=f"M{number}", who=who)
        home.gateway.answer("anew")
        await home.hear(home.command("retry"))
        assert home.screen() == ["You said: q1", "anew", "You said: q3"]
        await home.say("/undo", at=replace(CHANNEL, thread="M9"), message_id="M9")
        undone = home.say_so("undone", name="Ann")
        assert home.screen() == ["You said: q1", f"anew\n\n_{undone}_", "You said: q3"]
        await home.hear(home.command("undo"))
        assert home.screen()[0] == f"You said: q1\n\n_{undone}_"
        await home.hear(home.command("undo"))
        assert home.platform.notices()[-1] == home.say_so("nothing-here")


async def test_retry_where_nothing_was_asked_says_so(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("retry"))
        await home.hear(home.command("undo", at=THREAD))
        assert home.platform.notices() == [home.say_so("nothing-here")] * 2


async def test_retry_passes_over_a_question_that_was_taken_back_while_it_was_answered(store: Store) -> None:
    async with house(store) as home:
        home.gateway.answer("first")
        await home.say("one", at=THREAD, message_id="M1")
        home.gateway.script(Answer(chunks=("half ", "rest"), thought="", end=Stall(after=1)))
        await home.engine.accept(home.message("two", at=replace(CHANNEL, thread="M2"), message_id="M2"))
        await home.until(lambda: len(home.screen()) == 2)
        await home.delete("M2", at=replace(CHANNEL, thread="M2"))
        assert home.screen() == ["first"]
        home.gateway.answer("anew")
        await home.hear(home.command("retry"))
        assert home.screen() == ["anew"]


async def test_a_command_that_steers_is_told_that_it_was_heard(store: Store) -> None:
    async with streaming(store) as home:
        for command in ("stop", "retry", "undo"):
            before = len(home.platform.notices())
            await home.hear(home.command(command))
            assert len(home.platform.notices()) == before + 1, command


# Continue


async def test_continue_goes_on_in_the_same_answer(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Answer("Once upon a", finish="length"))
        await home.say("a story")
        post = home.standing()[0]
        assert labels(post) == CUT
        home.gateway.script(Answer(" time."))
        await home.hear(home.press("continue"))
        assert [(each.id, each.text) for each in home.standing()] == [(post.id, "Once upon a time.")]
        assert labels(home.standing()[0]) == FINISHED
        assert home.prompts()[1][:2] == [("user", "a story"), ("assistant", "Once upon a")]
        assert await remembered(home) == ["a story", "Once upon a time."]


async def test_continue_fills_further_pages(store: Store) -> None:
    async with house(store) as home:
        home.platform.capabilities = SHORT
        begun = "".join(f"alpha {number} " for number in range(20))
        home.gateway.script(Answer(begun, finish="length"))
        await home.say("a story")
        ids = [post.id for post in home.standing()]
        home.gateway.script(Answer("omega " * 20))
        await home.hear(home.press("continue"))
        after = home.standing()
        assert [post.id for post in after][: len(ids)] == ids
        assert " ".join(" ".join(post.text for post in after).split()) == " ".join((begun + "omega " * 20).split())
        assert [labels(post) for post in after] == [[]] * (len(after) - 1) + [FINISHED]


async def test_continue_after_a_stop_and_after_a_stream_that_broke_off(store: Store) -> None:
    async with streaming(store) as home:
        await home.hear(home.press("stop"))
        home.gateway.script(Answer(chunks=(" and more", " lost"), thought="", end=Cut(after=1)))
        await home.hear(home.press("continue"))
        assert home.screen()[0].startswith("half of it and more\n\n_")
        assert labels(home.standing()[0]) == CUT
        home.gateway.script(Answer(" to the end."))
        await home.hear(home.press("continue"))
        assert home.screen() == ["half of it and more to the end."]
        assert await remembered(home) == ["a story", "half of it and more to the end."]


@pytest.mark.parametrize("failure", ["refused", "no model", "stopped", "stopped and crashed", "interrupted"])
async def test_a_continuation_that_fails_keeps_what_was_there(store: Store, failure: str) -> None:
    async with house(store, patience=Patience(tries=1)) as home:
        home.gateway.script(Answer("Once upon a", finish="length"))
        await home.say("a story")
        if failure == "no model":
            home.with_defaults(model="gone-1")
        home.gateway.script(Fail(500) if failure == "refused" else Hang())
        press = home.press("continue")
        if failure in ("interrupted", "stopped and crashed"):
            await _die(home, press, times=4 if failure == "interrupted" else 1)
        else:
            await home.engine.accept(press)
        if failure == "stopped":
            await home.until(lambda: len(home.gateway.asked()) == 2)
            await home.hear(home.command("stop"))
        await home.quiet()
        assert home.screen()[0].startswith("Once upon a\n\n_")
        assert labels(home.standing()[0]) == CUT
        assert await remembered(home) == ["a story", "Once upon a"]
        assert len(home.screen()) == 1


async def _die(home: House, press: ButtonPressed, *, times: int) -> None:
    """So many runs of a continuation that end with their process, the last one after a press on stop."""
    turn = await home.store.turn_of(CHANNEL, press.post)
    conversation = await home.store.find(CHANNEL)
    assert turn is not None
    assert conversation is not None
    await home.store.again(Press(turn, ANN), continues=True)
    for _ in range(times):
        await home.store.claim(conversation, 40)
    if times == 1:
        await home.store.stop(Press(turn, ANN))
    home.restarted().recover(conversation)


async def test_what_was_given_up_after_three_runs_can_be_gone_on_with(store: Store) -> None:
    async with house(store) as home:
        await store.accept(home.message("cursed"), Bounds(20, 100))
        conversation = await store.find(CHANNEL)
        assert conversation is not None
        for _ in range(3):
            await store.claim(conversation, 40)
        home.engine.recover(conversation)
        await home.quiet()
        assert home.screen() == [home.say_so("interrupted")]
        assert labels(home.standing()[0]) == ["Continue", "Undo"]
        home.gateway.answer("at last")
        await home.hear(home.press("continue"))
        assert home.screen() == ["at last"]
        assert await remembered(home) == ["cursed", "at last"]


# Undo


async def test_undo_takes_the_exchange_out_of_the_history_and_marks_the_post(store: Store) -> None:
    async with house(store) as home:
        await home.say("one")
        await home.say("two")
        await home.hear(home.press("undo"))
        assert home.screen()[1] == f"You said: two\n\n_{home.say_so('undone', name='Ann')}_"
        assert [labels(post) for post in home.standing()] == [FINISHED, []]
        assert await remembered(home) == ["one", "You said: one"]
        await home.hear(home.command("context"))
        assert "two" not in home.platform.notices()[-1]
        await home.say("three")
        assert [text for _, text in home.prompts()[-1]] == ["one", "You said: one", "three"]


async def test_undo_twice_does_it_once(store: Store) -> None:
    async with house(store) as home:
        await home.say("one")
        first, second = home.press("undo"), home.press("undo")
        await asyncio.gather(home.engine.accept(first), home.engine.accept(second))
        await home.quiet()
        assert home.screen() == [f"You said: one\n\n_{home.say_so('undone', name='Ann')}_"]
        assert home.platform.notices() == []
        await home.hear(replace(first, keys=Keys("E-late"), button=first.button.replace("-0", "-1")))
        assert len(home.screen()) == 1


async def test_undo_takes_back_a_failed_turn(store: Store) -> None:
    async with house(store, patience=Patience(tries=1)) as home:
        home.gateway.script(Fail(500))
        await home.say("one")
        await home.hear(home.press("undo"))
        assert home.screen() == [f"_{home.say_so('undone', name='Ann')}_"]
        assert labels(home.standing()[0]) == []
        assert await remembered(home) == []


async def test_undo_of_what_shows_nothing_posts_nothing(store: Store) -> None:
    async with house(store, patience=Patience(tries=1)) as home:
        home.gateway.script(Fail(500))
        home.platform.prepare = [("send", ChannelGone("closed"))]
        await home.say("one")
        home.platform.prepare = []
        assert home.screen() == []
        await home.hear(home.command("undo"))
        assert home.screen() == []
        assert home.platform.notices()[-1] == home.say_so("taken-back")
        assert await remembered(home) == []


async def test_what_is_being_answered_cannot_be_undone(store: Store) -> None:
    async with streaming(store) as home:
        await home.engine.accept(home.command("undo"))
        await home.engine.settle()
        assert home.platform.notices() == [home.say_so("still-answering")]
        await home.hear(home.command("stop"))
        await home.hear(home.command("undo"))
        assert await remembered(home) == []


async def test_a_stranger_can_neither_undo_nor_regenerate(store: Store) -> None:
    async with house(store) as home:
        await home.say("one")
        for button in ("undo", "regenerate"):
            await home.hear(home.press(button, who=BEN))
        for command in ("undo", "retry"):
            await home.hear(home.command(command, who=BEN))
        assert home.platform.notices() == [home.say_so("not-yours")] * 4
        assert home.screen() == ["You said: one"]
        assert len(home.gateway.asked()) == 1


async def test_everybody_whose_question_it_answers_may_take_it_back(store: Store) -> None:
    async with house(store) as home:
        hold = asyncio.Event()
        home.gateway.script(Answer("zero", hold=hold))
        await home.engine.accept(home.message("zero"))
        await home.until(home.gateway.asked)
        await home.engine.accept(home.message("one", who=ANN))
        await home.engine.accept(home.message("two", who=BEN))
        hold.set()
        await home.quiet()
        await home.hear(home.press("undo", who=BEN))
        assert await remembered(home) == ["zero", "zero"]


async def test_an_undo_while_the_next_question_is_answered_harms_neither(store: Store) -> None:
    async with house(store) as home:
        await home.say("one")
        post, hold = home.standing()[0], asyncio.Event()
        home.gateway.script(Answer("second", hold=hold))
        await asyncio.gather(home.engine.accept(home.message("two")), home.engine.accept(home.press("undo", post)))
        hold.set()
        await home.quiet()
        assert await remembered(home) == ["two", "second"]
        assert home.screen() == [f"You said: one\n\n_{home.say_so('undone', name='Ann')}_", "second"]


# A repaint and what overtakes it


async def test_an_answer_asked_anew_is_not_painted_over(store: Store) -> None:
    async with house(store) as home:
        await home.say("one", message_id="A")
        await home.say("two")
        post = home.standing()[1]
        home.gateway.answer("anew")
        again = home.press("regenerate", post)
        await home.engine.accept(MessageEdited(CHANNEL, "A", "eins"))
        await home.engine.accept(again)
        await home.quiet()
        assert home.screen()[1] == "anew"
        assert labels(home.standing()[1]) == FINISHED
        assert len(home.standing()) == 2


async def test_a_page_added_by_a_repaint_that_was_overtaken_does_not_stay(store: Store) -> None:
    async with house(store) as home:
        home.platform.capabilities = SHORT
        home.gateway.answer("w" * 58)
        await home.say("one", message_id="A")
        await home.say("two")
        press, sent = home.press("regenerate", home.standing()[1]), asyncio.Event()
        home.gateway.answer("anew")
        _slow_sends(home, sent)
        await home.engine.accept(MessageEdited(CHANNEL, "A", "eins"))
        await home.until(lambda: len(home.standing()) == 3)
        await home.engine.accept(press)
        await home.until(lambda: "anew" in home.screen())
        sent.set()
        await home.quiet()
        assert "anew" in home.screen()
        stale = " ".join(text for text in home.screen() if text != "anew")
        assert stale == f"{'w' * 58} _{home.say_so('answer-stale')}_", "only the first answer is marked"
        assert len(home.standing()) == 3


async def test_a_look_that_is_late_is_not_the_last_one(store: Store) -> None:
    async with house(store) as home:
        await home.say("one", message_id="A")
        await home.say("two")
        press, done = home.press("undo", home.standing()[1]), asyncio.Event()
        begun = _slow_first_edit(home, done)
        await home.engine.accept(MessageEdited(CHANNEL, "A", "eins"))
        await home.until(begun.is_set)
        await home.engine.accept(press)
        await asyncio.sleep(0.03)
        done.set()
        await home.quiet()
        assert home.screen()[1] == f"You said: two\n\n_{home.say_so('undone', name='Ann')}_"
        assert labels(home.standing()[1]) == []


def _slow_first_edit(home: House, done: asyncio.Event) -> asyncio.Event:
    """The next edit of a post takes until `done`; told when it has begun."""
    real, begun = home.platform.open, asyncio.Event()

    def opened(origin: Origin) -> FakeChannel:
        channel = real(origin)
        edit = channel.edit

        async def slow(post_id: PostId, post: Post) -> None:
            first = not begun.is_set()
            begun.set()
            if first:
                await done.wait()
            await edit(post_id, post)

        channel.edit = slow  # type: ignore[method-assign]  # a network that takes its time
        return channel

    home.platform.open = opened  # type: ignore[method-assign]  # the same
    return begun


async def test_a_repaint_that_fails_does_not_keep_the_others_from_being_shown(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(store) as home:
        for text, own in (("one", "A"), ("two", "B"), ("three", "C")):
            await home.say(text, message_id=own)
        real, failures = store.stood, [OSError("database away")]

        async def stood(turn: TurnId) -> Stood | None:
            if failures and home.engine._errands:
                raise failures.pop()
            return await real(turn)

        monkeypatch.setattr(steady, "PAUSES_S", ())
        monkeypatch.setattr(store, "stood", stood)  # a database that was away for longer than a reply tries
        await home.edit("A", "eins")
        assert failures == []
        marked = [home.say_so("answer-stale") in text for text in home.screen()]
        assert marked == [True, True, False]


def _slow_sends(home: House, sent: asyncio.Event) -> None:
    """Every page that is sent from now on stands on the screen before its id is known."""
    real = home.platform.open

    def opened(origin: Origin) -> FakeChannel:
        channel = real(origin)
        send = channel.send

        async def slow(post: Post) -> PostId:
            shown = await send(post)
            await sent.wait()
            return shown

        channel.send = slow  # type: ignore[method-assign]  # a network that takes its time
        return channel

    home.platform.open = opened  # type: ignore[method-assign]  # the same


# Opinions


async def test_an_opinion_is_kept_with_the_model_and_the_newest_one_counts(store: Store) -> None:
    async with house(store) as home:
        await home.say("one")
        await home.hear(home.press("good"))
        await home.hear(home.press("bad", who=BEN))
        await home.hear(home.press("bad"))
        assert home.platform.notices() == [home.say_so("opinion-noted")] * 3
        assert await opinions(store) == [("U1", -1, "gpt-5-chat-latest", 0), ("U2", -1, "gpt-5-chat-latest", 0)]


async def test_an_opinion_of_an_answer_that_is_gone_is_refused(store: Store) -> None:
    async with house(store) as home:
        await home.say("one")
        old = home.press("good")
        await home.hear(home.press("regenerate"))
        await home.hear(old)
        assert home.platform.notices() == [home.say_so("button-old")]
        await home.hear(home.press("good"))
        assert [revision for *_, revision in await opinions(store)] == [1]


async def opinions(store: Store) -> list[tuple[str, int, str, int]]:
    columns = (feedback.c.person_id, feedback.c.value, feedback.c.model, feedback.c.revision)
    rows = await store._database.read(
        lambda connection: connection.execute(select(*columns).order_by(feedback.c.person_id)).all()
    )
    return [tuple(row) for row in rows]  # type: ignore[misc]  # four columns


# Ids that are none of ours


@pytest.mark.parametrize(
    "button", ["", "vote", "parley-undo-1", "parley-explode-1-0", "parley-undo-999-0", "parley-undo--1-0", "x" * 64]
)
async def test_a_button_that_is_unknown_is_refused(store: Store, button: str) -> None:
    async with house(store) as home:
        await home.say("one")
        real = home.press("undo")
        await home.hear(replace(real, button=button))
        assert home.platform.notices() == [home.say_so("button-unknown")]
        assert await remembered(home) == ["one", "You said: one"]


async def test_a_button_under_a_post_of_another_answer_is_refused(store: Store) -> None:
    async with house(store) as home:
        await home.say("one")
        await home.say("two")
        await home.say("three", at=Address("fake", "W1", "C2"))
        for post in home.standing()[1:]:
            press = home.press("undo", home.standing()[0])
            await home.hear(replace(press, post=post.id))
        assert home.platform.notices() == [home.say_so("button-unknown")] * 2
        assert await remembered(home) == ["one", "You said: one", "two", "You said: two"]
