"""A chat model that draws, alters and speaks by itself: what people see, what is paid, and what a crash leaves."""

import asyncio
import io
import json

import pytest
from PIL import Image

from bot.features.tools import MOST_CALLS, TABLE
from bot.made import OWN
from bot.made import Drawn as Made
from bot.reply import Reply
from bot.store import Store
from bot.turn import Turn
from tests import stock
from tests.bot.gallery import drawn, gallery, given_up, history, painted, pictures, prompts, run_again, turns
from tests.bot.house import House, house
from tests.fakes.channel import ShownPost
from tests.fakes.gateway import Answer, Drawn, Fail, Hang, SeenRequest, ToolCall, Voiced
from tests.fakes.gateway.painting import colour

RESPONSES_MODEL = "gpt-5.3-codex"


def wants(name: str, number: int = 1, saying: str = "", /, **given: object) -> Answer:
    """The model calls one tool."""
    return Answer(saying, tool_calls=(ToolCall(f"c{number}", name, json.dumps(given)),))


def draws(prompt: str, number: int = 1, **more: object) -> Answer:
    return wants("draw_picture", number, prompt=prompt, **more)


def alters(prompt: str, number: int = 2, **more: object) -> Answer:
    return wants("edit_picture", number, prompt=prompt, **more)


async def made(home: House) -> list[Made]:
    """The pictures that the newest answer has paid for."""
    turn = (await history(home))[-1].turn
    assert turn is not None
    return await drawn(home.store, list(await turns(home.store)).index(turn) + 1)


def texts(home: House) -> list[str]:
    return [post.text for post in home.standing() if not post.files]


def told(home: House, request: int = -1) -> list[str]:
    """What the tools have told the model, as its request says it."""
    body = home.gateway.asked()[request].body
    messages = body.get("messages") or body.get("input")
    assert isinstance(messages, list)
    return [
        str(each.get("content") or each.get("output"))
        for each in messages
        if each.get("role") == "tool" or each.get("type") == "function_call_output"
    ]


def offers(home: House, request: int = -1) -> list[str]:
    """The tools that a request offers."""
    found = home.gateway.asked()[request].body.get("tools", [])
    assert isinstance(found, list)
    return [str(each.get("function", each)["name"]) for each in found]


def looks(post: ShownPost) -> tuple[int, ...]:
    with Image.open(io.BytesIO(post.files[0].path.read_bytes())) as image:
        seen = image.convert("RGB").getpixel((5, 5))
    assert isinstance(seen, tuple)
    return seen


def blend(one: tuple[int, ...], other: tuple[int, ...]) -> list[float]:
    return [(a + b) / 2 for a, b in zip(one, other, strict=True)]


async def test_draw_a_fox_then_make_it_night(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(
            wants("draw_picture", 1, "First the fox.", prompt="a fox in the snow"),
            Drawn(),
            alters("make it night"),
            Drawn(),
            Answer("There is your fox at night."),
        )
        await home.say("draw a fox in the snow, then make it night")
        assert prompts(home) == ["a fox in the snow", "make it night"]
        assert len(painted(home)[1].under) == 1
        assert painted(home)[1].under[0].convert("RGB").getpixel((5, 5)) == colour("a fox in the snow")
        fox, night = await made(home)
        assert (fox.source, night.source) == ("", fox.blob)
        assert texts(home) == ["First the fox.\n\nThere is your fox at night."]
        assert [post.files[0].alt for post in pictures(home)] == ["a fox in the snow", "make it night"]
        remembered = (await history(home))[-1]
        assert remembered.text == texts(home)[0]
        assert [file.ref for file in remembered.attachments] == [OWN + fox.blob, OWN + night.blob]
        assert told(home) == [f"Done: people see {file.name}." for file in remembered.attachments]


async def test_the_next_question_shows_the_model_what_it_has_drawn(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(draws("a fox"), Drawn(), Answer("Here."), Answer("A fox."))
        await home.say("draw a fox")
        await home.say("what is on it?")
        content = home.gateway.asked()[-1].body["messages"][-1]["content"]  # type: ignore[index]  # JSON
        assert [part["type"] for part in content] == ["text", "image_url"]
        assert content[0]["text"].startswith("what is on it?\n[attached: your picture a-fox-t")


async def test_an_answer_without_words_is_its_pictures_and_a_caption(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(draws("a fox"), Drawn())
        home.gateway.answer("")
        await home.say("draw a fox")
        assert len(pictures(home)) == 1
        assert [text.split(" · ")[0] for text in texts(home)] == ["*a fox*"]


async def test_two_calls_of_one_round_are_both_done(store: Store) -> None:
    async with gallery(store) as home:
        calls = tuple(ToolCall(f"c{n}", "draw_picture", json.dumps({"prompt": f"fox {n}"})) for n in (1, 2))
        home.gateway.script(Answer("", tool_calls=calls), Drawn(), Drawn(), Answer("Two foxes."))
        await home.say("draw two foxes")
        assert prompts(home) == ["fox 1", "fox 2"]
        assert len(told(home)) == len(pictures(home)) == 2


async def test_a_call_may_want_several_pictures(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(draws("a fox", count=3), Drawn(), Drawn(), Drawn(), Answer("Three."))
        await home.say("draw three foxes")
        assert len(pictures(home)) == 3
        assert len((await history(home))[-1].attachments) == 3


async def test_a_text_is_spoken(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(wants("speak", text="Good night."), Voiced(), Answer("Listen."))
        await home.say("say good night aloud")
        [post] = pictures(home)
        assert post.files[0].media_type.startswith("audio/")
        assert texts(home) == ["Listen."]


async def test_a_picture_of_the_question_is_altered(store: Store) -> None:
    async with gallery(store) as home:
        car = home.file(stock.picture((200, 10, 10)), "image/png", name="car.png")
        home.gateway.script(alters("make it blue", 1), Drawn(), Answer("Blue."))
        await home.say("make it blue", files=(car,))
        assert [painting.under[0].convert("RGB").getpixel((1, 1)) for painting in painted(home)] == [(200, 10, 10)]


async def test_a_picture_is_found_by_its_name_or_the_model_hears_which_there_are(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(
            *(draws("a fox"), Drawn(), draws("an owl", 2), Drawn()),
            *(alters("at night", 3, which="the moose"), alters("at night", 4, which="your picture a-fox-t"), Drawn()),
            Answer("Done."),
        )
        await home.say("draw a fox and an owl, the fox at night")
        assert told(home)[2].startswith("There is no picture the moose. There are, newest first: an-owl-t")
        fox, _, night = await made(home)
        assert night.source == fox.blob


# What goes wrong


async def test_broken_arguments_go_back_to_the_model(store: Store) -> None:
    async with gallery(store) as home:
        broken = Answer("", tool_calls=(ToolCall("c1", "draw_picture", '{"prompt": "a f'),))
        home.gateway.script(broken, draws("a fox", 2), Drawn(), Answer("Here."))
        await home.say("draw a fox")
        assert told(home)[0] == (
            "The arguments of draw_picture are not valid JSON. Call it again with one complete JSON object."
        )
        assert texts(home) == ["Here."]
        assert len(pictures(home)) == 1


async def test_an_unknown_tool_goes_back_to_the_model(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(wants("send_mail", to="Ben"), Answer("I cannot."))
        await home.say("mail it to Ben")
        assert told(home)[0].startswith('There is no tool "send_mail". There are: ')
        assert texts(home) == ["I cannot."]


async def test_a_refused_picture_is_told_to_the_model_and_to_the_people(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(
            draws("something bad"),
            Fail(400, "Your request was rejected by the safety system.", code="content_policy_violation"),
            Answer("I could not draw that."),
        )
        await home.say("draw something bad")
        assert told(home)[0].startswith("It failed, and people were told why: ")
        [text] = texts(home)
        assert text.startswith("I could not draw that.\n\n_Drawing did not work: ")
        assert pictures(home) == []


async def test_words_in_place_of_a_picture_are_told(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(draws("a fox"), Drawn("nothing", text="I would rather not."), Answer("Sorry."))
        await home.say("draw a fox")
        assert "I would rather not." in told(home)[0]
        assert "I would rather not." in texts(home)[0]


async def test_a_failure_and_no_word_is_told_all_the_same(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(draws("a fox"), Fail(401))
        home.gateway.answer("")
        await home.say("draw a fox")
        assert texts(home)[0].startswith("Drawing did not work: ")


async def test_a_tool_whose_model_fails_is_told_with_what_chooses_another(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(draws("a fox"), Fail(401))
        home.gateway.answer("Sorry.")
        await home.say("draw a fox")
        first, other = (spec.id for spec in home.kit.catalogue.having("image")[:2])
        why = home.advice("craft-rejected", "BOT_PICTURE_MODEL", "/imagine", other, model=first)
        assert texts(home)[0].endswith(f"_{home.say_so('tool-failed', what=home.say_so('doing-draw'), why=why)}_")


async def test_what_breaks_off_after_a_picture_keeps_the_picture(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(draws("a fox"), Drawn(), Fail(401))
        await home.say("draw a fox")
        assert len(pictures(home)) == 1
        assert len((await history(home))[-1].attachments) == 1
        assert texts(home)[0].startswith("*a fox* · ")


async def test_a_model_that_never_ends_is_ended(store: Store) -> None:
    async with gallery(store) as home:
        home.with_defaults(tool_rounds=3)
        numbers = iter(range(100))

        def drawing(seen: SeenRequest) -> Answer | Drawn:
            if seen.path != "/v1/chat/completions" or seen.model != "gpt-5-chat-latest":
                return Drawn()
            return draws("a fox", next(numbers)) if seen.body.get("tools") else Answer("Enough.")

        home.gateway.judge(drawing)
        await home.say("draw foxes")
        assert [bool(seen.body.get("tools")) for seen in home.gateway.asked("gpt-5-chat-latest")] == [True] * 3 + [
            False
        ]
        assert len(pictures(home)) == 3


async def test_a_round_of_hundreds_of_calls_is_cut(store: Store) -> None:
    async with gallery(store) as home:
        calls = tuple(ToolCall(f"c{n}", "edit_picture", json.dumps({"prompt": "x", "which": "y"})) for n in range(100))
        home.gateway.script(Answer("", tool_calls=calls), Answer("Enough."))
        await home.say("go")
        assert sum(each.startswith("Not done") for each in told(home)) == 100 - MOST_CALLS


async def test_calls_that_share_an_id_over_rounds_are_told_apart(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(draws("a fox", 1), Drawn(), draws("an owl", 1), Drawn(), Answer("Here."))
        await home.say("draw a fox, then an owl")
        assert texts(home) == ["Here."]
        assert len(pictures(home)) == 2


# Where there are no tools


async def test_a_model_without_tools_names_the_commands_where_one_is_wanted(store: Store) -> None:
    async with gallery(store) as home:
        await home.with_defaults(model="gpt-5.2-search").say("draw a fox")
        await home.say("what is the capital of France?")
        first, second = texts(home)
        assert first.endswith(f"_{home.say_so('no-tools', model='gpt-5.2-search')}_")
        assert "/imagine" not in second


async def test_no_tools_are_offered_where_posts_have_no_files(store: Store) -> None:
    async with house(store) as home:
        await home.say("draw a fox")
        assert offers(home) == []
        assert texts(home) == ["You said: draw a fox"]


async def test_no_tools_are_offered_where_the_installation_wants_none(store: Store) -> None:
    async with gallery(store) as home:
        await home.with_defaults(tool_rounds=0).say("draw a fox")
        assert offers(home) == []


async def test_only_tools_with_a_model_are_offered(store: Store) -> None:
    async with gallery(store) as home:
        await home.say("hello")
        assert offers(home) == list(TABLE)
        for spec in home.kit.catalogue.having("tts"):
            home.kit.catalogue.mark_missing(spec.id, float("inf"))
        await home.say("hello again")
        assert offers(home) == ["draw_picture", "edit_picture"]


async def test_the_early_request_offers_the_same_tools(store: Store) -> None:
    async with gallery(store) as home:
        await home.engine.prepare()
        await home.say("one")
        await home.say("two")
        assert len(home.gateway.asked()) == 2
        assert all(seen.body.get("tools") for seen in home.gateway.asked())


async def test_the_responses_endpoint_draws_as_well(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(draws("a fox"), Drawn(), alters("at night"), Drawn(), Answer("Here."))
        await home.with_defaults(model=RESPONSES_MODEL).say("draw a fox, then make it night")
        assert [seen.path for seen in home.gateway.asked(RESPONSES_MODEL)][-3:] == ["/v1/responses"] * 3
        assert len(painted(home)[1].under) == 1
        assert texts(home) == ["Here."]
        assert len(told(home)) == 2


# Stop


async def test_stop_inside_a_tool_ends_it_and_keeps_what_is_there(store: Store) -> None:
    async with gallery(store) as home:
        hold = asyncio.Event()
        home.gateway.script(
            *(wants("draw_picture", 1, "First the fox.", prompt="a fox"), Drawn()),
            *(alters("at night"), Drawn(hold=hold)),
        )
        await home.engine.accept(home.message("draw a fox, then make it night"))
        await home.until(lambda: len(painted(home)) == 2)
        await home.hear(home.press("stop"))
        assert len(pictures(home)) == 1
        [text] = texts(home)
        assert text == f"First the fox.\n\n_{home.say_so('stopped')}_"
        assert len(home.gateway.asked("gpt-5-chat-latest")) == 2
        hold.set()


async def test_going_on_after_a_stop_buys_only_what_is_missing(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(
            *(wants("draw_picture", 1, "First the fox.", prompt="a fox"), Drawn()),
            *(alters("at night"), Hang()),
        )
        await home.engine.accept(home.message("draw a fox, then make it night"))
        await home.until(lambda: len(painted(home)) == 2)
        await home.hear(home.press("stop"))
        home.gateway.script(Drawn(), Answer("Now it is night."))
        await home.hear(home.press("continue"))
        assert prompts(home) == ["a fox", "at night", "at night"]
        assert texts(home) == ["First the fox.\n\nNow it is night."]
        assert [post.files[0].alt for post in pictures(home)] == ["a fox", "at night"]
        assert len((await history(home))[-1].attachments) == 2


async def test_asking_anew_draws_anew(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(draws("a fox"), Drawn(), Answer("Here."), draws("a fox"), Drawn(), Answer("Again."))
        await home.say("draw a fox")
        await home.hear(home.press("regenerate"))
        assert prompts(home) == ["a fox", "a fox"]
        assert texts(home) == ["Again."]
        assert len(pictures(home)) == 1


# A crash


async def crashed(home: House) -> None:
    home.gateway.script(
        wants("draw_picture", 1, "First the fox.", prompt="a fox"),
        Drawn(),
        alters("at night"),
        Drawn(),
        Answer("Now it is night."),
    )
    await home.say("draw a fox, then make it night")
    await run_again(home)


def bought_once(home: House) -> None:
    assert prompts(home) == ["a fox", "at night"]
    assert len(home.gateway.asked("gpt-5-chat-latest")) == 3
    assert [post.files[0].alt for post in pictures(home)] == ["a fox", "at night"]
    assert texts(home) == ["First the fox.\n\nNow it is night."]


@pytest.mark.parametrize(
    ("cls", "name", "nth", "after"),
    [
        (Turn, "keep", 1, True),  # the first round is stored
        (Turn, "keep", 2, True),  # the picture is stored and not shown
        (Reply, "show", 1, False),
        (Reply, "show", 1, True),  # it stands there, and the next round was never asked for
        (Turn, "keep", 3, True),
        (Turn, "keep", 4, True),
        (Turn, "answered", 1, False),
        (Turn, "answered", 1, True),
    ],
)
async def test_a_crash_buys_nothing_twice_and_shows_everything_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, cls: type, name: str, nth: int, after: bool
) -> None:
    async with gallery(store) as home:
        _dies_at(monkeypatch, cls, name, nth, after=after)
        await crashed(home)
        if (name, after) == ("answered", False):
            assert len(home.gateway.asked("gpt-5-chat-latest")) == 4  # the last words were never stored
            assert prompts(home) == ["a fox", "at night"]
            assert len(pictures(home)) == 2
        else:
            bought_once(home)


async def test_a_given_up_talk_is_gone_on_with_where_it_was(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async with gallery(store) as home:
        _dies_at(monkeypatch, Reply, "show", 1, after=True)
        home.gateway.script(draws("a fox"), Drawn())
        await home.say("draw a fox")
        await given_up(home)
        home.gateway.answer("There it is.")
        await home.hear(home.press("continue"))
        assert texts(home) == ["There it is."]
        assert prompts(home) == ["a fox"]
        assert len(pictures(home)) == 1
        assert len(home.gateway.asked("gpt-5-chat-latest")) == 2


def _dies_at(patch: pytest.MonkeyPatch, cls: type, name: str, nth: int, *, after: bool) -> None:
    """Like `dies`, at a later call."""
    method, calls = getattr(cls, name), iter(range(1, 1000))

    async def counted(*args: object, **kwargs: object) -> object:
        if next(calls) < nth:
            return await method(*args, **kwargs)
        patch.setattr(cls, name, method)
        if after:
            await method(*args, **kwargs)
        raise asyncio.CancelledError

    patch.setattr(cls, name, counted)
