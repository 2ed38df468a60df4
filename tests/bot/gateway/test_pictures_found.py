"""Pictures are found in every shape in which gateways and hosts hand them out, and no odd shape is fatal."""

import base64
import json
import random

import pytest

from bot.gateway.pictures import Link, Picture, from_base64, media_type_of
from bot.gateway.pictures_found import Found, found_in
from bot.gateway.pictures_text import sift
from bot.gateway.shapes import Undecodable, parse
from bot.gateway.values import Usage
from tests import stock

URL = "https://files.example/fox.png?sig=1"


PNG = stock.picture("orange")
FOX = Picture(PNG, "image/png")
NIGHT = Picture(stock.picture("navy"), "image/png")
B64 = base64.b64encode(PNG).decode()
DATA = f"data:image/png;base64,{B64}"


def found(value: object) -> Found:
    return found_in(json.dumps(value).encode())


def said(**message: object) -> object:
    return {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **message}}]}


def streamed(*deltas: object, more: str = "data: [DONE]\n\n") -> bytes:
    chunks = ({"model": "m", "choices": [{"index": 0, "delta": delta}]} for delta in deltas)
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode() + more.encode()


@pytest.mark.parametrize(
    "value",
    [
        {"created": 1, "data": [{"b64_json": B64}]},
        {"data": [{"b64_json": DATA}]},
        {"data": [{"url": DATA}]},
        {"data": [{"b64_json": B64, "url": None, "revised_prompt": None}]},
        {"data": [{"b64_json": B64, "url": ""}]},
        {"data": [{"b64_json": "", "url": DATA}]},
        {"data": {"b64_json": B64}},
        {"images": [{"url": DATA}]},
        {"images": [B64]},
        {"output": {"results": [{"url": DATA}]}},
        {"output": {"choices": [{"message": {"content": [{"image": DATA}]}}], "task_id": "t-1"}},
        said(content="", images=[{"type": "image_url", "image_url": {"url": DATA}}]),
        said(content=None, images=[DATA]),
        said(content=None, images=[{"type": "image_url", "image_url": DATA}]),
        said(content=f"![image]({DATA})"),
        said(content=f"![image](<{DATA}>)"),
        said(content=DATA),
        said(content=f"  {DATA[:60]}\n{DATA[60:]}\n"),
        said(content=[{"type": "image_url", "image_url": {"url": DATA}}]),
        said(content=[{"type": "output_image", "image_url": DATA}]),
        said(content=[{"type": "output_image", "b64_json": B64}]),
        said(content=[{"inlineData": {"mimeType": "image/png", "data": B64}}]),
        said(content=[{"inline_data": {"mime_type": "image/png", "data": B64}}]),
        said(content="", multi_mod_content=[{"inline_data": {"mime_type": "image/png", "data": B64}}]),
        said(content=None, image={"b64_json": B64}),
        {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": B64}}]}}]},
        {"candidates": [{"content": {"parts": [{"inline_data": {"mime_type": "image/png", "data": B64}}]}}]},
    ],
)
def test_a_picture_within_the_answer_is_found_and_nothing_else(value: object) -> None:
    got = found(value)
    assert got.pictures == (FOX,)
    assert (got.text, got.broken) == ("", 0)


@pytest.mark.parametrize(
    "value",
    [
        {"data": [{"url": URL}]},
        {"data": [{"b64_json": None, "url": URL}]},
        {"data": [{"b64_json": "", "url": URL}]},
        {"data": [{"b64_json": "@@broken@@", "url": URL}]},
        {"data": [URL]},
        {"images": [{"url": URL}]},
        {"output": {"results": [{"url": URL}]}},
        {"output": {"choices": [{"message": {"content": [{"image": URL}]}}]}},
        said(content=None, images=[{"type": "image_url", "image_url": {"url": URL}}]),
        said(content=None, images=[URL]),
        said(content=f"![a fox]({URL})"),
        said(content=f'![a fox]({URL} "A fox")'),
        said(content=URL),
        said(content=f"<{URL}>\n"),
        said(content=[{"type": "image_url", "image_url": {"url": URL}}]),
        {"candidates": [{"content": {"parts": [{"fileData": {"mimeType": "image/png", "fileUri": URL}}]}}]},
    ],
)
def test_the_address_of_a_picture_is_found(value: object) -> None:
    got = found(value)
    assert got.pictures == (Link(URL),)
    assert got.text == ""


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_body_that_is_a_picture_is_one(form: str) -> None:
    drawn = stock.picture("orange", form=form)
    assert found_in(drawn).pictures == (Picture(drawn, f"image/{form.lower()}"),)


@pytest.mark.parametrize(
    "body",
    [
        streamed({"content": ""}, {"images": [{"type": "image_url", "image_url": {"url": DATA}}]}),
        streamed({"role": "assistant"}, *({"content": f"![x]({DATA})"[at : at + 7]} for at in range(0, 700, 7))),
        streamed({"content": f"![x]({DATA})"}).replace(b"\n", b"\r\n"),
        b": PING\n\n" + streamed({"content": DATA}, more=""),
        streamed({"content": [{"inline_data": {"data": B64}}]}, more="data: {broken\n\ndata: [DONE]\n\n"),
        streamed({"images": [DATA]}) + f"data: {json.dumps(said(content=None, images=[DATA]))}\n\n".encode(),
    ],
)
def test_a_streamed_picture_is_put_together(body: bytes) -> None:
    got = found_in(body)
    assert got.pictures == (FOX,)
    assert got.text == ""


def test_words_around_pictures_are_kept_and_pictures_keep_their_order() -> None:
    night = base64.b64encode(NIGHT.data).decode()
    got = found(said(content=f"Here:\n\n![a]({DATA})\n\nand\n\n![b](data:image/png;base64,{night})\n\nDone."))
    assert got.pictures == (FOX, NIGHT)
    assert got.text == "Here:\n\nand\n\nDone."


def test_a_picture_that_is_said_twice_is_one() -> None:
    got = found(said(content=f"Done ![a]({DATA})", images=[{"image_url": {"url": DATA}}]))
    assert (got.pictures, got.text) == ((FOX,), "Done")


def test_words_that_are_said_twice_are_shown_once() -> None:
    whole = f"data: {json.dumps(said(content='Done', images=[DATA]))}\n\n"
    assert found_in(streamed({"content": "Do"}, {"content": "ne"}, more=whole)).text == "Done"
    parts = [{"text": "Done"}, {"inline_data": {"data": B64}}]
    got = found(said(content="Done", multi_mod_content=parts))
    assert (got.pictures, got.text) == ((FOX,), "Done")


def test_the_pictures_of_a_thought_are_no_result() -> None:
    thought = {"thought": True, "inlineData": {"data": base64.b64encode(NIGHT.data).decode()}}
    parts = [{"text": "hm", "thought": True}, thought, {"text": "Here."}, {"inlineData": {"data": B64}}]
    usage = {"promptTokenCount": 6, "candidatesTokenCount": 1290, "thoughtsTokenCount": 10}
    got = found({"candidates": [{"content": {"parts": parts}}], "usageMetadata": usage, "modelVersion": "g"})
    assert (got.pictures, got.text, got.model) == ((FOX,), "Here.", "g")
    assert got.usage == Usage(6, 1300, 10)


def test_the_prompt_that_was_really_drawn_is_told() -> None:
    usage = {"input_tokens": 9, "output_tokens": 1000, "total_tokens": 1009}
    got = found({"data": [{"b64_json": B64, "revised_prompt": "a red fox"}], "usage": usage})
    assert (got.revised_prompt, got.usage) == ("a red fox", Usage(9, 1000))


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, "PROHIBITED_CONTENT"),
        ({"promptFeedback": {"blockReason": "OTHER"}, "candidates": []}, "OTHER"),
        ({"candidates": [{"finishReason": "IMAGE_SAFETY"}]}, "IMAGE_SAFETY"),
        ({"candidates": [{"finishReason": "NO_IMAGE", "content": {}}]}, "NO_IMAGE"),
        ({"choices": [{"finish_reason": "content_filter", "message": {"content": None}}]}, "content_filter"),
        ({"choices": [{"finish_reason": "SAFETY", "message": {"content": ""}}]}, "SAFETY"),
    ],
)
def test_a_filter_is_named(value: object, word: str) -> None:
    assert found(value).blocked == word


def test_a_refusal_is_told_in_the_models_words() -> None:
    assert found(said(content=None, refusal="I won't draw that.")).refusal == "I won't draw that."


def test_words_alone_are_words() -> None:
    got = found(said(content="Which fox do you mean?\n\n\n\nSee https://foxes.example."))
    assert (got.pictures, got.text) == ((), "Which fox do you mean?\n\n\n\nSee https://foxes.example.")


def test_a_task_in_place_of_a_picture_is_told() -> None:
    assert found({"task_id": "t-1", "status": "queued"}).job
    assert found({"output": {"task_id": "t-1", "task_status": "PENDING"}}).job


@pytest.mark.parametrize("broken", ["@@@", B64[:40] + "é", "aGVsbG8=", B64[:5], "=", "data:image/png;base64,"])
def test_a_broken_picture_is_counted_and_its_base64_is_not_shown(broken: str) -> None:
    got = found({"data": [{"b64_json": broken}]})
    assert (got.pictures, got.text, got.broken) == ((), "", 1)
    assert found(said(content=f"Look: ![x](data:image/png;base64,{broken or 'x'}) there")).text == "Look:  there"


def test_the_base64_of_an_answer_that_was_cut_is_not_shown() -> None:
    got = found(said(content="Here it is: ![fox](data:image/png;base64,aGVsbG8gd29ybGQ"))
    assert (got.pictures, got.text, got.broken) == ((), "Here it is:", 1)


@pytest.mark.parametrize(
    "text",
    [
        B64,
        B64.rstrip("="),
        B64.replace("+", "-").replace("/", "_"),
        "\n".join(B64[at : at + 76] for at in range(0, len(B64), 76)),
        f" {B64} \r\n",
        DATA,
        DATA.replace("image/png", "image/jpeg"),
        DATA.replace("data:image/png;base64", "DATA:application/octet-stream;charset=x;base64"),
    ],
)
def test_base64_is_read_leniently(text: str) -> None:
    assert from_base64(text) == FOX


def test_the_letters_of_addresses_are_read_as_those_of_base64() -> None:
    data = PNG + b"\xfb\xef\xff\xfe" * 9
    text = base64.urlsafe_b64encode(data).decode().rstrip("=")
    assert {"-", "_"} <= set(text)
    assert from_base64(text) == Picture(data, "image/png")


def test_base64_of_several_slices_is_read_whole() -> None:
    noise = random.Random(4).randbytes(2_500_000)
    wrapped = base64.encodebytes(PNG + noise).decode()
    assert from_base64(wrapped) == Picture(PNG + noise, "image/png")


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"GIF", b"RIFF....AVI ", b"%PDF-1.7", b"\x00\x00\x00\x18ftypmp42"])
def test_what_is_no_picture_is_none(data: bytes) -> None:
    assert media_type_of(data) is None


@pytest.mark.parametrize("body", [b"", b"hello", b"<html>", b"data: nonsense\n\n", b'{"data": [', b"data: [DONE]\n\n"])
def test_a_body_that_is_no_answer_is_undecodable_or_empty(body: bytes) -> None:
    try:
        assert found_in(body).pictures == ()
    except Undecodable:
        return


ODD: tuple[object, ...] = (None, True, 7, 1.5, "", "x", [], {}, [None], [[]], {"": None}, [{"url": 3}], {"data": {}})
NAMES = ("data", "images", "output", "results", "choices", "message", "delta", "content", "image", "image_url", "url")
MORE = ("candidates", "parts", "inlineData", "multi_mod_content", "b64_json", "usage", "usageMetadata", "text", "model")


def odd(dice: random.Random, depth: int = 0) -> object:
    if depth > 4 or dice.random() < 0.25:
        return dice.choice(ODD)
    if dice.random() < 0.3:
        return [odd(dice, depth + 1) for _ in range(dice.randrange(3))]
    return {dice.choice(NAMES + MORE): odd(dice, depth + 1) for _ in range(dice.randrange(5))}


def test_no_shape_is_fatal() -> None:
    dice = random.Random(20)
    for _ in range(3000):
        value = {dice.choice(NAMES + MORE): odd(dice) for _ in range(3)}
        assert found(value).pictures == ()


def test_a_deep_nest_is_not_fatal() -> None:
    nest: object = B64
    for _ in range(50):
        nest = {"image": nest}
    assert found({"data": [nest]}).pictures == ()


def test_a_long_text_without_pictures_is_left_as_it_is_quickly() -> None:
    text = "![" * 20_000 + "data:image/ " * 20_000
    assert sift(text) == ([], text.strip(), 0)


def test_what_is_found_never_shows_in_a_log() -> None:
    got = found({"data": [{"url": URL}]})
    assert "sig" not in repr(got.pictures)
    assert "PNG" not in repr(FOX)


def test_the_json_that_was_read_can_be_had() -> None:
    value = {"error": {"message": "no"}}
    assert found(value).value == parse(json.dumps(value))
