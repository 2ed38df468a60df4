"""The fake gateway's models that hear and speak."""

import asyncio
import base64
import json
import re
from itertools import count

from aiohttp import web

from tests.fakes.gateway.audio_fields import (
    SPEECH,
    TRANSCRIPTIONS,
    TRANSLATIONS,
    ToHear,
    ToSay,
    hearing,
    no_sound,
    saying,
)
from tests.fakes.gateway.behaviours import Answer, Json
from tests.fakes.gateway.image_fields import Sheet
from tests.fakes.gateway.refusals import refuse
from tests.fakes.gateway.rules import Rules
from tests.fakes.gateway.sounds import Heard, Voiced
from tests.fakes.gateway.tones import TYPES, measure, spoken_s, tone

SOUNDS = "/sounds/"
_LEAST_S = 0.1
_HEAR = web.RequestKey("hear", ToHear)
_SAY = web.RequestKey("say", ToSay)


class Booth:
    """`heard` are the lengths of the files that were transcribed, `said` the texts that were spoken.

    `visits` are the results that were fetched: whether the caller showed a token.
    """

    def __init__(self) -> None:
        self.heard: list[float] = []
        self.said: list[str] = []
        self.visits: list[bool] = []
        self._results: dict[str, bytes] = {}
        self._numbers = count(1)

    def serves(self, path: str) -> bool:
        """It is the address of a model that hears or speaks."""
        return path in (TRANSCRIPTIONS, TRANSLATIONS, SPEECH)

    def check(self, request: web.Request, sent: Json | Sheet, rules: Rules) -> None:
        """Refuses what is not acceptable; else the request carries what is to be done."""
        if request.path == SPEECH:
            request[_SAY] = saying(sent, rules)
        else:
            request[_HEAR] = hearing(request.path, sent, rules)

    async def answer(self, request: web.Request, heard: Heard | Voiced | Answer) -> web.StreamResponse:
        """What was scripted, or the natural answer; a scripted text is what is heard."""
        if request.path == SPEECH:
            return await self._speak(request, heard if isinstance(heard, Voiced) else Voiced())
        if isinstance(heard, Answer) and isinstance(heard.text, str):
            heard = Heard(heard.text, hold=heard.hold, headers=heard.headers)
        return await self._hear(request[_HEAR], heard if isinstance(heard, Heard) else Heard())

    def result(self, request: web.Request) -> web.Response:
        """A file that an answer named."""
        self.visits.append("Authorization" in request.headers)
        content = self._results.get(request.path)
        if content is None:
            return web.Response(status=404)
        return web.Response(body=content, content_type="application/octet-stream")

    async def _hear(self, asked: ToHear, heard: Heard) -> web.StreamResponse:
        found = await asyncio.to_thread(measure, asked.file.data)
        if found is None or asked.containers not in found[0].split(","):
            no_sound()
        seconds = found[1]
        if seconds < _LEAST_S:
            refuse("Audio file is too short. Minimum audio length is 0.1 seconds.", "file", "audio_too_short")
        self.heard.append(seconds)
        await _held(heard.hold)
        if (heard.shape or asked.format) == "text":
            return web.Response(text=_text(heard, seconds) + "\n", headers=heard.headers)
        body = _transcript(asked, heard, seconds)
        return web.json_response(body, headers=heard.headers)

    async def _speak(self, request: web.Request, voiced: Voiced) -> web.StreamResponse:
        asked = request[_SAY]
        self.said.append(asked.text)
        await _held(voiced.hold)
        form = voiced.form or asked.format
        content = await asyncio.to_thread(tone, spoken_s(asked.text, asked.speed), form)
        if voiced.shape in ("bytes", "empty", "noise"):
            body = {"bytes": content, "empty": b"", "noise": b"certainly no sound"}[voiced.shape]
            return web.Response(body=body, content_type=voiced.media_type or TYPES[form], headers=voiced.headers)
        value = json.dumps(self._wrapped(content, form, voiced, request)).encode()
        return web.Response(body=value, content_type=voiced.media_type or "application/json", headers=voiced.headers)

    def _wrapped(self, content: bytes, form: str, voiced: Voiced, request: web.Request) -> Json:
        if voiced.shape in ("output_url", "url"):
            path = f"{SOUNDS}{next(self._numbers)}.{form}"
            self._results[path] = content
            url = f"http://{request.host}{path}?sign=secret"
            return (
                {"output": {"audio": {"url": url}}, "request_id": "7574ee8f"} if voiced.shape != "url" else {"url": url}
            )
        letters = base64.b64encode(content).decode()
        if voiced.shape == "output_data":
            return {"output": {"audio": {"data": letters, "url": ""}}}
        return {"audio": {"data": letters} if voiced.shape == "audio_object" else letters}


async def _held(hold: asyncio.Event | None) -> None:
    if hold is not None:
        await hold.wait()


def _text(heard: Heard, seconds: float) -> str:
    if heard.text is None:
        return f"A recording of {seconds:.1f} seconds."
    return heard.text if isinstance(heard.text, str) else heard.text(seconds)


def _transcript(asked: ToHear, heard: Heard, seconds: float) -> Json:
    text = _text(heard, seconds)
    if (heard.shape or asked.format) != "verbose_json":
        return {"text": text, "usage": {"type": "duration", "seconds": round(seconds)}}
    segments = [
        {"id": at, "start": start, "end": end, "text": f" {said}", "no_speech_prob": heard.silence}
        for at, (start, end, said) in enumerate(heard.segments or _spread(text, seconds))
    ]
    return {
        "task": "translate" if asked.translate else "transcribe",
        "language": "english" if asked.translate else heard.language,
        "duration": round(seconds, 2),
        "text": text,
        "segments": segments,
    }


def _spread(text: str, seconds: float) -> list[tuple[float, float, str]]:
    """One sentence a segment."""
    sentences = re.findall(r"[^.!?]+[.!?]*(?:\s+|$)", text) or [text]
    each = seconds / len(sentences)
    return [(round(at * each, 2), round((at + 1) * each, 2), said.strip()) for at, said in enumerate(sentences)]
