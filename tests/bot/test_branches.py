"""Replies to older answers and threads under them, as people see them."""

import asyncio
from dataclasses import replace

from bot.store import Store
from tests.bot.house import BEN, CHANNEL, House, house
from tests.fakes.gateway import Answer


async def three(home: House) -> list[str]:
    """Three exchanges; the ids of the answers."""
    for number in range(1, 4):
        home.gateway.answer(f"a{number}")
        await home.say(f"q{number}", message_id=f"Q{number}")
    return [post.id for post in home.standing()]


def asked(home: House) -> list[str]:
    """What the model saw last."""
    return [text for _, text in home.prompts()[-1]]


async def test_a_reply_to_an_older_answer_is_answered_with_the_history_up_to_it(store: Store) -> None:
    async with house(store) as home:
        posts = await three(home)
        home.gateway.answer("b1")
        await home.say("why a1?", reply_to=posts[0])
        assert asked(home) == ["q1", "a1", "why a1?"]
        home.gateway.answer("b2")
        await home.say("really?", reply_to=home.standing()[-1].id, who=BEN)
        assert [text.removeprefix("Ann: ") for text in asked(home)][:4] == ["q1", "a1", "why a1?", "b1"]
        await home.say("q4")
        assert asked(home) == ["q1", "a1", "q2", "a2", "q3", "a3", "q4"]


async def test_a_reply_to_the_newest_answer_goes_on_as_ever(store: Store) -> None:
    async with house(store) as home:
        posts = await three(home)
        await home.say("why a3?", reply_to=posts[2])
        assert asked(home) == ["q1", "a1", "q2", "a2", "q3", "a3", "why a3?"]


async def test_a_branch_is_answered_beside_its_conversation(store: Store) -> None:
    async with house(store) as home:
        posts = await three(home)
        hold = asyncio.Event()
        home.gateway.script(Answer("slow", hold=hold))
        await home.engine.accept(home.message("q4"))
        await home.until(lambda: len(home.gateway.asked()) == 4)
        home.gateway.answer("beside it")
        await home.engine.accept(home.message("why a1?", reply_to=posts[0]))
        await home.until(lambda: "beside it" in home.screen())
        hold.set()
        await home.quiet()
        assert home.screen()[-2:] == ["beside it", "slow"]


async def test_a_reply_to_the_post_that_grows_waits_for_it(store: Store) -> None:
    async with house(store) as home:
        hold = asyncio.Event()
        home.gateway.script(Answer(chunks=("half of it", " and the rest"), thought="", hold=hold, hold_after=1))
        await home.engine.accept(home.message("a story"))
        await home.until(home.screen)
        await home.engine.accept(home.message("shorter", reply_to=home.standing()[0].id))
        home.gateway.answer("ok")
        hold.set()
        await home.quiet()
        assert home.screen() == ["half of it and the rest", "ok"]
        assert asked(home) == ["a story", "half of it and the rest", "shorter"]


async def test_a_thread_under_an_older_answer_begins_with_that_history(store: Store) -> None:
    async with house(store) as home:
        posts = await three(home)
        under = replace(CHANNEL, thread=posts[1])
        await home.say("why a2?", at=under)
        assert asked(home) == ["q1", "a1", "q2", "a2", "why a2?"]
        await home.hear(home.command("context", at=under))
        assert "6 messages" in home.platform.notices()[-1]
        await home.hear(home.command("new", at=under))
        await home.say("afresh", at=under)
        assert asked(home) == ["afresh"]


async def test_after_a_fresh_start_a_reply_still_goes_back(store: Store) -> None:
    async with house(store) as home:
        posts = await three(home)
        await home.hear(home.command("new"))
        await home.say("why a2?", reply_to=posts[1])
        assert asked(home) == ["q1", "a1", "q2", "a2", "why a2?"]
        await home.say("something else")
        assert asked(home) == ["something else"]


async def test_a_reply_to_an_answer_that_was_taken_back_knows_nothing_of_it(store: Store) -> None:
    async with house(store) as home:
        posts = await three(home)
        await home.hear(home.press("undo", home.standing()[0]))
        await home.say("why a1?", reply_to=posts[0])
        assert asked(home) == ["q2", "a2", "q3", "a3", "why a1?"]


async def test_a_question_that_a_thread_brought_along_is_revised_where_it_was_asked(store: Store) -> None:
    async with house(store) as home:
        home.gateway.answer("a1")
        await home.say("q1", message_id="Q1")
        under = replace(CHANNEL, thread=home.standing()[0].id)
        home.gateway.answer("because")
        await home.say("why?", at=under)
        home.gateway.answer("other")
        await home.edit("Q1", "q1, but other")
        assert home.screen() == ["other", f"because\n\n_{home.say_so('answer-stale')}_"]
        await home.say("and?", at=under)
        assert asked(home)[:2] == ["q1, but other", "a1"]


async def test_a_deleted_question_is_forgotten_in_its_branches(store: Store) -> None:
    async with house(store) as home:
        posts = await three(home)
        home.gateway.answer("b1")
        await home.say("why a2?", reply_to=posts[1])
        await home.delete("Q2")
        await home.say("really?", reply_to=home.standing()[-1].id)
        assert asked(home) == ["q1", "a1", "why a2?", "b1", "really?"]


async def test_an_answer_in_a_branch_can_be_steered(store: Store) -> None:
    async with house(store) as home:
        posts = await three(home)
        await home.say("why a1?", reply_to=posts[0], message_id="B1")
        home.gateway.answer("anew")
        await home.hear(home.press("regenerate"))
        assert home.screen()[-1] == "anew"
        assert asked(home) == ["q1", "a1", "why a1?"]
        home.gateway.answer("revised")
        await home.edit("B1", "why a1, please?")
        assert (home.screen()[-1], asked(home)) == ("revised", ["q1", "a1", "why a1, please?"])
        await home.hear(home.press("undo"))
        assert home.say_so("undone", name="Ann") in home.screen()[-1]
