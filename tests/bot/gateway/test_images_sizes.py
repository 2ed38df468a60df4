"""A size is understood as people write it, and the nearest that a model makes is asked for."""

import pytest

from bot.errors import SettingsError
from bot.gateway import Catalogue, ModelSpec
from bot.gateway.images_sizes import in_pixels, in_ratios, read_size
from bot.gateway.images_ways import ways
from bot.gateway.lessons import Taught

CATALOGUE = Catalogue.load()
STRANGER = ModelSpec("flux", "", frozenset({"image"}))
RATIOS = {"1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9"}


def spec(model: str) -> ModelSpec:
    found = CATALOGUE.get(model)
    assert found is not None
    return found


@pytest.mark.parametrize("text", ["", "auto", "huge", "0x5", "5x0", "x", "16:0", ":", "8K", "1024", "wide please"])
def test_what_is_no_size_is_none(text: str) -> None:
    assert read_size(text) is None


@pytest.mark.parametrize("text", ["1664x928", "1664 × 928", "1664*928", "16:9", "wide", " WIDE ", "1600X900", "21:9"])
def test_a_wide_picture_is_asked_of_qwen_in_its_wide_size(text: str) -> None:
    assert in_pixels(read_size(text), spec("qwen-image")) == "1664x928"


@pytest.mark.parametrize(
    ("text", "pixels"),
    [("1:1", "1024x1024"), ("2K", "2048x2048"), ("1:4", "512x2048"), ("800x600", "800x608"), ("16:9 2K", "2736x1536")],
)
def test_a_model_of_unknown_sizes_is_asked_for_what_was_wished(text: str, pixels: str) -> None:
    assert in_pixels(read_size(text), STRANGER) == pixels


def test_nothing_wished_is_nothing_asked() -> None:
    assert in_pixels(None, spec("qwen-image")) is None
    assert in_ratios(None, spec("gemini-3-pro-image-preview")) == {}


@pytest.mark.parametrize("ratio", sorted(RATIOS))
def test_gemini_gets_its_own_ratios_as_they_are(ratio: str) -> None:
    assert in_ratios(read_size(ratio), spec("gemini-2.5-flash-image")) == {"aspect_ratio": ratio}


@pytest.mark.parametrize(("text", "scale"), [("1K", "1K"), ("4k", "4K"), ("4096x4096", "4K"), ("2048x2048", "2K")])
def test_gemini_pro_gets_a_scale(text: str, scale: str) -> None:
    assert in_ratios(read_size(text), spec("gemini-3-pro-image-preview"))["image_size"] == scale


def test_sizes_that_the_operator_wrote_wrongly_are_passed_over() -> None:
    odd = ModelSpec("odd", "", frozenset({"image"}), more={"sizes": ["auto", 3, "0x0", "512x512"], "ratios": "1:1"})
    assert in_pixels(read_size("wide"), odd) == "512x512"
    assert in_ratios(read_size("wide 2K"), odd) == {}


@pytest.mark.parametrize("name", ["image_via", "edit_body"])
def test_a_way_that_does_not_exist_stops_the_start(name: str) -> None:
    with pytest.raises(SettingsError, match="qwen-image has the"):
        Catalogue.load(overrides={"qwen-image": {name: "carrier pigeon"}})


def test_models_are_had_by_what_they_can() -> None:
    gemini = ["gemini-2.5-flash-image", "gemini-3-pro-image-preview", "gemini-3.1-flash-image-preview"]
    assert [model.id for model in CATALOGUE.having("image")] == [*gemini, "qwen-image"]
    assert [model.id for model in CATALOGUE.having("image-edit")] == [*gemini, "qwen-image-edit"]


@pytest.mark.parametrize(
    ("model", "via", "drawing", "editing"),
    [
        ("qwen-image", "auto", "generations chat", "form json chat"),
        ("gemini-2.5-flash-image", "auto", "chat generations", "chat form json"),
        ("gemini-2.5-flash-image", "images", "generations", "form json"),
        ("qwen-image", "chat", "chat", "chat"),
        ("gemini-2.5-flash-image", "gemini", "gemini", "gemini"),
    ],
)
def test_the_ways_of_a_model_stand_in_order(model: str, via: str, drawing: str, editing: str) -> None:
    found = Catalogue.load(overrides={model: {"image_via": via}}).get(model)
    assert found is not None
    assert " ".join(ways(found, Taught(), editing=False)) == drawing
    assert " ".join(ways(found, Taught(), editing=True)) == editing


def test_a_lesson_goes_first_and_an_odd_one_nowhere() -> None:
    learned = Taught({"edit_via": "chat", "draw_via": "smoke"})
    assert ways(spec("qwen-image-edit"), learned, editing=True) == ("chat", "form", "json")
    assert ways(spec("qwen-image"), learned, editing=False) == ("generations", "chat")
