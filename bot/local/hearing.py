"""The model that transcribes: Whisper's smallest, English only."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from bot.local import audio
from bot.local.worker import Left, Worker

log = logging.getLogger("parley.local")

BEAM = 5
MOST_THREADS = 4


@dataclass(frozen=True, slots=True)
class Word:
    """One word and when it was said, in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech; `silence` is how likely nobody spoke at all."""

    text: str
    start: float
    end: float
    silence: float
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said in a sound of so many seconds."""

    seconds: float
    segments: Sequence[Segment]

    @property
    def text(self) -> str:
        """All of it in one line."""
        return " ".join(segment.text for segment in self.segments if segment.text)


class Hearing:
    """Transcribes one sound at a time; the others wait."""

    def __init__(self, folder: Path) -> None:
        self._worker = Worker("transcription", lambda: _load(folder))

    async def hear(self, sound: bytes, *, prompt: str | None, temperature: float | None, words: bool) -> Heard:
        """What is said in a sound file. Raises `BadRequest` for what is none, `NotHere` where the engine fails."""
        options: dict[str, Any] = {"initial_prompt": prompt, "word_timestamps": words}
        if temperature is not None:
            options["temperature"] = temperature
        return await self._worker.run(lambda model, left: _hear(model, sound, options, left))


def _load(folder: Path) -> Any:
    threads = min(MOST_THREADS, os.cpu_count() or 1)
    make = resolve_name("faster_whisper:WhisperModel")
    model = make(str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True)
    log.info("model_loaded file=%s", folder.name)
    return model


def _hear(model: Any, sound: bytes, options: dict[str, Any], left: Left) -> Heard:
    samples = audio.decode(sound)
    waves = resolve_name("numpy:frombuffer")(samples, "int16").astype("float32") / 32768
    # Without the filter it makes up words for silence.
    spoken, _ = model.transcribe(waves, language="en", beam_size=BEAM, vad_filter=True, **options)
    segments: list[Segment] = []
    for one in spoken:  # it works as it is asked for more
        segments.append(_segment(one))
        if left():
            break
    return Heard(audio.seconds(samples), segments)


def _segment(one: Any) -> Segment:
    words = tuple(Word(word.word.strip(), float(word.start), float(word.end)) for word in one.words or ())
    return Segment(one.text.strip(), float(one.start), float(one.end), float(one.no_speech_prob), words)
