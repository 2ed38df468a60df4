"""Small real pictures whose colour tells which prompt made them, and from which picture."""

import hashlib
import io
from dataclasses import dataclass, field
from typing import Literal

from PIL import Image, UnidentifiedImageError

from tests.fakes.gateway.refusals import refuse

Form = Literal["PNG", "JPEG", "WEBP", "GIF"]
Size = tuple[int, int]
SMALL: Size = (64, 64)
LONGEST = 2048
TAKEN = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


@dataclass(frozen=True, slots=True)
class Painting:
    """What is to be painted. Without a size an edit keeps that of its first picture."""

    prompt: str
    size: Size | None = None
    under: tuple[Image.Image, ...] = field(default=(), repr=False)

    def paint(self, form: Form = "PNG") -> bytes:
        """The picture: the prompt's colour, laid half over every picture below it."""
        size = self.size or (self.under[0].size if self.under else SMALL)
        sheet = Image.new("RGB", size, colour(self.prompt))
        for picture in self.under:
            sheet = Image.blend(sheet, picture.convert("RGB").resize(size), 0.5)
        file = io.BytesIO()
        sheet.save(file, form, **({"compress_level": 1} if form == "PNG" else {}))
        return file.getvalue()


def colour(prompt: str) -> tuple[int, int, int]:
    """The colour of a prompt."""
    red, green, blue = hashlib.sha256(prompt.encode()).digest()[:3]
    return red, green, blue


def look(data: bytes, media_type: str, where: str) -> Image.Image:
    """The picture that a client sent, if it is one of the kinds that are taken, as called, and not too large."""
    try:
        picture = Image.open(io.BytesIO(data))
        picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError):
        refuse("Invalid image file or mode: the image could not be decoded.", where, "invalid_image_format")
    known = TAKEN.get(str(picture.format))
    if known is None or media_type.lower() != known:
        refuse(f"Unsupported image: {picture.format} sent as {media_type}.", where, "invalid_image_format")
    if max(picture.size) > LONGEST:
        refuse(f"The image is too large: the long side may have {LONGEST} pixels.", where, "invalid_image_size")
    return picture
