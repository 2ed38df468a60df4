"""One child process as the bot sees it: started, asked one thing at a time, ended."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from typing import Self

STOP_S = 2.0
LONGEST_LINE = 2**20
KEPT = ("PATH", "LANG", "TMPDIR", "TEMP", "SYSTEMROOT", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH")
COMMAND = (sys.executable, "-m", "bot.media")


class Died(Exception):
    """The child ended without an answer."""


class Child:
    """A process that decodes; `used` says that it has answered before."""

    def __init__(self, process: Process) -> None:
        self.used = False
        self._process = process

    @classmethod
    async def start(cls, command: tuple[str, ...], memory: int) -> Self:
        """`memory` (bytes) is what it may take for a job. Raises `OSError` where no process can be made."""
        process = await asyncio.create_subprocess_exec(
            *command,
            str(memory),
            stdin=PIPE,  # its end tells the child that the bot is gone, however it went
            stdout=PIPE,
            stderr=DEVNULL,  # decoders name files and quote them there
            env=_environment(),
            start_new_session=True,  # Ctrl-C in a terminal is meant for the bot
            limit=LONGEST_LINE,
        )
        return cls(process)

    @property
    def alive(self) -> bool:
        """Has it not ended, as far as is known?"""
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its number, for whoever measures it."""
        return self._process.pid

    async def ask(self, line: bytes) -> bytes:
        """One line there, one line back. Whoever leaves this early has to `kill`. Raises `Died`."""
        assert self._process.stdin is not None  # noqa: S101 - both were asked for when the process was made
        assert self._process.stdout is not None  # noqa: S101
        try:
            self._process.stdin.write(line)
            await self._process.stdin.drain()
            answer = await self._process.stdout.readline()
        except OSError as error:
            raise Died("its pipe is closed") from error
        if not answer.endswith(b"\n"):
            raise Died(f"it ended with code {await self._process.wait()}")
        self.used = True
        return answer

    def leave(self) -> None:
        """Let it end by itself, which it does as soon as it is idle."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def kill(self) -> None:
        """End it at once, whatever it does."""
        if self.alive:
            self._process.kill()

    async def ended(self) -> None:
        """Return when it is gone; one that does not go is killed."""
        try:
            await asyncio.wait_for(self._process.wait(), STOP_S)
        except TimeoutError:
            self.kill()
            await self._process.wait()


def _environment() -> dict[str, str]:
    """What the child needs and no more: none of the bot's own secrets."""
    return {name: os.environ[name] for name in KEPT if name in os.environ} | {"MALLOC_ARENA_MAX": "2"}
