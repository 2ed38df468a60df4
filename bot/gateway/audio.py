"""Speech to text and text to speech: one paid call each, over the gateway's client."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import FileBroken, FileTooLarge, FileUnsupported, GatewayError, GatewayGarbled
from bot.gateway.audio_kinds import ending, sound_kind
from bot.gateway.audio_values import Segment, Speech, SpeechRequest, Transcript, TranscriptRequest
from bot.gateway.audio_wire import (
    LONGEST_TEXT,
    Link,
    offers,
    sound_of,
    speech_body,
    speech_of,
    transcript_form,
    transcript_of,
)
from bot.gateway.catalogue import Catalogue
from bot.gateway.client import GatewayClient
from bot.gateway.exchange import Faulted
from bot.gateway.once import Ask
from bot.gateway.shapes import words
from bot.gateway.values import ModelSpec
from bot.kinds import Kind

__all__ = [
    "LARGEST_SOUND",
    "LONGEST_TEXT",
    "AudioClient",
    "Segment",
    "Speech",
    "SpeechRequest",
    "Transcript",
    "TranscriptRequest",
    "offers",
]

LARGEST_SOUND: Final = 25 * 1000**2
"""Bytes that hosts of whisper take in one file; a little less than OpenAI's own 25 MiB."""

_TRANSCRIPTIONS: Final = "/v1/audio/transcriptions"
_TRANSLATIONS: Final = "/v1/audio/translations"
_SPEECH: Final = "/v1/audio/speech"
_LONGEST_TRANSCRIPT: Final = 16 * 1024**2
_LONGEST_SPEECH: Final = 128 * 1024**2


@dataclass(frozen=True, slots=True)
class AudioClient:
    """Limits in seconds hold for each try; a path of the catalogue's goes before the usual one."""

    gateway: GatewayClient
    catalogue: Catalogue
    transcript_s: float = 300.0
    speech_s: float = 120.0

    async def transcribe(self, request: TranscriptRequest) -> Transcript:
        """What is said in a file. Raises `GatewayError`, and `FileError` for a file that no host would take."""
        content = await _bytes(request)
        kind = _checked(request, content)
        path = _TRANSLATIONS if request.translate else _TRANSCRIPTIONS
        field = "translation_path" if request.translate else "transcription_path"
        ask = Ask(
            request.model,
            _path(self._spec(request.model), field, path),
            request.key,
            transcript_form(request, content, kind),
            limit_s=self.transcript_s,
            largest=_LONGEST_TRANSCRIPT,
            optional=frozenset({"response_format", "language", "prompt"}),
            chosen=frozenset({"language", "prompt"}),
            holds=lambda got: transcript_of(got) is not None,
        )
        try:
            got = await self.gateway.once(ask)
        except GatewayError as error:
            return _unheard(error, request)
        return transcript_of(got) or Transcript("", silent=True)

    async def speak(self, request: SpeechRequest) -> Speech:
        """A text as sound. Raises `BadOption` for a voice or language that the model lacks, and `GatewayError`."""
        spec = self._spec(request.model)
        body = speech_body(request, spec)
        asked_format = words(body.get("response_format"))
        ask = Ask(
            request.model,
            _path(spec, "speech_path", _SPEECH),
            request.key,
            body,
            accept="audio/*",
            limit_s=self.speech_s,
            largest=_LONGEST_SPEECH,
            optional=frozenset(body) - {"input", "voice"},
            chosen=frozenset(body),
            holds=lambda got: speech_of(got, asked_format) is not None,
        )
        found = speech_of(await self.gateway.once(ask), asked_format)
        return await self._fetched(found.url, request.model) if isinstance(found, Link) else _some(found, request.model)

    async def _fetched(self, url: str, model: str) -> Speech:
        fetched = await self.gateway.fetch(url, _LONGEST_SPEECH, self.speech_s, model=model)
        return _some(sound_of(fetched.body), model)

    def _spec(self, model: str) -> ModelSpec:
        return self.catalogue.get(model) or ModelSpec(model, "", frozenset())


def _path(spec: ModelSpec, field: str, usual: str) -> str:
    return words(spec.more.get(field)) or usual


async def _bytes(request: TranscriptRequest) -> bytes:
    if isinstance(request.sound, bytes):
        return request.sound
    return await asyncio.to_thread(_read, request.sound, request.name)


def _read(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_SOUND + 1)
    except OSError as error:
        raise FileBroken(f"unreadable: {type(error).__name__}", name) from error


def _checked(request: TranscriptRequest, content: bytes) -> Kind:
    if len(content) > LARGEST_SOUND:
        raise FileTooLarge("more than the gateway takes in one file", request.name, most="25 MB")
    kind = sound_kind(content)
    if kind is None or not ending(kind):
        raise FileUnsupported(f"{kind.media_type if kind else 'no sound'} for the gateway", request.name)
    return kind


def _unheard(error: GatewayError, request: TranscriptRequest) -> Transcript:
    """A refusal that is about the file: too short to hold a word, or no sound after all."""
    code = error.__cause__.fault.code if isinstance(error.__cause__, Faulted) else ""
    if code == "audio_too_short":
        return Transcript("", silent=True)
    if code == "invalid_file_format":
        raise FileUnsupported("the gateway cannot decode it", request.name) from error
    raise error


def _some(found: Speech | Link | None, model: str) -> Speech:
    if isinstance(found, Speech):
        return found
    raise GatewayGarbled("a result that is no sound", model=model)
