"""Variations: a press under a picture becomes a question of whoever pressed."""

import asyncio
from dataclasses import replace

import pytest

from bot.contract import Keys, PostId
from bot.store import Store
from bot.turn import Turn
from tests.bot.gallery import captions, dies, drawn, gallery, history, keys, painted, pictures, prompts, run_again
from tests.bot.house import ANN, BEN, House
from tests.fakes.gateway import Drawn


async def fox(home: House, model: str = "qwen-image", more: str = "") -> None:
    await home.say(f"/imagine a fox model={model} {more}")


async def test_a_model_that_cannot_alter_draws_the_same_words_in_the_same_shape_again(store: Store) -> None:
    async with gallery(store) as home:
        await fox(home, more="size=tall")
        await home.hear(home.press("vary"))
        assert prompts(home) == ["a fox", "a fox"]
        assert [(painting.size, painting.under) for painting in painted(home)] == [((928, 1664), ())] * 2
        assert captions(home) == ["*a fox* · qwen-image", "Variation of *a fox* · qwen-image"]
        assert keys(home, pictures(home)) == ["t1-f0", "t2-f0"]


async def test_a_model_that_alters_works_on_exactly_that_picture(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(Drawn(form="PNG"), Drawn(form="WEBP"))
        await fox(home, "gemini-2.5-flash-image", "count=2")
        await home.hear(home.press("vary", pictures(home)[1]))
        assert painted(home)[-1].prompt == "a fox"
        assert len(painted(home)[-1].under) == 1
        first, second = await drawn(store, 1)
        assert first.blob != second.blob
        assert [each.source for each in await drawn(store, 2)] == [second.blob]


async def test_the_history_tells_who_wanted_it_and_what(store: Store) -> None:
    async with gallery(store) as home:
        await fox(home)
        await home.hear(home.press("vary", who=BEN))
        question, answer = (await history(home))[-2:]
        assert (question.author.name, question.text) == (BEN.name, "Variations of: a fox")
        assert (answer.text, len(answer.attachments)) == ("Variation of *a fox* · qwen-image", 1)
        assert home.platform.notices() == []


async def test_a_double_click_is_one_variation_and_a_later_press_another(store: Store) -> None:
    async with gallery(store) as home:
        await fox(home)
        held = asyncio.Event()
        home.gateway.script(Drawn(hold=held))
        for press in [home.press("vary") for _ in range(3)]:
            await home.engine.accept(press)
        held.set()
        await home.quiet()
        assert len(painted(home)) == 2
        await home.hear(home.press("vary", pictures(home)[0]))
        await home.hear(home.press("vary", pictures(home)[0]))
        assert len(painted(home)) == len(pictures(home)) == 4


async def test_two_clicks_that_are_taken_in_at_once_are_one(store: Store) -> None:
    async with gallery(store) as home:
        await fox(home)
        await asyncio.gather(*(home.engine.accept(home.press("vary")) for _ in range(4)))
        await home.quiet()
        assert len(painted(home)) == len(pictures(home)) == 2


async def test_two_people_get_one_each(store: Store) -> None:
    async with gallery(store) as home:
        await fox(home)
        held = asyncio.Event()
        home.gateway.script(Drawn(hold=held))
        for who in (ANN, BEN):
            await home.engine.accept(home.press("vary", who=who))
        held.set()
        await home.quiet()
        assert len(painted(home)) == len(pictures(home)) == 3


async def test_a_press_that_is_delivered_again_does_nothing_more(store: Store) -> None:
    async with gallery(store) as home:
        await fox(home)
        press = home.press("vary")
        await home.hear(press)
        home.restarted()
        await home.hear(press)
        assert len(painted(home)) == 2


async def test_the_button_works_in_another_process(store: Store) -> None:
    async with gallery(store) as home:
        await fox(home)
        press = home.press("vary")
        home.restarted()
        await home.hear(press)
        assert captions(home)[-1] == "Variation of *a fox* · qwen-image"


async def test_a_variation_can_be_varied_and_answered_anew(store: Store) -> None:
    async with gallery(store) as home:
        await fox(home)
        await home.hear(home.press("vary"))
        await home.hear(home.press("vary"))
        assert keys(home, pictures(home)) == ["t1-f0", "t2-f0", "t3-f0"]
        await home.hear(home.press("regenerate"))
        assert keys(home, pictures(home)) == ["t1-f0", "t2-f0", "t3r1-f0"]
        assert prompts(home) == ["a fox"] * 4


async def test_a_picture_can_be_varied_while_the_next_one_is_drawn(store: Store) -> None:
    async with gallery(store) as home:
        held = asyncio.Event()
        home.gateway.script(Drawn(), Drawn(hold=held))
        await home.engine.accept(home.message("/imagine a fox count=2 model=qwen-image"))
        await home.until(lambda: pictures(home))
        await home.engine.accept(home.press("vary"))
        held.set()
        await home.quiet()
        assert keys(home, pictures(home)) == ["t1-f0", "t1-f1", "t2-f0"]


@pytest.mark.parametrize("change", ["undo", "regenerate"])
async def test_a_picture_of_an_answer_that_has_changed_is_not_varied(store: Store, change: str) -> None:
    async with gallery(store) as home:
        await fox(home)
        press = home.press("vary")
        await home.hear(home.press(change))
        paid = len(painted(home))
        await home.hear(press)
        unknown = "button-unknown" if change == "regenerate" else "button-old"  # that post is gone
        assert home.platform.notices() == [home.say_so(unknown)]
        await home.hear(press)
        assert len(home.platform.notices()) == 1
        assert len(painted(home)) == paid


async def test_a_press_under_any_other_post_does_nothing(store: Store) -> None:
    async with gallery(store) as home:
        await fox(home)
        caption = next(post for post in home.standing() if not post.files and post.buttons)
        press = home.press("vary")
        await home.hear(replace(press, post=caption.id))
        await home.hear(replace(press, keys=Keys("other"), post=PostId("P99")))
        assert home.platform.notices() == [home.say_so("button-unknown")] * 2
        assert len(painted(home)) == 1


async def test_a_picture_whose_bytes_are_gone_is_drawn_from_its_words(store: Store) -> None:
    async with gallery(store) as home:
        await fox(home, "gemini-2.5-flash-image")
        assert home.kit.workshop is not None
        await home.kit.workshop.blobs.prune(-1, ())
        await home.hear(home.press("vary"))
        assert painted(home)[-1].under == ()
        assert len(pictures(home)) == 2


async def test_one_that_can_be_neither_altered_nor_drawn_is_told(store: Store) -> None:
    async with gallery(store) as home:
        await fox(home)
        await home.say("/edit night model=qwen-image-edit")
        assert home.kit.workshop is not None
        await home.kit.workshop.blobs.prune(-1, ())
        await home.hear(home.press("vary"))
        assert captions(home)[-1] == home.say_so("picture-gone")
        assert len(painted(home)) == 2


async def test_a_crash_shows_one_variation(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async with gallery(store) as home:
        await fox(home)
        dies(monkeypatch, Turn, "keep", after=True)
        press = home.press("vary", who=BEN)
        await home.hear(press)
        await run_again(home)
        await home.hear(press)
        assert len(painted(home)) == len(pictures(home)) == 2
        assert captions(home)[-1] == "Variation of *a fox* · qwen-image"
