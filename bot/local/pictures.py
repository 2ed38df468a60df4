"""The calls about pictures: a placeholder that says what it is."""

import asyncio
import base64
import re
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.local import uploads
from bot.local.card import LARGEST, SMALLEST, Card, Size, draw, lay_over
from bot.local.faults import BadRequest, number
from bot.local.weights import CARD_ID

PLACEHOLDER = "[placeholder]"
LONGEST_PROMPT = 32_000
MOST = 10
SHAPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
RESULTS = {"b64_json": None, "url": None}
STANDARD = (1024, 1024)

DRAWING = web.AppKey("drawing", asyncio.Lock)
"""Held by the one call that draws: a large picture in each of many threads would take the machine's memory."""


async def generate(request: web.Request) -> web.Response:
    """`POST /v1/images/generations`."""
    fields = await uploads.read_object(request)
    uploads.model(fields, CARD_ID)
    count = number(fields, "n", 1, least=1, most=MOST, whole=True)
    card = _card(fields)
    async with request.app[DRAWING]:
        picture = await asyncio.to_thread(draw, card)
    return _answer(fields, card, [picture] * count)


async def edit(request: web.Request) -> web.Response:
    """`POST /v1/images/edits`."""
    form = await uploads.read_form(request)
    fields = form.texts
    uploads.model(fields, CARD_ID)
    count = number({"n": uploads.written_number(form, "n")}, "n", 1, least=1, most=MOST, whole=False)
    card = _card(fields)
    picture = uploads.file(form, "image", "image[]")
    async with request.app[DRAWING]:
        changed = await asyncio.to_thread(lay_over, picture, card, keep_size=_size(fields) is None)
    return _answer(fields, card, [changed] * int(count))


def _card(fields: Mapping[str, Any]) -> Card:
    prompt = uploads.text(fields, "prompt", most=LONGEST_PROMPT)
    return Card(prompt, _size(fields) or STANDARD, uploads.choice(fields, "output_format", "png", SHAPES))


def _size(fields: Mapping[str, Any]) -> Size | None:
    """None where the size is left to us."""
    asked = fields.get("size")
    if asked in (None, "auto"):
        return None
    found = re.fullmatch(r"(\d{1,5})[x*](\d{1,5})", str(asked))
    if found is None or not all(SMALLEST <= int(side) <= LARGEST for side in found.groups()):
        raise BadRequest(f"size must be WIDTHxHEIGHT, each from {SMALLEST} to {LARGEST}", "size")
    return int(found[1]), int(found[2])


def _answer(fields: Mapping[str, Any], card: Card, pictures: list[bytes]) -> web.Response:
    kind = uploads.choice(fields, "response_format", "b64_json", RESULTS)
    said = f"{PLACEHOLDER} {card.prompt}"
    entries = [{kind: _written(picture, kind, card.shape), "revised_prompt": said} for picture in pictures]
    return web.json_response({"created": int(time.time()), "data": entries})


def _written(picture: bytes, kind: str, shape: str) -> str:
    text = base64.b64encode(picture).decode()
    return text if kind == "b64_json" else f"data:{SHAPES[shape]};base64,{text}"
