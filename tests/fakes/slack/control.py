"""The fake by remote control: what a person does and sees, over HTTP, for trials by hand and for the bench."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, is_dataclass

from aiohttp import web

from tests.fakes.slack.fake import FakeSlack
from tests.fakes.slack.values import ApiError, ShownMessage

Handler = Callable[[web.Request], Awaitable[object]]


class Control:
    """Routes under `/control/`. Bodies are the keyword arguments of the FakeSlack method of the same name."""

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack

    def routes(self) -> list[web.RouteDef]:
        """All that can be done and asked."""
        slack = self._slack
        doings: dict[str, Callable[..., object]] = {
            name: getattr(slack, name)
            for name in (
                "user", "channel", "say", "earlier", "edit", "delete", "unfurl", "command", "press",
                "stop_stream", "disconnect", "drop", "refuse", "fail", "limit", "push", "redeliver", "use_http",
            )
        }  # fmt: skip
        posts = [web.post(f"/control/{name}", _served(_doing(do))) for name, do in doings.items()]
        gets = {"screen": self._screen, "answer": self._answer, "calls": self._calls, "state": self._state}
        return [*posts, *(web.get(f"/control/{name}", _served(show)) for name, show in gets.items())]

    async def _screen(self, request: web.Request) -> object:
        return self._slack.screen(request.query["channel"], request.query.get("thread_ts"))

    async def _answer(self, request: web.Request) -> object:
        """The screen, as soon as its last message is the bot's and complete (`seconds` at most)."""
        await self._slack.until(lambda: self._answered(request), float(request.query.get("seconds", 60)))
        return await self._screen(request)

    async def _calls(self, request: web.Request) -> object:
        method = request.query.get("method")
        return self._slack.calls if method is None else self._slack.called(method)

    async def _state(self, _: web.Request) -> object:
        slack = self._slack
        return {"sockets": slack.sockets, "idle": slack.idle, "deliveries": slack.deliveries, "pinged": slack.pinged}

    def _answered(self, request: web.Request) -> bool:
        shown = self._slack.screen(request.query["channel"], request.query.get("thread_ts"))
        return bool(shown) and self._complete(shown[-1])

    def _complete(self, last: ShownMessage) -> bool:
        return last.author == self._slack.bot_user_id and not last.streaming


def _doing(do: Callable[..., object]) -> Handler:
    async def handler(request: web.Request) -> object:
        result = do(**(await request.json() if request.can_read_body else {}))
        return await result if isinstance(result, Awaitable) else result

    return handler


def _served(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        try:
            return web.json_response({"result": await handler(request)}, dumps=_dumps)
        except (ApiError, KeyError, TypeError, ValueError, TimeoutError) as wrong:
            return web.json_response({"error": f"{type(wrong).__name__}: {wrong}"}, status=400)

    return serve


def _dumps(value: object) -> str:
    return json.dumps(value, default=lambda each: asdict(each) if is_dataclass(each) else str(each))  # type: ignore[arg-type]  # only instances get here
