"""The bot's processes in a storm: real children, killed, stopped and frozen, and started again at once."""

import asyncio
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.process import Program

_LEAVING_S = 20.0
_TAIL = 1000
"""Characters of a log that are shown where a storm cannot begin."""


@dataclass(slots=True)
class Member:
    """One process that is started anew whenever it has ended."""

    name: str
    environment: Mapping[str, str]
    folder: Path
    log: Path
    unclean: list[int] = field(default_factory=list)
    """Exit statuses other than 0 after a polite signal."""
    starts: int = 0
    _program: Program | None = None
    _asked: int = 0
    """How often the process was asked to stop; the second time it may end at once."""
    _leaving: bool = False

    async def live(self) -> None:
        """Run until `leave`."""
        while not self._leaving:
            self.starts += 1
            self._asked = 0
            program = Program("run", environment=self.environment, folder=self.folder)
            async with program:
                self._program = program
                status = await program.process.wait()
            self._note(program, status)

    @property
    def process(self) -> int | None:
        """The id of the process that runs now."""
        if self._program is None or self._program.process.returncode is not None:
            return None
        return self._program.process.pid

    def send(self, number: signal.Signals) -> bool:
        """Send a signal to the process, if one runs."""
        if self._program is None or self.process is None:
            return False
        self._asked += number is signal.SIGTERM
        self._program.process.send_signal(number)
        return True

    async def leave(self, living: "asyncio.Task[None]") -> None:
        """Stop it politely and for good."""
        self._leaving = True
        self.send(signal.SIGTERM)
        try:
            await asyncio.wait_for(asyncio.shield(living), _LEAVING_S)
        except TimeoutError:
            self.unclean.append(-signal.SIGKILL)
            self.send(signal.SIGKILL)
            await living

    def _note(self, program: Program, status: int) -> None:
        hasty = self._asked > 1 and status == -signal.SIGTERM
        if self._asked and status not in (0, -signal.SIGKILL) and not hasty:
            self.unclean.append(status)
        with self.log.open("a") as log:
            log.write(f"{program.errors}--- ended with {status}\n")


@dataclass(slots=True)
class Crew:
    """All processes of one storm."""

    members: tuple[Member, ...]
    _lives: list["asyncio.Task[None]"] = field(default_factory=list)

    def start(self) -> None:
        """Let them all live."""
        self._lives = [asyncio.create_task(member.live()) for member in self.members]

    async def stop(self) -> None:
        """Stop them all."""
        await asyncio.gather(*(member.leave(life) for member, life in zip(self.members, self._lives, strict=True)))

    @property
    def processes(self) -> list[int]:
        """The ids of those that run."""
        return [member.process for member in self.members if member.process is not None]

    def one(self, strength: float) -> Member:
        """One of them, by lot."""
        return self.members[int(strength * len(self.members))]

    async def freeze(self, strength: float, seconds: float) -> bool:
        """Hold one still, then let it go on as if nothing had been."""
        member = self.one(strength)
        if not member.send(signal.SIGSTOP):
            return False
        await asyncio.sleep(seconds)
        member.send(signal.SIGCONT)
        return True

    @property
    def said(self) -> str:
        """The end of what they have logged."""
        logs = (member.log for member in self.members if member.log.exists())
        return "\n".join(log.read_text()[-_TAIL:] for log in logs)

    @property
    def broken(self) -> BaseException | None:
        """What ended a life that should go on: a bot that does not start, say."""
        return next((life.exception() for life in self._lives if life.done() and not life.cancelled()), None)
