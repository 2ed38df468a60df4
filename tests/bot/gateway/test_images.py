"""Pictures are drawn and altered on every way that a gateway may offer, and whatever goes wrong is told."""

import base64
import io
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest
from PIL import Image

from bot.errors import (
    ContentRefused,
    GatewayBusy,
    GatewayError,
    GatewayGarbled,
    GatewayRejected,
    GatewayUnreachable,
    ModelUnavailable,
)
from bot.gateway import Catalogue, Lesson, Patience
from bot.gateway.images import ImageClient, Picture, PictureRequest, Pictures
from bot.gateway.values import Usage
from tests import stock
from tests.bot.gateway.conftest import Caller, Calling
from tests.fakes.gateway import EMPTY_BODY, HTML_502, TRUNCATED_JSON, Drawn, Fail, FakeGateway, Hang, Raw, Reset
from tests.fakes.gateway.drawn import ImageShape
from tests.fakes.gateway.image_fields import EDITS, GENERATIONS
from tests.fakes.gateway.painting import colour
from tests.fakes.gateway.rules import CHAT

GEMINI = ("gemini-2.5-flash-image", "gemini-3-pro-image-preview", "gemini-3.1-flash-image-preview")
DRAWERS = ("qwen-image", *GEMINI)
EDITORS = ("qwen-image-edit", *GEMINI)
FOX = "a fox in the snow"


def square(shade: str = "white", size: tuple[int, int] = (40, 30), form: str = "PNG") -> Picture:
    return Picture(stock.picture(shade, size, form), f"image/{form.lower()}")


def seen(picture: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.data))
    image.load()
    return image


def asked(
    model: str, prompt: str = FOX, *, size: str | None = None, images: tuple[Picture, ...] = ()
) -> PictureRequest:
    return PictureRequest(model, prompt, "key-1", size=size, images=images)


def via(model: str, way: str, **more: object) -> Catalogue:
    return Catalogue.load(overrides={model: {"image_via": way, **more}})


async def draw(caller: Caller, request: PictureRequest, limit_s: float = 5.0) -> Pictures:
    return await ImageClient(caller.client, caller.catalogue, limit_s).draw(request)


@pytest.fixture
async def gateway() -> AsyncIterator[FakeGateway]:
    async with FakeGateway() as gateway:
        yield gateway


@pytest.fixture
async def caller(gateway: FakeGateway, calling: Calling) -> AsyncIterator[Caller]:
    async with calling(gateway.url, token=gateway.token) as caller:
        yield caller


def paths(gateway: FakeGateway) -> list[str]:
    return [request.path for request in gateway.requests]


@pytest.mark.parametrize("model", DRAWERS)
async def test_a_model_draws_at_its_first_door(gateway: FakeGateway, caller: Caller, model: str) -> None:
    drawn = await draw(caller, asked(model))
    assert seen(drawn.images[0]).getpixel((0, 0)) == colour(FOX)
    assert drawn.images[0].media_type == "image/png"
    assert drawn.usage in (Usage(12, 1000), Usage(6, 1290))
    assert paths(gateway) == [GENERATIONS if model == "qwen-image" else CHAT]
    assert caller.lessons == []


@pytest.mark.parametrize("model", EDITORS)
async def test_a_model_alters_a_picture_and_another_prompt_alters_it_otherwise(
    gateway: FakeGateway, caller: Caller, model: str
) -> None:
    first = await draw(caller, asked(model, "make it night", images=(square(),)))
    again = await draw(caller, asked(model, "make it day", images=(square(),)))
    onward = await draw(caller, asked(model, "darker", images=first.images))
    pixels = [seen(each.images[0]).getpixel((0, 0)) for each in (first, again, onward)]
    assert len({*pixels, (255, 255, 255)}) == 4
    assert seen(first.images[0]).size == (40, 30)
    assert set(paths(gateway)) == {EDITS if model == "qwen-image-edit" else CHAT}


@pytest.mark.parametrize("model", EDITORS)
async def test_several_pictures_go_into_one(gateway: FakeGateway, caller: Caller, model: str) -> None:
    pictures = (square("red", form="JPEG"), square("blue", form="WEBP"), square("lime"))
    assert (await draw(caller, asked(model, "a collage", images=pictures))).images
    assert len(gateway.gallery.paintings[-1].under) == 3


API_SHAPES: tuple[ImageShape, ...] = (
    *("b64", "b64_prefixed", "url", "data_url", "b64_url_null", "b64_url_empty", "url_b64_null", "raw"),
    *("images", "results", "dashscope"),
)
CHAT_SHAPES: tuple[ImageShape, ...] = (
    *("message_images", "message_images_url", "message_images_plain", "markdown", "markdown_url", "only_url"),
    *("only_data", "part_image_url", "part_output_image", "part_inline", "part_inline_snake", "multi_mod"),
    "message_image",
)
ADDRESSED = ("url", "url_b64_null", "images", "results", "dashscope", "message_images_url", "markdown_url", "only_url")


@pytest.mark.parametrize("shape", API_SHAPES)
@pytest.mark.parametrize("model", ["qwen-image", "qwen-image-edit"])
async def test_every_shape_of_the_images_api_is_a_picture(
    gateway: FakeGateway, caller: Caller, model: str, shape: ImageShape
) -> None:
    gateway.script(Drawn(shape, form="WEBP"))
    drawn = await draw(caller, asked(model, images=(square(),) if model.endswith("edit") else ()))
    assert [each.media_type for each in drawn.images] == ["image/webp"]
    assert drawn.text == ""
    assert len(gateway.gallery.visits) == (shape in ADDRESSED)


@pytest.mark.parametrize("streamed", [None, 50], ids=["plain", "streamed"])
@pytest.mark.parametrize("shape", CHAT_SHAPES)
@pytest.mark.parametrize("model", GEMINI)
async def test_every_shape_of_a_chat_is_a_picture_with_its_words(
    gateway: FakeGateway, caller: Caller, model: str, shape: ImageShape, streamed: int | None
) -> None:
    text = "" if shape.startswith("only") else "Here is your fox."
    gateway.script(Drawn(shape, text=text, streamed=streamed))
    drawn = await draw(caller, asked(model))
    assert [seen(each).getpixel((0, 0)) for each in drawn.images] == [colour(FOX)]
    assert (drawn.text, drawn.model) == (text, model)
    assert drawn.usage == Usage(6, 1290)
    assert len(gateway.gallery.visits) == (shape in ADDRESSED)


@pytest.mark.parametrize("shape", ["native", "native_snake"])
@pytest.mark.parametrize("model", GEMINI)
async def test_geminis_own_protocol_draws_and_alters(
    gateway: FakeGateway, calling: Calling, model: str, shape: ImageShape
) -> None:
    gateway.script(Drawn(shape, text="Done"), Drawn(shape))
    async with calling(gateway.url, token=gateway.token, catalogue=via(model, "gemini")) as caller:
        drawn = await draw(caller, asked(model, size="16:9"))
        altered = await draw(caller, asked(model, "night", images=(square(),)))
    assert (drawn.text, drawn.model, drawn.usage) == ("Done", model, Usage(6, 1290))
    assert seen(drawn.images[0]).size == (1365, 768)
    assert seen(altered.images[0]).size == (40, 30)
    assert set(paths(gateway)) == {f"/v1beta/models/{model}:generateContent"}


async def test_a_size_that_geminis_own_protocol_refuses_is_left_out(gateway: FakeGateway, calling: Calling) -> None:
    gateway.script(Fail(400, "Invalid JSON payload: imageConfig", "gemini"), Drawn())
    async with calling(gateway.url, token=gateway.token, catalogue=via(GEMINI[0], "gemini")) as caller:
        assert (await draw(caller, asked(GEMINI[0], size="16:9"))).images
    assert "imageConfig" not in str(gateway.requests[-1].body)


@pytest.mark.parametrize(
    ("wished", "made"),
    [("16:9", (1664, 928)), ("1024x1024", (1328, 1328)), ("tall", (928, 1664)), ("4:3 2K", (1472, 1140))],
)
@pytest.mark.parametrize("model", ["qwen-image", "qwen-image-edit"])
async def test_qwen_makes_the_nearest_of_its_sizes(
    caller: Caller, model: str, wished: str, made: tuple[int, int]
) -> None:
    pictures = (square(),) if model.endswith("edit") else ()
    drawn = await draw(caller, asked(model, size=wished, images=pictures))
    assert seen(drawn.images[0]).size == made


@pytest.mark.parametrize(
    ("model", "wished", "config"),
    [
        (GEMINI[0], "1920x1080", {"aspect_ratio": "16:9"}),
        (GEMINI[0], "2K", None),
        (GEMINI[1], "2:3 4K", {"aspect_ratio": "2:3", "image_size": "4K"}),
        (GEMINI[1], "2048x2048", {"aspect_ratio": "1:1", "image_size": "2K"}),
        (GEMINI[2], "square", {"aspect_ratio": "1:1"}),
        (GEMINI[2], "as large as it gets", None),
    ],
)
async def test_gemini_is_told_a_ratio_and_a_scale_that_it_knows(
    gateway: FakeGateway, caller: Caller, model: str, wished: str, config: Mapping[str, str] | None
) -> None:
    assert (await draw(caller, asked(model, size=wished))).images
    assert gateway.requests[0].body.get("image_config") == config


@pytest.mark.parametrize("field", ["image_config", "modalities"])
async def test_a_field_that_gemini_does_not_know_is_left_out_from_then_on(
    gateway: FakeGateway, caller: Caller, field: str
) -> None:
    refused = Fail(400, f"Unknown parameter: '{field}'.", code="unknown_parameter", param=field)
    gateway.script(refused, Drawn(), Drawn())
    assert (await draw(caller, asked(GEMINI[0], size="16:9"))).images
    assert (await draw(caller, asked(GEMINI[0], size="16:9"))).images
    assert [field in request.body for request in gateway.requests] == [True, False, False]
    assert caller.lessons == [Lesson(GEMINI[0], field, "drop")]


async def test_a_gateway_without_response_format_is_asked_without_it(gateway: FakeGateway, caller: Caller) -> None:
    gateway.script(Fail(400, "Extra inputs are not permitted", "detail_list", param="response_format"), Drawn("url"))
    assert (await draw(caller, asked("qwen-image"))).images
    assert caller.lessons == [Lesson("qwen-image", "response_format", "drop")]


async def test_a_size_that_is_refused_once_may_be_asked_for_again(gateway: FakeGateway, caller: Caller) -> None:
    refused = Fail(400, "Unsupported value: 'size'", code="unsupported_value", param="size")
    gateway.script(refused, Drawn(), Drawn())
    for _ in range(2):
        assert (await draw(caller, asked("qwen-image", size="wide"))).images
    assert ["size" in request.body for request in gateway.requests] == [True, False, True]
    assert caller.lessons == []


@pytest.mark.parametrize("model", ["qwen-image", GEMINI[0]])
async def test_wishes_without_a_field_go_into_the_prompt(gateway: FakeGateway, caller: Caller, model: str) -> None:
    request = replace(asked(model), transparent=True, negative="trees")
    assert (await draw(caller, request)).images
    prompt = gateway.gallery.paintings[0].prompt
    assert "transparent" in prompt
    assert ("trees" in prompt) == (model != "qwen-image")
    assert gateway.requests[0].body.get("negative_prompt") == ("trees" if model == "qwen-image" else None)


async def test_the_prompt_that_was_really_drawn_comes_back(gateway: FakeGateway, caller: Caller) -> None:
    gateway.script(Drawn(revised_prompt="a red fox in deep snow"))
    assert (await draw(caller, asked("qwen-image"))).revised_prompt == "a red fox in deep snow"


async def test_a_closed_images_api_leads_to_chat_and_back_and_is_remembered(
    gateway: FakeGateway, caller: Caller, calling: Calling
) -> None:
    gateway.rules["qwen-image"] = replace(gateway.rules["qwen-image"], endpoint=CHAT)
    gateway.gallery.closed = {GENERATIONS}
    assert (await draw(caller, asked("qwen-image"))).images
    assert (await draw(caller, asked("qwen-image"))).images
    assert paths(gateway) == [GENERATIONS, CHAT, CHAT]
    assert caller.lessons == [Lesson("qwen-image", "draw_via", "chat")]
    gateway.gallery.closed = {CHAT}
    async with calling(gateway.url, token=gateway.token, lessons=caller.lessons) as later:
        assert (await draw(later, asked("qwen-image"))).images
        assert later.lessons == [Lesson("qwen-image", "draw_via", "generations")]


@pytest.mark.parametrize("model", GEMINI)
async def test_gemini_without_chat_draws_and_alters_over_the_images_api(
    gateway: FakeGateway, caller: Caller, model: str
) -> None:
    gateway.gallery.closed = {CHAT}
    assert seen((await draw(caller, asked(model, size="16:9"))).images[0]).size == (1360, 768)
    assert (await draw(caller, asked(model, images=(square(),)))).images
    assert paths(gateway) == [CHAT, GENERATIONS, CHAT, EDITS]
    assert {(each.field, each.remedy) for each in caller.lessons} == {("draw_via", "generations"), ("edit_via", "form")}


async def test_an_edit_goes_from_form_to_json_to_chat(gateway: FakeGateway, calling: Calling) -> None:
    model = "qwen-image-edit"
    gateway.rules[model] = replace(gateway.rules[model], endpoint=CHAT)
    gateway.gallery.bodies = {"json"}
    edit = asked(model, images=(square(), square("red")))
    async with calling(gateway.url, token=gateway.token) as caller:
        assert (await draw(caller, edit)).images
        assert (await draw(caller, edit)).images
        assert caller.lessons == [Lesson(model, "edit_via", "json")]
        gateway.gallery.bodies = set()
        assert (await draw(caller, edit)).images
        assert caller.lessons[1:] == [Lesson(model, "edit_via", "chat")]
    kinds = [request.headers["content-type"].partition(";")[0] for request in gateway.requests]
    form, plain = "multipart/form-data", "application/json"
    assert kinds == [form, plain, plain, plain, form, plain]
    keys = [request.headers["idempotency-key"] for request in gateway.requests]
    assert keys[:3] == ["key-1", "key-1-json", "key-1"]


async def test_one_picture_that_a_form_refuses_teaches_nothing_about_others(
    gateway: FakeGateway, caller: Caller
) -> None:
    gateway.script(Fail(400, "Unsupported value: 'image'", code="unsupported_value", param="image"), Drawn())
    assert (await draw(caller, asked("qwen-image-edit", images=(square(),)))).images
    assert caller.lessons == []


async def test_a_gateway_that_wants_another_field_name_can_be_told_so(gateway: FakeGateway, calling: Calling) -> None:
    gateway.gallery.field = "image[]"
    catalogue = via("qwen-image-edit", "images", edit_field="image[]", edit_body="form")
    edit = asked("qwen-image-edit", images=(square(), square()))
    async with calling(gateway.url, token=gateway.token, catalogue=catalogue) as caller:
        assert (await draw(caller, edit)).images
    assert len(gateway.requests) == 1
    files = gateway.requests[0].body["image[]"]
    assert isinstance(files, list)
    assert [each["filename"] for each in files] == ["image-1.png", "image-2.png"]


@pytest.mark.parametrize("model", DRAWERS)
async def test_the_operators_way_is_the_only_one(gateway: FakeGateway, calling: Calling, model: str) -> None:
    gateway.gallery.closed = {GENERATIONS}
    async with calling(gateway.url, token=gateway.token, catalogue=via(model, "images")) as caller:
        with pytest.raises(ModelUnavailable):
            await draw(caller, asked(model))
    assert paths(gateway) == [GENERATIONS]


async def test_where_no_way_is_open_it_is_said_once(gateway: FakeGateway, caller: Caller) -> None:
    gateway.gallery.closed = {GENERATIONS, EDITS, CHAT}
    with pytest.raises(ModelUnavailable):
        await draw(caller, asked("qwen-image"))
    with pytest.raises(ModelUnavailable):
        await draw(caller, asked("qwen-image-edit", images=(square(),)))
    assert paths(gateway) == [GENERATIONS, CHAT, EDITS, EDITS, CHAT]
    assert caller.lessons == []


async def test_what_is_wrong_with_a_picture_is_what_is_told(gateway: FakeGateway, caller: Caller) -> None:
    with pytest.raises(GatewayRejected) as told:
        await draw(caller, asked("qwen-image-edit", images=(square(size=(2049, 8)),)))
    assert "too large" in str(told.value)
    assert caller.lessons == []


@pytest.mark.parametrize("model", ["qwen-image", GEMINI[0]])
@pytest.mark.parametrize(
    "refusal",
    [
        Fail(400, "Your request was rejected by our safety system.", code="content_policy_violation"),
        Fail(400, "Input data may contain inappropriate content.", "dashscope", code="DataInspectionFailed"),
        Fail(200, "Input data may contain inappropriate content.", "dashscope", code="DataInspectionFailed"),
    ],
)
async def test_a_refused_prompt_is_refused_once_and_without_a_word_of_it(
    gateway: FakeGateway, caller: Caller, model: str, refusal: Fail
) -> None:
    gateway.script(refusal)
    with pytest.raises(ContentRefused) as told:
        await draw(caller, asked(model))
    assert len(gateway.requests) == 1
    assert "fox" not in str(told.value)


@pytest.mark.parametrize(
    "body",
    [
        b'{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}',
        b'{"candidates":[{"finishReason":"IMAGE_SAFETY","content":{"parts":[{"text":"No."}]}}]}',
    ],
)
async def test_geminis_own_refusal_is_one(gateway: FakeGateway, calling: Calling, body: bytes) -> None:
    gateway.script(Raw(200, body))
    async with calling(gateway.url, token=gateway.token, catalogue=via(GEMINI[0], "gemini")) as caller:
        with pytest.raises(ContentRefused):
            await draw(caller, asked(GEMINI[0]))


@pytest.mark.parametrize("streamed", [None, 9])
async def test_a_filter_that_acts_at_the_end_is_a_refusal(
    gateway: FakeGateway, caller: Caller, streamed: int | None
) -> None:
    gateway.script(Drawn("nothing", text="I can't draw that.", finish="content_filter", streamed=streamed))
    with pytest.raises(ContentRefused) as told:
        await draw(caller, asked(GEMINI[0]))
    assert told.value.said == "I can't draw that."


@pytest.mark.parametrize("streamed", [None, 9])
async def test_words_without_a_picture_are_handed_on(
    gateway: FakeGateway, caller: Caller, streamed: int | None
) -> None:
    gateway.script(Drawn("nothing", text="Which fox do you mean?", streamed=streamed))
    drawn = await draw(caller, asked(GEMINI[0]))
    assert (drawn.images, drawn.text) == ((), "Which fox do you mean?")


@pytest.mark.parametrize(
    ("model", "answer"),
    [
        ("qwen-image", Drawn("broken")),
        ("qwen-image", Drawn("nothing")),
        ("qwen-image", Drawn("task")),
        ("qwen-image", EMPTY_BODY),
        ("qwen-image", TRUNCATED_JSON),
        ("qwen-image", Raw(200, b"<html><title>Welcome</title></html>", "text/html")),
        ("qwen-image", Raw(200, b"%PDF-1.7", "image/png")),
        ("qwen-image", Raw(200, b"[]")),
        (GEMINI[0], Drawn("broken", text="Here is your fox.")),
        (GEMINI[0], Drawn("nothing")),
        (GEMINI[0], Drawn("nothing", streamed=5)),
        (GEMINI[0], Raw(200, b"data: {broken\n\ndata: [DONE]\n\n", "text/event-stream")),
    ],
)
async def test_what_can_not_be_understood_is_said_so_and_not_paid_twice(
    gateway: FakeGateway, caller: Caller, model: str, answer: Drawn | Raw
) -> None:
    gateway.script(answer)
    with pytest.raises(GatewayGarbled):
        await draw(caller, asked(model))
    assert len(gateway.requests) == 1


async def test_an_error_within_a_stream_is_that_error(gateway: FakeGateway, caller: Caller) -> None:
    error = b'data: {"error":{"message":"your prompt: a fox","code":"content_policy_violation"}}\n\n'
    gateway.script(Raw(200, b": PING\n\n" + error, "text/event-stream"))
    with pytest.raises(ContentRefused):
        await draw(caller, asked(GEMINI[0]))


async def test_an_error_within_a_stream_is_told_without_its_words(gateway: FakeGateway, caller: Caller) -> None:
    error = b'data: {"error":{"message":"overloaded by a fox of sk-12","type":"server_error"}}\n\n'
    gateway.script(Raw(200, error, "text/event-stream"))
    with pytest.raises(GatewayBusy) as told:
        await draw(caller, asked(GEMINI[0]))
    assert "fox" not in str(told.value)
    assert len(gateway.requests) == 1


async def test_an_answer_does_not_lead_to_any_number_of_addresses(gateway: FakeGateway, caller: Caller) -> None:
    items = [{"url": f"{gateway.url}/results/{number}.png"} for number in range(30)]
    gateway.script(Raw(200, json.dumps({"data": items}).encode()))
    with pytest.raises(GatewayError):
        await draw(caller, asked("qwen-image"))
    assert len(gateway.gallery.visits) == 10


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Raw(200, b"Too many requests", "text/plain"), GatewayBusy),
        (HTML_502, GatewayBusy),
        (Fail(500, "bad_response_status_code"), GatewayBusy),
        (Fail(401, "无效的令牌", "new_api"), GatewayRejected),
        (Fail(403, "额度不足", "new_api"), GatewayRejected),
        (Reset(), GatewayUnreachable),
        (Hang(), GatewayUnreachable),
    ],
)
async def test_a_call_that_may_have_begun_is_not_repeated_on_any_way(
    gateway: FakeGateway, caller: Caller, answer: Fail | Raw | Reset | Hang, error: type[GatewayError]
) -> None:
    gateway.script(answer)
    with pytest.raises(error):
        await draw(caller, asked("qwen-image-edit", images=(square(),)), limit_s=0.3)
    assert len(gateway.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_gateway_is_asked_again(gateway: FakeGateway, caller: Caller, status: int) -> None:
    gateway.script(Fail(status, "请求过于频繁", headers={"retry-after": "3"}))
    assert (await draw(caller, asked("qwen-image"))).images
    assert caller.waits == [3.0]
    assert len({request.headers["idempotency-key"] for request in gateway.requests}) == 1


async def test_a_gateway_that_is_away_is_asked_again_and_then_given_up(calling: Calling) -> None:
    async with FakeGateway() as gone:
        url = gone.url
    async with calling(url, patience=Patience(connect_s=0.5)) as caller:
        with pytest.raises(GatewayUnreachable):
            await draw(caller, asked("qwen-image"))
    assert len(caller.waits) == 2


@pytest.mark.parametrize(
    ("model", "shape"),
    [("qwen-image", "url"), (GEMINI[0], "markdown_url"), (GEMINI[0], "only_url"), (GEMINI[0], "message_images_url")],
)
async def test_an_expired_result_is_said_so(
    gateway: FakeGateway, caller: Caller, model: str, shape: ImageShape
) -> None:
    gateway.script(Drawn(shape, link="expired"))
    with pytest.raises(GatewayError) as told:
        await draw(caller, asked(model))
    assert "sig" not in str(told.value)
    assert told.value.model == model
    assert len(gateway.gallery.visits) == 1


@pytest.mark.parametrize("link", ["https://192.168.0.1/fox.png", "https://[::1]/fox.png", "http://foxes.example/f.png"])
async def test_an_address_in_a_private_network_is_not_visited(gateway: FakeGateway, caller: Caller, link: str) -> None:
    gateway.script(Drawn("url", link=link), Drawn("markdown_url", text="Look", link=link))
    with pytest.raises(GatewayGarbled):
        await draw(caller, asked("qwen-image"))
    with pytest.raises(GatewayGarbled):
        await draw(caller, asked(GEMINI[0]))


async def test_another_host_gets_no_token_and_the_gateway_itself_may_be_private(
    gateway: FakeGateway, caller: Caller
) -> None:
    async with FakeGateway("sk-other") as other:
        name = other.gallery.keep(square().data, "image/png")
        gateway.script(Drawn("url", link=f"{other.url}/results/{name}?sig=secret"), Drawn("url"))
        assert (await draw(caller, asked("qwen-image"))).images
        assert [token for _, token in other.gallery.visits] == [False]
    assert (await draw(caller, asked("qwen-image"))).images
    assert len(gateway.gallery.visits) == 1


async def test_an_address_that_leads_to_no_picture_is_said_so(gateway: FakeGateway, caller: Caller) -> None:
    gateway.gallery.keep(b"<html>sign in</html>", "image/png")
    gateway.script(Drawn("url", link=f"{gateway.url}/results/0.png?sig=secret"))
    with pytest.raises(GatewayGarbled):
        await draw(caller, asked("qwen-image"))


async def test_a_picture_beside_a_lost_one_is_not_lost(gateway: FakeGateway, caller: Caller) -> None:
    from_url = {"url": f"{gateway.url}/results/none.png"}
    gateway.script(Raw(200, answer_with(square(), from_url)))
    assert (await draw(caller, asked("qwen-image"))).images == (square(),)


def answer_with(picture: Picture, *more: Mapping[str, str]) -> bytes:
    items = [{"b64_json": base64.b64encode(picture.data).decode()}, *more]
    return json.dumps({"data": items}).encode()


async def test_a_model_that_the_catalogue_does_not_know_can_draw(gateway: FakeGateway, calling: Calling) -> None:
    gateway.rules["flux"] = replace(gateway.rules["qwen-image"], id="flux", vendor="")
    async with calling(gateway.url, token=gateway.token, catalogue=via("flux", "images")) as caller:
        drawn = await draw(caller, asked("flux", size="3:2"))
    assert seen(drawn.images[0]).size == (1248, 832)


async def test_a_model_that_is_missing_is_not_looked_for_elsewhere(gateway: FakeGateway, caller: Caller) -> None:
    gateway.absent.add("qwen-image")
    with pytest.raises(ModelUnavailable):
        await draw(caller, asked("qwen-image"))
    assert len(gateway.requests) == 1
    assert not caller.catalogue.available("qwen-image")
