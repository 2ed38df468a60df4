"""A long sound cut into files that a transcription takes, at pauses, with no sample lost or twice."""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from bot.errors import FileTooLarge
from bot.kinds import kind_of_file
from bot.media import loudness
from bot.media.sounds import SAMPLE_BYTES, Form, Pen, in_words, probe, samples
from bot.media.values import Part, Sound

# Whisper hears 16 kHz. A constant bit rate makes the size of a part foreseeable.
FORM = Form(".ogg", "audio/ogg", "ogg", "libopus", 16_000, 32_000, options={"vbr": "off", "application": "voip"})
BYTES_A_SECOND = 4_400  # 4,000 of sound and at most a tenth of Ogg
WINDOW_S = 30.0
LEAST_REST_S = 1.0  # the last part must not be too short to be transcribed
TAKEN = {
    "ogg": ("opus", "vorbis", "flac"),
    "webm": ("opus", "vorbis"),
    "mp4": ("aac", "mp3", "mp3float"),
    "m4a": ("aac", "mp3", "mp3float"),
    "mp3": ("mp3", "mp3float"),
    "flac": ("flac",),
    "wav": ("pcm_s16le", "pcm_s24le", "pcm_u8", "pcm_f32le"),
}


def split(path: Path, folder: Path, most_s: float, most_bytes: int, longest_s: float) -> tuple[Part, ...]:
    """See `Studio.split`."""
    sound = probe(path)
    if sound.duration_s > longest_s:
        raise FileTooLarge(f"{sound.duration_s:.0f} s", most=in_words(longest_s))
    suffix = _suffix(path, sound)
    if suffix and sound.duration_s <= most_s and path.stat().st_size <= most_bytes:
        return (Part(_named(path, folder, suffix), sound.media_type, 0.0, sound.duration_s),)
    part_s = min(most_s, most_bytes / BYTES_A_SECOND)
    return tuple(_written(samples(path, FORM, longest_s), folder, part_s))


def _suffix(path: Path, sound: Sound) -> str:
    """The extension by which a transcription knows this file, empty where it would not take it."""
    kind = kind_of_file(path).name
    if sound.codec not in TAKEN.get(kind, ()):
        return ""
    if kind in ("mp4", "m4a"):
        return ".mp4" if sound.has_video else ".m4a"
    return f".{kind}"


def _named(path: Path, folder: Path, suffix: str) -> Path:
    if path.suffix.lower() == suffix:
        return path
    named = folder / f"{secrets.token_hex(8)}{suffix}"
    try:
        os.link(path, named)
    except OSError:  # another disk, or one without links
        shutil.copyfile(path, named)
    return named


def _written(stream: Iterator[bytes], folder: Path, part_s: float) -> Iterator[Part]:
    name, start = secrets.token_hex(8), 0
    for number, pieces in enumerate(_parts(stream, part_s)):
        path = folder / f"{name}-{number:03}{FORM.suffix}"
        with Pen(path, FORM) as pen:
            for piece in pieces:
                pen.write(piece)
        end = start + pen.written
        yield Part(path, FORM.media_type, start / FORM.rate, end / FORM.rate)
        start = end


def _parts(stream: Iterator[bytes], part_s: float) -> Iterator[Iterator[bytes]]:
    """Each part as its pieces; a part must be read to its end before the next is asked for."""
    cutter = Cutter(stream, part_s)
    while cutter.more():
        yield cutter.part()


class Cutter:
    """Lets samples through until the window before a part's end, holds that, and cuts at the quietest place in it."""

    def __init__(self, stream: Iterator[bytes], part_s: float) -> None:
        window_s = min(WINDOW_S, part_s / 4)
        self._stream = stream
        self._window = _size(window_s)
        self._rest = _size(min(LEAST_REST_S, part_s / 16))
        self._certain = _size(part_s) - self._window - self._rest
        self._held = bytearray()

    def more(self) -> bool:
        """Is anything left?"""
        return self._hold(1)

    def part(self) -> Iterator[bytes]:
        """The pieces of the next part."""
        let = 0
        while let < self._certain and self._hold(1):
            piece = self._take(min(len(self._held), self._certain - let))
            let += len(piece)
            yield piece
        if self._hold(self._window + self._rest):
            yield self._take(loudness.quietest(bytes(self._held[: self._window]), FORM.rate) * SAMPLE_BYTES)
        else:
            yield self._take(len(self._held))

    def _hold(self, least: int) -> bool:
        while len(self._held) < least:
            piece = next(self._stream, None)
            if piece is None:
                return False
            self._held += piece
        return True

    def _take(self, size: int) -> bytes:
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken


def _size(seconds: float) -> int:
    return max(1, round(seconds * FORM.rate)) * SAMPLE_BYTES
