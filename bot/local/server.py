"""The wire of the embedded backend: models, chat, sound and pictures, behind a token, on loopback only."""

import asyncio
import hmac
import json
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.local import pictures, sounds, uploads
from bot.local.chat import LONGEST_ANSWER, ChatModel, Chunk, Wanted
from bot.local.faults import BadRequest, NotHere, fault, number
from bot.local.hearing import Hearing
from bot.local.voice import Voice
from bot.local.weights import CARD_ID, CHAT_ID, HEARING_ID, VOICE_ID

CHAT = web.AppKey("chat", ChatModel)
ROLES = ("system", "user", "assistant")
BODY_LIMIT = 2 * 1024**2


def application(
    chat: ChatModel, token: str, hearing: Hearing | None = None, voice: Voice | None = None
) -> web.Application:
    """The server's application; every call needs the token. Of what is None the calls answer that it is missing."""
    app = web.Application(middlewares=[_guard(token)], client_max_size=BODY_LIMIT)
    app[CHAT] = chat
    if hearing is not None:
        app[sounds.HEARING] = hearing
    if voice is not None:
        app[sounds.VOICE] = voice
    app[pictures.DRAWING] = asyncio.Lock()
    app.add_routes(
        [
            web.get("/v1/models", _models),
            web.post("/v1/chat/completions", _chat),
            web.post("/v1/audio/transcriptions", sounds.transcribe),
            web.post("/v1/audio/translations", sounds.translate),
            web.post("/v1/audio/speech", sounds.speak),
            web.post("/v1/images/generations", pictures.generate),
            web.post("/v1/images/edits", pictures.edit),
        ]
    )
    return app


def _guard(token: str) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
            return fault(401, "invalid_api_key", "wrong or missing token")
        try:
            return await handler(request)
        except BadRequest as error:
            return fault(400, error.code, str(error), error.param)
        except NotHere as error:
            return fault(501, "not_supported", str(error))
        except web.HTTPRequestEntityTooLarge:
            return fault(413, "too_large", "the body is larger than what is taken here")
        except web.HTTPException as error:
            return fault(error.status, "not_supported", f"{request.method} {request.path} is not offered here")

    return guard


async def _models(request: web.Request) -> web.Response:
    """What is really there."""
    ids = [CHAT_ID, CARD_ID]
    ids += [HEARING_ID] if sounds.HEARING in request.app else []
    ids += [VOICE_ID] if sounds.VOICE in request.app else []
    entries = [{"id": id, "object": "model", "created": 0, "owned_by": "parley"} for id in ids]
    return web.json_response({"object": "list", "data": entries})


async def _chat(request: web.Request) -> web.StreamResponse:
    body = await uploads.read_object(request)
    wanted = _wanted(body)
    if body.get("stream"):
        return await _streamed(request, wanted)
    async with aclosing(request.app[CHAT].chunks(wanted, stream=False)) as chunks:
        async for chunk in chunks:
            return web.json_response(_named(chunk), status=chunk.get("error", {}).get("code", 200))
    return fault(500, "internal", "the model gave nothing")


async def _streamed(request: web.Request, wanted: Wanted) -> web.StreamResponse:
    """Server-sent events; the first chunk is awaited before the headers, so that an error keeps its status."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    async with aclosing(request.app[CHAT].chunks(wanted, stream=True)) as chunks:
        try:
            async for chunk in chunks:
                if "error" in chunk and not response.prepared:
                    return web.json_response(_named(chunk), status=chunk["error"].get("code", 500))
                if not response.prepared:
                    await response.prepare(request)
                await response.write(b"data: " + json.dumps(_named(chunk)).encode() + b"\n\n")
            await response.write(b"data: [DONE]\n\n")
        except ConnectionResetError:
            pass  # the reader left; leaving the chunks stops the model
    return response


def _named(chunk: Chunk) -> dict[str, Any]:
    """The engine calls the model by its path, which is nobody's business."""
    return {**chunk, "model": CHAT_ID} if "model" in chunk else dict(chunk)


def _wanted(body: Mapping[str, Any]) -> Wanted:
    if body.get("model") != CHAT_ID:
        raise BadRequest(f"the only model here is {CHAT_ID}", "model")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadRequest("messages must be a list with at least one message", "messages")
    return Wanted(
        [_message(message) for message in messages],
        max_tokens=number(body, "max_tokens", LONGEST_ANSWER, least=1, whole=True),
        temperature=number(body, "temperature", 0.0, least=0, whole=False),
    )


def _message(message: Any) -> Mapping[str, str]:
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise BadRequest("each message needs a role: system, user or assistant", "messages")
    content = message.get("content")
    if isinstance(content, list):
        content = " ".join(part.get("text", "") for part in content if isinstance(part, dict))
    if not isinstance(content, str) or not content.strip():
        raise BadRequest("each message needs text", "messages")
    return {"role": message["role"], "content": content}
