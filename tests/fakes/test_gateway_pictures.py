"""The fake gateway refuses every request for a picture that the real one or its hosts refuse."""

import base64
import io
import json

import aiohttp
import pytest
from PIL import Image

from tests import stock
from tests.fakes.gateway import Drawn, FakeGateway
from tests.fakes.gateway.image_fields import EDITS, GENERATIONS
from tests.fakes.gateway.painting import colour
from tests.fakes.gateway_calls import Got, Json, chat, post

GEMINI = "gemini-3-pro-image-preview"
NATIVE = f"/v1beta/models/{GEMINI}:generateContent"
EDITOR = "qwen-image-edit"
PNG, JPEG, GIF = (stock.picture("white", form=form) for form in ("PNG", "JPEG", "GIF"))


def data_url(data: bytes = b"", media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(data or PNG).decode()}"


def drawing(**fields: object) -> Json:
    return {"model": "qwen-image", "prompt": "a fox", **fields}


def native(part: Json | None = None, **config: object) -> Json:
    parts = [{"text": "a fox"}, *([part] if part else [])]
    return {
        "contents": [{"role": "user", "parts": parts}],
        "generationConfig": {"responseModalities": ["TEXT", "IMAGE"], **config},
    }


async def send(
    gateway: FakeGateway, *files: tuple[str, str | None, str, bytes], path: str = EDITS, **fields: str
) -> Got:
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in ({"model": EDITOR, "prompt": "night"} | fields).items():
        form.add_field(name, value)
    for name, file_name, media_type, data in files:
        form.add_field(name, data if file_name else data.decode(), filename=file_name, content_type=media_type)
    headers = {"Authorization": f"Bearer {gateway.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(gateway.url + path, data=form) as response,
    ):
        return Got(response.status, await response.text(), {})


def picture(got: Got) -> Image.Image:
    assert got.status == 200, got.text
    item = got.json["data"][0]  # type: ignore[index] # JSON
    return Image.open(io.BytesIO(base64.b64decode(item["b64_json"])))


async def test_a_drawing_has_the_colour_of_its_prompt_and_the_size_that_was_asked_for(gateway: FakeGateway) -> None:
    drawn = picture(await post(gateway, drawing(n=1, size="928x1664", seed=4), GENERATIONS))
    assert (drawn.size, drawn.getpixel((3, 3))) == ((928, 1664), colour("a fox"))


async def test_an_edit_keeps_the_size_and_mixes_the_colours(gateway: FakeGateway) -> None:
    file = ("image", "a.png", "image/png", PNG)
    altered = picture(await send(gateway, file, n="1", size="auto", true_cfg_scale="4.0"))
    as_json = picture(await post(gateway, drawing(model=EDITOR, prompt="night", image=data_url()), EDITS))
    assert altered.size == as_json.size == (64, 48)
    pixel = altered.getpixel((0, 0))
    assert pixel == as_json.getpixel((0, 0))
    assert pixel not in (colour("night"), (255, 255, 255))
    assert gateway.requests[0].body["image"] == [{"filename": "a.png", "type": "image/png", "bytes": len(PNG)}]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (drawing(prompt=" "), "prompt"),
        (drawing(prompt=None), "prompt"),
        (drawing(n=0), "n"),
        (drawing(n=11), "n"),
        (drawing(n="1"), "n"),
        (drawing(size="1024x1024"), "size"),
        (drawing(size="1328*1328"), "size"),
        (drawing(response_format="base64"), "response_format"),
        (drawing(negative_prompt=""), "negative_prompt"),
        (drawing(seed=-1), "seed"),
        (drawing(guidance_scale=50), "guidance_scale"),
        (drawing(background="transparent"), "background"),
        (drawing(image=data_url()), "image"),
        (drawing(model=GEMINI, negative_prompt="trees"), "negative_prompt"),
        (drawing(model=EDITOR), "model"),
    ],
)
async def test_a_drawing_with_a_wrong_field_is_refused(gateway: FakeGateway, body: Json, param: str) -> None:
    got = await post(gateway, body, GENERATIONS)
    assert (got.status, got.error["param"]) == (400, param)


@pytest.mark.parametrize(
    ("files", "fields"),
    [
        ([], {}),
        ([("image", None, "image/png", b"no file")], {}),
        ([("image", "image", "image/png", PNG)], {}),
        ([("image", "a.png", "application/octet-stream", PNG)], {}),
        ([("image", "a.png", "image/png", JPEG)], {}),
        ([("image", "a.gif", "image/gif", GIF)], {}),
        ([("image", "a.png", "image/png", PNG[:50])], {}),
        ([("image", "a.png", "image/png", b"hello")], {}),
        ([("image", "a.png", "image/png", stock.picture(size=(2049, 1)))], {}),
        ([("image[]", "a.png", "image/png", PNG)], {}),
        ([("image", "a.png", "image/png", PNG), ("mask", "m.png", "image/png", stock.picture(size=(3, 3)))], {}),
        ([("image", "a.png", "image/png", PNG)], {"style": "vivid"}),
        ([("image", "a.png", "image/png", PNG)], {"n": "one"}),
        ([("image", "a.png", "image/png", PNG)], {"output_format": "bmp"}),
        ([("image", "a.png", "image/png", PNG)], {"model": "qwen-image"}),
    ],
)
async def test_a_form_with_a_wrong_part_is_refused(
    gateway: FakeGateway, files: list[tuple[str, str | None, str, bytes]], fields: dict[str, str]
) -> None:
    assert (await send(gateway, *files, **fields)).status == 400


@pytest.mark.parametrize(
    "image",
    [None, [], "https://a.example/b.png", "data:image/png;base64,@@", data_url(b"hello"), data_url(GIF), [3]],
)
async def test_an_edit_in_json_with_a_wrong_picture_is_refused(gateway: FakeGateway, image: object) -> None:
    assert (await post(gateway, drawing(model=EDITOR, image=image), EDITS)).status == 400


async def test_a_form_is_for_edits_alone_and_edits_may_be_for_json_alone(gateway: FakeGateway) -> None:
    file = ("image", "a.png", "image/png", PNG)
    assert (await send(gateway, file, path=GENERATIONS)).status == 415
    gateway.gallery.bodies = {"json"}
    assert (await send(gateway, file)).status == 415


@pytest.mark.parametrize(
    "fields",
    [
        {"modalities": ["audio"]},
        {"modalities": "image"},
        {"image_config": {"aspect_ratio": "5:4"}},
        {"image_config": {"image_size": "8K"}},
        {"image_config": {"size": "1K"}},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": data_url(b"no")}}]}]},
    ],
)
async def test_a_chat_for_a_picture_with_a_wrong_field_is_refused(gateway: FakeGateway, fields: Json) -> None:
    assert (await post(gateway, chat(GEMINI, **fields))).status == 400


@pytest.mark.parametrize(
    "body",
    [
        {"contents": []},
        {**native(), "model": GEMINI},
        native({"inlineData": {"mimeType": "image/png", "data": "@@"}}),
        native({"inlineData": {"mimeType": "image/gif", "data": base64.b64encode(GIF).decode()}}),
        native(imageConfig={"aspectRatio": "5:4"}),
        native(imageConfig={"aspect_ratio": "1:1"}),
        native(responseModalities=["TEXT"]),
        native(size="1K"),
        {**native(), "contents": [{"role": "assistant", "parts": [{"text": "a fox"}]}]},
    ],
)
async def test_a_wrong_request_in_geminis_own_words_is_refused(gateway: FakeGateway, body: Json) -> None:
    assert (await post(gateway, native(), NATIVE)).status == 200
    assert (await post(gateway, body, NATIVE)).status == 400


@pytest.mark.parametrize("path", [GENERATIONS, EDITS, NATIVE])
async def test_every_door_wants_the_token_and_a_post(gateway: FakeGateway, path: str) -> None:
    assert (await post(gateway, drawing(), path, Authorization="Bearer wrong")).status == 401
    gateway.gallery.closed = {path}
    got = await post(gateway, drawing(), path)
    assert (got.status, "Invalid URL" in str(got.error["message"])) == (404, True)


async def test_what_does_not_draw_is_sent_away(gateway: FakeGateway) -> None:
    assert (await post(gateway, drawing(model="gpt-5"), GENERATIONS)).status == 404
    assert (await post(gateway, native(), NATIVE.replace(GEMINI, "qwen-image"))).status == 404
    assert (await post(gateway, drawing(model="dall-e-9"), GENERATIONS)).error["code"] == "model_not_found"


async def test_a_result_hangs_until_it_expires_for_who_has_the_signature(gateway: FakeGateway) -> None:
    gateway.script(Drawn("url", form="JPEG"), Drawn("url", link="expired"))
    urls = [(await post(gateway, drawing(), GENERATIONS)).json["data"][0]["url"] for _ in range(2)]  # type: ignore[index] # JSON
    async with aiohttp.ClientSession() as session:
        codes = []
        for url in (urls[0], urls[0].replace("secret", "guess"), urls[1], f"{gateway.url}/results/none.png"):
            async with session.get(url) as response:
                codes.append((response.status, response.content_type))
    assert codes == [(200, "image/jpeg"), *[(403, "application/xml")] * 2, (404, "application/xml")]
    assert "secret" not in json.dumps(gateway.gallery.visits)
