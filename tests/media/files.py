"""What people send: voice notes, pictures that tell where they were taken, and things that only claim to be such."""

import io
import random
from functools import cache

from PIL import ExifTags, Image

from tests import stock
from tests.fakes.gateway.tones import tone
from tests.media.places import Sent

RED, GREEN, BLUE = (200, 30, 30), (30, 200, 30), (30, 30, 200)
SIZE = (96, 64)
_LATITUDE = ((52.0, 31.0, 12.0), "N")


@cache
def note(seconds: float = 1.5, name: str = "voice-message.ogg") -> Sent:
    """A voice note, Ogg/Opus as the clients record it."""
    return Sent(name, "audio/ogg", tone(seconds, "opus"), voice_s=seconds)


@cache
def recording(seconds: float = 1.5, form: str = "mp3") -> Sent:
    """A sound that somebody shares, which was not spoken for this message."""
    return Sent(f"recording.{form}", "audio/mpeg", tone(seconds, form))


@cache
def photo(colour: tuple[int, int, int] = RED, name: str = "photo.jpg", size: tuple[int, int] = SIZE) -> Sent:
    """A photograph that tells where it was taken."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "A camera"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = _LATITUDE[0]
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = _LATITUDE[1]
    return Sent(name, "image/jpeg", stock.picture(colour, size, "JPEG", exif=exif))


@cache
def noise(side: int) -> Sent:
    """A picture that cannot be packed: three bytes for each point."""
    file = io.BytesIO()
    Image.frombytes("RGB", (side, side), random.Random(7).randbytes(3 * side * side)).save(
        file, "PNG", compress_level=1
    )
    return Sent("noise.png", "image/png", file.getvalue())


@cache
def broken_photo() -> Sent:
    """One whose transfer ended half-way."""
    whole = photo(size=(640, 480)).content
    return Sent("half.jpg", "image/jpeg", whole[: len(whole) // 2])


def large_recording(megabytes: int) -> Sent:
    """A file of so many megabytes that begins like a sound."""
    head = recording().content
    return Sent("long.mp3", "audio/mpeg", head + bytes(megabytes * 1_000_000 - len(head)))
