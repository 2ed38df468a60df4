"""The REST side: every call recorded, then banned, failed, limited, authorised and answered, in that order."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from tests.fakes.discord.faults import Fault, Faults
from tests.fakes.discord.limits import RateLimiter
from tests.fakes.discord.routes import Access, Route
from tests.fakes.discord.wire import VIA, ApiError, Ask, Problem, Upload, invalid, reply

_FILE_FIELD = re.compile(r"files\[\d+\]")
_USER_AGENT = re.compile(r"DiscordBot \(.+ .+\)")
MAJOR = ("channel_id", "guild_id", "webhook_id", "token")


@dataclass(slots=True)
class Call:
    """One REST call. `at` is monotonic seconds; `status` is None until answered, and after a hang-up."""

    method: str
    route: str
    ids: Mapping[str, str]
    at: float
    body: Any = None
    status: int | None = None


@dataclass(slots=True)
class Rest:
    """Answers the routes of a table."""

    token: str
    limiter: RateLimiter
    faults: Faults
    calls: list[Call] = field(default_factory=list)

    def attach(self, app: web.Application, routes: tuple[Route, ...]) -> None:
        """Mount the table under /api/v10."""
        for route in routes:
            method, template = route.name.split(" ")
            app.router.add_route(method, f"/api/v10{template}", self._handler(route))
        app.router.add_route("*", "/api/{rest:.*}", self._unknown)

    def _handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            call = Call(request.method, route.name, dict(request.match_info), time.monotonic())
            self.calls.append(call)
            response = await self._answer(route, request, call)
            if response is None:
                return self._hang_up(request)
            call.status = response.status
            self.limiter.note(response)
            return response

        return handle

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        call = Call(request.method, f"{request.method} {request.path}", {}, time.monotonic(), status=404)
        self.calls.append(call)
        return ApiError(Problem.NOT_FOUND).response()

    async def _answer(self, route: Route, request: web.Request, call: Call) -> web.Response | None:
        banned = self.limiter.banned()
        if banned is not None:
            return banned
        fault = self.faults.take(route.name, request.match_info)
        if fault is not None and fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault is None or fault.status == 0:
            return await self._limited(route, request, call)
        if fault.after_accept:
            await self._limited(route, request, call)
        return _failure(fault)

    async def _limited(self, route: Route, request: web.Request, call: Call) -> web.Response:
        refused, headers = self._gate(route, request)
        if refused is not None:
            return refused
        try:
            ask = await _read(request)
            call.body = ask.body
            answer = route.answer(ask)
        except ApiError as error:
            error.headers.update(headers)
            return error.response()
        return reply(answer, 204 if answer is None else route.status, headers)

    def _gate(self, route: Route, request: web.Request) -> tuple[web.Response | None, Mapping[str, str]]:
        """Authorisation and limits: the refusal if there is one, and the headers for the answer."""
        if route.access is Access.CALLBACK:
            return None, {}
        if route.access is Access.BOT:
            refused = self._refuse_stranger(request) or self.limiter.take_global()
            if refused is not None:
                return refused, {}
        major = "+".join(request.match_info.get(name, "") for name in MAJOR)
        return self.limiter.take(route.name, major, webhook=route.access is Access.WEBHOOK)

    def _refuse_stranger(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") != f"Bot {self.token}":
            return ApiError(Problem.UNAUTHORIZED).response()
        if not _USER_AGENT.match(request.headers.get("User-Agent", "")):
            return ApiError(Problem.NETWORK).response()
        return None

    def _hang_up(self, request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


def _failure(fault: Fault) -> web.Response | None:
    if fault.status is None:
        return None
    headers = VIA | dict(fault.headers)
    if not headers["Via"]:
        del headers["Via"]
    if isinstance(fault.body, str):
        return web.Response(status=fault.status, text=fault.body, content_type="text/html", headers=headers)
    body = json.dumps(fault.body or {"message": f"{fault.status}: Ordered by the test", "code": 0}).encode()
    return web.Response(status=fault.status, body=body, headers={"Content-Type": "application/json"} | headers)


async def _read(request: web.Request) -> Ask:
    """Take the body apart: JSON, or multipart with `payload_json` and `files[n]`."""
    body, files = await _body(request)
    return Ask(dict(request.match_info), dict(request.query), body, files)


async def _body(request: web.Request) -> tuple[Any, tuple[Upload, ...]]:
    if not request.can_read_body:
        return {}, ()
    if request.content_type == "application/json":
        return _json(await request.text()), ()
    if request.content_type == "multipart/form-data":
        return await _multipart(request)
    message = 'Expected "Content-Type" header to be one of {"application/json", "multipart/form-data"}.'
    raise invalid("_misc", "CONTENT_TYPE_INVALID", message)


async def _multipart(request: web.Request) -> tuple[Any, tuple[Upload, ...]]:
    body: Any = {}
    files: list[Upload] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise ApiError(Problem.INVALID_JSON)
        content = bytes(await part.read(decode=True))
        if part.name == "payload_json":
            body = _json(content.decode())
        elif part.name is None or not _FILE_FIELD.fullmatch(part.name):
            raise invalid("_misc", "MULTIPART_FIELD_UNKNOWN", f"Unknown field {part.name}.")
        else:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            files.append(Upload(part.name, part.filename or "unknown", kind, content))
    return body, tuple(files)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ApiError(Problem.INVALID_JSON) from None
