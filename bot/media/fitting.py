"""Files made fit to be shown on a platform: within its bytes, and pictures without what they tell of their maker."""

import secrets
from pathlib import Path

from bot.errors import FileTooLarge
from bot.kinds import kind_of_file
from bot.media import joining, pictures
from bot.media.sounds import DEMUXERS, Form, probe
from bot.media.values import MEGABYTE, Fitted, Sound

LONGEST_SHOWN = 4096
MARGIN = 0.95
# From music to the least at which speech can be followed.
FORMS = (
    Form(".mp3", "audio/mpeg", "mp3", "libmp3lame", 44_100, 192_000, "stereo"),
    Form(".mp3", "audio/mpeg", "mp3", "libmp3lame", 44_100, 128_000, "stereo"),
    Form(".mp3", "audio/mpeg", "mp3", "libmp3lame", 24_000, 64_000),
    Form(".mp3", "audio/mpeg", "mp3", "libmp3lame", 16_000, 32_000),
    Form(".mp3", "audio/mpeg", "mp3", "libmp3lame", 16_000, 16_000),
)


def fit(path: Path, folder: Path, most_bytes: int) -> Fitted:
    """See `Studio.fit`."""
    kind = kind_of_file(path).name
    if kind in pictures.PICTURES:
        shown = pictures.picture(path, folder, LONGEST_SHOWN, most_bytes, pictures.SHOWN)
        return Fitted(shown.path, shown.media_type, shown.size)
    sound = probe(path) if kind in DEMUXERS else None
    size = path.stat().st_size
    if size <= most_bytes:
        return Fitted(path, sound.media_type if sound else "application/octet-stream", size)
    if sound is None or sound.has_video:
        raise FileTooLarge(f"{size} bytes", most=_words(most_bytes))
    return _quieter(path, folder, most_bytes, sound)


def _quieter(path: Path, folder: Path, most_bytes: int, sound: Sound) -> Fitted:
    """The best form of which it can be foretold that it fits."""
    bits = most_bytes * 8 * MARGIN / sound.duration_s
    for form in FORMS:
        if form.bit_rate <= bits:
            made = joining.written([path], folder / f"{secrets.token_hex(8)}{form.suffix}", form)
            if made.size <= most_bytes:
                return Fitted(made.path, made.media_type, made.size)
            made.path.unlink()
    raise FileTooLarge(f"{sound.duration_s:.0f} s", most=_words(most_bytes))


def _words(size: int) -> str:
    return f"{size / MEGABYTE:.0f} MB" if size >= MEGABYTE else f"{size / 1000:.0f} kB"
