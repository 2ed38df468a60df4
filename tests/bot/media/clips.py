"""Real files, made with the same libraries that read them: tones, pauses, gradients, and lies."""

import math
import struct
import zlib
from array import array
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

RATE = 16_000
SOUNDS = {
    "clip.ogg": ("ogg", "libopus", 48_000),
    "clip.webm": ("webm", "libopus", 48_000),
    "clip.m4a": ("ipod", "aac", 44_100),
    "clip.mp4": ("mp4", "aac", 44_100),
    "clip.mov": ("mov", "aac", 44_100),
    "clip.3gp": ("3gp", "libopencore_amrnb", 8_000),
    "clip.mkv": ("matroska", "aac", 44_100),
    "clip.mp3": ("mp3", "libmp3lame", 44_100),
    "clip.wav": ("wav", "pcm_s16le", 16_000),
    "clip.flac": ("flac", "flac", 44_100),
    "clip.aac": ("adts", "aac", 44_100),
    "clip.amr": ("amr", "libopencore_amrnb", 8_000),
    "clip.aiff": ("aiff", "pcm_s16be", 44_100),
}
"""By name: container, codec, rate."""


def tone(seconds: float, rate: int = RATE, hertz: float = 440.0, height: int = 8000) -> "array[int]":
    """Samples of an even tone."""
    step = math.tau * hertz / rate
    return array("h", (round(height * math.sin(at * step)) for at in range(round(seconds * rate))))


def silence(seconds: float, rate: int = RATE) -> "array[int]":
    """Samples of nothing."""
    return array("h", bytes(2 * round(seconds * rate)))


def sound(path: Path, samples: "array[int] | None" = None, *, seconds: float = 2.0, video: bool = False) -> Path:
    """A file of the kind that its name says, with these samples or a tone, and a black film where asked."""
    container, codec, rate = SOUNDS[f"clip{path.suffix}"]
    with av.open(str(path), "w", format=container) as made:
        film = made.add_stream("mpeg4", rate=5) if video else None
        stream = cast(AudioStream, made.add_stream(codec, rate=rate, layout="mono"))
        if film is not None:
            _film(made, film, seconds)
        _write(made, stream, tone(seconds, rate) if samples is None else samples, rate)
    return path


def _write(made: av.container.OutputContainer, stream: AudioStream, samples: "array[int]", rate: int) -> None:
    at = 0
    for piece in _pieces(samples):
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(piece))
        frame.planes[0].update(piece.tobytes())
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), at
        at += len(piece)
        made.mux(stream.encode(frame))
    made.mux(stream.encode(None))


def _pieces(samples: "array[int]") -> "list[array[int]]":
    return [samples[at : at + 4096] for at in range(0, len(samples), 4096)]


def _film(made: av.container.OutputContainer, film: VideoStream, seconds: float) -> None:
    film.width = film.height = 64
    film.pix_fmt = "yuv420p"
    for _ in range(round(seconds * 5)):
        made.mux(film.encode(VideoFrame(64, 64, "yuv420p")))
    made.mux(film.encode(None))


def heard(path: Path, rate: int = RATE) -> "array[int]":
    """All samples of a file, decoded here and by nothing of the bot's."""
    resampler, samples = av.AudioResampler("s16", "mono", rate), array("h")
    with av.open(str(path)) as container:
        for frame in [*container.decode(container.streams.audio[0]), None]:
            for piece in resampler.resample(frame):
                samples.frombytes(bytes(piece.planes[0])[: piece.samples * 2])
    return samples


def loud(samples: "array[int]") -> float:
    """The root of the mean square."""
    return math.sqrt(sum(each * each for each in samples) / max(1, len(samples)))


def picture(path: Path, width: int = 300, height: int = 200, mode: str = "RGB") -> Path:
    """A gradient, of the kind that the name says."""
    made = Image.linear_gradient("L").resize((width, height))
    made.convert(mode).save(path)
    return path


def png(path: Path, width: int, height: int, pixels: bytes = b"") -> Path:
    """A PNG whose header says this size, whatever follows; eight bits of grey."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b""))
    return path


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
