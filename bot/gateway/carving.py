"""JSON that carries whole files, read beside the event loop and without holding it up."""

import asyncio
from collections.abc import Iterator
from typing import Final
from uuid import uuid4

from bot.gateway.shapes import Undecodable, parse, with_strings

LARGE: Final = 512 * 1024
"""Bytes: the standard library reads so much in about a millisecond, and lets nothing else run meanwhile."""
_LONG: Final = 64 * 1024
_SLICE: Final = 1024 * 1024
_MOST: Final = 20_000
"""Strings that are looked at: what has more of them is no file in a little JSON."""
_PLAIN: Final = bytes(each for each in range(0x20, 0x7F) if each not in b'"\\')
_BACKSLASH: Final = ord("\\")


async def parse_beside(body: bytes) -> object:
    """As `shapes.parse`; a large body is read in a thread that gives the others their turn."""
    return parse(body) if len(body) < LARGE else await asyncio.to_thread(parse_large, body)


def parse_large(body: bytes) -> object:
    """The same value as `shapes.parse`: long plain strings are cut out, and put back into what is read (pure)."""
    mark = uuid4().hex
    rest: list[bytes] = []
    found: dict[str, str] = {}
    done = 0
    for start, end in _strings(body):
        if end - start >= _LONG and _is_plain(body, start, end):
            name = f"{mark}{len(found)}"
            found[name] = str(memoryview(body)[start:end], "ascii")  # one copy of it, and no second
            rest += (body[done:start], name.encode("ascii"))
            done = end
    if not found:
        return parse(body)
    try:
        return with_strings(parse(b"".join([*rest, body[done:]])), lambda said: found.get(said, said))
    except RecursionError as error:
        raise Undecodable(type(error).__name__) from None


def _strings(body: bytes) -> Iterator[tuple[int, int]]:
    """Where the strings of a JSON text begin and end, without their quotes; the first ones."""
    start = body.find(b'"') + 1
    for _ in range(_MOST):
        end = _closing(body, start)
        if not start or end < 0:
            return
        yield start, end
        start = body.find(b'"', end + 1) + 1


def _closing(body: bytes, start: int) -> int:
    """The quote that ends a string, which no odd number of backslashes stands before; -1 where there is none."""
    at = body.find(b'"', start)
    while at >= 0:
        before = at
        while before > start and body[before - 1] == _BACKSLASH:
            before -= 1
        if (at - before) % 2 == 0:
            break
        at = body.find(b'"', at + 1)
    return at


def _is_plain(body: bytes, start: int, end: int) -> bool:
    """It says what it shows: neither escapes nor what JSON forbids. In slices, since each holds all threads up."""
    slices = (body[at : min(at + _SLICE, end)] for at in range(start, end, _SLICE))
    return not any(each.translate(None, _PLAIN) for each in slices)
