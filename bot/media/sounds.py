"""Sound in and out of files: what it is, its samples as a stream, and a pen that writes samples."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition

from bot.errors import FileBroken, FileTooLarge, FileUnsupported
from bot.kinds import Kind, kind_of_file
from bot.media.values import LONGEST_SOUND_S, Sound

DEMUXERS = {
    "ogg": "ogg", "ogv": "ogg", "webm": "matroska", "mka": "matroska", "mkv": "matroska", "mp4": "mp4", "m4a": "mp4",
    "mov": "mov", "3gp": "3gp", "3g2": "3gp", "mp3": "mp3", "wav": "wav", "flac": "flac", "aac": "aac", "amr": "amr",
    "awb": "amr", "caf": "caf", "aiff": "aiff", "avi": "avi", "asf": "asf", "flv": "flv",
}  # fmt: skip
# By our own look at the bytes one demuxer is allowed, and one protocol: FFmpeg would as readily take the file for a
# playlist, and open what it names.
OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "ogg,matroska,mov,mp3,wav,flac,aac,amr,caf,aiff,avi,asf,flv",
}
# Headers and counted packets differ by a little in honest files: padding, priming.
CREDIBLE_S = 0.3
SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class Form:
    """How samples are written: one row of `FORMS`."""

    suffix: str
    media_type: str
    container: str
    codec: str
    rate: int
    bit_rate: int = 0
    layout: str = "mono"
    options: dict[str, str] = field(default_factory=dict)


FORMS = {
    "opus": Form(".ogg", "audio/ogg", "ogg", "libopus", 48_000, 32_000),
    "mp3": Form(".mp3", "audio/mpeg", "mp3", "libmp3lame", 24_000, 64_000),
    "m4a": Form(".m4a", "audio/mp4", "mp4", "aac", 24_000, 64_000),
    "wav": Form(".wav", "audio/wav", "wav", "pcm_s16le", 24_000),
}


def probe(path: Path) -> Sound:
    """What a file sounds like. Raises `FileUnsupported` where nothing can be heard in it."""
    with opened(path) as (container, stream, kind):
        video = any(not each.disposition & Disposition.attached_pic for each in container.streams.video)
        codec, rate, channels = stream.codec_context.name, stream.codec_context.rate, stream.codec_context.channels
        declared = container.duration / 1_000_000 if container.duration else 0.0
        counted = _counted_s(container, stream)
    believed = declared if abs(declared - counted) < CREDIBLE_S else counted
    if believed <= 0:
        raise FileBroken("not one packet of sound")
    family = "video" if video or kind.name in ("avi", "flv", "mov") else "audio"
    media_type = f"{family}/{kind.media_type.partition('/')[2]}"
    return Sound(round(believed, 3), video, codec, media_type, channels, rate)


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, AudioStream, Kind]]:
    """The container, its first sound and its kind."""
    kind = kind_of_file(path)
    demuxer = DEMUXERS.get(kind.name)
    if demuxer is None:
        raise FileUnsupported(f"{kind.name}: no sound")
    try:
        container = av.open(f"file:{path.absolute()}", format=demuxer, options=OPTIONS, metadata_errors="ignore")
    except av.FFmpegError as error:
        raise FileBroken(f"{kind.name} that cannot be opened: {type(error).__name__}") from error
    with container:
        if not container.streams.audio:
            raise FileUnsupported(f"{kind.name} without sound")
        stream = container.streams.audio[0]
        if stream.codec_context is None:
            raise FileUnsupported(f"{kind.name} with a sound of unknown codec")
        yield container, stream, kind


def samples(path: Path, form: Form, longest_s: float = LONGEST_SOUND_S) -> Iterator[bytes]:
    """All samples of a file, 16 bits each, at the form's rate and layout, as they are decoded.

    Damaged packets are left out, as players do; raises `FileBroken` where nothing is left.
    """
    most, heard = round(longest_s * form.rate), 0
    with opened(path) as (container, stream, _):
        for frame in _resampled(_frames(container, stream), form):
            heard += frame.samples
            if heard > most:
                raise FileTooLarge("it goes on for too long", most=in_words(longest_s))
            yield bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES * frame.layout.nb_channels]
    if not heard:
        raise FileBroken("no sound could be decoded")


def in_words(seconds: float) -> str:
    """A length as people read it in any language."""
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"


class Pen:
    """`with Pen(path, form) as pen`: what is written comes out as one stream, with no gap between the pieces."""

    def __init__(self, path: Path, form: Form) -> None:
        self.path = path
        self.form = form
        self.written = 0
        self._container = av.open(f"file:{path.absolute()}", "w", format=form.container)
        stream = self._container.add_stream(form.codec, rate=form.rate, options=form.options, layout=form.layout)
        self._stream = cast(AudioStream, stream)
        if form.bit_rate:
            self._stream.bit_rate = form.bit_rate

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._container.mux(self._stream.encode(None))
        self._container.close()
        if kind is not None:
            self.path.unlink(missing_ok=True)

    @property
    def written_s(self) -> float:
        """How long it is by now."""
        return self.written / self.form.rate

    def write(self, pcm: bytes) -> None:
        """Append samples of the form's rate and layout."""
        frame = AudioFrame(format="s16", layout=self.form.layout, samples=len(pcm) // self._width)
        if not frame.samples:
            return
        frame.planes[0].update(pcm)
        frame.sample_rate = self.form.rate
        frame.time_base = Fraction(1, self.form.rate)
        frame.pts = self.written
        self.written += frame.samples
        self._container.mux(self._stream.encode(frame))

    @property
    def _width(self) -> int:
        return SAMPLE_BYTES * (2 if self.form.layout == "stereo" else 1)


def _counted_s(container: InputContainer, stream: AudioStream) -> float:
    """How long the packets are that are there; headers may say anything."""
    ticks, last = 0, 0
    try:
        for packet in container.demux(stream):
            ticks += packet.duration or 0
            last = max(last, packet.pts or 0)
    except av.FFmpegError:  # cut off: what came before counts
        pass
    start = max(stream.start_time or 0, 0)
    return float((ticks or last - start) * (stream.time_base or 0))


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    try:
        for packet in container.demux(stream):
            try:
                frames = stream.decode(packet)
            except av.FFmpegError:
                continue
            yield from frames
    except av.FFmpegError:
        return


def _resampled(frames: Iterator[AudioFrame], form: Form) -> Iterator[AudioFrame]:
    """Some sounds change their form half-way (chained Ogg, AAC with SBR): each stretch has a resampler of its own."""
    resampler, before = None, None
    for frame in frames:
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is not None and now != before:
            yield from resampler.resample(None)
            resampler = None
        resampler, before = resampler or AudioResampler("s16", form.layout, form.rate), now
        frame.pts = None
        yield from resampler.resample(frame)
    if resampler is not None:
        yield from resampler.resample(None)
