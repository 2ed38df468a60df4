"""Transcripts and speech between our values and the gateway's forms; pure."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.errors import BadOption
from bot.gateway.audio_kinds import ending, sound_kind, wav_of
from bot.gateway.audio_values import Segment, Speech, SpeechRequest, Transcript, TranscriptRequest
from bot.gateway.base64_text import decoded
from bot.gateway.body import Form, FormFile
from bot.gateway.once import Got
from bot.gateway.shapes import rows, table, words
from bot.gateway.values import ModelSpec
from bot.kinds import Kind

LONGEST_TEXT: Final = 4096
_SILENCE: Final = 0.8
_SLOWEST: Final = 0.25
_FASTEST: Final = 4.0
_LANGUAGES: Final[Mapping[str, str]] = {
    "zh": "Chinese",
    "en": "English",
    "ja": "Japanese",
    "ko": "Korean",
    "de": "German",
    "fr": "French",
    "ru": "Russian",
    "pt": "Portuguese",
    "es": "Spanish",
    "it": "Italian",
}


@dataclass(frozen=True, slots=True)
class Link:
    """Speech that lies at an address."""

    url: str


def transcript_form(request: TranscriptRequest, content: bytes, kind: Kind) -> Form:
    """The form of a request. Nobody's file name goes out: it may say much, and its ending may be wrong."""
    fields = [("response_format", "verbose_json")]
    if request.language and not request.translate:
        fields.append(("language", request.language.lower()))
    if request.prompt:
        fields.append(("prompt", request.prompt))
    file = FormFile(f"audio.{ending(kind)}", content, kind.media_type)
    return Form(tuple(fields), (("file", file),))


def transcript_of(got: Got) -> Transcript | None:
    """The transcript in an answer, JSON of either form or plain text; None where there is none."""
    found = table(got.value)
    if isinstance(found.get("text"), str) or rows(found.get("segments")):
        return _transcript(found)
    if isinstance(got.value, dict) or got.media_type != "text/plain":
        return None
    text = got.body.decode("utf-8", "replace").strip()
    return None if text.startswith("<") else Transcript(text, silent=not text)


def _transcript(found: Mapping[str, object]) -> Transcript:
    pieces = [table(each) for each in rows(found.get("segments"))]
    segments = tuple(segment for segment in map(_segment, pieces) if segment.text)
    text = words(found.get("text")).strip() or " ".join(segment.text for segment in segments)
    duration = _seconds(found.get("duration")) or _seconds(table(found.get("usage")).get("seconds"))
    language = words(found.get("language")).lower()
    if not text or _silent(pieces):
        return Transcript("", language, duration, silent=True)
    return Transcript(text, language, duration, segments)


def _silent(pieces: list[Mapping[str, object]]) -> bool:
    """Whisper makes up text where nobody speaks, and mostly says so itself."""
    told = [_number(piece["no_speech_prob"]) for piece in pieces if "no_speech_prob" in piece]
    return bool(told) and sum(told) / len(told) > _SILENCE


def _segment(piece: Mapping[str, object]) -> Segment:
    start = _number(piece.get("start"))
    return Segment(start, max(start, _number(piece.get("end"))), words(piece.get("text")).strip())


def _seconds(value: object) -> float | None:
    return _number(value) or None


def _number(value: object) -> float:
    """A number or one in a string, not negative; else 0."""
    try:
        number = float(words(value))
    except (ValueError, OverflowError):
        return 0.0
    return number if math.isfinite(number) and number > 0 else 0.0


def speech_body(request: SpeechRequest, spec: ModelSpec) -> dict[str, object]:
    """The body of a request, without what the model does not take. Raises `BadOption` for what it does not have."""
    text = request.text.strip()
    limit = _limit(spec)
    if not text:
        raise BadOption("nothing-to-say")
    if len(text) > limit:
        raise BadOption("speech-too-long", length=len(text), limit=limit)
    body: dict[str, object] = {"input": text}
    body |= _said("voice", _voice(request.voice, spec))
    body |= _said("response_format", _format(request.format, spec))
    body |= _said("language", _language(request.language, spec))
    body |= _said(words(spec.more.get("style_field", "instructions")), request.style.strip())
    if request.speed is not None and request.speed != 1.0:
        body["speed"] = min(_FASTEST, max(_SLOWEST, request.speed))
    return body


def _said(name: str, value: str) -> dict[str, object]:
    return {name: value} if name and value else {}


def _limit(spec: ModelSpec) -> int:
    limit = spec.more.get("max_input_chars")
    return min(limit, LONGEST_TEXT) if isinstance(limit, int) and limit > 0 else LONGEST_TEXT


def _voice(asked: str, spec: ModelSpec) -> str:
    """OpenAI's models want one; the first in the list is the default."""
    offered = offers(spec, "voices")
    if not offered:
        return asked.strip()
    voice = _same(asked, offered) if asked.strip() else offered[0]
    if voice is None:
        raise BadOption("voice-unknown", voice=asked.strip(), model=spec.id, voices=", ".join(offered))
    return voice


def _format(asked: str, spec: ModelSpec) -> str:
    return _same(asked, offers(spec, "formats")) or "" if offers(spec, "formats") else asked


def _language(asked: str, spec: ModelSpec) -> str:
    """Models without a list of languages hear it from the text."""
    offered = offers(spec, "languages")
    wanted = asked.strip()
    if not offered or not wanted:
        return ""
    code = re.split("[-_]", wanted.lower())[0]
    language = _same(wanted, offered) or _same(_LANGUAGES.get(code, code), offered)
    if language is None:
        raise BadOption("language-unknown", language=wanted, model=spec.id, languages=", ".join(offered))
    return language


def offers(spec: ModelSpec, what: str) -> tuple[str, ...]:
    """The `voices`, `languages` or `formats` of a model, empty where the catalogue does not say."""
    return tuple(filter(None, map(words, rows(spec.more.get(what)))))


def _same(asked: str, offered: tuple[str, ...]) -> str | None:
    return next((each for each in offered if each.casefold() == asked.strip().casefold()), None)


def speech_of(got: Got, asked_format: str) -> Speech | Link | None:
    """The speech in an answer, its bytes, JSON around them, or where it lies; None where there is none."""
    if got.value is not None:
        return _in_json(table(got.value))
    bare = asked_format == "pcm" and _may_be_samples(got)
    return Speech(wav_of(got.body), "audio/wav") if bare else sound_of(got.body)


def sound_of(content: bytes) -> Speech | None:
    """The bytes as speech, None where they are no sound."""
    kind = sound_kind(content)
    return Speech(content, kind.media_type) if kind else None


def _may_be_samples(got: Got) -> bool:
    """Bare samples begin like anything: a container is believed only if the gateway does not say samples."""
    if got.media_type in ("audio/pcm", "audio/l16", "audio/x-pcm", "audio/raw"):
        return True
    return not got.media_type.startswith("text/") and sound_kind(got.body) is None


def _in_json(found: Mapping[str, object]) -> Speech | Link | None:
    """`audio` as base64, as an object with `data` or `url`, or the same below `output` as DashScope has it."""
    for holder in (found, table(found.get("output"))):
        audio = holder.get("audio")
        for value in (audio, table(audio).get("data"), table(audio).get("url"), holder.get("url")):
            speech = _in_text(words(value)) if isinstance(value, str) else None
            if speech is not None:
                return speech
    return None


def _in_text(text: str) -> Speech | Link | None:
    if re.match("https?://", text):
        return Link(text)
    content = decoded(text)
    return None if content is None else sound_of(content)
