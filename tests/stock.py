"""Plain pictures and sounds, as bytes, where a test needs a file and it does not matter what is in it."""

import io
import wave

from PIL import Image

Colour = str | tuple[int, int, int]


def picture(colour: Colour = "red", size: tuple[int, int] = (64, 48), form: str = "PNG", **more: object) -> bytes:
    """A picture of one colour; `more` is for Pillow's writer of the format."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, form, **more)
    return file.getvalue()


def wav(samples: bytes, rate: int = 16_000) -> bytes:
    """These samples, of 16 bits and one channel, as a wav file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, rate, 0, "NONE", ""))
        writer.writeframes(samples)
    return file.getvalue()
