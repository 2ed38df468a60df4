"""A sound becomes words: cut into parts that a model takes, heard part by part, and no part is bought twice."""

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bot.contract import Attachment
from bot.errors import (
    BotError,
    ChannelError,
    FileError,
    GatewayError,
    GatewayRejected,
    GatewayUnreachable,
    ModelUnavailable,
    StoppedByReader,
)
from bot.features.files import fetched, workshop
from bot.features.scene import Scene
from bot.files import Blob
from bot.gateway.audio import Transcript, TranscriptRequest
from bot.made import Cue, Heard
from bot.media.values import Part

T = TypeVar("T")

MOST_FAULTS = 2
"""After so many parts that failed the others are not tried: each costs the patience of a gateway call."""

_HOPELESS = (GatewayUnreachable, GatewayRejected, ModelUnavailable)
_LEFT_OUT = "[…]"


@dataclass(frozen=True, slots=True)
class Wish:
    """How a sound is to be heard; `language` is the ISO 639-1 code of what is spoken, empty where unknown."""

    language: str = ""
    translate: bool = False


@dataclass(frozen=True, slots=True)
class Listened:
    """What is said in a file. `gaps` are the stretches that were not heard, in seconds, and `fault` is why."""

    heard: Heard
    gaps: tuple[tuple[float, float], ...] = ()
    fault: BotError | None = None


@dataclass(slots=True)
class _Parts:
    """The parts of a file as they are heard."""

    heard: list[Heard] = field(default_factory=list)
    gaps: list[tuple[float, float]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    faults: list[BotError] = field(default_factory=list)

    @property
    def hopeless(self) -> bool:
        """What keeps the next part from being heard as well."""
        last = self.faults[-1] if self.faults else None
        return len(self.faults) >= MOST_FAULTS or isinstance(last, (*_HOPELESS, StoppedByReader))

    def add(self, heard: Heard) -> None:
        self.heard.append(heard)
        self.words.append(heard.text)

    def miss(self, part: Part, fault: BotError | None = None) -> None:
        self.faults += [] if fault is None else [fault]
        if self.gaps and self.gaps[-1][1] == part.start_s:
            self.gaps[-1] = (self.gaps[-1][0], part.end_s)
            return
        self.gaps.append((part.start_s, part.end_s))
        self.words.append(_LEFT_OUT)

    def whole(self) -> Heard:
        return Heard(
            " ".join(word for word in self.words if word),
            next((heard.language for heard in self.heard if heard.language), ""),
            sum(heard.duration_s for heard in self.heard),
            tuple(cue for heard in self.heard for cue in heard.cues),
        )


async def recalled(scene: Scene, file: Attachment, wish: Wish) -> Heard | None:
    """What this turn has heard already in the whole of a file."""
    kept = (await scene.turn.made()).get(_request(file, wish))
    return kept if isinstance(kept, Heard) else None


async def opened(scene: Scene, file: Attachment) -> Blob:
    """The bytes of a file. Raises `FileError`, `StoppedByReader`, and no other word of the platform's."""
    try:
        return await cut(scene, fetched(scene, file))
    except StoppedByReader:
        raise
    except ChannelError as error:
        raise FileError(f"not to be had: {type(error).__name__}", file.name) from error


async def listen(scene: Scene, file: Attachment, blob: Blob, wish: Wish) -> Listened:
    """What is said in a file. Raises `BotError` where nothing of it was heard."""
    model = scene.kit.craft("stt", None, scene.kit.defaults.transcript_model).id
    scene.reply.tell(scene.say("status-listening"))
    async with bench(scene) as folder:
        parts = await _split(scene, file, blob, folder)
        found = _Parts()
        for number, part in enumerate(parts):
            if found.hopeless:
                found.miss(part)
                continue
            await _hear(scene, _Ask(file, wish, model, number, len(parts)), part, found)
    if found.faults and not found.heard:
        raise found.faults[0]
    whole = found.whole()
    if len(parts) > 1 and not found.gaps:
        await scene.turn.keep(_request(file, wish), whole)
    return Listened(whole, tuple(found.gaps), found.faults[-1] if found.faults else None)


async def cut(scene: Scene, work: Coroutine[Any, Any, T]) -> T:
    """The result of some work, unless the answer is stopped meanwhile."""
    return await scene.turn.until_cut(asyncio.ensure_future(work))


@asynccontextmanager
async def bench(scene: Scene) -> AsyncIterator[Path]:
    """A folder for what is in the making, cleared afterwards."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=workshop(scene).folder))
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Ask:
    file: Attachment
    wish: Wish
    model: str
    number: int
    parts: int

    @property
    def request(self) -> str:
        """A file in one part is heard as a whole."""
        return _request(self.file, self.wish, self.number if self.parts > 1 else None)


async def _split(scene: Scene, file: Attachment, blob: Blob, folder: Path) -> tuple[Part, ...]:
    try:
        return await cut(scene, workshop(scene).studio.split(blob.path, folder))
    except FileError as error:
        error.name = error.name or file.name
        raise


async def _hear(scene: Scene, ask: _Ask, part: Part, found: _Parts) -> None:
    """One part; what keeps it from being heard is noted with it."""
    kept = (await scene.turn.made()).get(ask.request)
    if isinstance(kept, Heard):
        found.add(kept)
        return
    if ask.parts > 1:
        scene.reply.tell(scene.say("status-listening-part", number=ask.number + 1, parts=ask.parts))
    try:
        heard = await _bought(scene, ask, part)
    except (GatewayError, FileError, StoppedByReader) as fault:
        found.miss(part, fault)
    else:
        await scene.turn.keep(ask.request, heard)
        found.add(heard)


async def _bought(scene: Scene, ask: _Ask, part: Part) -> Heard:
    request = TranscriptRequest(
        ask.model,
        part.path,
        key=f"parley-{scene.claim.name}-{ask.request[:24]}",
        name=ask.file.name,
        language=ask.wish.language,
        translate=ask.wish.translate,
    )
    return _placed(await cut(scene, workshop(scene).audio.transcribe(request)), part)


def _placed(got: Transcript, part: Part) -> Heard:
    """With the times of the file in place of those of the part."""
    length = part.end_s - part.start_s
    cues = tuple(Cue(part.start_s + each.start_s, part.start_s + each.end_s, each.text) for each in got.segments)
    if got.text and not cues:
        cues = (Cue(part.start_s, part.end_s, got.text),)
    return Heard(got.text, got.language, length, () if got.silent else cues)


def _request(file: Attachment, wish: Wish, part: int | None = None) -> str:
    """The same in every attempt and for every answer of the turn: a file says the same again."""
    asked = ("heard", file.ref, wish.language, str(wish.translate), "" if part is None else str(part))
    return hashlib.sha256("\0".join(asked).encode(errors="replace")).hexdigest()
