"""Cutting CommonMark into pages that fit a measure.

A page is cut off as soon as the text no longer fits, and the place of the cut depends only on what fitted and
the one character after it. So the pages of a growing text stay as they are once a later page exists.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

Measure = Callable[[str], int]

_FENCE = re.compile(r"((?:[ \t]|>|(?:[-*+]|\d{1,9}[.)])[ \t])*)(`{3,}(?=[^`\n]*$)|~{3,})([^\n]*)$", re.MULTILINE)
_ROW = re.compile(r"[ \t]*\|")
_DELIMITER = re.compile(r"[ \t]*\|[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t\r]*$", re.MULTILINE)
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]")
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_BLANK_LINES = re.compile(r"(?:[ \t\r]*\n)*")
_REST_OF_LINE = re.compile(r"[ \t\r]*\n?")
_INK = re.compile(r"[ \t\r]*([^ \t\r])")
_SENTENCE = re.compile(r"""[.!?…][*_"'”’)\]]*(?=\s)|[。！？；][”’」』）]*""")
_WORD = re.compile(r"(?<=\S)(?=[ \t])|(?<=[，、：])")

_HEAD_SHARE = 4
"""Lines that would take more than a quarter of a page are not repeated on it."""

_EMPTY_ENOUGH = 0.5
"""A full page is cut at a paragraph or line in its second half; else a sentence there, else any word."""

_NEARLY_ALL = 0.8
"""A page that must end early gives up less: people have read its end already."""


@dataclass(frozen=True, slots=True)
class Seam:
    """Where a page begins: an offset into the text, and the lines (fence or table head) repeated before it."""

    at: int = 0
    reopen: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it should be shown, where it begins, and where it was cut off."""

    text: str
    start: Seam
    end: Seam


START = Seam()


def split(text: str, limit: int, measure: Measure) -> list[str]:
    """The pages of a text, each measuring at most `limit`; none for a blank text, and none is blank.

    `measure` must not shrink when a text gets longer. A single character that is over the limit by itself
    stands alone on its page.
    """
    return [page.text for page in pages(text, limit, measure)]


def pages(text: str, limit: int, measure: Measure, start: Seam = START) -> list[Page]:
    """The pages from a seam on: the `start` of a page found earlier, or the `end` of one that was closed."""
    if limit < 1:
        raise ValueError("a page must hold at least one character")
    whole, found = text.rstrip(), list[Page]()
    seam = _resume(whole, start)
    while seam.at < len(whole):
        found.append(_page(whole, seam, limit, measure))
        seam = _resume(whole, found[-1].end)
    return found


def close(text: str, limit: int, measure: Measure, page: Page) -> Page:
    """The last page of `pages`, ended early near its end, so that the growing text can go on at its `end`."""
    doc = page.start.reopen + text[page.start.at :].rstrip()
    window = _Window(doc, len(page.start.reopen), len(doc), limit, measure)
    return _cut(page.start, window, _NEARLY_ALL)


def closed(text: str) -> str:
    """The text with the fence closed that is still open at its end, so that something else may follow."""
    return text + _closing(_lines(f"{text}\n.")[-1].inside or "")


def _page(text: str, seam: Seam, limit: int, measure: Measure) -> Page:
    head = seam.reopen if _HEAD_SHARE * measure(seam.reopen) <= limit else ""
    window = _reach(text, Seam(seam.at, head), limit, measure)
    if window.reach == len(window.doc):
        return Page(window.doc, Seam(seam.at, head), Seam(len(text)))
    if window.doc[window.base : window.reach].isspace():
        ink = len(text) - len(text[seam.at :].lstrip())
        return _page(text, Seam(ink, seam.reopen), limit, measure)
    return _cut(Seam(seam.at, head), window, _EMPTY_ENOUGH)


@dataclass(frozen=True, slots=True)
class _Window:
    """What a page could hold at most: `doc[:reach]` fits; `doc` shows one character more, if there is one.

    The first `base` characters are repeated lines and no part of the text.
    """

    doc: str
    base: int
    reach: int
    limit: int
    measure: Measure

    def page(self, at: int, carry: str) -> str:
        """The page if it is cut here, with the fence closed that is open here."""
        if not (closing := _closing(carry)):
            return self.doc[:at].rstrip()
        return self.doc[:at].removesuffix("\n") + closing

    def takes(self, at: int, carry: str) -> bool:
        """Whether a cut here gives a page that fits and is not blank."""
        if not self.doc[self.base : at].strip():
            return False
        return self.measure(self.page(at, carry)) <= self.limit


def _reach(text: str, seam: Seam, limit: int, measure: Measure) -> _Window:
    base, size = len(seam.reopen), limit
    while measure(doc := seam.reopen + text[seam.at : seam.at + size]) <= limit:
        if seam.at + size >= len(text):
            return _Window(doc, base, len(doc), limit, measure)
        size *= 2
    low, high = base, len(doc)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if measure(doc[:middle]) <= limit else (low, middle)
    reach = max(low, base + 1)
    if reach == len(doc) and seam.at + size < len(text):
        doc += text[seam.at + size]
    return _Window(doc[: reach + 1], base, reach, limit, measure)


def _cut(seam: Seam, window: _Window, fill: float) -> Page:
    at, carry = next((place for place in _places(window, fill) if window.takes(*place)), (window.reach, ""))
    return Page(window.page(at, carry), seam, Seam(seam.at + at - window.base, carry))


def _resume(text: str, seam: Seam) -> Seam:
    """The same place without what only ended the page before: blanks, the end of its fence, its table."""
    at = seam.at
    if 0 < at < len(text) and text[at - 1] != "\n":
        at = _end(_REST_OF_LINE, text, at)
    if fence := _FENCE.match(seam.reopen):
        ended = _ending(fence, pending=True).match(text, at)
        return _resume(text, Seam(ended.end())) if ended else Seam(at, seam.reopen)
    if seam.reopen and _ROW.match(text, at):
        return Seam(at, seam.reopen)
    return Seam(_end(_BLANK_LINES, text, at))


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _closing(carry: str) -> str:
    fence = _FENCE.match(carry)
    return f"\n{fence[1]}{fence[2]}" if fence else ""


def _ending(fence: re.Match[str], *, pending: bool = False) -> re.Pattern[str]:
    """A line that ends a fence; with `pending` also signs at the very end that may become one."""
    sign, length = re.escape(fence[2][0]), len(fence[2])
    growing = rf"|{sign}+\Z" if pending else ""
    return re.compile(rf"[ \t>]*(?:{sign}{{{length},}}[ \t\r]*(?:\n|\Z){growing})")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line and what must be repeated after a cut before it or inside it; None: do not cut there."""

    start: int
    before: str | None
    inside: str | None
    paragraph: bool
    loose: bool
    """Nothing ties it to the line before, as a table's head or a heading would."""


def _places(window: _Window, fill: float) -> Iterator[tuple[int, str]]:
    """Where to cut, best first, each with what must be repeated after it."""
    lines = _lines(window.doc)
    low = window.base + int((window.reach - window.base) * fill)
    good = [line for line in reversed(lines) if window.base + (low - window.base) // 2 <= line.start <= window.reach]
    loose = [line for line in good if line.loose]
    best = [line for line in loose if line.paragraph and line.start >= low]
    enough = [line for line in loose if line.start >= low]
    for line in (*best, *enough, *loose, *good):
        if line.before is not None:
            yield line.start, line.before
    starts = [line.start for line in lines]
    for at in _inner_places(window, low):
        inside = lines[bisect_right(starts, at - 1) - 1].inside
        if inside is not None:
            yield at, inside


def _inner_places(window: _Window, low: int) -> Iterator[int]:
    doc, reach = window.doc, window.reach
    sentences = [found.end() for found in _SENTENCE.finditer(doc, low)]
    words = [found.start() for found in _WORD.finditer(doc, window.base + 1)]
    yield from (at for at in reversed(sentences) if at <= reach and _breakable(doc, at))
    yield from (at for at in reversed(words) if at <= reach and _breakable(doc, at))
    yield from (at for at in range(reach, window.base, -1) if _breakable(doc, at))


class _Scan:
    """Reads lines in order and knows the fence or table that is open before each."""

    def __init__(self) -> None:
        self._fence: re.Match[str] | None = None
        self._reopen = ""
        self._table = ""
        self._previous = ""
        self._tied = False
        self._opened = False

    def line(self, start: int, line: str) -> _Line:
        """What a cut before or inside this line would mean; a fence is not cut before its first line."""
        opened, self._opened = self._opened, False
        if self._fence and not (">" in self._fence[1] and ">" not in line):
            found = self._inside_fence(start, line)
        else:
            found = self._outside(start, line)
        self._previous = line
        return replace(found, before=None) if opened else found

    def _inside_fence(self, start: int, line: str) -> _Line:
        before, fence = self._reopen, self._fence
        if fence and _ending(fence).match(line):
            self._fence, self._reopen = None, ""
            return _Line(start, before, None, paragraph=False, loose=True)
        return _Line(start, before, before, paragraph=False, loose=True)

    def _outside(self, start: int, line: str) -> _Line:
        self._fence, blank = None, not line.strip()
        tied, row = self._tied, bool(_ROW.match(line))
        paragraph = blank or not self._previous.strip()
        if fence := _FENCE.match(line):
            self._fence, self._opened, self._table = fence, line.endswith("\n"), ""
            self._reopen = re.sub(r"[^\s>]", " ", fence[1]) + fence[2] + fence[3].rstrip() + "\n"
            self._tied = False
            return _Line(start, "", None, paragraph=True, loose=not tied)
        before = self._table if row else ""
        self._follow_table(line, row=row)
        self._tied = bool(_HEADING.match(line)) or (blank and tied) or (row and not before)
        return _Line(start, before, "", paragraph=paragraph, loose=not tied)

    def _follow_table(self, line: str, *, row: bool) -> None:
        if not row:
            self._table = ""
        elif not self._table and _DELIMITER.match(line) and _ROW.match(self._previous):
            self._table = self._previous + line


def _lines(doc: str) -> list[_Line]:
    scan = _Scan()
    return [scan.line(line.start(), line[0]) for line in _LINE.finditer(doc)]


_REGIONAL = range(0x1F1E6, 0x1F200)
_LOW_SURROGATES = range(0xDC00, 0xE000)
_TAGS = range(0xE0020, 0xE0080)
_SKINS = range(0x1F3FB, 0x1F400)
_JAMO = range(0x1160, 0x1200)
_JOINER = "\N{ZERO WIDTH JOINER}"


def _breakable(doc: str, at: int) -> bool:
    """Whether a page may end here: no cluster is torn, and the next page cannot begin with a fence by accident."""
    if at >= len(doc):
        return True
    before, after, ink = doc[at - 1], doc[at], _INK.match(doc, at)
    if ink is None or ink[1] in "`~" or _JOINER in (before, after):
        return False
    if unicodedata.category(after) in ("Mn", "Me", "Mc"):
        return False
    code = ord(after)
    if code in _REGIONAL:
        return _regionals_before(doc, at) % 2 == 0
    return not any(code in part for part in (_LOW_SURROGATES, _TAGS, _SKINS, _JAMO))


def _regionals_before(doc: str, at: int) -> int:
    first = at
    while first > 0 and ord(doc[first - 1]) in _REGIONAL:
        first -= 1
    return at - first
