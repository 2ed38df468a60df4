"""The card that stands where a picture would be: it says so, and what to set."""

import io
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError

from bot.local.faults import BadRequest

TITLE = "PLACEHOLDER"
WHY = "no image model is connected"
FIX = "Set TOKENGATE_BASE_URL and TOKENGATE_API_KEY to have pictures made."
FOREIGN = "(a prompt in a script that this card cannot draw)"

LARGEST = 2048
SMALLEST = 64
MOST_PIXELS = 40_000_000
_READ = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
_LAST_LETTER = 0x24F  # the font that Pillow brings ends with extended Latin
_PUNCTUATION = range(0x2010, 0x2040)

_PAPER, _INK, _PALE, _SIGN = (246, 244, 238), (40, 44, 52), (110, 114, 122), (190, 60, 40)
_SHAPES: Mapping[str, str] = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Card:
    """What to show: the prompt, and how large."""

    prompt: str
    size: Size
    shape: str = "png"


def draw(card: Card) -> bytes:
    """The card by itself."""
    image = Image.new("RGB", card.size, _PAPER)
    _fill(image, (0, 0, *card.size), card.prompt)
    return _bytes(image, card.shape)


def lay_over(picture: bytes, card: Card, *, keep_size: bool) -> bytes:
    """The given picture with the card on its lower third. Raises `BadRequest` for what is no picture."""
    image = _opened(picture)
    image.thumbnail((LARGEST, LARGEST) if keep_size else card.size)
    width, height = image.size
    box = (0, height - max(height // 3, min(height, SMALLEST)), width, height)
    image.paste(_PAPER, box)
    _fill(image, box, card.prompt)
    return _bytes(image, card.shape)


def _opened(picture: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(picture), formats=_READ) as found:
            if found.width * found.height > MOST_PIXELS:
                raise BadRequest(f"the picture has more than {MOST_PIXELS // 1_000_000} million pixels", "image")
            return ImageOps.exif_transpose(found).convert("RGB")
    except UnidentifiedImageError:
        raise BadRequest("the file is no picture that can be read", "image") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadRequest("the picture is broken", "image") from error


def _fill(image: Image.Image, box: tuple[int, int, int, int], prompt: str) -> None:
    """Title, reason, prompt and what to set, as large as the box allows; what does not fit is left away."""
    left, top, right, bottom = box
    pen, margin = ImageDraw.Draw(image), max(4, (right - left) // 24)
    step = max(8.0, min((right - left) / 22, (bottom - top) / 9))
    pen.rectangle((left, top, right - 1, bottom - 1), outline=_SIGN, width=max(1, margin // 6))
    line = top + margin / 2
    for words, size, ink in (
        (TITLE, step * 1.4, _SIGN),
        (WHY, step, _INK),
        (FIX, step * 0.7, _PALE),
        (_drawable(prompt), step * 0.9, _INK),
    ):
        font = ImageFont.load_default(size)
        across = max(8, int((right - left - 2 * margin) / (font.getlength("n") or 1)))
        for part in textwrap.wrap(words, across):
            if line + size * 1.25 > bottom:
                return
            pen.text((left + margin, line), part, fill=ink, font=font)
            line += size * 1.25


def _drawable(prompt: str) -> str:
    strange = sum(ord(letter) > _LAST_LETTER and ord(letter) not in _PUNCTUATION for letter in prompt)
    if 4 * strange > len(prompt):
        return FOREIGN
    return "".join(letter if letter.isprintable() else " " for letter in prompt)


def _bytes(image: Image.Image, shape: str) -> bytes:
    out = io.BytesIO()
    image.save(out, _SHAPES[shape])
    return out.getvalue()
