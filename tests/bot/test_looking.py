"""Pictures that people show: what the models get to see of them, and what people are told where one is not seen."""

import asyncio
import base64
import io
from dataclasses import replace

import pytest
from PIL import Image

from bot.contract import Addressed, Attachment
from bot.errors import ChannelGone
from bot.features.sights import BLIND_S
from bot.media import Studio
from bot.store import Store
from tests import stock
from tests.bot.gallery import dies, gallery, run_again
from tests.bot.house import BEN, CHANNEL, House, house
from tests.fakes.gateway import Answer, Drawn, Fail, SeenRequest

BLIND = "grok-code-fast-1"
RED, GREEN, BLUE = (200, 10, 10), (10, 200, 10), (10, 10, 200)
Shade = tuple[int, int, int]


def photo(home: House, shade: Shade = RED, name: str = "photo.png") -> Attachment:
    return home.file(stock.picture(shade), "image/png", name=name)


def snapshot(home: House) -> Attachment:
    """As a telephone makes it: it lies on its side, and tells where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Telephone"
    exif.get_ifd(0x8825)[1] = "N"
    return home.file(stock.picture(RED, (80, 40), "JPEG", exif=exif), "image/jpeg", name="snapshot.jpg")


def seen(home: House, request: int = -1) -> list[bytes]:
    """The pictures that a request carries, in their order."""
    return [base64.b64decode(url.partition(",")[2]) for url in _urls(home.gateway.asked()[request])]


def shades(home: House, request: int = -1) -> list[Shade]:
    """Their colours."""
    found = []
    for data in seen(home, request):
        with Image.open(io.BytesIO(data)) as image:
            found.append(image.convert("RGB").getpixel((5, 5)))
    return found  # type: ignore[return-value]  # of a picture in RGB


def _urls(request: SeenRequest) -> list[str]:
    messages = request.body.get("messages") or request.body.get("input")
    assert isinstance(messages, list)
    parts = [part for message in messages if isinstance(message.get("content"), list) for part in message["content"]]
    urls = [part["image_url"] for part in parts if part["type"] in ("image_url", "input_image")]
    return [url["url"] if isinstance(url, dict) else url for url in urls]


def located(home: House) -> list[str]:
    """The refs that the platform was asked for."""
    return [call.text for _, channel in home.platform.channels for call in channel.calls if call.verb == "locate"]


# What is seen


@pytest.mark.parametrize("model", ["gpt-5-chat-latest", "gpt-5.3-codex", "Qwen3-VL-8B-Instruct"])
async def test_a_model_that_sees_is_shown_the_picture(store: Store, model: str) -> None:
    async with house(store) as home:
        await home.with_defaults(model=model).say("what is that?", files=(photo(home),))
        assert shades(home) == [RED]
        assert home.screen()[-1].startswith("You said: what is that?")
        assert "_" not in home.screen()[-1]


async def test_a_picture_alone_is_a_question(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Answer("A red sheet."))
        await home.say("", files=(photo(home),))
        assert shades(home) == [RED]
        assert home.screen() == ["A red sheet."]


async def test_a_quoted_picture_is_seen(store: Store) -> None:
    async with house(store) as home:
        await home.say("what is that?", quoted=(photo(home),))
        assert shades(home) == [RED]


async def test_several_pictures_go_in_with_the_question(store: Store) -> None:
    async with house(store) as home:
        await home.say("compare", files=(photo(home), photo(home, GREEN), photo(home, BLUE)))
        assert shades(home) == [RED, GREEN, BLUE]


async def test_nothing_but_the_pixels_leaves_the_house(store: Store) -> None:
    async with house(store) as home:
        await home.say("where is that?", files=(snapshot(home),))
        [data] = seen(home)
        assert b"Exif" not in data
        assert b"Telephone" not in data
        with Image.open(io.BytesIO(data)) as image:
            assert (image.size, dict(image.getexif())) == ((40, 80), {})


async def test_a_large_picture_is_made_small(store: Store) -> None:
    async with house(store) as home:
        await home.say("look", files=(home.file(stock.picture(RED, (3000, 1500)), "image/png"),))
        with Image.open(io.BytesIO(seen(home)[0])) as image:
            assert image.size == (2048, 1024)


async def test_a_picture_is_known_by_its_bytes(store: Store) -> None:
    async with house(store) as home:
        mislabelled = home.file(stock.picture(RED), "image/jpeg", name="photo.jpg")
        nameless = home.file(stock.picture(GREEN), name="clipboard")
        await home.say("look", files=(mislabelled, nameless))
        assert shades(home) == [RED, GREEN]


# In a conversation


async def test_a_conversation_about_a_picture_fetches_it_once(store: Store) -> None:
    async with house(store) as home:
        file = photo(home)
        await home.say("what is that?", files=(file,))
        home.lose(file)
        await home.say("and what colour has it?")
        assert shades(home) == [RED]
        assert located(home) == [file.ref]


async def test_another_process_fetches_it_again(store: Store) -> None:
    async with house(store) as home:
        file = photo(home)
        await home.say("what is that?", files=(file,))
        assert home.kit.workshop is not None
        home.kit.workshop.sights.__init__()  # type: ignore[misc]  # as new
        await home.say("and what colour has it?")
        assert shades(home) == [RED]
        assert located(home) == [file.ref] * 2


async def test_a_picture_that_others_showed_is_seen(store: Store) -> None:
    async with house(store) as home:
        thread = replace(CHANNEL, thread="T1")
        await home.say("hello", at=thread)
        await home.say("my car", at=thread, files=(photo(home, GREEN),), who=BEN, addressed=Addressed.OTHER)
        await home.say("what colour is the car of Ben?", at=thread)
        assert shades(home) == [GREEN]


async def test_old_pictures_make_room_for_new_ones(store: Store) -> None:
    async with house(store) as home:
        home.with_defaults(history_tokens=2600)
        await home.say("one", files=(photo(home, RED),))
        await home.say("two", files=(photo(home, GREEN),))
        await home.say("three", files=(photo(home, BLUE),))
        assert shades(home) == [GREEN, BLUE]


async def test_no_more_than_eight_are_looked_at_and_the_others_are_named(store: Store) -> None:
    async with house(store) as home:
        files = tuple(photo(home, RED, f"p{number}.png") for number in range(10))
        await home.with_defaults(history_tokens=40_000).say("look", files=files)
        assert len(seen(home)) == 8
        assert home.screen()[-1].endswith(f"_{home.say_so('pictures-left-out', names='p8.png, p9.png')}_")


# What is not seen


async def test_a_broken_picture_beside_a_good_one_is_told(store: Store) -> None:
    async with house(store) as home:
        broken = home.file(stock.picture(RED)[:60], "image/png", name="broken.png")
        await home.say("look", files=(broken, photo(home, GREEN)))
        assert shades(home) == [GREEN]
        assert home.screen()[-1].endswith(f"_{home.say_so('file-broken', name='broken.png')}_")


@pytest.mark.parametrize(
    ("content", "notice"), [(b"GIF89a", "file-broken"), (b"<svg></svg>", "file-unsupported"), (b"", "file-broken")]
)
async def test_what_is_called_a_picture_and_is_none_is_told_once(store: Store, content: bytes, notice: str) -> None:
    async with house(store) as home:
        await home.say("look", files=(home.file(content, "image/gif", name="a.gif"),))
        assert seen(home) == []
        assert home.screen()[-1].count("a.gif") == 2  # in the echo of the prompt, and in the note
        assert home.screen()[-1].endswith(f"_{home.say_so(notice, name='a.gif')}_")


async def test_a_lost_picture_and_no_word_is_told(store: Store) -> None:
    async with house(store) as home:
        file = photo(home)
        home.lose(file)
        await home.say("", files=(file,))
        assert home.screen() == [home.say_so("file-lost", name="photo.png")]
        assert home.gateway.asked() == []


async def test_a_platform_that_does_not_tell_where_a_picture_is_keeps_nobody_waiting(store: Store) -> None:
    async with house(store) as home:
        home.platform.prepare.append(("locate", ChannelGone("closed")))
        await home.say("look", files=(photo(home),))
        assert home.screen()[-1].endswith(f"_{home.say_so('file-failed', name='photo.png')}_")


async def test_a_lost_picture_of_the_past_is_not_asked_for_each_time(store: Store) -> None:
    async with house(store) as home:
        file = photo(home)
        home.lose(file)
        await home.say("look at that", files=(file,))
        asked = len(located(home))
        await home.say("hello")
        assert len(located(home)) == asked
        assert home.screen()[-1] == "You said: hello"


# Models that do not see


async def test_a_model_that_cannot_see_is_named_with_one_that_can(store: Store) -> None:
    async with house(store) as home:
        await home.with_defaults(model=BLIND).say("what is that?", files=(photo(home),))
        other = next(spec.id for spec in home.kit.catalogue.chat() if spec.image_input)
        assert seen(home) == []
        assert located(home) == []
        assert home.screen()[-1].endswith(f"_{home.say_so('cannot-see-offer', model=BLIND, other=other)}_")


async def test_without_a_word_that_is_the_answer(store: Store) -> None:
    async with house(store) as home:
        await home.with_defaults(model=BLIND).say("", files=(photo(home),))
        assert home.screen()[0].startswith(f"The model {BLIND} cannot look at pictures. `/model ")
        assert home.gateway.asked() == []


async def test_a_model_that_turns_out_to_be_blind_is_asked_without(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Fail(400, "image_url is not supported by this model", param="messages"))
        await home.say("what is that?", files=(photo(home),))
        assert [len(seen(home, request)) for request in (0, 1)] == [1, 0]
        assert "[attached, not readable: photo.png]" in home.screen()[-1]
        assert "cannot look at pictures. `/model " in home.screen()[-1]


async def test_pictures_that_a_model_cannot_use_are_told(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Fail(400, "Invalid image: could not process it", param="messages"))
        await home.say("what is that?", files=(photo(home),))
        assert home.screen()[-1].endswith(f"_{home.say_so('pictures-refused', model='gpt-5-chat-latest')}_")


async def test_a_model_that_refuses_twice_is_shown_no_more_pictures_for_an_hour(store: Store) -> None:
    async with house(store) as home:
        assert home.kit.workshop is not None
        now, refusal = [0.0], Fail(400, "image_url is not supported by this model", param="messages")
        home.kit.workshop.sights._clock = lambda: now[0]
        for _ in range(2):
            home.gateway.script(refusal)
            await home.say("what is that?", files=(photo(home),))
        await home.say("and that?", files=(photo(home),))
        assert [len(seen(home, request)) for request in range(5)] == [1, 0, 2, 0, 0]
        assert "gpt-5-chat-latest cannot look at pictures. `/model " in home.screen()[-1]
        now[0] = BLIND_S
        await home.say("and now?", files=(photo(home),))
        assert len(seen(home)) == 4


async def test_a_model_that_has_looked_since_is_not_taken_for_blind(store: Store) -> None:
    async with house(store) as home:
        refusal = Fail(400, "image_url is not supported by this model", param="messages")
        for plan in (refusal, Answer("A fox."), refusal):
            home.gateway.script(plan)
            await home.say("what is that?", files=(photo(home),))
        await home.say("and that?", files=(photo(home),))
        assert len(seen(home)) == 4


async def test_a_refused_picture_without_a_word_is_asked_once(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Fail(400, "image_url is not supported by this model", param="messages"))
        await home.say("", files=(photo(home),))
        assert len(home.gateway.asked()) == 1
        assert home.screen()[0].startswith("The model gpt-5-chat-latest cannot look at pictures. `/model ")


# Our own


async def test_what_was_drawn_by_command_can_be_talked_about(store: Store) -> None:
    async with gallery(store) as home:
        home.gateway.script(Drawn(), Answer("A fox."))
        await home.say("/imagine a fox")
        await home.say("what did you draw?")
        assert len(seen(home)) == 1


async def test_a_crash_while_looking_leaves_nothing_behind(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(store) as home:
        dies(monkeypatch, Studio, "picture", after=True)
        await home.say("look", files=(photo(home),))
        assert home.gateway.asked() == []
        await run_again(home)
        assert shades(home) == [RED]
        assert home.kit.workshop is not None
        assert list(home.kit.workshop.folder.iterdir()) == []


async def test_stop_ends_a_look_that_takes_long(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(store) as home:
        began = asyncio.Event()

        async def slow(*_: object, **__: object) -> None:
            began.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(Studio, "picture", slow)
        event = home.message("look", files=(photo(home),))
        await home.engine.accept(event)
        await began.wait()
        await home.hear(home.command("stop"))
        assert home.gateway.asked() == []
        assert home.screen() == [home.say_so("stopped")]
