"""A rig: one bot as a child process, with a platform and a gateway of its own, and what it did there."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from bench.wire import Place, Shared, Source, Spoken, answer, asked, begun, ended, question
from tests.fakes.gateway import FakeGateway, SeenRequest

ROOT = Path(__file__).parents[1]
PARLEY = ("-m", "bot", "run")
BARE = ("-m", "bench.bare")
PIECE_EVERY_S = 0.005
"""Between two of the twenty pieces of an answer: a tenth of a second in all, as a short answer takes."""
NO_SETTINGS: Mapping[str, str] = {}
_LOOK_EVERY_S = 0.005
_PATIENCE_S = 240.0
_REST_S = 0.05
"""After an answer, so that what a bot does behind it is not paid by the next."""


class BotLost(Exception):
    """The bot ended, or did not answer in time; the text holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds from the moment when somebody asked; `gateway` until the request was there."""

    gateway: float
    first: float
    final: float


@dataclass(frozen=True, slots=True)
class Burst:
    """Some questions at once, until the last answer stood. `cpu` is seconds of the bot's processor time."""

    timings: tuple[Timing, ...]
    seconds: float
    cpu: float
    calls: int


@dataclass(frozen=True, slots=True)
class Sent:
    """One file and its answer. Times are `time.monotonic()`; `source` is where the file still lies."""

    at: float
    answered_at: float
    source: Source


class Rig:
    """`async with Rig("bare", BARE, place) as rig:` asks through the platform and reads off what came of it."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        place: Place,
        database: str | None = None,
        settings: Mapping[str, str] = NO_SETTINGS,
    ) -> None:
        self.name = name
        self.place = place
        self._command = command
        self.gateway = FakeGateway()
        self.gateway.answer(reply_to, delay_s=PIECE_EVERY_S)
        self._database = database
        self._settings = settings
        self._started = 0
        self._next = 1

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.gateway)
            await stack.enter_async_context(self.place)
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            self._child = await self._start()
            stack.push_async_callback(self._stop)
            self._process = psutil.Process(self._child.pid)
            await self._ready()
            for _ in range(2):
                await self.ask(self.place.spots[:1])
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def ask(self, spots: Sequence[str]) -> Burst:
        """One question in each spot, all at once. Raises `BotLost`."""
        start, cpu, begin = len(self.place.spoken(0)), self._cpu(), time.monotonic()
        asked_at: dict[int, float] = {}
        for spot in spots:
            number, self._next = self._next, self._next + 1
            asked_at[number] = time.monotonic()
            await self.place.ask(spot, question(number))
        await self._answered(set(asked_at), start)
        end = time.monotonic()
        await asyncio.sleep(_REST_S)
        spoken = self.place.spoken(start)
        timings = [self._timing(number, at, spoken) for number, at in asked_at.items()]
        return Burst(tuple(timings), end - begin, self._cpu() - cpu, len(spoken))

    async def share(self, shared: Shared) -> Sent:
        """Send a file with a question, one that is spoken without a word, and wait for the answer. Raises `BotLost`."""
        number, self._next = self._next, self._next + 1
        start, at = len(self.place.spoken(0)), time.monotonic()
        source = await self.place.share(question(number) if shared.voice_s is None else "", shared)
        await self._answered({number}, start)
        answered_at = time.monotonic()
        await asyncio.sleep(_REST_S)
        return Sent(at, answered_at, source)

    @property
    def number(self) -> int:
        """The number of the question that was asked last."""
        return self._next - 1

    @property
    def folder(self) -> Path:
        """Where the bot keeps what it keeps."""
        return self._folder

    @property
    def process(self) -> psutil.Process:
        """The bot, for whoever measures it."""
        return self._process

    @property
    def rss(self) -> int:
        """Bytes of the bot's memory now."""
        return int(self._process.memory_info().rss)

    def _cpu(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def _timing(self, number: int, asked_at: float, spoken: Sequence[Spoken]) -> Timing:
        request = min(seen.at for seen in self._requests(number))
        first = min(call.at for call in spoken if number in begun(call.text))
        final = min(call.at for call in spoken if number in ended(call.text))
        return Timing(request - asked_at, first - asked_at, final - asked_at)

    def _requests(self, number: int) -> list[SeenRequest]:
        return [seen for seen in self.gateway.asked() if asked(_last(seen.body)) == number]

    async def _ready(self) -> None:
        ready, over = asyncio.ensure_future(self.place.ready()), asyncio.ensure_future(self._child.wait())
        await asyncio.wait((ready, over), timeout=_PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        listens = ready.done() and not ready.exception()
        for task in (ready, over):
            task.cancel()
        await asyncio.gather(ready, over, return_exceptions=True)
        if not listens:
            raise BotLost(f"{self.name}: it does not listen\n{self._log()}")

    async def _answered(self, numbers: set[int], start: int) -> None:
        left, deadline = set(numbers), time.monotonic() + _PATIENCE_S
        while left:
            for call in (spoken := self.place.spoken(start)):
                left -= ended(call.text)
            start += len(spoken)
            if self._child.returncode is not None or time.monotonic() > deadline:
                raise BotLost(f"{self.name}: no answer to {sorted(left)[:5]}\n{self._log()}")
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _start(self) -> asyncio.subprocess.Process:
        self._started += 1
        with self._log_file.open("wb") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable, *self._command, cwd=self._folder, env=self._environment(), stdout=log, stderr=log
            )

    async def _stop(self) -> None:
        if self._child.returncode is None:
            self._child.terminate()
        try:
            await asyncio.wait_for(self._child.wait(), 10.0)
        except TimeoutError:
            self._child.kill()
            await self._child.wait()

    def _environment(self) -> Mapping[str, str]:
        return {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "PYTHONPATH": str(ROOT),
            "BOT_DATA_DIR": str(self._folder),
            "DATABASE_URL": self._database or f"sqlite:///{self._folder / 'bench.db'}",
            "TOKENGATE_BASE_URL": self.gateway.url,
            "TOKENGATE_API_KEY": self.gateway.token,
            **self.place.environment,
            **self._settings,
        }

    @property
    def _log_file(self) -> Path:
        return self._folder / f"bot-{self._started}.log"

    def _log(self) -> str:
        return "\n".join(self._log_file.read_text("utf-8", "replace").splitlines()[-20:])


def reply_to(body: Mapping[str, object]) -> str:
    """The answer to whatever was asked last."""
    return answer(asked(_last(body)))


def _last(body: Mapping[str, object]) -> str:
    """The last message of a request, whatever its shape."""
    messages = body.get("messages")
    return str(messages[-1]) if isinstance(messages, list) and messages else str(body.get("input", ""))
