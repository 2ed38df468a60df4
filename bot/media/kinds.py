"""What a file is by its first bytes; its name and what its sender says of it count for nothing."""

from pathlib import Path

FIRST = 64
STARTS = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"BM", "bmp"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"#!AMR", "amr"),
    (b"caff", "caf"),
    (b"FLV\1", "flv"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
)
RIFF = {b"WAVE": "wav", b"WEBP": "webp", b"AVI ": "avi"}
FORM = {b"AIFF": "aiff", b"AIFC": "aiff"}
PICTURE_BRANDS = {b"avif": "avif", b"avis": "avif", b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"msf1": "heic"}
SOUND_BRANDS = {b"M4A ": "m4a", b"M4B ": "m4a", b"qt  ": "mov"}
PICTURES = frozenset({"png", "jpeg", "gif", "webp", "avif", "tiff", "bmp"})


def kind_of(path: Path) -> str | None:
    """A short name, None for what is nothing known."""
    with path.open("rb") as file:
        first = file.read(FIRST)
        if first.startswith(b"ID3"):
            file.seek(10 + _synchsafe(first[6:10]))
            return _kind(file.read(FIRST)) or "mp3"
    return _kind(first)


def _kind(first: bytes) -> str | None:
    for start, name in STARTS:
        if first.startswith(start):
            return name
    if first[:4] in (b"RIFF", b"RF64"):
        return RIFF.get(first[8:12])
    if first[:4] == b"FORM":
        return FORM.get(first[8:12])
    if first[:4] == b"\x1a\x45\xdf\xa3":
        return "webm" if b"webm" in first else "mkv"
    if first[4:8] == b"ftyp":
        return _brand(first[8:12], first[16:])
    if first[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    return _stream(first)


def _brand(brand: bytes, others: bytes) -> str:
    if brand in (b"mif1", b"msf1") and b"avif" in others:
        return "avif"
    if brand[:2] == b"3g":
        return "3gp"
    return PICTURE_BRANDS.get(brand) or SOUND_BRANDS.get(brand) or "mp4"


def _stream(first: bytes) -> str | None:
    """MPEG audio without a container begins with eleven set bits; which layer it is tells MP3 from AAC."""
    if len(first) < 4 or first[0] != 0xFF or first[1] & 0xE0 != 0xE0:
        return None
    if first[1] & 0xF6 == 0xF0:
        return "aac"
    plausible = first[1] & 0x18 != 0x08 and first[1] & 0x06 and first[2] & 0xF0 != 0xF0 and first[2] & 0x0C != 0x0C
    return "mp3" if plausible else None


def _synchsafe(size: bytes) -> int:
    """The length of an ID3 tag: seven bits a byte."""
    return sum((byte & 0x7F) << shift for byte, shift in zip(size, (21, 14, 7, 0), strict=False))
