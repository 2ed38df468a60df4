"""The fake gateway's image models: what they were asked, the picture, and where it hangs."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from tests.fakes.gateway.behaviours import Answer, Json
from tests.fakes.gateway.drawn import Drawn
from tests.fakes.gateway.image_fields import (
    EDITS,
    GENERATIONS,
    NATIVE,
    Sheet,
    chat_painting,
    form_edit,
    generation,
    json_edit,
    native_painting,
)
from tests.fakes.gateway.image_shapes import API, CHAT_MESSAGES, Hung, native
from tests.fakes.gateway.painting import Painting
from tests.fakes.gateway.refusals import refuse
from tests.fakes.gateway.rules import CHAT, Rules

RESULTS = "/results/"
_LASTS_S = 3600.0
_CREATED = 1_795_000_000


@dataclass(frozen=True, slots=True)
class _Result:
    data: bytes
    media_type: str
    until: float


class Gallery:
    """`closed` are paths that this gateway does not serve, `bodies` the forms in which edits are taken there.

    `field` is what a form's pictures are called. `visits` are the results that were fetched: the name, and whether
    the caller showed a token.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.closed: set[str] = set()
        self.bodies: set[str] = {"form", "json"}
        self.field = "image"
        self.visits: list[tuple[str, bool]] = []
        self.paintings: list[Painting] = []
        self._results: dict[str, _Result] = {}
        self._clock = clock

    def serves(self, path: str) -> bool:
        """It is the address of an image model, chat left aside."""
        if path in self.closed or path.partition("/models/")[0] in self.closed:
            return False
        return path in (GENERATIONS, EDITS) or NATIVE.fullmatch(path) is not None

    def check(self, path: str, sent: Json | Sheet, rules: Rules) -> None:
        """Refuses what is not acceptable; else remembers what is to be painted."""
        if not {"image", "image-edit"} & set(rules.capability):
            refuse(f"The model '{rules.id}' is not an image model.", "model", None, 404)
        self.paintings.append(self._painting(path, sent, rules))

    def _painting(self, path: str, sent: Json | Sheet, rules: Rules) -> Painting:
        if path == EDITS and ("form" if isinstance(sent, Sheet) else "json") not in self.bodies:
            refuse("Unsupported content type.", None, "unsupported_media_type", 415)
        if isinstance(sent, Sheet):
            if path != EDITS:
                refuse("Unsupported content type: multipart/form-data.", None, "unsupported_media_type", 415)
            return form_edit(sent, rules, self.field)
        doors = {GENERATIONS: generation, EDITS: json_edit, CHAT: chat_painting}
        return doors.get(path, native_painting)(sent, rules)

    async def answer(self, request: web.Request, rules: Rules, drawn: Drawn | Answer) -> web.StreamResponse:
        """The last painting in the shape that was scripted, or in the door's own."""
        if isinstance(drawn, Answer):
            drawn = Drawn("nothing", text=str(drawn.text or ""))
        painting = self.paintings[-1]  # before the wait: another one may be ordered meanwhile
        if drawn.hold is not None:
            await drawn.hold.wait()
        data = await asyncio.to_thread(painting.paint, drawn.form)
        hung = self._hang(request, data, drawn)
        if drawn.shape == "raw":
            return web.Response(body=hung.data, content_type=hung.media_type)
        if request.path == CHAT:
            return _chat(hung, rules, drawn)
        return _json(self._body(request.path, hung, rules, drawn), drawn)

    def _body(self, path: str, hung: Hung, rules: Rules, drawn: Drawn) -> Json:
        if path not in (GENERATIONS, EDITS):
            return native(hung, rules.id, drawn.shape)
        return API[drawn.shape or "b64"](hung)

    def _hang(self, request: web.Request, data: bytes, drawn: Drawn) -> Hung:
        media_type = f"image/{drawn.form.lower()}"
        name = self.keep(data, media_type, 0.0 if drawn.link == "expired" else _LASTS_S)
        own = drawn.link in ("own", "expired")
        url = f"http://{request.host}{RESULTS}{name}?sig=secret" if own else drawn.link
        return Hung(data, media_type, url, drawn.text, drawn.revised_prompt)

    def keep(self, data: bytes, media_type: str, lasts_s: float = _LASTS_S) -> str:
        """Hang a result, whatever it is; the name under which it can be had."""
        name = f"{len(self._results)}.{media_type.removeprefix('image/')}"
        self._results[name] = _Result(data, media_type, self._clock() + lasts_s)
        return name

    def result(self, request: web.Request) -> web.Response:
        """A result; a wrong signature or a late visit is refused as object stores do it."""
        name = request.path.removeprefix(RESULTS)
        self.visits.append((name, "Authorization" in request.headers))
        found = self._results.get(name)
        if found is None or request.method != "GET":
            return _xml(404, "NoSuchKey")
        if request.query.get("sig") != "secret" or self._clock() >= found.until:
            return _xml(403, "AccessDenied")
        return web.Response(body=found.data, content_type=found.media_type)


def _xml(status: int, code: str) -> web.Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>Expired.</Message></Error>'
    return web.Response(status=status, text=body, content_type="application/xml")


def _chat(hung: Hung, rules: Rules, drawn: Drawn) -> web.Response:
    message = CHAT_MESSAGES[drawn.shape or "message_images"](hung)
    head: Json = {"id": "chatcmpl-1", "created": _CREATED, "model": rules.id}
    usage = {"prompt_tokens": 6, "completion_tokens": 1290, "total_tokens": 1296}
    if drawn.streamed is None:
        choice: Json = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": drawn.finish}
        return _json({**head, "object": "chat.completion", "choices": [choice], "usage": usage}, drawn)
    deltas = [{"role": "assistant", "content": ""}, *_cut(message, drawn.streamed)]
    choices = [*({"index": 0, "delta": delta} for delta in deltas), {"delta": {}, "finish_reason": drawn.finish}]
    chunks = [{**head, "object": "chat.completion.chunk", "choices": [choice]} for choice in choices]
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in [*chunks, {**head, "choices": [], "usage": usage}]]
    return web.Response(text=": PING\n\n" + "".join(lines) + "data: [DONE]\n\n", content_type="text/event-stream")


def _cut(message: Json, size: int) -> list[Json]:
    content = message.get("content")
    if not isinstance(content, str):
        return [message]
    rest = {name: value for name, value in message.items() if name != "content"}
    return [*({"content": content[at : at + size]} for at in range(0, len(content), size)), rest]


def _json(body: Json, drawn: Drawn) -> web.Response:
    return web.Response(text=json.dumps(body), content_type="application/json", headers=drawn.headers)
