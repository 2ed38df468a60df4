"""The studio: every job on sound and pictures, done in a child process that a hostile file may break."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.errors import FileBroken
from bot.media import wire
from bot.media.child import COMMAND, Child, Died
from bot.media.values import (
    LONGEST_PART_S,
    LONGEST_SIDE,
    LONGEST_SOUND_S,
    MOST_PICTURE,
    MOST_SOUND,
    PICTURE_KINDS,
    Fitted,
    Limits,
    Part,
    Picture,
    Sound,
    Spoken,
)

log = logging.getLogger("parley.media")


class Studio:
    """`async with Studio() as studio`; the child is started when it is needed and ended when it is idle.

    Every job raises a `FileError`, whatever a file holds: it is broken, unsupported, too large, or lost. A
    job that is cancelled or out of time takes its child along and leaves what it had written in the folder it was
    given: the folder is the caller's to clear.
    """

    def __init__(self, limits: Limits | None = None, command: tuple[str, ...] = COMMAND) -> None:
        self._limits = limits or Limits()
        self._command = command
        self._places = asyncio.Semaphore(self._limits.at_once)
        self._children: set[Child] = set()
        self._idle: list[Child] = []
        self._rest: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()
        for child in self._children:
            child.leave()
        await asyncio.gather(*(child.ended() for child in self._children))
        self._children.clear()

    @property
    def pids(self) -> tuple[int, ...]:
        """The children that run now, for whoever measures them."""
        return tuple(child.pid for child in self._children if child.alive)

    async def probe(self, path: Path) -> Sound:
        """What a sound or the soundtrack of a video is; its length is counted, not believed."""
        return wire.values(await self._do("probe", path=path), Sound)[0]

    async def split(
        self,
        path: Path,
        folder: Path,
        most_s: float = LONGEST_PART_S,
        most_bytes: int = MOST_SOUND,
        longest_s: float = LONGEST_SOUND_S,
    ) -> tuple[Part, ...]:
        """Files that a transcription takes, in order, none longer or larger than this and together the whole.

        One that fits as it is stays as it is, under a name that fits it; else it is cut where it is quietest.
        A sound above `longest_s` is too large.
        """
        return wire.values(
            await self._do(
                "split", path=path, folder=folder, most_s=most_s, most_bytes=most_bytes, longest_s=longest_s
            ),
            Part,
        )

    async def join(self, paths: Sequence[Path], to: Path, kind: str = "opus") -> Spoken:
        """One sound out of several, without gaps; `kind` is opus (for a voice message), mp3, m4a or wav."""
        return wire.values(await self._do("join", paths=[str(path) for path in paths], to=to, kind=kind), Spoken)[0]

    async def picture(
        self,
        path: Path,
        folder: Path,
        longest: int = LONGEST_SIDE,
        most_bytes: int = MOST_PICTURE,
        kinds: Sequence[str] = PICTURE_KINDS,
    ) -> Picture:
        """A picture as models take it. `most_bytes` are those of the file, base64 makes a third more of them."""
        asked = {"longest": longest, "most_bytes": most_bytes, "kinds": list(kinds)}
        return wire.values(await self._do("picture", path=path, folder=folder, **asked), Picture)[0]

    async def fit(self, path: Path, folder: Path, most_bytes: int) -> Fitted:
        """The same to see or to hear, within these bytes and without metadata, for showing on a platform.

        A picture is written anew always, a sound where it is too large; anything else that is larger is too large.
        """
        return wire.values(await self._do("fit", path=path, folder=folder, most_bytes=most_bytes), Fitted)[0]

    async def _do(self, job: str, **arguments: object) -> wire.Line:
        seconds = self._limits.look_s if job in ("probe", "picture") else self._limits.work_s
        line = wire.request(job, seconds, arguments)
        async with self._places:
            self._stay()
            try:
                answer = wire.found(await self._timed(job, seconds, line))
            finally:
                self._rest = asyncio.get_running_loop().call_later(self._limits.idle_s, self._leave)
        if (error := wire.error(answer)) is not None:
            log.info("media_failed job=%s kind=%s reason=%s", job, type(error).__name__, error)
            raise error
        return answer

    async def _timed(self, job: str, seconds: float, line: bytes) -> bytes:
        try:
            async with asyncio.timeout(seconds):
                return await self._patiently(line)
        except TimeoutError as error:
            log.warning("media_late job=%s seconds=%.0f", job, seconds)
            raise FileBroken(f"{job} took longer than {seconds:.0f} s") from error
        except (Died, OSError) as error:
            log.warning("media_child_died job=%s reason=%s", job, error)
            raise FileBroken(f"{job}: the decoder died: {error}") from error

    async def _patiently(self, line: bytes) -> bytes:
        """A child that has rested may have been killed meanwhile, which is not the file's fault: a new one is asked."""
        child = await self._child()
        try:
            return await self._asked(child, line)
        except Died:
            if not child.used:
                raise
        return await self._asked(await self._start(), line)

    async def _asked(self, child: Child, line: bytes) -> bytes:
        try:
            answer = await child.ask(line)
        except BaseException:  # cancelled, late or dead: whatever it does now, nobody waits for it
            child.kill()
            raise
        if wire.found(answer).get("ends"):
            child.leave()
        else:
            self._idle.append(child)
        return answer

    async def _child(self) -> Child:
        while self._idle:
            child = self._idle.pop()
            if child.alive:
                return child
        return await self._start()

    async def _start(self) -> Child:
        self._children = {child for child in self._children if child.alive}
        child = await Child.start(self._command, self._limits.memory)
        self._children.add(child)
        return child

    def _stay(self) -> None:
        if self._rest is not None:
            self._rest.cancel()

    def _leave(self) -> None:
        self._stay()
        while self._idle:
            self._idle.pop().leave()
