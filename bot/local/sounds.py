"""The calls about sound: transcriptions, and speech."""

from aiohttp import web

from bot.local import uploads
from bot.local.audio import WRITTEN
from bot.local.faults import BadRequest, NotHere, number
from bot.local.hearing import Hearing
from bot.local.transcripts import KINDS, written
from bot.local.voice import SPEAKER, Voice
from bot.local.weights import HEARING_ID, VOICE_ID

HEARING = web.AppKey("hearing", Hearing)
VOICE = web.AppKey("voice", Voice)
"""Each is set only where it is there."""

LONGEST_TEXT = 4096
LONGEST_PROMPT = 2000
ENGLISH = ("en", "english")
GRANULARITIES = "timestamp_granularities[]"
_HOW = "is not installed: run `make setup`, or set TOKENGATE_BASE_URL and TOKENGATE_API_KEY"


async def transcribe(request: web.Request) -> web.Response:
    """`POST /v1/audio/transcriptions`."""
    hearing = request.app.get(HEARING)
    if hearing is None:
        raise NotHere(f"the model for voice notes {_HOW}")
    form = await uploads.read_form(request)
    fields = form.texts
    uploads.model(fields, HEARING_ID)
    kind = uploads.choice(fields, "response_format", "json", KINDS)
    if fields.get("language", "en").casefold() not in ENGLISH:
        raise BadRequest(f"{HEARING_ID} understands English only", "language")
    heard = await hearing.hear(
        uploads.file(form, "file"),
        prompt=uploads.text(fields, "prompt", "", most=LONGEST_PROMPT) or None,
        temperature=_temperature(form),
        words=kind == "verbose_json" and "word" in fields.getall(GRANULARITIES, ()),
    )
    return web.Response(text=written(heard, kind), content_type=KINDS[kind])


async def translate(request: web.Request) -> web.Response:
    """`POST /v1/audio/translations`: there is nothing that could."""
    raise BadRequest(f"{HEARING_ID} understands English only, so there is nothing to translate", "model")


async def speak(request: web.Request) -> web.Response:
    """`POST /v1/audio/speech`."""
    voice = request.app.get(VOICE)
    if voice is None:
        raise NotHere(f"the voice {_HOW}")
    body = await uploads.read_object(request)
    uploads.model(body, VOICE_ID)
    uploads.choice(body, "voice", SPEAKER, {SPEAKER: None})
    kind = uploads.choice(body, "response_format", "mp3", WRITTEN)
    text = uploads.text(body, "input", most=LONGEST_TEXT)
    speed = number(body, "speed", 1.0, least=0.25, most=4.0, whole=False)
    return web.Response(body=await voice.speak(text, speed=speed, kind=kind), content_type=WRITTEN[kind][-1])


def _temperature(form: uploads.Form) -> float | None:
    """None lets the engine begin at 0 and go up where it gets stuck."""
    asked = {"temperature": uploads.written_number(form, "temperature")}
    return float(number(asked, "temperature", 0.0, least=0.0, most=1.0, whole=False)) or None
