"""The terminal as a Platform: reads a line, waits for its answer, reads the next."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from uuid import uuid4

from adapters.terminal import files
from adapters.terminal.channel import TerminalChannel
from adapters.terminal.events import NAME, event
from adapters.terminal.files import Typed
from adapters.terminal.lines import Lines
from adapters.terminal.printer import Printer
from adapters.terminal.settings import TerminalSettings
from bot.contract import Accept, Address, AsgiApp, Channel, Command, MessageReceived, Origin, Survey
from bot.errors import FileLost

_LAST_WORDS = ("exit", "quit")


class TerminalPlatform:
    """One person, or a pipe, and one conversation that goes on in the next run. `words` is the core's `Host.text`."""

    def __init__(self, settings: TerminalSettings, lines: Lines, printer: Printer, words: Callable[..., str]) -> None:
        self._settings = settings
        self._lines = lines
        self._printer = printer
        self._words = words
        self._open = self._prompting = False
        self._waiting: dict[str, asyncio.Event] = {}

    @property
    def name(self) -> str:
        return NAME

    @property
    def web(self) -> AsgiApp | None:
        return None

    async def __aenter__(self) -> Self:
        self._open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False

    async def listen(self, accept: Accept, commands: Sequence[Command]) -> None:
        """Until the input ends, somebody says "exit" or "quit", or nobody reads the output any more."""
        while (line := await self._next_line()) is not None and line.lower() not in _LAST_WORDS:
            if line and (typed := await self._read(line, commands)) is not None:
                await self._ask(typed, accept)

    def open(self, origin: Origin) -> Channel:
        return TerminalChannel(origin, self._printer, lambda: self._open, self._answered, self._settings.files)

    async def read(self, address: Address, after: str | None, limit: int) -> Sequence[MessageReceived]:
        """Nothing: a terminal keeps no messages."""
        return ()

    async def survey(
        self, channel: Address, threads: Sequence[Address], after: str | None, since: datetime, limit: int
    ) -> Survey:
        """Nothing either."""
        return Survey((), (), (), None)

    async def _next_line(self) -> str | None:
        if self._printer.gone:
            return None
        self._prompting = True
        self._invite()
        line = await self._lines.next()
        self._prompting = False
        if line is None:
            with suppress(BrokenPipeError):
                self._printer.settle()
        return None if line is None else line.strip()

    def _invite(self) -> None:
        with suppress(BrokenPipeError):
            self._printer.fleeting(self._settings.prompt)

    async def _read(self, line: str, commands: Sequence[Command]) -> Typed | None:
        """None where a file that is named is not there: it was said, and nobody is asked."""
        try:
            return await asyncio.to_thread(files.read, line, commands)
        except FileLost as lost:
            with suppress(BrokenPipeError):
                self._printer.line(self._words(lost.notice.id, self._settings.locale, **lost.notice.params))
            return None

    async def _ask(self, typed: Typed, accept: Accept) -> None:
        message_id = uuid4().hex
        answered = self._waiting[message_id] = asyncio.Event()
        try:
            await accept(event(typed, message_id, datetime.now(UTC), self._settings))
            await answered.wait()
        finally:
            del self._waiting[message_id]

    def _answered(self, message_id: str | None) -> None:
        if message_id is not None and message_id in self._waiting:
            self._waiting[message_id].set()
        elif self._prompting:  # the late answer of an earlier run stands where the prompt was
            self._invite()
