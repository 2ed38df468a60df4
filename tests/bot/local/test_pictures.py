"""The card that stands in for pictures: it says so on itself and on the wire."""

import base64
import io
import json
from typing import Any

import pytest
from PIL import Image

from bot.local import card
from bot.local.card import FOREIGN, LARGEST, Card, draw, lay_over
from bot.local.weights import CARD_ID
from tests import stock
from tests.bot.local.calls import Answer, calling, form

DRAW, EDIT = "/v1/images/generations", "/v1/images/edits"
ASK = {"model": CARD_ID, "prompt": "a fox in the snow"}


def pictures(answer: Answer) -> list[Image.Image]:
    entries = json.loads(answer[2])["data"]
    return [Image.open(io.BytesIO(base64.b64decode(entry["b64_json"]))) for entry in entries]


def said(answer: Answer) -> list[str]:
    return [entry["revised_prompt"] for entry in json.loads(answer[2])["data"]]


async def test_a_picture_that_is_asked_for_is_a_card_and_says_so() -> None:
    async with calling() as caller:
        answer = await caller.post(DRAW, ASK)
    assert answer[0] == 200
    assert said(answer) == ["[placeholder] a fox in the snow"]
    assert [image.size for image in pictures(answer)] == [(1024, 1024)]


@pytest.mark.parametrize(("size", "found"), [("auto", (1024, 1024)), ("256x128", (256, 128)), ("64*2048", (64, 2048))])
async def test_size_count_and_format_are_as_asked(size: str, found: tuple[int, int]) -> None:
    async with calling() as caller:
        answer = await caller.post(DRAW, ASK | {"size": size, "n": 2, "output_format": "jpeg"})
    assert [(image.size, image.format) for image in pictures(answer)] == [(found, "JPEG")] * 2


async def test_an_address_that_is_asked_for_holds_the_picture_itself() -> None:
    async with calling() as caller:
        answer = await caller.post(DRAW, ASK | {"response_format": "url"})
    assert json.loads(answer[2])["data"][0]["url"].startswith("data:image/png;base64,iVBOR")


async def test_an_edit_is_the_given_picture_under_a_card() -> None:
    async with calling() as caller:
        body = form(stock.picture((0, 0, 200), (300, 300)), "p.png", field="image[]", model=CARD_ID, prompt="darker")
        answer = await caller.post(EDIT, body)
    (image,) = pictures(answer)
    assert (answer[0], said(answer), image.size) == (200, ["[placeholder] darker"], (300, 300))
    assert image.getpixel((150, 10)) == (0, 0, 200)
    assert image.getpixel((297, 205)) != (0, 0, 200)


async def test_a_large_picture_is_shrunk_and_a_turned_one_is_set_upright() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    async with calling() as caller:
        sizes = []
        for given in (stock.picture(size=(3000, 1500)), stock.picture(size=(300, 200), form="JPEG", exif=turned)):
            answer = await caller.post(EDIT, form(given, "p", field="image", model=CARD_ID, prompt="x"))
            sizes += [image.size for image in pictures(answer)]
    assert sizes == [(LARGEST, LARGEST // 2), (200, 300)]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"model": "qwen-image"}, "model"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"n": 11}, "n"),
        ({"n": 1.5}, "n"),
        ({"size": "9999x10"}, "size"),
        ({"size": "big"}, "size"),
        ({"output_format": "tiff"}, "output_format"),
        ({"response_format": "file"}, "response_format"),
    ],
)
async def test_a_bad_field_is_named(change: dict[str, Any], param: str) -> None:
    async with calling() as caller:
        status, _, body = await caller.post(DRAW, ASK | change)
    assert (status, json.loads(body)["error"]["param"]) == (400, param)


@pytest.mark.parametrize("file", [None, b"", b"GIF89a", b"no picture", stock.picture()[:60], b"<svg/>"], ids=range(6))
async def test_what_is_no_picture_is_refused(file: bytes | None) -> None:
    async with calling() as caller:
        status, _, body = await caller.post(EDIT, form(file, "p.png", field="image", model=CARD_ID, prompt="x"))
    assert (status, json.loads(body)["error"]["param"]) == (400, "image")


async def test_a_picture_of_too_many_pixels_is_not_unpacked() -> None:
    bomb = io.BytesIO()
    Image.new("1", (7000, 7000)).save(bomb, "PNG")
    async with calling() as caller:
        body = form(bomb.getvalue(), "p.png", field="image", model=CARD_ID, prompt="x")
        status, _, answer = await caller.post(EDIT, body)
    assert status == 400
    assert "pixels" in json.loads(answer)["error"]["message"]


def test_the_smallest_card_and_the_longest_prompt_can_be_drawn() -> None:
    for size in ((64, 64), (64, 2048), (2048, 64)):
        assert Image.open(io.BytesIO(draw(Card("fox " * 8000, size)))).size == size
    smallest = lay_over(stock.picture(size=(2, 2)), Card("x", (64, 64)), keep_size=True)
    assert Image.open(io.BytesIO(smallest)).size == (2, 2)


def test_a_script_that_the_font_lacks_is_named_instead_of_drawn() -> None:
    assert card._drawable("雪地里的狐狸") == FOREIGN
    assert card._drawable("ein Fuchs – im\nSchnee") == "ein Fuchs – im Schnee"
