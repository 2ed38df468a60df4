"""Marks that match an answer with its questions: `q00017` asks; `A00017`, `m00017` and `Z00017` answer (pure)."""

import re
from functools import cache
from random import Random

_ASKED = re.compile(r"\bq(\d{5})\b")
_ANSWERED = re.compile(r"\b[AmZ](\d{5})\b")
_BEGUN = re.compile(r"\bA(\d{5})\b")
_NAMED = re.compile(r"\bstorm\\?-(\d{5})\\?\.")
_QUOTED = re.compile(r"\s*(>|&gt;)")
_WORDS = (
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "harbour",
    "island",
    "juniper",
    "kelp",
    "larch",
)
_SENTENCES = ((3, 8), (3, 8), (8, 20), (20, 40), (70, 110))
"""From a short answer to one that fills more than one post of Discord's."""


def question(number: int) -> str:
    """What a person asks."""
    return f"storm question q{number:05}"


def asked(text: str) -> tuple[int, ...]:
    """The questions whose words stand in a text, each once, in order."""
    return tuple(dict.fromkeys(int(found) for found in _ASKED.findall(text)))


def named(text: str) -> tuple[int, ...]:
    """The questions whose files are spoken of in a text."""
    return tuple(dict.fromkeys(int(found) for found in _NAMED.findall(text)))


def unquoted(text: str) -> str:
    """A text without the lines in which it quotes somebody."""
    return "\n".join(line for line in text.splitlines() if not _QUOTED.match(line))


def answered(text: str) -> frozenset[int]:
    """The questions that a piece of an answer belongs to."""
    return frozenset(int(found) for found in _ANSWERED.findall(text))


def begun(text: str) -> list[int]:
    """The questions whose answer begins in a text, as often as it does."""
    return [int(found) for found in _BEGUN.findall(text)]


@cache
def answer(numbers: tuple[int, ...]) -> str:
    """The one answer to these questions, the same whenever it is asked for: every sentence says whose it is."""
    chance = Random(",".join(str(number) for number in numbers))
    count = chance.randint(*chance.choice(_SENTENCES))
    sentences = [" ".join(chance.choices(_WORDS, k=6)) + f" m{numbers[0]:05}." for _ in range(count)]
    opening = [f"A{number:05}" for number in numbers]
    closing = [f"Z{number:05}" for number in numbers]
    return " ".join([*opening, *sentences, *closing])
