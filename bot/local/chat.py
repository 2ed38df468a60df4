"""The small chat model: asked in the one way that it can follow, in a thread of its own."""

import asyncio
import logging
import secrets
import threading
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xllamacpp

log = logging.getLogger("parley.local")

CONTEXT = 4096
LONGEST_ANSWER = 200
TURNS = 6
HOTTEST = 0.3
# With any longer system prompt a model of 135 million weights answers in broken sentences; measured over ten
# prompts, this one, greedy decoding and DRY against repetition gave the most usable answers.
SYSTEM = {"role": "system", "content": "You are a helpful assistant."}
DRY = {"dry_multiplier": 0.8, "dry_allowed_length": 4}
LONGEST_MESSAGE = 4000

Chunk = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller asked for, after it was checked."""

    messages: Sequence[Mapping[str, str]]
    max_tokens: int
    temperature: float


class ChatModel:
    """One model, one question at a time, in order of arrival; the others wait."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._server: Any = None

    async def load(self) -> None:
        """Read the weights; a first question waits for it."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine)

    async def chunks(self, wanted: Wanted, *, stream: bool) -> AsyncGenerator[Chunk, None]:
        """The engine's own chunks (one whole answer without `stream`); leaving early stops the model at once."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Chunk | None] = asyncio.Queue()
        left = threading.Event()

        def tell(chunk: Chunk | None) -> None:
            loop.call_soon_threadsafe(queue.put_nowait, chunk)

        running = loop.run_in_executor(self._thread, self._run, body(wanted, stream=stream), left, tell)
        try:
            while (chunk := await queue.get()) is not None:
                yield chunk
            await running
        finally:
            left.set()

    def _run(self, body: dict[str, Any], left: threading.Event, tell: Callable[[Chunk | None], None]) -> None:
        def took(chunk: Chunk) -> bool:
            tell(chunk)
            return left.is_set()  # True makes the engine stop

        try:
            if not left.is_set():
                self._engine().handle_chat_completions(body, took)
        finally:
            tell(None)

    def _engine(self) -> Any:
        if self._server is None:
            params = xllamacpp.CommonParams()
            params.model.path = str(self._path)
            params.n_ctx = CONTEXT
            params.n_parallel = 1
            params.warmup = False
            params.verbosity = -1
            # The engine opens a port of its own that nobody here uses: nobody else shall either.
            params.api_keys = [secrets.token_urlsafe(32)]
            self._server = xllamacpp.Server(params)
            log.info("model_loaded file=%s", self._path.name)
        return self._server


def body(wanted: Wanted, *, stream: bool) -> dict[str, Any]:
    """What the engine is asked, without the caller's own system prompt: with it so small a model answers worse."""
    talk = [message for message in wanted.messages if message["role"] != "system"][-TURNS:]
    while talk and talk[0]["role"] != "user":
        talk = talk[1:]
    cut = [{"role": message["role"], "content": message["content"][-LONGEST_MESSAGE:]} for message in talk]
    return {
        "messages": [SYSTEM, *cut],
        "max_tokens": min(wanted.max_tokens, LONGEST_ANSWER),
        "temperature": min(wanted.temperature, HOTTEST),
        "stream": stream,
        "stream_options": {"include_usage": True} if stream else None,
        **DRY,
    }
