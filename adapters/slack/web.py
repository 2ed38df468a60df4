"""Slack's requests by HTTP: verified over the raw bytes first, then handed to Bolt's ASGI adapter.

Bolt parses a body before it looks at the signature, and a timestamp that is no number makes its check fail with
an exception. Everything here comes from strangers until the signature says otherwise.
"""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from adapters.slack.intake import Flights

log = logging.getLogger("parley.slack")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

PATH = "/slack/events"
_ROUTES = frozenset({PATH, "/events"})
"""The second is what is left of the first where the mounting application cuts its prefix off."""

MAX_BODY = 1_000_000
_KEPT = frozenset(
    {b"content-type", b"x-slack-signature", b"x-slack-request-timestamp", b"x-slack-retry-num", b"x-slack-retry-reason"}
)


class Web:
    """The web side of the platform; answers 503 while nobody listens, so that Slack tries again."""

    def __init__(self, signing_secret: str) -> None:
        self._verifier = SignatureVerifier(signing_secret)
        self._bolt: AsyncSlackRequestHandler | None = None
        self._flights: Flights | None = None

    def serve(self, app: AsyncApp, flights: Flights) -> None:
        """From now on requests go to this app."""
        self._bolt, self._flights = AsyncSlackRequestHandler(app, PATH), flights

    def rest(self) -> None:
        """From now on there is nobody to take requests."""
        self._bolt = self._flights = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] != "http":
            return
        status, body = await self._checked(scope, receive)
        bolt, flights = self._bolt, self._flights
        if status != 200:
            await _answer(send, status)
        elif bolt is None or flights is None:
            await _answer(send, 503)
        else:
            async with flights:
                await bolt(_clean(scope), _replayed(body), send)

    async def _checked(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        """The status to refuse with (200: none) and the whole body."""
        route = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
        if scope["path"] not in _ROUTES and route not in _ROUTES:
            return 404, b""
        if scope["method"] != "POST":
            return 405, b""
        body = await _read(receive)
        if body is None:
            return 413, b""
        return (200, body) if self._genuine(scope, body) else (401, b"")

    def _genuine(self, scope: Scope, body: bytes) -> bool:
        headers = {name.lower(): value for name, value in scope["headers"]}
        timestamp = headers.get(b"x-slack-request-timestamp", b"")
        signature = headers.get(b"x-slack-signature", b"")
        if not timestamp.isdigit() or len(timestamp) > 15 or not signature.isascii():
            return False
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return False
        return self._verifier.is_valid(text, timestamp.decode(), signature.decode())


async def _read(receive: Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes) -> Receive:
    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _clean(scope: Scope) -> dict[str, Any]:
    """Only the headers that Slack sends, at the address that Bolt waits for."""
    headers = [(name, value) for name, value in scope["headers"] if name.lower() in _KEPT and value.isascii()]
    return {**scope, "path": PATH, "headers": headers, "query_string": b""}


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
