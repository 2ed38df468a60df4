"""What was heard, in the forms in which it can be asked for (pure)."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.local.hearing import Heard, Segment

KINDS: Mapping[str, str] = {
    "json": "application/json",
    "verbose_json": "application/json",
    "text": "text/plain",
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
}
"""Each form and its media type."""


def written(heard: Heard, kind: str) -> str:
    """The body of an answer; `kind` is one of `KINDS`."""
    return _FORMS[kind](heard)


def _json(heard: Heard) -> str:
    usage = {"type": "duration", "seconds": round(heard.seconds)}
    return json.dumps({"text": heard.text, "usage": usage})


def _verbose(heard: Heard) -> str:
    words = [word for segment in heard.segments for word in segment.words]
    body: dict[str, Any] = {
        "task": "transcribe",
        "language": "english",
        "duration": round(heard.seconds, 3),
        "text": heard.text,
        "segments": [_segment(number, segment) for number, segment in enumerate(heard.segments)],
    }
    if words:
        body["words"] = [{"word": word.text, "start": word.start, "end": word.end} for word in words]
    return json.dumps(body)


def _segment(number: int, segment: Segment) -> dict[str, Any]:
    times = {"start": round(segment.start, 3), "end": round(segment.end, 3)}
    return {"id": number, **times, "text": segment.text, "no_speech_prob": segment.silence}


def _srt(heard: Heard) -> str:
    blocks = [
        f"{number}\n{_time(one.start, ',')} --> {_time(one.end, ',')}\n{one.text}\n"
        for number, one in enumerate(heard.segments, 1)
    ]
    return "\n".join(blocks)


def _vtt(heard: Heard) -> str:
    blocks = [f"{_time(one.start, '.')} --> {_time(one.end, '.')}\n{one.text}\n" for one in heard.segments]
    return "\n".join(["WEBVTT\n", *blocks])


def _time(seconds: float, point: str) -> str:
    thousandths = round(seconds * 1000)
    whole, thousandths = divmod(thousandths, 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{thousandths:03}"


_FORMS: Mapping[str, Callable[[Heard], str]] = {
    "json": _json,
    "verbose_json": _verbose,
    "text": lambda heard: heard.text + "\n",
    "srt": _srt,
    "vtt": _vtt,
}
