"""Which requests for pictures are acceptable at each of the four doors."""

import base64
import binascii
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import BodyPartReader, web
from PIL import Image

from tests.fakes.gateway.behaviours import Json
from tests.fakes.gateway.messages import text_of
from tests.fakes.gateway.painting import Painting, Size, look
from tests.fakes.gateway.refusals import count, flag, items, known, number, refuse, table, unsupported_value, words
from tests.fakes.gateway.rules import CHAT, Rules

GENERATIONS = "/v1/images/generations"
EDITS = "/v1/images/edits"
NATIVE = re.compile(r"/v1beta/models/([^/:]+):generateContent")
QWEN_SIZES = frozenset({"1328x1328", "1664x928", "928x1664", "1472x1140", "1140x1472"})
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9")
_SCALES = {"1K": 1024, "2K": 2048, "4K": 4096}
_COMMON = frozenset({"model", "prompt", "n", "size", "response_format"})
_OWN = frozenset({"negative_prompt", "seed", "num_inference_steps", "true_cfg_scale", "guidance_scale"})
_OF_EDITS = frozenset({"output_format", "mask"})
_DATA_URL = re.compile(r"data:(image/[a-z]+);base64,([A-Za-z0-9+/]+={0,2})")
_SIZE = re.compile(r"(\d{2,4})x(\d{2,4})")


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a form."""

    file_name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form: fields, and files by name; `body` is what a test sees of it."""

    fields: Mapping[str, str]
    files: Mapping[str, tuple[Part, ...]]

    @property
    def body(self) -> Json:
        """The fields, and of each file its name, type and length."""
        files = {
            name: [{"filename": one.file_name, "type": one.media_type, "bytes": len(one.data)} for one in parts]
            for name, parts in self.files.items()
        }
        return {**self.fields, **files}


async def read_sheet(request: web.Request) -> Sheet:
    """The parts of a multipart form."""
    fields: dict[str, str] = {}
    files: dict[str, tuple[Part, ...]] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or not part.name:
            refuse("Invalid form: a part has no name.", None)
        data = bytes(await part.read(decode=True))
        if part.filename is None:
            fields[part.name] = data.decode()
        else:
            one = Part(part.filename, part.headers.get("Content-Type", ""), data)
            files[part.name] = (*files.get(part.name, ()), one)
    return Sheet(fields, files)


def generation(body: Json, rules: Rules) -> Painting:
    """A request for a new picture."""
    if "image" not in rules.capability:
        refuse(f"The model '{rules.id}' does not generate images from text alone.", "model")
    known(body, _fields(rules))
    return Painting(_common(body), _size(body, rules))


def form_edit(sheet: Sheet, rules: Rules, field: str) -> Painting:
    """A request to alter pictures, as a form whose pictures stand under `field`."""
    _edits(rules)
    for name in (*sheet.fields, *sheet.files):
        if name not in _fields(rules) | _OF_EDITS | {field} or (name in (field, "mask")) != (name in sheet.files):
            refuse(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    if field not in sheet.files:
        refuse("Field required: image.", field, "missing_required_parameter")
    fields = {name: _number(name, value) for name, value in sheet.fields.items()}
    pictures = tuple(_file(part, field) for part in sheet.files[field])
    for mask in sheet.files.get("mask", ()):
        if _file(mask, "mask").size != pictures[0].size:
            refuse("The mask must be of the size of the image.", "mask")
    return Painting(_common(fields), _size(fields, rules), pictures)


def json_edit(body: Json, rules: Rules) -> Painting:
    """A request to alter pictures, as JSON with data URLs."""
    _edits(rules)
    known(body, _fields(rules) | _OF_EDITS | {"image"})
    value = body.get("image")
    urls = items(value, "image") if isinstance(value, list) else (value,)
    return Painting(_common(body), _size(body, rules), tuple(_linked(words(url, "image"), "image") for url in urls))


def chat_painting(body: Json, rules: Rules) -> Painting:
    """What a chat with an image model asks for; messages and fields were checked as those of any chat."""
    if flag(body, "stream") and not rules.streaming:
        unsupported_value("stream", True)
    modes = body.get("modalities", ["text", "image"])
    if not isinstance(modes, list) or not set(modes) <= {"text", "image"} or "image" not in modes:
        unsupported_value("modalities", modes)
    config = table(body.get("image_config", {}), "image_config")
    known(config, frozenset({"aspect_ratio", "image_size"}), "image_config.")
    size = _scaled(config, "aspect_ratio", "image_size", "image_config", rules)
    messages = [table(each, "messages") for each in items(body.get("messages"), "messages")]
    content = messages[-1].get("content")
    parts = [table(part, "content") for part in content] if isinstance(content, list) else []
    urls = [table(part["image_url"], "image_url").get("url") for part in parts if part.get("type") == "image_url"]
    return Painting(text_of(content), size, tuple(_linked(words(url, "image_url"), "messages") for url in urls))


def native_painting(body: Json, rules: Rules) -> Painting:
    """What is asked in Gemini's own protocol."""
    if rules.vendor != "google" or rules.endpoint != CHAT:
        refuse(f"models/{rules.id} is not supported for generateContent.", "model", "NOT_FOUND", 404)
    known(body, frozenset({"contents", "systemInstruction", "generationConfig"}))
    config = table(body.get("generationConfig", {}), "generationConfig")
    known(config, frozenset({"temperature", "topP", "maxOutputTokens", "responseModalities", "imageConfig"}))
    if "IMAGE" not in items(config.get("responseModalities"), "responseModalities"):
        unsupported_value("responseModalities", config["responseModalities"])
    image = table(config.get("imageConfig", {}), "imageConfig")
    known(image, frozenset({"aspectRatio", "imageSize"}), "imageConfig.")
    content = table(items(body.get("contents"), "contents")[-1], "contents")
    if content.get("role") != "user":
        refuse("Please use a valid role: user, model.", "contents")
    parts = [table(part, "parts") for part in items(content.get("parts"), "parts")]
    blobs = [table(part["inlineData"], "inlineData") for part in parts if "inlineData" in part]
    pictures = tuple(_blob(str(blob.get("mimeType")), str(blob.get("data")), "inlineData") for blob in blobs)
    size = _scaled(image, "aspectRatio", "imageSize", "imageConfig", rules)
    return Painting(" ".join(str(part["text"]) for part in parts if "text" in part), size, pictures)


def _edits(rules: Rules) -> None:
    if "image-edit" not in rules.capability:
        refuse(f"The model '{rules.id}' does not edit images.", "model")


def _fields(rules: Rules) -> frozenset[str]:
    return _COMMON | (_OWN if rules.vendor == "qwen" else frozenset())


def _common(body: Json) -> str:
    count(body, "n", 1)
    if body.get("n", 1) not in range(1, 11):
        refuse("Invalid 'n': expected an integer from 1 to 10.", "n")
    if body.get("response_format", "b64_json") not in ("b64_json", "url", "file"):
        unsupported_value("response_format", body["response_format"])
    if body.get("output_format", "png") not in ("png", "jpeg", "webp"):
        unsupported_value("output_format", body["output_format"])
    for name in ("true_cfg_scale", "guidance_scale"):
        number(body, name, 0, 20)
    count(body, "seed", 0)
    count(body, "num_inference_steps", 1)
    if "negative_prompt" in body:
        words(body["negative_prompt"], "negative_prompt")
    return words(body.get("prompt"), "prompt")


def _size(body: Json, rules: Rules) -> Size | None:
    if body.get("size", "auto") == "auto":
        return None
    found = _SIZE.fullmatch(words(body["size"], "size"))
    if not found or (rules.vendor == "qwen" and body["size"] not in QWEN_SIZES):
        unsupported_value("size", body["size"])
    return int(found[1]), int(found[2])


def _scaled(config: Json, ratio: str, scale: str, where: str, rules: Rules) -> Size | None:
    shape, side = config.get(ratio, "1:1"), config.get(scale, "1K")
    if shape not in RATIOS:
        refuse(f"Invalid value for '{where}.{ratio}'.", f"{where}.{ratio}")
    if side not in (_SCALES if "pro" in rules.id else ("1K",)):
        refuse(f"Invalid value for '{where}.{scale}'.", f"{where}.{scale}")
    if not config:
        return None
    wide, high = (int(one) for one in str(shape).split(":"))
    unit = _SCALES[str(side)] / math.sqrt(wide * high)
    return round(wide * unit), round(high * unit)


def _number(name: str, value: str) -> object:
    """A form's fields are all words; a number in words counts as one."""
    whole = name in ("n", "seed", "num_inference_steps")
    if whole or name in ("true_cfg_scale", "guidance_scale"):
        return (int(value) if whole else float(value)) if re.fullmatch(r"\d+(\.\d+)?", value) else value
    return value


def _file(part: Part, where: str) -> Image.Image:
    if "." not in part.file_name:
        refuse("The file has no name with an ending.", where, "invalid_image_format")
    return look(part.data, part.media_type, where)


def _linked(url: str, where: str) -> Image.Image:
    found = _DATA_URL.fullmatch(url)
    if not found:
        refuse("Invalid image: expected a data URL of an image in base64.", where, "invalid_image_url")
    return _blob(found[1], found[2], where)


def _blob(media_type: str, data: str, where: str) -> Image.Image:
    try:
        return look(base64.b64decode(data, validate=True), media_type, where)
    except binascii.Error:
        refuse("Invalid image: its base64 is broken.", where, "invalid_image_url")
