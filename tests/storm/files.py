"""The sounds and pictures of a storm: made once, tiny, and each with the number of its question in it."""

import io
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from PIL import Image, UnidentifiedImageError

from tests.bot.media.clips import sound
from tests.fakes.gateway.painting import colour

Container = Literal["m4a", "ogg"]
"""What Slack's clips and Discord's voice messages are."""

SPOKEN_S = 0.5
_LEAST = 16_384
"""Bytes of the sound of question 0; each further one is a byte longer, which no player hears."""
_MOST = 99_999
_BITS = 17
_BLOCK = 16
_CLOSE = 30
"""How far the colour of a picture may be off after it was written anew, in steps of all three parts."""


def name(number: int, ending: str) -> str:
    """The name of a question's file, by which notices speak of it (see `marks.named`)."""
    return f"storm-{number:05}.{ending}"


def voice_note(number: int, container: Container) -> bytes:
    """Half a second whose size says which question is asked."""
    sounds = _sound(container)
    padding = _LEAST + number - len(sounds)
    if container == "m4a":  # a box that is marked as free to be skipped
        return sounds + padding.to_bytes(4, "big") + b"free" + bytes(padding - 8)
    return sounds + bytes(padding)  # what follows an Ogg stream is no page of it


def spoken(size: int) -> int | None:
    """The question of a sound of so many bytes; None where it is none of ours, or was not left as it was."""
    return size - _LEAST if 0 <= size - _LEAST <= _MOST else None


def picture(number: int) -> bytes:
    """Black and white blocks that spell the number of its question, with a parity, between a black and a white one."""
    bits = [number >> at & 1 for at in range(_BITS)]
    blocks = [0, *bits, sum(bits) % 2, 1]
    row = Image.new("L", (len(blocks), 1))
    row.putdata([255 * block for block in blocks])
    file = io.BytesIO()
    row.resize((len(blocks) * _BLOCK, 2 * _BLOCK), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


@cache
def read(content: bytes) -> int | None:
    """The question of a picture that a person has sent, whatever it was written as since."""
    try:
        sheet = Image.open(io.BytesIO(content)).convert("L")
    except (UnidentifiedImageError, OSError):
        return None
    count, middle = _BITS + 3, sheet.width * (sheet.height // 2)
    levels = [sheet.tobytes()[middle + sheet.width * (2 * at + 1) // (2 * count)] for at in range(count)]
    first, *bits, parity, last = [level > 127 for level in levels]
    if first or not last or parity != sum(bits) % 2:
        return None
    return sum(bit << at for at, bit in enumerate(bits))


def prompt(number: int) -> str:
    """What the storm's model wants to be drawn for a question."""
    return f"a lighthouse in a storm at night, number {number:05}"


def drawn(content: bytes, numbers: Iterable[int]) -> int | None:
    """Which of these questions a picture was drawn for: the gateway's painter gives each prompt a colour."""
    found = _colour(content)
    distances = {number: _distance(found, _drawn_in(number)) for number in numbers} if found else {}
    nearest = min(distances, key=lambda number: distances[number], default=None)
    return nearest if nearest is not None and distances[nearest] <= _CLOSE else None


@cache
def _drawn_in(number: int) -> tuple[int, int, int]:
    return colour(prompt(number))


@cache
def _colour(content: bytes) -> tuple[int, int, int] | None:
    try:
        red, green, blue = Image.open(io.BytesIO(content)).convert("RGB").resize((1, 1)).tobytes()
    except (UnidentifiedImageError, OSError):
        return None
    return red, green, blue


def _distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    return sum(abs(mine - its) for mine, its in zip(one, other, strict=True))


@cache
def _sound(container: Container) -> bytes:
    with TemporaryDirectory() as folder:
        return sound(Path(folder) / f"clip.{container}", seconds=SPOKEN_S).read_bytes()
