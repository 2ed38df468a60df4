"""The voice: Piper, one speaker, English only."""

import logging
import unicodedata
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from bot.local import audio
from bot.local.faults import BadRequest
from bot.local.worker import Left, Worker

log = logging.getLogger("parley.local")

SPEAKER = "joe"
_LATIN = "LATIN"


class Voice:
    """Speaks one text at a time; the others wait."""

    def __init__(self, file: Path) -> None:
        self._worker = Worker("speech", lambda: _load(file))

    async def speak(self, text: str, *, speed: float, kind: str) -> bytes:
        """A sound file of the text. Raises `BadRequest` where nothing can be spoken, `NotHere` without an engine."""
        if not speakable(text):
            raise BadRequest("this voice speaks English only", "input")
        return await self._worker.run(lambda model, left: _speak(model, text, speed, kind, left))


def speakable(text: str) -> bool:
    """Is at least half of its letters Latin? Others would be read out by their names."""
    letters = [letter for letter in text if letter.isalpha()]
    latin = sum(unicodedata.name(letter, "").startswith(_LATIN) for letter in letters)
    return 2 * latin >= len(letters)


def _load(file: Path) -> Any:
    model = resolve_name("piper:PiperVoice").load(file)
    log.info("model_loaded file=%s", file.name)
    return model


def _speak(model: Any, text: str, speed: float, kind: str, left: Left) -> bytes:
    pace = resolve_name("piper:SynthesisConfig")(length_scale=1 / speed)
    samples, rate = bytearray(), 0
    for sentence in model.synthesize(_plain(text), pace):  # it works as it is asked for more
        samples += sentence.audio_int16_bytes
        rate = sentence.sample_rate
        if left():
            break
    if not samples:
        raise BadRequest("there is nothing in the text that can be spoken", "input")
    return audio.encode(bytes(samples), rate, kind)


def _plain(text: str) -> str:
    """Doubled brackets would be taken for phonemes."""
    return text.replace("[[", "[ [")
