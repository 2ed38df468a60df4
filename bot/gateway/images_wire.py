"""A request for a picture as each way wants it; pure."""

import base64
from typing import Final

from bot.gateway.base64_text import data_url
from bot.gateway.body import Body, Form, FormFile
from bot.gateway.catalogue import CHAT
from bot.gateway.images_sizes import in_pixels, in_ratios, read_size
from bot.gateway.images_ways import Way
from bot.gateway.lessons import Taught
from bot.gateway.once import Ask, Got
from bot.gateway.pictures import Picture, PictureRequest, picture_of
from bot.gateway.shapes import table
from bot.gateway.values import ModelSpec
from bot.kinds import extension_of

_EDITS: Final = "/v1/images/edits"
_PATHS: Final[dict[Way, str]] = {
    "generations": "/v1/images/generations",
    "form": _EDITS,
    "json": _EDITS,
    "chat": CHAT,
    "gemini": "/v1beta/models/{model}:generateContent",
}
_OPTIONAL: Final = frozenset({"n", "size", "response_format", "negative_prompt", "modalities", "image_config"})
_CHOSEN: Final = frozenset({"size", "negative_prompt", "image_config"})
_ANSWERS: Final = ("data", "images", "output", "choices", "candidates", "promptFeedback", "prompt_feedback", "task_id")
_EVENTS: Final = (b"data:", b"event:", b"id:", b"retry:", b":")
_LARGEST: Final = 96 * 1024 * 1024


def ask_for(way: Way, request: PictureRequest, spec: ModelSpec, taught: Taught, limit_s: float) -> Ask:
    """The call. It is paid, so it is not repeated once the gateway may have begun."""
    bodies = {"form": _form, "json": _json, "chat": _chat, "gemini": _gemini}
    return Ask(
        model=spec.id,
        path=_PATHS[way],
        key=request.key,
        body=bodies.get(way, _generation)(request, spec, taught),
        limit_s=limit_s,
        largest=_LARGEST,
        paid=True,
        optional=_OPTIONAL,
        chosen=_CHOSEN,
        holds=holds,
    )


def holds(got: Got) -> bool:
    """It may hold pictures or words; what is left is an error of an unknown form, or a page."""
    if got.value is None:
        return got.body[:64].lstrip(b"\xef\xbb\xbf \r\n").startswith(_EVENTS) or picture_of(got.body) is not None
    return any(table(got.value).get(name) for name in _ANSWERS)


def _generation(request: PictureRequest, spec: ModelSpec, taught: Taught) -> dict[str, object]:
    body: dict[str, object] = {"n": 1, "response_format": "b64_json"}
    size = in_pixels(read_size(request.size or ""), spec)
    if size is not None:
        body["size"] = size
    takes_negative = spec.vendor == "qwen" and not taught.drops("negative_prompt")
    if takes_negative and request.negative:
        body["negative_prompt"] = request.negative
    return {"prompt": _prompt(request, negative=not takes_negative), **body}


def _form(request: PictureRequest, spec: ModelSpec, taught: Taught) -> Body:
    field = spec.more.get("edit_field", "image")
    fields = tuple((name, str(value)) for name, value in _generation(request, spec, taught).items())
    return Form(fields, tuple((str(field), _file(at, each)) for at, each in enumerate(request.images, 1)))


def _json(request: PictureRequest, spec: ModelSpec, taught: Taught) -> dict[str, object]:
    urls = [_data_url(each) for each in request.images]
    return {**_generation(request, spec, taught), "image": urls if len(urls) > 1 else urls[0]}


def _chat(request: PictureRequest, spec: ModelSpec, taught: Taught) -> dict[str, object]:
    prompt = _prompt(request, negative=True)
    parts: list[dict[str, object]] = [{"type": "text", "text": prompt}]
    parts += [{"type": "image_url", "image_url": {"url": _data_url(each)}} for each in request.images]
    content = parts if request.images else prompt
    body: dict[str, object] = {"messages": [{"role": "user", "content": content}]}
    if spec.vendor != "qwen":
        body["modalities"] = ["text", "image"]
    config = in_ratios(read_size(request.size or ""), spec)
    return {**body, "image_config": config} if config else body


def _gemini(request: PictureRequest, spec: ModelSpec, taught: Taught) -> dict[str, object]:
    parts: list[dict[str, object]] = [{"text": _prompt(request, negative=True)}]
    parts += [{"inlineData": {"mimeType": each.media_type, "data": _base64(each)}} for each in request.images]
    settings: dict[str, object] = {"responseModalities": ["TEXT", "IMAGE"]}
    config = in_ratios(read_size(request.size or ""), spec)
    names = {"aspect_ratio": "aspectRatio", "image_size": "imageSize"}
    if config:
        settings["imageConfig"] = {names[name]: value for name, value in config.items()}
    return {"contents": [{"role": "user", "parts": parts}], "generationConfig": settings}


def _prompt(request: PictureRequest, *, negative: bool) -> str:
    """With the wishes that have no field of their own."""
    lines = [request.prompt]
    if request.transparent:
        lines.append("The background is fully transparent.")
    if negative and request.negative:
        lines.append(f"Avoid: {request.negative}")
    return "\n".join(lines)


def _file(number: int, picture: Picture) -> FormFile:
    return FormFile(f"image-{number}{extension_of(picture.media_type)}", picture.data, picture.media_type)


def _data_url(picture: Picture) -> str:
    return data_url(picture.media_type, picture.data)


def _base64(picture: Picture) -> str:
    return base64.b64encode(picture.data).decode()
