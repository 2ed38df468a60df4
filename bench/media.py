"""What voice notes and pictures cost: time to a transcript, memory for a large picture, blocks of the event loop."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

from bench import samples
from bench.discord_place import DiscordPlace
from bench.peaks import peaks
from bench.probed import Block, longest
from bench.rig import PARLEY, PIECE_EVERY_S, ROOT, BotLost, Rig, reply_to
from bench.slack_place import SlackPlace
from bench.table import Row, Target, p50, p95
from bench.wire import Place, Shared, Source, question
from tests.fakes.gateway import Answer, Heard, SeenRequest
from tests.fakes.gateway.audio_fields import TRANSCRIPTIONS

NOTES = 12
BLOCKS = 5
HEARING_S = (0.0, 1.0)
"""How long the fake gateway takes for a transcript besides decoding the sound: nothing, and as long as a model may."""
PLACES: Mapping[str, Callable[[int], Place]] = {"slack": SlackPlace, "discord": DiscordPlace}
PROBED = ("-m", "bench.probed")
_PLAIN = "plain question"
_BARE = ("-m", "bench.bare_voice")
_PICTURES: Mapping[str, Callable[[], Shared]] = {
    "PNG of 6.7 megapixels": samples.png,
    "JPEG of 48 megapixels": samples.jpeg,
}


@dataclass(slots=True)
class Notes:
    """Seconds until the gateway had answered with the transcript; `first` is Parley's first note, which starts the
    process that decodes and is in none of the others."""

    parley: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    first: float = 0.0


@dataclass(slots=True)
class Blocks:
    """The longest block of the event loop for each question, by what was asked."""

    found: dict[str, list[Block]] = field(default_factory=dict)

    def worst(self, name: str) -> Block:
        """The longest of all."""
        return max(self.found[name], key=lambda block: block.seconds)


@dataclass(slots=True)
class _Hearing:
    """The gateway of a rig hears every sound as the question that was asked last."""

    rig: Rig
    hearing_s: float = 0.0

    def judge(self, seen: SeenRequest) -> Answer | Heard:
        if seen.path != TRANSCRIPTIONS:
            return Answer(text=reply_to, delay_s=PIECE_EVERY_S)
        hold = asyncio.Event()
        asyncio.get_running_loop().call_later(self.hearing_s, hold.set)
        return Heard(question(self.rig.number), hold=hold)

    def answered_at(self, since: float) -> float:
        """When the transcript that was asked for last had been given. Raises `BotLost`."""
        found = [seen.ended_at for seen in self.rig.gateway.requests if seen.path == TRANSCRIPTIONS and seen.at > since]
        if not found or found[-1] is None:
            raise BotLost(f"{self.rig.name}: nobody had the sound transcribed")
        return found[-1]


async def measure_notes() -> dict[tuple[str, float], Notes]:
    """By platform and by how long the gateway takes: the bot and the bare script in turn, with the same bytes."""
    found: dict[tuple[str, float], Notes] = {}
    for name, make_place in PLACES.items():
        for hearing_s in HEARING_S:
            async with Rig("parley", PARLEY, make_place(1)) as rig, _bare(rig) as bare:
                found[name, hearing_s] = await _notes(_Hearing(rig, hearing_s), bare, samples.voice_note(name))
    return found


async def measure_memory() -> dict[str, int]:
    """Bytes above the idle bot, by picture; each has a bot of its own."""
    found: dict[str, int] = {}
    for name, sample in _PICTURES.items():
        picture = sample()
        async with Rig("parley", PARLEY, SlackPlace(1)) as rig:
            idle = rig.rss
            with peaks(rig.process) as most:
                await _shown(rig, picture)
            found[name] = most.bot - idle + most.child
    return found


async def measure_blocks() -> Blocks:
    """A bot with a probe in its event loop; the plain question says what the machine itself does to it."""
    found = Blocks()
    files = {_PLAIN: None, "10 s voice note": samples.voice_note("slack")}
    files |= {f"20 MB {name}": sample() for name, sample in _PICTURES.items()}
    async with Rig("probed", PROBED, SlackPlace(1)) as rig:
        rig.gateway.judge(_Hearing(rig).judge)
        for _ in range(BLOCKS):
            for name, shared in files.items():
                begun = monotonic()
                if shared is None:
                    await rig.ask(rig.place.spots)
                else:
                    await (_shown(rig, shared) if shared.voice_s is None else rig.share(shared))
                found.found.setdefault(name, []).append(longest(rig.folder, begun, monotonic()))
    return found


def rows(notes: Mapping[tuple[str, float], Notes], memory: Mapping[str, int], blocks: Blocks) -> Iterator[Row]:
    """What the table says of it all."""
    for (platform, hearing_s), found in notes.items():
        yield from _note_rows(platform, hearing_s, found)
    for name, extra in memory.items():
        text = f"20 MB {name} with a question: peak RSS of bot and decoder above the idle bot"
        yield Row(text, "MB", extra / 1e6, target=Target(150, "MB"))
    plain = blocks.worst(_PLAIN).seconds * 1000
    for name in (name for name in blocks.found if name != _PLAIN):
        text, worst = f"longest block of the event loop, {name}, {BLOCKS} times", blocks.worst(name)
        yield Row(text, "ms", worst.seconds * 1000, plain, _PLAIN, Target(20, "ms"))
        yield Row(f"{text}: the bot's own processor time in it", "ms", worst.worked * 1000)


def _note_rows(platform: str, hearing_s: float, found: Notes) -> Iterator[Row]:
    """Both from the order (event sent, line written) to the gateway's answer to the request for the transcript."""
    takes = f"transcribing takes {hearing_s:g} s" if hearing_s else "transcribing takes no time"
    name = f"{platform}: 10 s voice note, event sent to transcript answered ({takes})"
    target = Target(1.2) if hearing_s else None
    yield Row(f"{name}, p50", "ms", p50(found.parley), p50(found.bare), "bare fetch and call", target)
    yield Row(f"{name}, p95", "ms", p95(found.parley), p95(found.bare), "bare fetch and call")
    yield Row(f"{name}, the first, which starts the decoder", "ms", found.first * 1000)


async def _notes(hearing: _Hearing, bare: Process, note: Shared) -> Notes:
    found, rig = Notes(), hearing.rig
    rig.gateway.judge(hearing.judge)
    for number in range(NOTES + 1):
        sent = await rig.share(note)
        took = hearing.answered_at(sent.at) - sent.at
        its = await _fetched(hearing, bare, note, sent.source)
        if number == 0:
            found.first = took
        else:
            found.parley.append(took)
            found.bare.append(its)
    return found


async def _fetched(hearing: _Hearing, bare: Process, note: Shared, source: Source) -> float:
    assert bare.stdin is not None
    assert bare.stdout is not None
    order = {"url": source.url, "headers": source.headers, "name": note.name, "media_type": note.media_type}
    begun = monotonic()
    bare.stdin.write(json.dumps(order).encode() + b"\n")
    if not await bare.stdout.readline():
        raise BotLost("the bare script ended")
    return hearing.answered_at(begun) - begun


@asynccontextmanager
async def _bare(rig: Rig) -> AsyncIterator[Process]:
    """The script that does no more than is needed, with the rig's own gateway."""
    gateway = {"TOKENGATE_BASE_URL": rig.gateway.url, "TOKENGATE_API_KEY": rig.gateway.token}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **gateway}
    child = await asyncio.create_subprocess_exec(sys.executable, *_BARE, stdin=PIPE, stdout=PIPE, env=environment)
    try:
        yield child
    finally:
        child.kill()
        await child.wait()


async def _shown(rig: Rig, picture: Shared) -> None:
    """Ask about a picture, and make sure that the model was shown it."""
    await rig.share(picture)
    if not any(_pictures(message) for message in _messages(rig.gateway.asked()[-1])):
        raise BotLost(f"{rig.name}: the model was not shown {picture.name}")


def _messages(seen: SeenRequest) -> Sequence[object]:
    found = seen.body.get("messages") or seen.body.get("input")
    return found if isinstance(found, list) else ()


def _pictures(message: object) -> bool:
    content = message.get("content") if isinstance(message, dict) else None
    parts = content if isinstance(content, list) else []
    return any(isinstance(part, dict) and part.get("type") in ("image_url", "input_image") for part in parts)
