"""A client whose waits are written down instead of waited for."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from bot.errors import GatewayError
from bot.gateway import (
    Catalogue,
    ChatDelta,
    ChatEnd,
    ChatMessage,
    ChatOptions,
    ChatRequest,
    Endpoint,
    GatewayClient,
    Lesson,
    Patience,
)

TOKEN = "tg-secret-token-0123456789"
QUICK = Patience(connect_s=2.0, first_byte_s=2.0, gap_s=2.0, total_s=2.0)


def ask(
    model: str = "gpt-5-chat-latest",
    text: str = "Hi there",
    *,
    temperature: float | None = None,
    max_output_tokens: int | None = None,
    reasoning_effort: str | None = None,
) -> ChatRequest:
    options = ChatOptions(temperature, max_output_tokens, reasoning_effort)
    return ChatRequest(model, (ChatMessage("user", text),), key="key-1", options=options)


@dataclass(slots=True)
class Told:
    """What a caller of the client sees."""

    text: str = ""
    reasoning: str = ""
    pieces: list[str] = field(default_factory=list)
    end: ChatEnd | None = None
    error: GatewayError | None = None


@dataclass(slots=True)
class Caller:
    """A client, what it waited and what it learned."""

    client: GatewayClient
    catalogue: Catalogue
    waits: list[float] = field(default_factory=list)
    lessons: list[Lesson] = field(default_factory=list)

    async def hear(self, request: ChatRequest | None = None) -> Told:
        told = Told()
        try:
            async for event in self.client.chat(request or ask()):
                if isinstance(event, ChatDelta):
                    assert told.end is None
                    told.pieces.append(event.text)
                    told.text += event.text
                    told.reasoning += event.reasoning
                else:
                    assert told.end is None
                    told.end = event
        except GatewayError as error:
            told.error = error
        assert (told.end is None) != (told.error is None)
        return told


Calling = Callable[..., AbstractAsyncContextManager[Caller]]


@asynccontextmanager
async def _calling(
    url: str,
    *,
    token: str = TOKEN,
    patience: Patience = QUICK,
    catalogue: Catalogue | None = None,
    lessons: Iterable[Lesson] = (),
    headers: dict[str, str] | None = None,
    proxy: str | None = None,
) -> AsyncIterator[Caller]:
    known = catalogue or Catalogue.load()
    waits: list[float] = []
    learned: list[Lesson] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def keep(lesson: Lesson) -> None:
        learned.append(lesson)

    endpoint = Endpoint(url, token, headers or {}, proxy)
    async with GatewayClient(endpoint, known, patience, lessons=lessons, learned=keep, sleep=sleep) as client:
        yield Caller(client, known, waits, learned)


@pytest.fixture
def calling() -> Calling:
    return _calling
