"""Several sounds made one: their samples put end to end and encoded once, so that no encoder's padding is heard."""

from pathlib import Path

from bot.errors import FileTooLarge
from bot.media import loudness
from bot.media.sounds import FORMS, SAMPLE_BYTES, Form, Pen, in_words, samples
from bot.media.values import LONGEST_SOUND_S, Spoken

# One sample in three tells the loudness of speech as well as all of them, and in a third of the time.
THINNED = 3


def join(paths: list[str], to: Path, kind: str) -> Spoken:
    """See `Studio.join`."""
    return written([Path(path) for path in paths], to, FORMS[kind])


def written(paths: list[Path], to: Path, form: Form) -> Spoken:
    """These sounds in this order, in one file of this form."""
    frame = round(form.rate * loudness.FRAME_S / THINNED)
    heard = bytearray()
    with Pen(to, form) as pen:
        for path in paths:
            for piece in samples(path, form):
                pen.write(piece)
                heard += _thin(piece)
            if pen.written_s > LONGEST_SOUND_S:
                raise FileTooLarge("together they are too long", most=in_words(LONGEST_SOUND_S))
    waveform = loudness.waveform(loudness.energies(bytes(heard), frame), pen.written_s)
    return Spoken(to, form.media_type, to.stat().st_size, round(pen.written_s, 3), waveform)


def _thin(pcm: bytes) -> bytes:
    return memoryview(pcm).cast("h")[::THINNED].tobytes() if len(pcm) > SAMPLE_BYTES else b""
