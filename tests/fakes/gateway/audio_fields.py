"""Which requests to hear and to speak are acceptable."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from tests.fakes.gateway.behaviours import Fail, Json
from tests.fakes.gateway.image_fields import Part, Sheet
from tests.fakes.gateway.refusals import Refused, known, number, refuse, unsupported, unsupported_value, words
from tests.fakes.gateway.rules import Rules

TRANSCRIPTIONS = "/v1/audio/transcriptions"
TRANSLATIONS = "/v1/audio/translations"
SPEECH = "/v1/audio/speech"
OPENAI_VOICES = ("alloy", "ash", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer")
QWEN_VOICES = ("vivian", "serena", "uncle_fu", "dylan", "eric", "ryan", "aiden", "ono_anna", "sohee")
LARGEST = 25 * 1024**2
LONGEST_TEXT = 4096
_QWEN_LANGUAGES = (
    *("Auto", "Chinese", "English", "Japanese", "Korean", "German"),
    *("French", "Russian", "Portuguese", "Spanish", "Italian"),
)
_CONTAINERS: Mapping[str, str] = {
    **dict.fromkeys(("mp3", "mpga", "mpeg"), "mp3"),
    **dict.fromkeys(("m4a", "mp4"), "mp4"),
    **dict.fromkeys(("oga", "ogg"), "ogg"),
    "flac": "flac",
    "wav": "wav",
    "webm": "webm",
}
_HEARING = frozenset({"model", "prompt", "response_format", "temperature", "timestamp_granularities[]"})
_FORMATS = ("json", "text", "verbose_json")
_OPENAI_SPEECH = frozenset({"model", "input", "voice", "response_format", "speed"})
_QWEN_SPEECH = _OPENAI_SPEECH | {"speaker", "language", "instructions", "task_type", "max_new_tokens"}


@dataclass(frozen=True, slots=True)
class ToHear:
    """A file to transcribe; whether it is one is told by who decodes it."""

    file: Part
    containers: str
    translate: bool
    format: str


@dataclass(frozen=True, slots=True)
class ToSay:
    """A text to speak."""

    text: str
    format: str
    speed: float


def hearing(path: str, sent: Json | Sheet, rules: Rules) -> ToHear:
    """A request for a transcript."""
    if not isinstance(sent, Sheet):
        refuse("request Content-Type isn't multipart/form-data", None, None)
    if "stt" not in rules.capability:
        refuse(f"The model '{rules.id}' is not supported in the {path[1:]} endpoint.", "model", None, 404)
    translate = path == TRANSLATIONS
    known(sent.fields, _HEARING if translate else _HEARING | {"language"})
    known(sent.files, frozenset({"file"}))
    files = sent.files.get("file", ())
    if len(files) != 1:
        refuse("Field required: file.", "file", "missing_required_parameter")
    _hearing_fields(sent.fields)
    return ToHear(files[0], _container(files[0]), translate, sent.fields.get("response_format", "json"))


def _hearing_fields(fields: Mapping[str, str]) -> None:
    if fields.get("response_format", "json") not in _FORMATS:
        unsupported_value("response_format", fields["response_format"])
    if "language" in fields and not re.fullmatch("[a-z]{2}", fields["language"]):
        refuse("Invalid language: expected an ISO-639-1 code.", "language", "invalid_language_format")
    if "temperature" in fields and not re.fullmatch(r"0(\.\d+)?|1(\.0+)?", fields["temperature"]):
        refuse("Invalid 'temperature': expected a number between 0 and 1.", "temperature")
    granularity = fields.get("timestamp_granularities[]")
    if granularity is not None and (
        fields.get("response_format") != "verbose_json" or granularity not in ("segment", "word")
    ):
        refuse("timestamp_granularities need verbose_json.", "timestamp_granularities[]")


def _container(file: Part) -> str:
    if len(file.data) > LARGEST:
        refuse(f"Maximum content size limit ({LARGEST}) exceeded ({len(file.data)} bytes read)", "file", None, 413)
    ending = file.file_name.rpartition(".")[2]
    if ending not in _CONTAINERS:
        no_sound()
    return _CONTAINERS[ending]


def no_sound() -> NoReturn:
    """Refuse what is no sound, or not the one that its name says."""
    endings = sorted(_CONTAINERS)
    refuse(f"Invalid file format. Supported formats: {endings}", "file", "invalid_file_format")


def saying(sent: Json | Sheet, rules: Rules) -> ToSay:
    """A request for speech."""
    if isinstance(sent, Sheet):
        refuse("Unsupported content type: multipart/form-data.", None, "unsupported_media_type", 415)
    if "tts" not in rules.capability:
        refuse(f"The model '{rules.id}' is not a speech model.", "model", None, 404)
    _qwen(sent) if rules.vendor == "qwen" else _openai(sent)
    text = words(sent.get("input"), "input")
    if len(text) > LONGEST_TEXT:
        refuse(f"String should have at most {LONGEST_TEXT} characters.", "input", "string_above_max_length")
    number(sent, "speed", 0.25, 4.0)
    speed = sent.get("speed", 1.0)
    usual = "wav" if rules.vendor == "qwen" else "mp3"
    return ToSay(text, str(sent.get("response_format", usual)), float(speed) if isinstance(speed, int | float) else 1.0)


def _openai(body: Json) -> None:
    if "instructions" in body:
        unsupported("instructions")
    known(body, _OPENAI_SPEECH)
    voice = words(body.get("voice"), "voice")
    if voice not in OPENAI_VOICES:
        refuse(f"Input should be one of {', '.join(OPENAI_VOICES)}: got {voice!r}.", "voice")
    if body.get("response_format", "mp3") not in ("mp3", "opus", "aac", "flac", "wav", "pcm"):
        unsupported_value("response_format", body["response_format"])


def _qwen(body: Json) -> None:
    """vLLM-Omni words its refusals in its own way: the code is a number."""
    for name in body:
        if name not in _QWEN_SPEECH:
            _vllm(f"Extra inputs are not permitted: {name}", name)
    voice = body.get("voice", body.get("speaker", "vivian"))
    if not isinstance(voice, str) or voice.lower() not in QWEN_VOICES:
        _vllm(f"Invalid speaker {voice!r}. Supported: {', '.join(QWEN_VOICES)}", "voice")
    if body.get("language", "Auto") not in _QWEN_LANGUAGES:
        _vllm(f"Invalid language {body['language']!r}. Supported: {', '.join(_QWEN_LANGUAGES)}", "language")
    if body.get("response_format", "wav") not in ("wav", "mp3", "flac", "pcm", "opus"):
        _vllm(f"Invalid response_format {body['response_format']!r}", "response_format")
    if not isinstance(body.get("instructions", ""), str):
        _vllm("Input should be a valid string: instructions", "instructions")


def _vllm(message: str, param: str) -> NoReturn:
    raise Refused(Fail(400, message, code=400, type="BadRequestError", param=param))
