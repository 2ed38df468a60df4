"""Cases of the shapes in which hosts give out a picture, numbered as in the contract of the gateway."""

from collections.abc import Mapping, Sequence

from tests.fakes.gateway import Drawn
from tests.fakes.gateway.drawn import ImageShape
from tests.media.drawing import GEMINI, QWEN, QWEN_EDIT
from tests.media.files import RED, photo
from tests.media.seen import painted, reads, shows, sized, told
from tests.media.site import Case, Play, Scene

WORDS = "Here it is."
_CHAT, _PRO, _FLASH = GEMINI

API: Sequence[tuple[str, str, ImageShape]] = (
    ("1", "`data[].b64_json`, bare", "b64"),
    ("2", "`data[].b64_json` as a data URL", "b64_prefixed"),
    ("3", "`data[].url`", "url"),
    ("4", "`data[].url` holding a data URL", "data_url"),
    ("5", "`b64_json` and `url` null", "b64_url_null"),
    ("5", "`b64_json` and `url` empty", "b64_url_empty"),
    ("5", "`url` and `b64_json` null", "url_b64_null"),
    ("6", "the picture itself as the body", "raw"),
    ("7", "`images[].url`", "images"),
    ("7", "`output.results[].url`", "results"),
    ("7", "`output.choices[].message.content[].image`", "dashscope"),
)
"""What the images API and other hosts answer."""

CHATTED: Sequence[tuple[str, str, ImageShape]] = (
    ("8", "`message.images[]` with a data URL", "message_images"),
    ("8", "`message.images[]` with an address", "message_images_url"),
    ("8", "`message.images[]` of plain strings", "message_images_plain"),
    ("9", "Markdown with a data URL", "markdown"),
    ("9", "Markdown with an address", "markdown_url"),
    ("10", "nothing but an address", "only_url"),
    ("10", "nothing but a data URL", "only_data"),
    ("11", "a part `image_url`", "part_image_url"),
    ("11", "a part `output_image`", "part_output_image"),
    ("11", "a part `inlineData`", "part_inline"),
    ("11", "a part `inline_data`", "part_inline_snake"),
    ("12", "`multi_mod_content[].inline_data`", "multi_mod"),
    ("12", "`message.image.b64_json`", "message_image"),
)
"""What a chat answers; each also as a stream."""

STREAMED: Mapping[ImageShape, str] = {
    "message_images": "in one huge chunk",
    "markdown": "cut into pieces",
    "only_data": "cut into pieces",
    "part_inline": "in one huge chunk",
    "multi_mod": "in one huge chunk",
}


def draws(drawn: Drawn) -> Play:
    """The picture is found in this answer, and the words beside it are said."""

    async def play(scene: Scene) -> str:
        place = scene.place
        scene.plan(drawn)
        await place.call("imagine", "a fox", model=scene.model)
        [shown] = await shows(place)
        assert drawn.text in place.words()
        assert "base64" not in place.words()
        assert "/results/" not in place.words()
        said = f", the model's words “{drawn.text}”" if drawn.text else ""
        return f"{sized(painted(shown, f'a fox {place.tag}'))}{said}"

    return play


def edits(drawn: Drawn) -> Play:
    """The altered picture is found in this answer."""

    async def play(scene: Scene) -> str:
        scene.plan(drawn)
        await scene.place.call("edit", "make it night", photo(), model=scene.model)
        [shown] = await shows(scene.place)
        return f"{sized(painted(shown, f'make it night {scene.place.tag}', RED))}, altered"

    return play


async def tasked(scene: Scene) -> str:
    """A host that only promises a picture: a job, which is not waited for."""
    scene.plan(Drawn("task"))
    await scene.place.call("imagine", "a fox", model=scene.model)
    words = await reads(scene.place, told("gateway-garbled", model=scene.model))
    assert scene.place.files() == []
    return words


def _drawn(shape: ImageShape, streamed: int | None = None) -> Drawn:
    """With words beside the picture where there is room for them."""
    silent = shape in ("only_url", "only_data") or shape in {shape for *_, shape in API}
    return Drawn(shape, text="" if silent else WORDS, streamed=streamed)


async def draws_natively(scene: Scene) -> str:
    """The picture is found in Gemini's own protocol, in both spellings."""
    for count, shape in enumerate(_NATIVE, 1):
        scene.plan(Drawn(shape, text=WORDS))
        await scene.place.call("imagine", "a fox", model=scene.model)
        shown = (await shows(scene.place, count))[-1]
        painted(shown, f"a fox {scene.place.tag}")
    return f"both pictures, the model's words “{WORDS}”"


def _in_turn(number: int) -> tuple[str, ...]:
    """One platform after the other: what a shape is found in does not depend on where the picture is shown."""
    return ("Slack",) if number % 2 else ("Discord",)


_NATIVE: Sequence[ImageShape] = ("native", "native_snake")
_OWN = {"BOT_MODEL_OVERRIDES": f'{{"{_FLASH}": {{"image_via": "gemini"}}}}'}
_STREAMS = [(name, shape) for _, name, shape in CHATTED if shape in STREAMED]

CASES: dict[str, list[Case]] = {
    QWEN: [
        *(
            Case(QWEN, f"shape {number}", name, draws(_drawn(shape)), where=_in_turn(at))
            for at, (number, name, shape) in enumerate(API)
        ),
        Case(QWEN, "shape 7", "`task_id` alone", tasked),
    ],
    QWEN_EDIT: [
        Case(QWEN_EDIT, f"shape {number}", name, edits(Drawn(shape)), where=_in_turn(at))
        for at, (number, name, shape) in enumerate(API[:6])
    ],
    _CHAT: [
        *(
            Case(_CHAT, f"shape {number}", name, draws(_drawn(shape)), where=_in_turn(at))
            for at, (number, name, shape) in enumerate(CHATTED)
        ),
        *(
            Case(
                _CHAT,
                "shape 14",
                f"{name}, streamed {STREAMED[shape]}",
                draws(_drawn(shape, 500)),
                where=_in_turn(at),
            )
            for at, (name, shape) in enumerate(_STREAMS)
        ),
    ],
    _PRO: [Case(_PRO, "shape 8", CHATTED[0][1], edits(Drawn("message_images")))],
    _FLASH: [
        Case(
            _FLASH,
            "shape 13",
            "Gemini's own protocol, `inlineData` and `inline_data`",
            draws_natively,
            settings=_OWN,
        )
    ],
}
