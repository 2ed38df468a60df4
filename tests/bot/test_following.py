"""Edited and deleted questions, as people see what becomes of their answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.contract import MessageDeleted, MessageEdited, Origin, Person, Post, PostId
from bot.errors import ChannelBusy
from bot.store import Store
from tests.bot.house import BEN, CHANNEL, House, house, labels
from tests.fakes.channel import FakeChannel
from tests.fakes.gateway import Answer, Stall

FINISHED = ["Regenerate", "Undo", "👍", "👎"]


@asynccontextmanager
async def streaming(store: Store) -> AsyncIterator[House]:
    """A house in which half of the answer to message Q stands on the screen and the model is silent."""
    async with house(store) as home:
        home.gateway.script(Answer(chunks=("half of it", " rest"), thought="", end=Stall(after=1)))
        await home.engine.accept(home.message("a story", message_id="Q"))
        await home.until(home.screen)
        yield home


async def remembered(home: House) -> list[str]:
    conversation = await home.store.find(CHANNEL)
    assert conversation is not None
    window = await home.store.window(conversation, 40)
    assert window.total == len(window.messages)
    return [message.text for message in window.messages]


async def test_an_edit_of_the_newest_question_revises_its_answer_in_place(store: Store) -> None:
    async with house(store) as home:
        await home.say("Pariss?", message_id="Q")
        post = home.standing()[0].id
        await home.edit("Q", "Paris?")
        assert [(each.id, each.text) for each in home.standing()] == [(post, "You said: Paris?")]
        assert await remembered(home) == ["Paris?", "You said: Paris?"]
        assert labels(home.standing()[0]) == FINISHED


async def test_an_edit_while_the_answer_streams_ends_it_and_goes_on_in_the_same_post(store: Store) -> None:
    async with streaming(store) as home:
        post = home.standing()[0].id
        async with asyncio.timeout(2):
            await home.edit("Q", "a poem")
        assert [(each.id, each.text) for each in home.standing()] == [(post, "You said: a poem")]
        await home.until(lambda: home.gateway.asked()[0].closed_early)
        assert await remembered(home) == ["a poem", "You said: a poem"]


async def test_an_edit_while_the_question_waits_is_what_is_answered(store: Store) -> None:
    async with house(store) as home:
        hold = asyncio.Event()
        home.gateway.script(Answer("first", hold=hold))
        await home.engine.accept(home.message("one"))
        await home.until(home.gateway.asked)
        await home.engine.accept(home.message("two", message_id="Q"))
        await home.engine.accept(MessageEdited(CHANNEL, "Q", "three"))
        hold.set()
        await home.quiet()
        assert home.screen() == ["first", "You said: three"]


async def test_an_edit_of_an_older_question_marks_the_answers_after_it(store: Store) -> None:
    async with house(store) as home:
        for number in range(3):
            await home.say(f"q{number}", message_id=f"Q{number}")
        await home.edit("Q1", "other")
        stale = f"\n\n_{home.say_so('answer-stale')}_"
        assert home.screen() == ["You said: q0", f"You said: q1{stale}", f"You said: q2{stale}"]
        assert [labels(post) for post in home.standing()] == [FINISHED] * 3
        assert len(home.gateway.asked()) == 3
        await home.hear(home.press("regenerate", home.standing()[1]))
        assert home.screen()[1] == "You said: other"


async def test_answers_after_a_fresh_start_do_not_rest_on_what_was_said_before(store: Store) -> None:
    async with house(store) as home:
        await home.say("q0", message_id="Q0")
        await home.say("q1", message_id="Q1")
        await home.hear(home.command("new"))
        await home.say("q2")
        await home.edit("Q0", "other")
        marked = [home.say_so("answer-stale") in text for text in home.screen() if "You said" in text]
        assert marked == [True, True, False]


async def test_the_same_text_again_does_nothing(store: Store) -> None:
    async with house(store) as home:
        await home.say("https://example.org?", message_id="Q")
        await home.say("and", message_id="R")
        await home.edit("Q", "https://example.org?")
        await home.edit("R", "and")
        assert len(home.gateway.asked()) == 2
        assert len(home.screen()) == 2


async def test_an_edited_command_asks_its_question(store: Store) -> None:
    async with house(store) as home:
        await home.say("/ask Pariss?", message_id="Q")
        await home.edit("Q", "/ask Pariss?")
        assert len(home.gateway.asked()) == 1
        await home.edit("Q", "/ask Paris?")
        assert home.screen() == ["You said: Paris?"]


async def test_a_storm_of_edits_ends_in_one_answer_to_the_last_text(store: Store) -> None:
    async with house(store) as home:
        await home.engine.accept(home.message("text 0", message_id="Q"))
        for number in range(1, 13):
            at = datetime.now(UTC) + timedelta(seconds=number)
            await home.engine.accept(MessageEdited(CHANNEL, "Q", f"text {number}", at))
            await asyncio.sleep(0.004 * (number % 4))
        await home.quiet()
        assert home.screen() == ["You said: text 12"]
        assert await remembered(home) == ["text 12", "You said: text 12"]
        assert await store.open_conversations() == ()


@pytest.mark.parametrize("moment", ["answered", "closed", "placed"])
async def test_an_edit_that_races_with_the_end_of_the_answer_leaves_one_post(
    store: Store, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    async with house(store) as home:
        real, edits = getattr(store, moment), [MessageEdited(CHANNEL, "Q", "Paris?")]

        async def raced(*words: object) -> object:
            done = await real(*words)
            if edits:
                await home.engine.accept(edits.pop())
            return done

        monkeypatch.setattr(store, moment, raced)  # the edit comes in at just this moment
        await home.say("Pariss?", message_id="Q")
        assert home.screen() == ["You said: Paris?"]
        assert await remembered(home) == ["Paris?", "You said: Paris?"]
        assert labels(home.standing()[0]) == FINISHED
        assert await store.open_conversations() == ()


async def test_an_edit_while_the_last_page_is_sent_leaves_no_page_behind(store: Store) -> None:
    async with house(store) as home:
        home.platform.capabilities = replace(home.platform.capabilities, text_limit=60, edit_interval=0.01)
        home.gateway.script(Answer("word " * 30, thought=""))
        edits, real = [MessageEdited(CHANNEL, "Q", "short")], home.platform.open

        def opened(origin: Origin) -> FakeChannel:
            channel = real(origin)
            send = channel.send

            async def slow(post: Post) -> PostId:
                shown = await send(post)
                if edits and len(home.screen()) == 3:
                    await home.engine.accept(edits.pop())
                return shown

            channel.send = slow  # type: ignore[method-assign]  # the edit comes in while it is sent
            return channel

        home.platform.open = opened  # type: ignore[method-assign]  # the same
        await home.say("long", message_id="Q")
        assert edits == []
        assert home.screen() == ["You said: short"]


async def test_an_edit_of_what_waits_to_be_gone_on_with_is_answered_anew(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Answer("Once upon a", finish="length"))
        await home.say("a story", message_id="Q")
        post, hold = home.standing()[0], asyncio.Event()
        home.gateway.script(Answer("second", hold=hold))
        await home.engine.accept(home.message("two"))
        await home.until(lambda: len(home.gateway.asked()) == 2)
        await home.engine.accept(home.press("continue", post))
        await home.engine.accept(MessageEdited(CHANNEL, "Q", "a poem"))
        hold.set()
        await home.quiet()
        assert home.screen() == ["You said: a poem", "second"]
        assert home.prompts()[-1] == [("user", "a poem")]


# Deletions


async def test_a_deleted_question_offers_to_remove_its_answer(store: Store) -> None:
    async with house(store) as home:
        await home.say("secret", message_id="Q")
        await home.say("two")
        await home.delete("Q")
        assert home.screen()[0] == f"You said: secret\n\n_{home.say_so('question-deleted')}_"
        assert labels(home.standing()[0]) == ["Remove the answer"]
        assert await remembered(home) == ["two", "You said: two"]
        await home.hear(home.press("remove", who=BEN))
        assert home.platform.notices() == [home.say_so("not-yours")]
        again = home.press("remove")
        await home.hear(again)
        assert home.screen() == ["You said: two"]
        await home.hear(again)
        assert home.screen() == ["You said: two"]


async def test_a_moderator_may_remove_what_was_left_after_a_restart(store: Store) -> None:
    async with house(store) as home:
        await home.say("secret", message_id="Q")
        await home.delete("Q")
        home.restarted()
        await home.hear(home.press("remove", who=Person("U9", "Mo", moderator=True)))
        assert home.screen() == []


async def test_where_cleanup_says_remove_the_answer_goes_at_once(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("cleanup"))
        await home.hear(home.command("cleanup", answers="never"))
        await home.hear(home.command("cleanup", answers="Remove"))
        await home.hear(home.command("cleanup"))
        said = [home.say_so(f"cleanup-{word}") for word in ("offer", "unknown", "remove", "remove")]
        assert home.platform.notices() == said
        home.platform.capabilities = replace(home.platform.capabilities, text_limit=60, edit_interval=0.01)
        home.gateway.answer("word " * 30)
        await home.say("secret", message_id="Q")
        await home.say("in a thread", at=replace(CHANNEL, thread="T1"), message_id="R")
        home.platform.prepare = [("delete", ChannelBusy("limited", 0.01))]
        await home.delete("Q")
        await home.delete("R", at=replace(CHANNEL, thread="T1"))
        assert home.screen() == []


async def test_one_of_several_questions_can_be_deleted(store: Store) -> None:
    async with house(store) as home:
        hold = asyncio.Event()
        home.gateway.script(Answer("zero", hold=hold))
        await home.engine.accept(home.message("zero"))
        await home.until(home.gateway.asked)
        for own in ("A", "B"):
            await home.engine.accept(home.message(f"question {own}", message_id=own))
        home.gateway.answer("both")
        hold.set()
        await home.quiet()
        await home.delete("A")
        assert home.screen() == ["zero", "both"]
        assert await remembered(home) == ["zero", "zero", "question B", "both"]
        await home.delete("B")
        assert labels(home.standing()[1]) == ["Remove the answer"]
        assert await remembered(home) == ["zero", "zero"]


async def test_a_question_deleted_while_it_is_answered_takes_its_post_along(store: Store) -> None:
    async with streaming(store) as home:
        async with asyncio.timeout(2):
            await home.delete("Q")
        assert home.screen() == []
        await home.until(lambda: home.gateway.asked()[0].closed_early)
        assert await remembered(home) == []
        assert await store.open_conversations() == ()


async def test_a_half_written_answer_goes_although_the_platform_is_limited(store: Store) -> None:
    async with streaming(store) as home:
        home.platform.prepare = [("delete", ChannelBusy("limited", 0.01))]
        await home.delete("Q")
        assert home.screen() == []


async def test_a_question_deleted_before_it_is_begun_is_never_asked(store: Store) -> None:
    async with house(store) as home:
        hold = asyncio.Event()
        home.gateway.script(Answer("first", hold=hold))
        await home.engine.accept(home.message("one"))
        await home.until(home.gateway.asked)
        await home.engine.accept(home.message("two", message_id="Q"))
        await home.engine.accept(MessageDeleted(CHANNEL, "Q"))
        hold.set()
        await home.quiet()
        assert home.screen() == ["first"]
        assert len(home.gateway.asked()) == 1


async def test_a_deletion_that_races_with_the_beginning_leaves_nothing(store: Store) -> None:
    async with house(store) as home:
        for number in range(6):
            own = f"Q{number}"
            await asyncio.gather(
                home.engine.accept(home.message("secret", message_id=own)),
                _soon(home, MessageDeleted(CHANNEL, own), 0.002 * number),
            )
        await home.quiet()
        await asyncio.gather(*(home.delete(f"Q{number}") for number in range(6)))
        for post in home.standing():
            await home.hear(home.press("remove", post))
        assert home.screen() == []
        assert await remembered(home) == []
        assert await store.open_conversations() == ()


async def _soon(home: House, event: MessageDeleted, pause: float) -> None:
    await asyncio.sleep(pause)
    await home.engine.accept(event)


async def test_every_answer_that_is_revised_asks_the_model_what_stands_there_now(store: Store) -> None:
    async with house(store) as home:
        await home.say("one", message_id="A")
        await home.say("two", message_id="B")
        await home.edit("A", "eins")
        await home.edit("B", "zwei")
        assert home.prompts()[-1] == [("user", "eins"), ("assistant", "You said: one"), ("user", "zwei")]
