"""The real program as a child process, given nothing but its environment."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

READY = "Parley is running on"
STOP_S = 15.0


class Program:
    """`async with Program("run", environment=…, folder=…)`: up when the block begins, stopped when it ends.

    `errors` holds its standard error so far.
    """

    def __init__(self, *words: str, environment: Mapping[str, str], folder: Path, ready: str = READY) -> None:
        self.errors = ""
        self._words = words
        self._environment = environment
        self._folder = folder
        self._ready = ready
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._seen = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *self._words),
            cwd=self._folder,
            env={**clean_environment(self._folder), **self._environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self._reader = asyncio.create_task(self._read())
        await asyncio.wait_for(self._seen.wait(), 30)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.returncode is None:
            await self.stop(signal.SIGTERM if error is None else signal.SIGKILL)
        if self._reader is not None:
            await self._reader

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The child itself."""
        assert self._process is not None
        return self._process

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), STOP_S)

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.errors += line.decode()
            if self._ready in self.errors:
                self._seen.set()
        self._seen.set()


def clean_environment(folder: Path) -> dict[str, str]:
    """None of the machine's own settings; data goes into the given folder."""
    wanted = ("PATH", "HOME", "TMPDIR", "LANG", "COVERAGE_PROCESS_CONFIG")
    kept = {name: value for name, value in os.environ.items() if name in wanted}
    return kept | {"BOT_DATA_DIR": str(folder)}
