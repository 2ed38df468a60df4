"""The fake gateway itself: a strict OpenAI-compatible server on a loopback socket."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import NoReturn, Self

from aiohttp import web

from tests.fakes.gateway.behaviours import Answer, Behaviour, Cut, Fail, Hang, Json, Raw, Reset, Whole
from tests.fakes.gateway.bodies import read_body
from tests.fakes.gateway.booth import SOUNDS, Booth
from tests.fakes.gateway.chat import ChatFrames, models_list
from tests.fakes.gateway.chat_fields import check_fields
from tests.fakes.gateway.delivery import Delivery, forever, plain, reset
from tests.fakes.gateway.drawn import Drawn
from tests.fakes.gateway.envelopes import envelope
from tests.fakes.gateway.frames import Frames
from tests.fakes.gateway.gallery import RESULTS, Gallery
from tests.fakes.gateway.image_fields import NATIVE, Sheet
from tests.fakes.gateway.messages import check_messages, tokens
from tests.fakes.gateway.refusals import Refused, refuse, words
from tests.fakes.gateway.responses import ResponsesFrames
from tests.fakes.gateway.responses_fields import check_responses
from tests.fakes.gateway.rules import CHAT, RESPONSES, Rules, catalogue
from tests.fakes.gateway.sounds import Heard, Voiced
from tests.fakes.gateway.speech import Speech, decide, echo

TOKEN = "sk-fake-gateway"
_MOST_BYTES = 32 * 1024**2
_SECRET = frozenset({"authorization", "cookie", "x-api-key"})

Scripted = Behaviour | Drawn | Heard | Voiced


@dataclass(slots=True)
class SeenRequest:
    """One request as it came in. `at` is `time.monotonic()`, the same clock in every process of the machine.

    `headers` have lower-case names and no secrets; `body` is empty where it was no JSON object; `status` is 0
    until it is answered; `closed_early` says that the client went away before the answer was complete, `reset` that
    the gateway itself broke the connection, `whole` that the answer was sent to its proper end. `ended_at` is None
    while it is under way.
    """

    method: str
    path: str
    headers: dict[str, str]
    at: float
    body: Json = field(default_factory=dict)
    status: int = 0
    closed_early: bool = False
    reset: bool = False
    whole: bool = False
    ended_at: float | None = None

    @property
    def model(self) -> str:
        """The model asked for, empty where none was named."""
        return str(self.body.get("model", ""))


class FakeGateway:
    """`async with FakeGateway() as gateway`: answers at `gateway.url` until the block is left.

    `models` is what `GET /v1/models` lists: ids, or a failure. `absent` are catalogue ids without a channel,
    `context` overrides a model's context size in tokens, `rules` are the catalogue's own. `gallery` has the pictures,
    `booth` the sounds.
    """

    def __init__(self, token: str = TOKEN, port: int = 0) -> None:
        self.token = token
        self.url = ""
        self.requests: list[SeenRequest] = []
        self.rules: dict[str, Rules] = catalogue()
        self.models: Sequence[str] | Fail = tuple(self.rules)
        self.absent: set[str] = set()
        self.context: dict[str, int] = {}
        self.gallery = Gallery()
        self.booth = Booth()
        self._port = port
        self._default = Answer(text=echo)
        self._by_model: dict[str, Answer] = {}
        self._script: deque[Scripted] = deque()
        self._judge: Callable[[SeenRequest], Scripted] | None = None
        self._leaving = False
        self._runner = web.AppRunner(self._app(), handler_cancellation=True, access_log=None, shutdown_timeout=0.01)

    def answer(
        self,
        text: str | Callable[[Json], str],
        *,
        model: str | None = None,
        chunks: int | None = None,
        delay_s: float = 0.0,
    ) -> None:
        """The answer to every request that no script is left for, of one model or of all."""
        answer = Answer(text=text, chunks=chunks, delay_s=delay_s)
        if model is None:
            self._default = answer
        else:
            self._by_model[model] = answer

    def script(self, *behaviours: Scripted) -> None:
        """How the next acceptable requests for an answer are met, one each, in the order they come in."""
        self._script.extend(behaviours)

    def judge(self, each: Callable[[SeenRequest], Scripted]) -> None:
        """How every acceptable request is met that no script is left for, decided when it has come."""
        self._judge = each

    def refused(self, model: str) -> frozenset[str]:
        """Fields that this model refuses on the chat endpoint whatever their value."""
        return self.rules[model].refused

    def asked(self, model: str | None = None) -> list[SeenRequest]:
        """The requests for an answer, of one model or of all, oldest first."""
        found = [seen for seen in self.requests if seen.path in (CHAT, RESPONSES)]
        return [seen for seen in found if model in (None, seen.model)]

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        await self._runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=_MOST_BYTES)
        app.router.add_route("*", "/{path:.*}", self._serve)
        return app

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items() if name.lower() not in _SECRET}
        seen = SeenRequest(request.method, request.path, headers, time.monotonic())
        self.requests.append(seen)
        try:
            response = await self._route(request, seen)
        except Refused as refused:
            response = self._failure(refused.fail)
        except (asyncio.CancelledError, ConnectionResetError):
            seen.closed_early = not self._leaving and not seen.reset
            raise
        finally:
            seen.ended_at = time.monotonic()
        seen.status = response.status
        return response

    def _failure(self, fail: Fail) -> web.Response:
        number = f"req-{len(self.requests)}"
        headers = {"x-request-id": number, **fail.headers}
        if fail.dialect == "new_api" and fail.request_id is None:
            fail = replace(fail, request_id=number)
        body = json.dumps(envelope(fail), ensure_ascii=False).encode()
        return web.Response(status=fail.status, body=body, content_type="application/json", headers=headers)

    async def _route(self, request: web.Request, seen: SeenRequest) -> web.StreamResponse:
        if request.path.startswith(RESULTS):
            return self.gallery.result(request)
        if request.path.startswith(SOUNDS):
            return self.booth.result(request)
        methods = {CHAT: "POST", RESPONSES: "POST", "/v1/models": "GET"}
        served = self.gallery.serves(request.path) or self.booth.serves(request.path)
        methods |= {request.path: "POST"} if served else {}
        if request.path not in methods or request.path in self.gallery.closed:
            refuse(f"Invalid URL ({request.method} {request.path})", None, "", status=404)
        self._authorize(request)
        if request.method != methods[request.path]:
            refuse(f"Method not allowed ({request.method} {request.path})", None, "method_not_allowed", status=405)
        if request.path == "/v1/models":
            return self._list_models()
        sent = await read_body(request)
        seen.body = sent.body if isinstance(sent, Sheet) else sent
        if self.gallery.serves(request.path):
            native = NATIVE.fullmatch(request.path)
            rules = self._find(native[1] if native else words(seen.body.get("model"), "model"))
        elif self.booth.serves(request.path):
            rules = self._find(words(seen.body.get("model"), "model"))
            self.booth.check(request, sent, rules)
        else:
            rules = self._check(request.path, seen.body)
        if rules.draws or self.gallery.serves(request.path):
            self.gallery.check(request.path, sent, rules)
        return await self._behave(request, seen, rules)

    def _authorize(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if given == f"Bearer {self.token}":
            return
        message = "无效的令牌" if given else "未提供令牌"
        raise Refused(Fail(401, message, "new_api", code="invalid_api_key", type="new_api_error"))

    def _list_models(self) -> web.Response:
        if isinstance(self.models, Fail):
            return self._failure(self.models)
        return web.Response(text=models_list(list(self.models)), content_type="application/json")

    def _check(self, path: str, body: Json) -> Rules:
        rules = self._find(words(body.get("model"), "model"))
        if path == CHAT and rules.responses_only:
            message = "This model is only supported in v1/responses and not in v1/chat/completions."
            refuse(message, "model", None, status=404)
        if not rules.chats or (path == RESPONSES and rules.vendor != "openai"):
            refuse(f"This is not a chat model and thus not supported in the {path[1:]} endpoint.", "model", None, 404)
        if path == CHAT:
            check_messages(body.get("messages"), rules)
            check_fields(body, rules)
        else:
            check_responses(body, rules)
        self._fits(body, rules)
        return rules

    def _find(self, model: str) -> Rules:
        rules = self.rules.get(model)
        if rules is None or model in self.absent:
            return _no_model(model)
        return rules

    def _fits(self, body: Json, rules: Rules) -> None:
        limit = self.context.get(rules.id, rules.context)
        used = tokens(body.get("messages") or body.get("input"))
        if limit is not None and used > limit:
            message = (
                f"This model's maximum context length is {limit} tokens. However, your messages resulted in {used}."
            )
            refuse(message, "messages", "context_length_exceeded")

    async def _behave(self, request: web.Request, seen: SeenRequest, rules: Rules) -> web.StreamResponse:
        behaviour = self._next(seen, rules)
        seen.reset = behaviour == Reset() or (isinstance(behaviour, Answer) and _rude(behaviour))
        match behaviour:
            case Fail():
                return self._failure(behaviour)
            case Raw():
                return plain(behaviour)
            case Hang():
                await forever()
            case Reset():
                reset(request)
            case Heard() | Voiced() | Answer() if self.booth.serves(request.path):
                return await self.booth.answer(request, behaviour)
            case Answer() | Drawn() if isinstance(behaviour, Drawn) or self.gallery.serves(request.path):
                return await self.gallery.answer(request, rules, behaviour)
            case Answer():
                return await self._deliver(request, seen, rules, behaviour)
        return web.Response()

    def _next(self, seen: SeenRequest, rules: Rules) -> Scripted:
        if self._script:
            return self._script.popleft()
        if self._judge is not None:
            return self._judge(seen)
        return self._by_model.get(rules.id) or (Drawn() if rules.draws else self._default)

    async def _deliver(
        self, request: web.Request, seen: SeenRequest, rules: Rules, answer: Answer
    ) -> web.StreamResponse:
        fallback = self._by_model.get(rules.id, self._default)
        speech = decide(answer if answer.text is not None else replace(answer, text=fallback.text), seen.body, rules)
        delivery = Delivery(request, speech, _frames(request.path, speech, len(self.requests)))
        streamed = seen.body.get("stream") is True and not answer.as_json
        response = await delivery.stream() if streamed else await delivery.whole()
        seen.whole = isinstance(answer.end, Whole)
        return response


def _frames(path: str, speech: Speech, number: int) -> Frames:
    return ChatFrames(speech, number) if path == CHAT else ResponsesFrames(speech, number)


def _rude(answer: Answer) -> bool:
    return isinstance(answer.end, Cut) and answer.end.reset


def _no_model(model: str) -> NoReturn:
    refuse(f"The model '{model}' does not exist or you do not have access to it.", "model", "model_not_found", 404)
