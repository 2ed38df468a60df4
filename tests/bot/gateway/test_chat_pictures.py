"""Pictures on the wire: shown as each endpoint wants them, and told apart when a model refuses them."""

import logging
from base64 import b64encode
from dataclasses import replace

import pytest

from bot.errors import GatewayRejected, PicturesRefused
from bot.gateway import ChatImage, ChatMessage, ChatRequest, ModelSpec, Tool
from bot.gateway.faults import Fault, Kind
from bot.gateway.lessons import Taught
from bot.gateway.responses import responses_body
from bot.gateway.sight import blind, of_pictures
from bot.gateway.wire import chat_body
from bot.words import Words
from tests.bot.gateway.conftest import Calling, ask
from tests.bot.gateway.wire_server import OK, WireServer, fault, reply
from tests.fakes.gateway import FakeGateway

PNG = ChatImage("image/png", b"\x89PNG\r\n\x1a\n" + b"0" * 200)
JPEG = ChatImage("image/jpeg", b"\xff\xd8\xff\xe0" + b"0" * 20)
STRANGE = ModelSpec("x", "", frozenset({"chat"}))
BOTH = pytest.mark.parametrize("model", ["gpt-5-chat-latest", "gpt-5.3-codex"])


def showing(model: str = "gpt-5", text: str = "What is it?", *images: ChatImage) -> ChatRequest:
    return replace(ask(model), messages=(ChatMessage("user", text, images or (PNG,)),))


def url(image: ChatImage) -> str:
    return f"data:{image.media_type};base64,{b64encode(image.data).decode()}"


def test_pictures_follow_the_words_in_parts_of_their_own() -> None:
    body = chat_body(showing("x", "Look", PNG, JPEG), STRANGE, "x", Taught(), stream=False)
    parts = [{"type": "text", "text": "Look"}] + [
        {"type": "image_url", "image_url": {"url": url(image)}} for image in (PNG, JPEG)
    ]
    assert body["messages"] == [{"role": "user", "content": parts}]


def test_the_responses_endpoint_wants_a_bare_address() -> None:
    body = responses_body(showing("x", "Look", PNG), STRANGE, "x", Taught(), stream=False)
    parts = [{"type": "input_text", "text": "Look"}, {"type": "input_image", "image_url": url(PNG)}]
    assert body["input"] == [{"role": "user", "content": parts}]


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_picture_without_words_stands_alone(text: str) -> None:
    chat = chat_body(showing("x", text, PNG), STRANGE, "x", Taught(), stream=False)
    response = responses_body(showing("x", text, PNG), STRANGE, "x", Taught(), stream=False)
    assert "text" not in str(chat["messages"]).replace("image_url", "")
    assert "input_text" not in str(response["input"])


@BOTH
@pytest.mark.parametrize("text", ["What is it?", ""])
async def test_pictures_are_taken_by_a_strict_gateway(calling: Calling, model: str, text: str) -> None:
    async with FakeGateway() as gateway, calling(gateway.url, token=gateway.token) as caller:
        told = await caller.hear(showing(model, text, PNG, JPEG))
    assert told.error is None
    assert told.text.startswith("You said:")


@BOTH
async def test_a_model_that_cannot_see_is_told_apart(calling: Calling, model: str) -> None:
    async with FakeGateway() as gateway, calling(gateway.url, token=gateway.token) as caller:
        gateway.rules[model] = replace(gateway.rules[model], image_input=False)
        told = await caller.hear(showing(model))
        refused = [seen for seen in gateway.asked() if seen.status == 400]
    assert isinstance(told.error, PicturesRefused)
    assert told.error.blind
    assert len(refused) == 1
    assert not [lesson for lesson in caller.lessons if lesson.field != "endpoint"]
    assert caller.catalogue.available(model)
    for locale in ("en", "zh-CN"):
        assert model in Words.load().say(told.error.notice, locale)


async def test_a_picture_that_is_none_is_the_pictures_fault(calling: Calling) -> None:
    async with FakeGateway() as gateway, calling(gateway.url, token=gateway.token) as caller:
        told = await caller.hear(showing("gpt-5", "?", ChatImage("image/png", b"no picture")))
    assert isinstance(told.error, PicturesRefused)
    assert not told.error.blind
    assert told.error.notice.id == "pictures-refused"


@pytest.mark.parametrize(
    ("message", "param", "sightless"),
    [
        ("Invalid content type. image_url is only supported by certain models.", "messages.[1].content.[0].type", True),
        ("This model does not support images.", "", True),
        ("unknown variant `image_url`, expected `text` at line 1", "", True),
        ("At most 0 image(s) may be provided in one request.", "", True),
        ("deepseek3.2 is not a multimodal model", "", True),
        ("No endpoints found that support image input", "", True),
        ("该模型不支持图片输入", "", True),
        ("At most 4 image(s) may be provided in one request.", "", False),
        ("messages.1.content.0.image.source.base64: image exceeds 5 MB maximum", "", False),
        ("Could not process image", "", False),
        ("You uploaded an unsupported image. Please make sure your image is valid.", "", False),
        ("Image dimensions exceed 8000 pixels", "messages", False),
        ("图片过大", "", False),
    ],
)
def test_a_refusal_says_whether_the_model_sees_at_all(message: str, param: str, sightless: bool) -> None:
    refused = Fault(Kind.PARAMETER, 400, param=param, message=message)
    assert of_pictures(refused)
    assert blind(refused) is sightless


@pytest.mark.parametrize(
    "other",
    [
        Fault(Kind.PARAMETER, 400, param="temperature", message="not for vision models"),
        Fault(Kind.PARAMETER, 400, message="temperature is odd"),
        Fault(Kind.CONTENT, 400, message="the image was blocked"),
        Fault(Kind.BUSY, 429, message="image requests are limited"),
    ],
)
def test_other_refusals_are_what_they_were(other: Fault) -> None:
    assert not of_pictures(other)


async def test_without_pictures_the_word_means_nothing(calling: Calling) -> None:
    refusal = reply(400, fault("images are not supported"))
    async with WireServer(refusal) as server, calling(server.url) as caller:
        assert isinstance((await caller.hear(ask())).error, GatewayRejected)


async def test_an_openrouter_404_about_pictures_leaves_the_model_available(calling: Calling) -> None:
    refusal = reply(404, fault("No endpoints found that support image input"))
    async with WireServer(refusal) as server, calling(server.url) as caller:
        assert isinstance((await caller.hear(showing())).error, PicturesRefused)
        assert caller.catalogue.available("gpt-5")


async def test_bytes_of_a_picture_reach_no_log_and_no_repr(calling: Calling, caplog: pytest.LogCaptureFixture) -> None:
    secret = ChatImage("image/png", bytes(range(256)) * 4)
    request, shown = showing("gpt-5", "?", secret), b64encode(secret.data).decode()
    for echo in (f"cannot read image {url(secret)}", f"cannot read image {shown}", f"cannot read image {shown[:150]}"):
        async with WireServer(reply(400, fault(echo))) as server, calling(server.url) as caller:
            with caplog.at_level(logging.DEBUG, "parley"):
                told = await caller.hear(request)
        assert isinstance(told.error, PicturesRefused)
        assert shown[:24] not in str(told.error)
    assert shown[:24] not in caplog.text
    assert "data=" not in repr(request)


async def test_a_refused_field_is_still_learned_beside_pictures(calling: Calling) -> None:
    refusal = reply(400, fault("temperature is not supported", param="temperature"))
    async with WireServer(refusal, OK) as server, calling(server.url) as caller:
        request = replace(showing(), options=ask(temperature=0.5).options)
        assert (await caller.hear(request)).text == "Hello"


def test_equal_pictures_make_equal_requests() -> None:
    assert showing() == showing("gpt-5", "What is it?", ChatImage("image/png", bytes(PNG.data)))
    assert showing() != showing("gpt-5", "What is it?", JPEG)
    assert Tool("a", "", {}) == Tool("a", "", {})
