"""The door of the Web API: tokens, bodies, limits and faults, before and after the method itself."""

import asyncio
import json
import time
from dataclasses import dataclass, field

from aiohttp import web

from tests.fakes.slack.args import Args
from tests.fakes.slack.faults import Fault, Faults
from tests.fakes.slack.limits import Limits
from tests.fakes.slack.methods import METHODS, Method
from tests.fakes.slack.stage import Stage
from tests.fakes.slack.values import ApiError, Call, Json, Token

HUNG_UP = 599
"""The status kept for a call whose connection was cut; it is never read by anybody."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The tokens that this workspace knows."""

    bot: str = "xoxb-1-fake-bot-token"
    app: str = "xapp-1-fake-app-token"
    signing: str = "fake-signing-secret"


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: a status, and JSON or (where `body` is None) the HTML of a broken server."""

    status: int
    body: Json | None
    retry_after: int | None = None


@dataclass(slots=True)
class Api:
    """Answers `POST` and `GET` under `/api/`; every call is kept in `calls`."""

    stage: Stage
    secrets: Secrets
    limits: Limits
    faults: Faults = field(default_factory=Faults)
    calls: list[Call] = field(default_factory=list)
    revoked: bool = False

    @property
    def scopes(self) -> set[str]:
        """What the bot's token was granted."""
        return self.stage.workspace.scopes

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call, whatever its method."""
        name = request.match_info["method"]
        values, is_json, broken = await _read(request)
        token = self._token(request, values, is_json)
        fault = self.faults.take(name)
        if fault is not None:
            await asyncio.sleep(fault.delay)
        reply = broken or self._answer(name, Args(values), token, is_json=is_json, fault=fault)
        self._keep(name, values, token, reply)
        if reply.status == HUNG_UP and request.transport is not None:
            request.transport.abort()
        return _response(reply, self.scopes)

    def _answer(self, name: str, args: Args, token: Token, *, is_json: bool, fault: Fault | None) -> Reply:
        if fault is None or not fault.fails:
            return self._run(name, args, token, is_json=is_json)
        if fault.after_accept:
            self._run(name, args, token, is_json=is_json)
        return _failed(fault)

    def _run(self, name: str, args: Args, token: Token, *, is_json: bool) -> Reply:
        method = METHODS.get(name)
        if method is None:
            return _refused("unknown_method", req_method=name)
        try:
            self._admit(method, token)
            wait = self.limits.wait(method.rules(name, args))
            if wait:
                return Reply(429, {"ok": False, "error": "ratelimited"}, wait)
            seen = args if method.json or not is_json else Args({})
            return Reply(200, {"ok": True, **method.run(self.stage, seen)})
        except ApiError as refusal:
            return _refused(refusal.error, **refusal.more)

    def _admit(self, method: Method, token: Token) -> None:
        if token is Token.NONE:
            raise ApiError("not_authed")
        if token is Token.WRONG:
            raise ApiError("invalid_auth")
        if self.revoked:
            raise ApiError("token_revoked")
        if token is not method.token:
            raise ApiError("not_allowed_token_type")
        if token is Token.BOT and method.scopes and not method.scopes & self.scopes:
            raise ApiError("missing_scope", needed=min(method.scopes), provided=",".join(sorted(self.scopes)))

    def _token(self, request: web.Request, values: Json, is_json: bool) -> Token:
        """From the header or a form's `token`; a token inside JSON is not looked at."""
        header = request.headers.get("Authorization", "")
        in_form = "" if is_json else str(values.pop("token", ""))
        written = header.removeprefix("Bearer ") if header else in_form
        known = {self.secrets.bot: Token.BOT, self.secrets.app: Token.APP, "": Token.NONE}
        return known.get(written, Token.WRONG)

    def _keep(self, name: str, values: Json, token: Token, reply: Reply) -> None:
        body = reply.body or {}
        silent = "hung_up" if reply.status == HUNG_UP else f"http_{reply.status}"
        error = None if body.get("ok") else str(body.get("error", silent))
        self.calls.append(Call(name, values, time.monotonic(), token, reply.status, error))
        self.stage.workspace.changes.notify()


async def _read(request: web.Request) -> tuple[Json, bool, Reply | None]:
    """The arguments, whether they came as JSON, and the refusal of a body that cannot be read."""
    values: Json = dict(request.query)
    if request.method == "GET" or not request.can_read_body:
        return values, False, None
    if request.content_type == "application/json":
        return await _read_json(request)
    if request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        form = await request.post()
        return {**values, **{name: str(value) for name, value in form.items()}}, False, None
    return values, False, _refused("invalid_post_type")


async def _read_json(request: web.Request) -> tuple[Json, bool, Reply | None]:
    try:
        body = json.loads(await request.read())
    except ValueError:
        return {}, True, _refused("invalid_json")
    if not isinstance(body, dict):
        return {}, True, _refused("json_not_object")
    return body, True, None


def _refused(error: str, **more: object) -> Reply:
    return Reply(200, {"ok": False, "error": error, **more})


def _failed(fault: Fault) -> Reply:
    if fault.hang_up:
        return Reply(HUNG_UP, None)
    if fault.status == 429 or fault.retry_after is not None:
        return Reply(
            429,
            {"ok": False, "error": fault.error or "ratelimited"},
            1 if fault.retry_after is None else fault.retry_after,
        )
    if fault.error is None:
        return Reply(fault.status, None)
    return Reply(fault.status, {"ok": False, "error": fault.error})


def _response(reply: Reply, scopes: set[str]) -> web.Response:
    headers = {"X-OAuth-Scopes": ",".join(sorted(scopes))}
    if reply.retry_after is not None:
        headers["Retry-After"] = str(reply.retry_after)
    if reply.body is None:
        page = "<!DOCTYPE html><html><body>Server Error</body></html>"
        return web.Response(status=reply.status, text=page, content_type="text/html", headers=headers)
    return web.json_response(reply.body, status=reply.status, headers=headers)
