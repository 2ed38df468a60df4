"""What a file is, by its first bytes: neither its name nor what its sender says of it counts."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bot.kinds.signatures import (
    AAC,
    BMP,
    BRANDS,
    FORMS,
    HEIC,
    M4A,
    MARKS,
    MKA,
    MKV,
    MOV,
    MP3,
    MP4,
    OGG,
    OGV,
    PAGE,
    PDF,
    PLAIN,
    RIFFS,
    SVG,
    THREE,
    THREE2,
    TS,
    UNKNOWN,
    WEBA,
    WEBM,
    ZIP,
    ZIPPED,
    Kind,
)

HEAD: Final = 4096
"""So many bytes of a file's beginning are enough."""

_OLD_MOVIE: Final = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_PICTURE_CODEC: Final = re.compile(rb"V_(?:VP[89]|AV1|MPEG|MS/|THEORA|REAL|PRORES|UNCOMPRESSED|QUICKTIME|FFV1)")
_SOUND_CODEC: Final = re.compile(rb"A_(?:OPUS|VORBIS|AAC|MPEG|FLAC|PCM|AC3|EAC3|DTS|ALAC|MS/)")
_PAGE: Final = re.compile(r"<(?:!doctype\s+html|html|head|body|title|meta|script)\b", re.IGNORECASE)
_SVG: Final = re.compile(r"(?:<!doctype\s+svg|<svg)\b", re.IGNORECASE)
_SKIPPED: Final = (("<!--", "-->"), ("<?xml", "?>"))
_CONTROL: Final = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]")
_BYTE_ORDER: Final = (b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")


def kind_of(head: bytes) -> Kind:
    """The kind of the file that begins with `head`, which is at least `HEAD` bytes or all of it."""
    head = head[:HEAD]
    for judge in _JUDGES:
        found = judge(head)
        if found is not None:
            return found
    return UNKNOWN


def kind_of_file(path: Path) -> Kind:
    """The kind of a file on disk, also where more than `HEAD` bytes of a tag stand before its sound."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        tag = _tag(head)
        if not tag:
            return kind_of(head)
        file.seek(tag)
        return _behind_tag(file.read(HEAD))


def _marked(head: bytes) -> Kind | None:
    return next((kind for mark, kind in MARKS if head.startswith(mark)), None)


def _chunked(head: bytes) -> Kind | None:
    kinds = {b"RIFF": RIFFS, b"RF64": RIFFS, b"FORM": FORMS}.get(head[:4], {})
    return kinds.get(head[8:12])


def _ogg(head: bytes) -> Kind | None:
    if not head.startswith(b"OggS"):
        return None
    return OGV if b"\x80theora" in head else OGG


def _matroska(head: bytes) -> Kind | None:
    """Where the head does not say which tracks there are, pictures may follow."""
    if not head.startswith(b"\x1aE\xdf\xa3"):
        return None
    sound = _SOUND_CODEC.search(head) is not None and _PICTURE_CODEC.search(head) is None
    if b"matroska" in head[:64]:
        return MKA if sound else MKV
    return WEBA if sound else WEBM


def _movie(head: bytes) -> Kind | None:
    if head[4:8] in _OLD_MOVIE and (head[0] == 0 or head[4:8] == b"mdat"):
        return MOV
    if head[4:8] != b"ftyp":
        return None
    kind = _branded(head)
    return M4A if kind.family == "video" and _only_sound(head) else kind


def _branded(head: bytes) -> Kind:
    """By the main brand; the others are asked about pictures only, since films call themselves fit for "M4A" too."""
    box = head[: min(int.from_bytes(head[:4], "big"), 512)]
    if box[8:12] in BRANDS:
        return BRANDS[box[8:12]]
    if box[8:10] == b"3g":
        return THREE2 if box[10:11] == b"2" else THREE
    others = (BRANDS.get(box[at : at + 4], MP4) for at in range(16, len(box) - 3, 4))
    still = next((kind for kind in others if kind.family == "picture"), MP4)
    return HEIC if still is MP4 and box[8:12] in (b"mif1", b"msf1") else still


def _only_sound(head: bytes) -> bool:
    """Whether a table of contents that lies in the head as a whole tells of sound tracks alone."""
    at = head.find(b"moov") - 4
    if at < 0 or at + int.from_bytes(head[at : at + 4], "big") > len(head):
        return False
    return b"soun" in head[at:] and b"vide" not in head[at:]


def _tagged(head: bytes) -> Kind | None:
    size = _tag(head)
    return _behind_tag(head[size:]) if size else None


def _tag(head: bytes) -> int:
    """How many bytes of ID3 tag the file begins with."""
    if not head.startswith(b"ID3") or len(head) < 10 or any(size & 0x80 for size in head[6:10]):
        return 0
    return 10 + sum(part << shift for part, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))


def _behind_tag(head: bytes) -> Kind:
    """A tag stands before MP3 mostly, but before other sounds too."""
    found = next((kind for judge in _SOUNDS if (kind := judge(head))), MP3)
    return found if found.family == "sound" else MP3


def _framed(head: bytes) -> Kind | None:
    """Bare frames; the sync alone is too weak a sign, so the next frame has to begin where this one ends."""
    if _is_adts(head):
        return AAC
    return MP3 if _mpeg_frames(head) else None


def _is_adts(head: bytes) -> bool:
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or (head[2] >> 2) & 15 > 12:
        return False
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    behind = head[length : length + 2]
    return length > 7 and (len(behind) < 2 or (behind[0] == 0xFF and behind[1] & 0xF6 == 0xF0))


_KBITS: Final = {
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By MPEG version (2 is 2.5 too) and layer."""

_HERTZ: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _mpeg_frames(head: bytes) -> bool:
    length = _frame_length(head)
    return length is not None and (length + 4 > len(head) or _frame_length(head[length:]) is not None)


def _frame_length(frame: bytes) -> int | None:
    """Bytes of the layer II or III frame that begins here."""
    if len(frame) < 4 or frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0:
        return None
    version, layer = (frame[1] >> 3) & 3, 4 - ((frame[1] >> 1) & 3)
    rate, hertz = frame[2] >> 4, (frame[2] >> 2) & 3
    if version == 1 or layer not in (2, 3) or not 0 < rate < 15 or hertz == 3:
        return None
    samples = 576 if layer == 3 and version != 3 else 1152
    bits = _KBITS[1 if version == 3 else 2, layer][rate - 1] * 1000
    return samples // 8 * bits // _HERTZ[version][hertz] + ((frame[2] >> 1) & 1)


def _transported(head: bytes) -> Kind | None:
    return TS if len(head) > 376 and head[0] == head[188] == head[376] == 0x47 else None


def _bitmap(head: bytes) -> Kind | None:
    header = int.from_bytes(head[14:18], "little")
    return BMP if head.startswith(b"BM") and header in (12, 16, 40, 52, 56, 64, 108, 124) else None


def _zipped(head: bytes) -> Kind | None:
    if not head.startswith(b"PK\3\4"):
        return None
    return next((kind for mark, kind in ZIPPED if mark in head), ZIP)


def _portable(head: bytes) -> Kind | None:
    """Readers take a PDF whose header is not quite at the beginning, so its writers got used to it."""
    return PDF if b"%PDF-" in head[:1024] else None


def _written(head: bytes) -> Kind | None:
    text = _text(head)
    if text is None:
        return None
    opening = _opening(text.lstrip("\ufeff"))
    if _PAGE.match(opening):
        return PAGE
    return SVG if _SVG.match(opening) else PLAIN


def _opening(text: str) -> str:
    """From the first markup on that is neither a comment nor the XML declaration; by hand, since a hostile head of
    blanks costs a regular expression 50 ms."""
    text = text.lstrip()
    while end := next((end for begin, end in _SKIPPED if text.startswith(begin) and end in text), ""):
        text = text.partition(end)[2].lstrip()
    return text


def _text(head: bytes) -> str | None:
    """As text, the last character perhaps cut off; None where it cannot be text. Unknown encodings read as Latin."""
    marked = next((name for mark, name in _BYTE_ORDER if head.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", *_wide(head), "latin-1"):
        text = _decoded(head, encoding)
        if text and not _CONTROL.search(text):
            return text
    return None


def _decoded(head: bytes, encoding: str) -> str | None:
    for cut in range(4):
        try:
            return head[: len(head) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _wide(head: bytes) -> tuple[str, ...]:
    """UTF-16 without a byte order mark: every other byte of Western text is zero."""
    low, high = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if high * 2 > half and low == 0:
        return ("utf-16-le",)
    return ("utf-16-be",) if low * 2 > half and high == 0 else ()


_SOUNDS: Final[tuple[Callable[[bytes], Kind | None], ...]] = (_marked, _chunked, _ogg, _movie, _framed)
_JUDGES: Final[tuple[Callable[[bytes], Kind | None], ...]] = (
    _marked,
    _chunked,
    _ogg,
    _matroska,
    _movie,
    _tagged,
    _zipped,
    _bitmap,
    _framed,
    _transported,
    _portable,
    _written,
)
