"""Pictures by command: what people see of `/imagine` and `/edit`, and what is paid for it."""

import asyncio
import io
import random
from collections.abc import Iterable
from dataclasses import replace

import pytest
from PIL import Image

from bot.contract import Address, Attachment
from bot.errors import ChannelBusy, PostRejected
from bot.made import OWN
from bot.reply.reply import Reply
from bot.store import Store
from bot.turn import Turn
from tests import stock
from tests.bot.gallery import (
    captions,
    dies,
    drawn,
    gallery,
    given_up,
    history,
    keys,
    painted,
    pictures,
    prompts,
    run_again,
    turns,
)
from tests.bot.house import ANN, House, labels
from tests.fakes.gateway import Drawn, Fail, Hang, Raw
from tests.fakes.gateway.painting import colour

THREAD = Address("fake", "W1", "C1", "M1")
FINISHED = ["Regenerate", "Undo", "👍", "👎"]
DRAW = ["gemini-2.5-flash-image", "gemini-3-pro-image-preview", "gemini-3.1-flash-image-preview", "qwen-image"]
NEAR = ", ".join(f"`{model}`" for model in DRAW)
ALTER = [*DRAW[:3], "qwen-image-edit"]
RED, GREEN = (200, 10, 10), (10, 200, 10)


def photo(home: House, shade: tuple[int, int, int] = RED, *, name: str = "photo.png", size: int = 64) -> Attachment:
    return home.file(stock.picture(shade, (size, size)), "image/png", name=name)


def noise() -> Raw:
    """A picture that cannot be packed well, as the whole answer."""
    file = io.BytesIO()
    Image.frombytes("RGB", (300, 300), random.Random(4).randbytes(300 * 300 * 3)).save(file, "PNG")
    return Raw(200, file.getvalue(), "image/png")


def near(seen: object, shade: Iterable[int]) -> bool:
    assert isinstance(seen, tuple)
    return all(abs(one - other) < 12 for one, other in zip(seen, shade, strict=True))


# Drawing


async def test_a_picture_is_drawn_and_shown_with_its_prompt_and_its_model(store: Store) -> None:
    async with gallery(store) as home:
        await home.hear(home.command("imagine", prompt="a fox in the snow", model="qwen-image"))
        question, picture, caption = home.standing()
        assert question.text == "/imagine a fox in the snow model=qwen-image"
        assert [file.alt for file in picture.files] == ["a fox in the snow"]
        assert picture.files[0].name == f"a-fox-in-the-{picture.key}.png"
        assert keys(home, [picture]) == ["t1-f0"]
        assert labels(picture) == ["Variations"]
        assert caption.text == "*a fox in the snow* · qwen-image"
        assert labels(caption) == FINISHED
        assert prompts(home) == ["a fox in the snow"]
        assert home.kit.workshop is not None
        assert list(home.kit.workshop.folder.iterdir()) == []


async def test_the_history_knows_the_picture(store: Store) -> None:
    async with gallery(store) as home:
        await home.hear(home.command("imagine", prompt="a fox"))
        [made] = await drawn(store, 1)
        told = (await history(home))[-1]
        assert told.text == "*a fox* · gemini-2.5-flash-image"
        assert [(file.name, file.media_type, file.ref) for file in told.attachments] == [
            (pictures(home)[0].files[0].name, "image/png", OWN + made.blob)
        ]
        assert made.blob in await store.works.used()


@pytest.mark.parametrize("model", DRAW)
async def test_every_model_that_draws_is_asked_on_its_own_way(store: Store, model: str) -> None:
    async with gallery(store) as home:
        await home.say(f"/imagine a fox model={model} size=wide")
        assert captions(home) == [f"*a fox* · {model}"]
        assert len(pictures(home)) == 1
        assert [each.model for each in await drawn(store, 1)] == [model]


async def test_the_model_of_the_settings_draws_where_none_is_named(store: Store) -> None:
    async with gallery(store) as home:
        await home.with_defaults(picture_model="qwen-image").say("/imagine a fox")
        assert captions(home) == ["*a fox* · qwen-image"]


async def test_a_model_that_is_away_is_passed_over(store: Store) -> None:
    async with gallery(store) as home:
        home.kit.catalogue.mark_missing(DRAW[0], float("inf"))
        await home.say("/imagine a fox")
        await home.say(f"/imagine a fox model={DRAW[0]}")
        away = home.advice("craft-unavailable", "BOT_PICTURE_MODEL", "/imagine", DRAW[1], model=DRAW[0])
        assert captions(home) == [f"*a fox* · {DRAW[1]}", away]


async def test_size_and_background_reach_the_model(store: Store) -> None:
    async with gallery(store) as home:
        await home.say("/imagine a fox model=qwen-image size=16:9 transparent=yes")
        assert painted(home)[0].size == (1664, 928)
        assert prompts(home) == ["a fox\nThe background is fully transparent."]


@pytest.mark.parametrize(
    ("words", "notice", "params"),
    [
        ("/imagine", "no-prompt", {}),
        ("/imagine a fox size=huge", "size-unknown", {"size": "huge"}),
        ("/imagine a fox count=5", "count-wrong", {"most": 4}),
        ("/imagine a fox count=two", "count-wrong", {"most": 4}),
        ("/imagine a fox transparent=perhaps", "transparent-wrong", {}),
        (
            "/imagine a fox model=gpt-9",
            "no-such-craft",
            {"model": "gpt-9", "near": ", ".join(f"`{id}`" for id in DRAW)},
        ),
    ],
)
async def test_a_wrong_option_is_told_and_nothing_is_paid(
    store: Store, words: str, notice: str, params: dict[str, object]
) -> None:
    async with gallery(store) as home:
        await home.say(words)
        assert captions(home) == [home.say_so(notice, **params)]
        assert painted(home) == []


async def test_options_are_suggested(store: Store) -> None:
    async with gallery(store) as home:
        [imagine] = [command for command in home.engine.commands if command.name == "imagine"]
        suggest = {option.name: option.suggest for option in imagine.options if option.suggest is not None}
        assert [*suggest["model"]("QWEN")] == ["qwen-image"]
        assert [*suggest["size"]("1")] == ["1:1", "16:9"]


async def test_words_of_the_model_stand_under_the_caption(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(Drawn("message_images", text="Here it is!"))
        await home.say("/imagine a fox")
        assert captions(home) == ["*a fox* · gemini-2.5-flash-image\n\nHere it is!"]


async def test_words_in_place_of_a_picture_are_the_answer(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(Drawn("nothing", text="Which fox do you mean?"))
        await home.say("/imagine the fox count=3")
        assert home.screen() == ["Which fox do you mean?"]
        assert len(painted(home)) == 1


async def test_what_a_host_made_of_the_prompt_is_not_told(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(Drawn(revised_prompt="A majestic fox"))
        await home.say("/imagine a fox model=qwen-image")
        assert captions(home) == ["*a fox* · qwen-image"]


async def test_a_placeholder_says_that_it_is_one(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(Drawn(revised_prompt="[placeholder] a fox"))
        await home.say("/imagine a fox model=qwen-image")
        assert captions(home) == [f"*a fox* · qwen-image\n\n{home.say_so('picture-placeholder')}"]
        assert len(pictures(home)) == 1


async def test_markdown_of_a_prompt_is_shown_as_it_was_written(store: Store) -> None:
    async with gallery(store) as home:
        await home.say("/imagine **one** <@U2>\n# fox model=qwen-image")
        assert captions(home) == [r"*\*\*one\*\* \<@U2\> \# fox* · qwen-image"]


async def test_a_refused_prompt_says_so(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(Drawn("nothing", finish="content_filter"))
        await home.say("/imagine a fox")
        assert home.screen() == [home.say_so("content-refused", model=DRAW[0])]


# Several


async def test_several_pictures_stand_each_in_a_post_of_its_own(store: Store) -> None:
    async with gallery(store) as home:
        await home.say("/imagine a fox count=3 model=qwen-image")
        assert keys(home, pictures(home)) == ["t1-f0", "t1-f1", "t1-f2"]
        assert captions(home) == ["*a fox* · qwen-image"]
        assert len(await drawn(store, 1)) == len(painted(home)) == 3


async def test_one_that_fails_is_told_and_the_others_are_shown(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(Drawn(), Fail(500), Drawn())
        await home.say("/imagine a fox count=3 model=qwen-image")
        assert keys(home, pictures(home)) == ["t1-f0", "t1-f1"]
        assert captions(home)[0].startswith("*a fox* · qwen-image\n\n_A picture is missing. ")
        assert captions(home)[0].count("A picture is missing") == 1
        assert len((await history(home))[-1].attachments) == 2


async def test_what_no_picture_can_pass_is_tried_once(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.absent.add("qwen-image")
        await home.say("/imagine a fox count=4 model=qwen-image")
        missing = home.advice("craft-unavailable", "BOT_PICTURE_MODEL", "/imagine", DRAW[0], model="qwen-image")
        assert home.screen() == [missing]
        assert len([seen for seen in home.gateway.requests if seen.model == "qwen-image"]) == 1


async def test_stop_between_pictures_keeps_what_is_there(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(Drawn(), Hang())
        await home.engine.accept(home.message("/imagine a fox count=3 model=qwen-image"))
        await home.until(lambda: len(painted(home)) == 2)
        async with asyncio.timeout(2):
            await home.hear(home.command("stop"))
        assert len(pictures(home)) == 1
        assert captions(home) == [f"*a fox* · qwen-image\n\n_{home.say_so('stopped')}_"]
        assert len((await history(home))[-1].attachments) == 1


async def test_stop_before_the_first_picture_ends_in_a_notice(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(Hang())
        await home.engine.accept(home.message("/imagine a fox model=qwen-image"))
        await home.until(lambda: painted(home))
        async with asyncio.timeout(2):
            await home.hear(home.command("stop"))
        assert home.screen() == [home.say_so("stopped")]


async def test_people_are_told_that_it_is_drawing(store: Store) -> None:
    async with gallery(store) as home:
        home.platform.capabilities = replace(home.platform.capabilities, typing_interval=0.01)
        held = asyncio.Event()
        home.gateway.script(Drawn(hold=held))
        await home.engine.accept(home.message("/imagine a fox model=qwen-image"))
        channels = home.platform.channels
        await home.until(lambda: any(home.say_so("status-drawing") in channel.statuses for _, channel in channels))
        held.set()
        await home.quiet()


# Altering


@pytest.mark.parametrize("model", ALTER)
async def test_every_model_that_alters_gets_the_picture(store: Store, model: str) -> None:
    async with gallery(store) as home:
        await home.hear(home.command("edit", prompt="night", model=model, files=(photo(home),)))
        assert captions(home)[-1] == f"*night* · {model}"
        assert len(pictures(home)) == 1
        [painting] = painted(home)
        assert near(painting.under[0].getpixel((5, 5)), RED)
        [made] = await drawn(store, 1)
        assert made.source
        assert made.source != made.blob


async def test_a_model_that_cannot_alter_now_is_told_with_what_chooses_another(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.absent.add(ALTER[0])
        await home.say(f"/edit night model={ALTER[0]}", files=(photo(home),))
        away = home.advice("craft-unavailable", "BOT_EDIT_MODEL", "/edit", ALTER[1], model=ALTER[0])
        assert home.screen() == [away]


async def test_an_edit_goes_on_from_the_newest_result_each_time(store: Store) -> None:
    async with gallery(store) as home:
        await home.say("/imagine a fox model=qwen-image")
        await home.say("/edit darker")
        await home.say("/edit darker")
        fox, once, twice = [(await drawn(store, turn))[0] for turn in (1, 2, 3)]
        assert (fox.source, once.source, twice.source) == ("", fox.blob, once.blob)
        assert near(painted(home)[1].under[0].convert("RGB").getpixel((5, 5)), colour("a fox"))
        assert len(pictures(home)) == 3


async def test_a_members_picture_of_earlier_is_altered(store: Store) -> None:
    async with gallery(store) as home:
        await home.say("look", files=(photo(home, GREEN), photo(home, RED)))
        await home.say("thanks")
        await home.say("/edit night")
        assert near(painted(home)[0].under[0].convert("RGB").getpixel((5, 5)), RED)


async def test_a_picture_that_is_attached_or_quoted_goes_before_the_newest(store: Store) -> None:
    async with gallery(store) as home:
        await home.say("/imagine a fox model=qwen-image")
        await home.say("/edit night", quoted=(photo(home, RED),))
        await home.say("/edit night", quoted=(photo(home, RED),), files=(photo(home, GREEN),))
        under = [painting.under[0].convert("RGB").getpixel((5, 5)) for painting in painted(home)[1:]]
        assert near(under[0], RED)
        assert near(under[1], GREEN)


async def test_a_reply_to_an_older_picture_alters_that_one(store: Store) -> None:
    async with gallery(store) as home:
        await home.say("/imagine a fox model=qwen-image")
        first = pictures(home)[0]
        await home.say("/imagine an owl model=qwen-image")
        await home.say("/edit night", reply_to=first.id)
        assert (await drawn(store, 3))[0].source == (await drawn(store, 1))[0].blob


async def test_a_large_picture_is_made_smaller_for_the_model(store: Store) -> None:
    async with gallery(store) as home:
        await home.say("/edit night", files=(photo(home, size=3000),))
        assert max(painted(home)[0].under[0].size) == 2048
        assert len(pictures(home)) == 1


async def test_without_any_picture_it_is_said_how(store: Store) -> None:
    async with gallery(store) as home:
        await home.say("hello")
        await home.say("/edit night")
        assert captions(home)[-1] == home.say_so("no-picture-here")
        assert painted(home) == []


@pytest.mark.parametrize(
    ("content", "notice"),
    [(b"just words", "file-unsupported"), (b"\x89PNG\r\n\x1a\n" + bytes(60), "file-broken")],
    ids=["no picture", "broken"],
)
async def test_a_file_that_is_no_picture_is_named(store: Store, content: bytes, notice: str) -> None:
    async with gallery(store) as home:
        await home.say("/edit night", files=(home.file(content, "image/png", name="x.png"),))
        assert captions(home) == [home.say_so(notice, name="x.png")]
        assert painted(home) == []


async def test_a_picture_that_is_gone_is_named(store: Store) -> None:
    async with gallery(store) as home:
        lost = photo(home)
        home.lose(lost)
        await home.say("/edit night", files=(lost,))
        assert captions(home) == [home.say_so("file-lost", name="photo.png")]


# Showing


async def test_where_posts_have_no_files_it_is_said_and_nothing_is_paid(store: Store) -> None:
    async with gallery(store, limit=0) as home:
        await home.say("/imagine a fox")
        assert home.screen() == [home.say_so("no-files-here")]
        assert painted(home) == []


async def test_a_picture_over_the_limit_is_made_smaller_and_kept_whole(store: Store) -> None:
    async with gallery(store, limit=50_000) as home:
        home.gateway.script(noise())
        await home.say("/imagine a fox model=qwen-image")
        [post] = pictures(home)
        [made] = await drawn(store, 1)
        assert post.files[0].size <= 50_000 < made.size
        assert captions(home) == ["*a fox* · qwen-image"]


async def test_one_that_does_not_fit_at_all_is_told_in_words(store: Store) -> None:
    async with gallery(store, limit=500) as home:
        home.gateway.script(noise())
        await home.say("/imagine a fox model=qwen-image")
        [caption] = home.screen()
        assert caption.startswith("*a fox* · qwen-image\n\n_The picture is made, but even made smaller")


async def test_one_that_the_platform_refuses_is_told_and_not_lost(store: Store) -> None:
    async with gallery(store) as home:
        home.platform.prepare = [("send", PostRejected("no files may be sent here"))]
        await home.engine.accept(home.message("/imagine a fox model=qwen-image"))
        await home.until(lambda: painted(home))
        await home.quiet()
        home.platform.prepare = []
        assert captions(home) == [f"*a fox* · qwen-image\n\n_{home.say_so('picture-not-taken')}_"]
        await home.say("/edit night")
        assert (await drawn(store, 2))[0].source == (await drawn(store, 1))[0].blob


async def test_a_picture_waits_for_a_limited_platform(store: Store) -> None:
    async with gallery(store) as home:
        home.platform.prepare = [("send", ChannelBusy("limited", 0.01))]
        await home.say("/imagine a fox model=qwen-image")
        assert len(pictures(home)) == len(painted(home)) == 1


# Again


async def test_regenerate_buys_a_new_picture_and_takes_the_old_one_away(store: Store) -> None:
    async with gallery(store) as home:
        await home.say("/imagine a fox count=2 model=qwen-image")
        old = [post.id for post in pictures(home)]
        await home.hear(home.press("regenerate"))
        assert keys(home, pictures(home)) == ["t1r1-f0", "t1r1-f1"]
        assert not {*old} & {post.id for post in pictures(home)}
        assert captions(home) == ["*a fox* · qwen-image"]
        assert len(painted(home)) == 4


async def test_undo_marks_the_caption_and_the_picture_is_history_no_more(store: Store) -> None:
    async with gallery(store) as home:
        await home.say("/imagine a fox model=qwen-image")
        await home.hear(home.press("undo"))
        assert captions(home) == [f"*a fox* · qwen-image\n\n_{home.say_so('undone', name=ANN.name)}_"]
        await home.say("/edit night")
        assert captions(home)[-1] == home.say_so("no-picture-here")


# After a crash


@pytest.mark.parametrize(
    ("cls", "name", "after", "paid"),
    [
        (Turn, "keep", False, 2),
        (Turn, "keep", True, 1),
        (Reply, "show", False, 1),
        (Reply, "show", True, 1),
        (Turn, "answered", False, 1),
        (Turn, "answered", True, 1),
        (Reply, "finish", True, 1),
    ],
)
async def test_a_crash_shows_one_picture_and_pays_for_what_was_not_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch, cls: type, name: str, after: bool, paid: int
) -> None:
    async with gallery(store) as home:
        dies(monkeypatch, cls, name, after=after)
        await home.say("/imagine a fox model=qwen-image")
        await run_again(home)
        assert len(pictures(home)) == 1
        assert captions(home) == ["*a fox* · qwen-image"]
        assert len(painted(home)) == paid
        assert len((await history(home))[-1].attachments) == 1


@pytest.mark.parametrize(("cls", "name"), [(Reply, "show"), (Turn, "answered")])
async def test_what_was_paid_for_is_shown_when_a_given_up_turn_is_gone_on_with(
    store: Store, monkeypatch: pytest.MonkeyPatch, cls: type, name: str
) -> None:
    async with gallery(store) as home:
        dies(monkeypatch, cls, name)
        await home.say("/imagine a fox model=qwen-image")
        await given_up(home)
        await home.hear(home.press("continue"))
        assert captions(home) == ["*a fox* · qwen-image"]
        assert len(pictures(home)) == len(painted(home)) == 1
        await home.hear(home.press("regenerate"))
        assert len(painted(home)) == 2


async def test_a_paid_picture_that_was_tidied_away_since_is_drawn_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gallery(store) as home:
        dies(monkeypatch, Reply, "show")
        await home.say("/imagine a fox model=qwen-image")
        [kept] = await drawn(store, 1)
        await given_up(home)
        assert home.kit.workshop is not None
        found = await home.kit.workshop.blobs.find(kept.blob)
        assert found is not None
        found.path.unlink()
        dies(monkeypatch, Turn, "answered")
        await home.hear(home.press("continue"))
        await run_again(home)
        assert captions(home) == ["*a fox* · qwen-image"]
        assert (len(pictures(home)), len(painted(home))) == (1, 2)


async def test_a_post_that_a_crash_has_hidden_is_the_one_that_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gallery(store) as home:
        dies(monkeypatch, Reply, "show")
        await home.say("/imagine a fox model=qwen-image")
        home.platform.open(home.message("x").origin).seed("", key=f"t{(await turns(store))[0]}-f0", final=True)
        await run_again(home)
        assert keys(home, home.standing()) == ["t1-f0", "t1-0"]
        assert len(painted(home)) == 1


async def test_a_crash_in_the_midst_of_several_pays_for_the_others_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gallery(store) as home:
        home.gateway.script(Drawn(), Fail(500), Drawn(), Drawn())
        dies(monkeypatch, Turn, "answered")
        await home.say("/imagine a fox count=3 model=qwen-image")
        assert len(pictures(home)) == 2
        await run_again(home)
        assert keys(home, pictures(home)) == ["t1-f0", "t1-f1", "t1-f2"]
        assert len(painted(home)) == 4
        assert captions(home) == ["*a fox* · qwen-image"]


async def test_words_in_place_of_a_picture_are_paid_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async with gallery(store) as home:
        home.gateway.script(Drawn("nothing", text="Which fox?"))
        dies(monkeypatch, Turn, "answered")
        await home.say("/imagine the fox")
        await run_again(home)
        assert home.screen() == ["Which fox?"]
        assert len(painted(home)) == 1


async def test_an_edited_command_is_carried_out_as_it_stands_now(store: Store) -> None:
    async with gallery(store) as home:
        await home.say("/imagine a fox", message_id="F1")
        await home.edit("F1", "/imagine an owl size=2K")
        assert prompts(home) == ["a fox", "an owl"]
        await home.edit("F1", "what is an owl?")
        assert len(prompts(home)) == 2
        assert len(pictures(home)) == 0
