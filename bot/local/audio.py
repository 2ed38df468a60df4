"""Sound between files and bare samples, by PyAV, within bounds."""

import io
from collections.abc import Iterable, Iterator

import av
from av.audio.resampler import AudioResampler
from av.container import InputContainer, OutputContainer

from bot.local.faults import BadRequest

HEARING_RATE = 16_000
SHORTEST_S = 0.1
LONGEST_S = 1800

# Playlists and the like would let a file name other files, or places in the network.
_FORMATS = "aac,aiff,amr,caf,flac,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,ogg,wav"
_READING = {"format_whitelist": _FORMATS, "protocol_whitelist": "none"}

_SAMPLE = 2  # bytes: signed, 16 bits, mono everywhere here
_PIECE = 4096

WRITTEN = {
    "mp3": ("mp3", "libmp3lame", 24_000, 64_000, "audio/mpeg"),
    "opus": ("ogg", "libopus", 48_000, 32_000, "audio/ogg"),
    "flac": ("flac", "flac", None, None, "audio/flac"),
    "wav": ("wav", "pcm_s16le", None, None, "audio/wav"),
    "pcm": (None, None, 24_000, None, "audio/pcm"),
}
"""The formats of spoken answers: container, codec, rate and bit rate (None: the voice's own), media type."""


def decode(sound: bytes) -> bytes:
    """The samples of a sound file at `HEARING_RATE`. Raises `BadRequest` for what is none, or too short or long."""
    try:
        with av.open(io.BytesIO(sound), "r", metadata_errors="ignore", options=_READING) as container:
            samples = _samples(container)
    except av.error.FFmpegError as error:
        raise _unreadable() from error
    if len(samples) < SHORTEST_S * HEARING_RATE * _SAMPLE:
        raise BadRequest(f"the sound is shorter than {SHORTEST_S} seconds", "file", code="audio_too_short")
    return samples


def seconds(samples: bytes) -> float:
    """How long samples at `HEARING_RATE` last."""
    return len(samples) / _SAMPLE / HEARING_RATE


def encode(samples: bytes, rate: int, kind: str) -> bytes:
    """A whole file, or bare samples for "pcm"; `kind` is a key of `WRITTEN`."""
    container, codec, wanted, bit_rate, _ = WRITTEN[kind]
    target = wanted or rate
    if container is None or codec is None:
        return b"".join(bytes(frame.planes[0])[: frame.samples * _SAMPLE] for frame in _at(target, samples, rate))
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        _write(file, codec, target, bit_rate, _at(target, samples, rate))
    return out.getvalue()


def _samples(container: InputContainer) -> bytes:
    if not container.streams.audio:
        raise BadRequest("there is no sound in the file", "file", code="invalid_file_format")
    whole, most = bytearray(), LONGEST_S * HEARING_RATE * _SAMPLE
    resampler = AudioResampler("s16", "mono", HEARING_RATE)
    for frame in _frames(container):
        for part in resampler.resample(frame):
            whole += bytes(part.planes[0])[: part.samples * _SAMPLE]
        if len(whole) > most:
            raise BadRequest(f"the sound is longer than {LONGEST_S // 60} minutes", "file", code="audio_too_long")
    return bytes(whole)


def _frames(container: InputContainer) -> Iterator[av.AudioFrame | None]:
    """The frames that can be read, then None for what the resampler keeps; a torn packet does not lose the rest."""
    for packet in container.demux(audio=0):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue
        for frame in frames:
            if isinstance(frame, av.AudioFrame):
                frame.pts = None  # a jump in a broken clock must not become an hour of silence
                yield frame
    yield None


def _at(wanted: int, samples: bytes, rate: int) -> Iterator[av.AudioFrame]:
    resampler = AudioResampler("s16", "mono", wanted)
    for start in range(0, len(samples), _PIECE * _SAMPLE):
        piece = samples[start : start + _PIECE * _SAMPLE]
        frame = av.AudioFrame("s16", "mono", len(piece) // _SAMPLE)
        frame.planes[0].update(piece.ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate = rate
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def _write(file: OutputContainer, codec: str, rate: int, bit_rate: int | None, frames: Iterable[av.AudioFrame]) -> None:
    stream = file.add_stream(codec, rate=rate)
    assert isinstance(stream, av.AudioStream)  # noqa: S101 - the codecs of `WRITTEN` are all of sound
    stream.layout = "mono"
    if bit_rate is not None:
        stream.bit_rate = bit_rate
    for frame in frames:
        frame.pts = None
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))


def _unreadable() -> BadRequest:
    return BadRequest("the file is no sound that can be read", "file", code="invalid_file_format")
