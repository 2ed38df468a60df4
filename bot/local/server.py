"""The wire of the embedded backend: models and chat, behind a token, on loopback only."""

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

from aiohttp import web

from bot.local.chat import LONGEST_ANSWER, ChatModel, Chunk, Wanted
from bot.local.weights import CHAT_ID

CHAT = web.AppKey("chat", ChatModel)
ROLES = ("system", "user", "assistant")
BODY_LIMIT = 2 * 1024**2

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BadRequest(Exception):
    """The caller's mistake; `param` names the field."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


def application(chat: ChatModel, token: str) -> web.Application:
    """The server's application; every call needs the token."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not hmac.compare_digest(request.headers.get("Authorization", ""), f"Bearer {token}"):
            return _fault(401, "invalid_api_key", "wrong or missing token")
        try:
            return await handler(request)
        except BadRequest as error:
            return _fault(400, "invalid_request_error", str(error), error.param)
        except web.HTTPException as error:
            return _fault(error.status, "not_supported", f"{request.method} {request.path} is not offered here")

    app = web.Application(middlewares=[guard], client_max_size=BODY_LIMIT)
    app[CHAT] = chat
    app.add_routes([web.get("/v1/models", _models), web.post("/v1/chat/completions", _chat)])
    return app


async def _models(request: web.Request) -> web.Response:
    entry = {"id": CHAT_ID, "object": "model", "created": 0, "owned_by": "parley"}
    return web.json_response({"object": "list", "data": [entry]})


async def _chat(request: web.Request) -> web.StreamResponse:
    try:
        body = await request.json()
    except json.JSONDecodeError:
        raise BadRequest("the body is not JSON") from None
    wanted = _wanted(body)
    if body.get("stream"):
        return await _streamed(request, wanted)
    async with aclosing(request.app[CHAT].chunks(wanted, stream=False)) as chunks:
        async for chunk in chunks:
            return web.json_response(_named(chunk), status=chunk.get("error", {}).get("code", 200))
    return _fault(500, "internal", "the model gave nothing")


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


def _wanted(body: Any) -> Wanted:
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    if body.get("model") != CHAT_ID:
        raise BadRequest(f"the only model here is {CHAT_ID}", "model")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadRequest("messages must be a list with at least one message", "messages")
    return Wanted(
        [_message(message) for message in messages],
        max_tokens=_number(body, "max_tokens", LONGEST_ANSWER, least=1, whole=True),
        temperature=_number(body, "temperature", 0.0, least=0, whole=False),
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


def _number(body: Mapping[str, Any], name: str, default: float, *, least: float, whole: bool) -> Any:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or value < least:
        raise BadRequest(f"{name} must be a number of at least {least}", name)
    return value


def _fault(status: int, code: str, message: str, param: str | None = None) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return web.json_response({"error": error}, status=status)
