"""Real sound files: tones that stand for speech, and the length of what comes in."""

import io
import math
import struct
from collections.abc import Mapping

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from tests import stock

RATE = 24_000
_SECONDS_A_CHARACTER = 0.06
_LEAST_S = 0.25
_PERIOD = 60
_CHUNK = RATE // 2

TYPES: Mapping[str, str] = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
_ENCODERS: Mapping[str, tuple[str, str, str]] = {
    "mp3": ("mp3", "libmp3lame", "s16p"),
    "opus": ("ogg", "libopus", "s16"),
    "aac": ("adts", "aac", "fltp"),
    "flac": ("flac", "flac", "s16"),
}


def spoken_s(text: str, speed: float = 1.0) -> float:
    """How long it takes to say a text."""
    return max(_LEAST_S, _SECONDS_A_CHARACTER * len(text)) / speed


def tone(seconds: float, form: str) -> bytes:
    """A tone of 400 Hz as a file of this format."""
    period = struct.pack(f"<{_PERIOD}h", *(round(8000 * math.sin(2 * math.pi * at / _PERIOD)) for at in range(_PERIOD)))
    samples = period * max(1, round(seconds * RATE / _PERIOD))
    if form == "pcm":
        return samples
    return stock.wav(samples, RATE) if form == "wav" else _encoded(samples, *_ENCODERS[form])


def _encoded(samples: bytes, container: str, codec: str, layout: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=RATE)
        assert isinstance(stream, AudioStream)
        stream.layout = "mono"
        resampler = av.AudioResampler(layout, "mono", RATE, frame_size=stream.codec_context.frame_size or _CHUNK)
        for at in range(0, len(samples), 2 * _CHUNK):
            for frame in resampler.resample(_frame(samples[at : at + 2 * _CHUNK], at // 2)):
                output.mux(stream.encode(frame))
        for frame in resampler.resample(None):
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def _frame(samples: bytes, at: int) -> AudioFrame:
    frame = AudioFrame("s16", "mono", len(samples) // 2)
    frame.planes[0].update(samples + bytes(frame.planes[0].buffer_size - len(samples)))
    frame.sample_rate = RATE
    frame.pts = at
    return frame


def measure(content: bytes) -> tuple[str, float] | None:
    """The container's names and the length in seconds; None for what cannot be decoded."""
    try:
        with av.open(io.BytesIO(content), "r") as source:
            frames = [(frame.samples, frame.sample_rate) for frame in source.decode(audio=0)]
            return source.format.name, sum(samples / rate for samples, rate in frames)
    except (av.FFmpegError, IndexError, ValueError):
        return None
