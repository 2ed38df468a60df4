"""The marks that formats begin with, as one table."""

from dataclasses import dataclass
from typing import Final, Literal

Family = Literal["sound", "picture", "video", "pdf", "text", "other"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is by its own bytes. `extension` begins with a dot, so that it can be put behind a name.

    `video` means a container that may carry pictures; only decoding tells whether it does where its head does not.
    """

    media_type: str
    extension: str
    family: Family

    @property
    def name(self) -> str:
        """The extension without its dot."""
        return self.extension[1:]


UNKNOWN: Final = Kind("application/octet-stream", ".bin", "other")
PLAIN: Final = Kind("text/plain", ".txt", "text")
PAGE: Final = Kind("text/html", ".html", "text")
"""A page of the web; where something else was promised it is somebody's sign-in or error page, and no file."""

SVG: Final = Kind("image/svg+xml", ".svg", "other")
PDF: Final = Kind("application/pdf", ".pdf", "pdf")
MP3: Final = Kind("audio/mpeg", ".mp3", "sound")
AAC: Final = Kind("audio/aac", ".aac", "sound")
FLAC: Final = Kind("audio/flac", ".flac", "sound")
OGG: Final = Kind("audio/ogg", ".ogg", "sound")
OGV: Final = Kind("video/ogg", ".ogv", "video")
WEBA: Final = Kind("audio/webm", ".webm", "sound")
WEBM: Final = Kind("video/webm", ".webm", "video")
MKA: Final = Kind("audio/matroska", ".mka", "sound")
MKV: Final = Kind("video/matroska", ".mkv", "video")
M4A: Final = Kind("audio/mp4", ".m4a", "sound")
MP4: Final = Kind("video/mp4", ".mp4", "video")
MOV: Final = Kind("video/quicktime", ".mov", "video")
HEIC: Final = Kind("image/heic", ".heic", "picture")
AVIF: Final = Kind("image/avif", ".avif", "picture")
THREE: Final = Kind("video/3gpp", ".3gp", "video")
THREE2: Final = Kind("video/3gpp2", ".3g2", "video")
SILK: Final = Kind("audio/silk", ".silk", "sound")
TS: Final = Kind("video/mp2t", ".ts", "video")
BIG_TIFF: Final = Kind("image/tiff", ".btf", "picture")
BMP: Final = Kind("image/bmp", ".bmp", "picture")
ZIP: Final = Kind("application/zip", ".zip", "other")

MARKS: Final[tuple[tuple[bytes, Kind], ...]] = (
    (b"\x89PNG\r\n\x1a\n", Kind("image/png", ".png", "picture")),
    (b"\xff\xd8\xff", Kind("image/jpeg", ".jpg", "picture")),
    (b"GIF87a", Kind("image/gif", ".gif", "picture")),
    (b"GIF89a", Kind("image/gif", ".gif", "picture")),
    (b"II*\0", Kind("image/tiff", ".tiff", "picture")),
    (b"MM\0*", Kind("image/tiff", ".tiff", "picture")),
    (b"II+\0", BIG_TIFF),
    (b"MM\0+", BIG_TIFF),
    (b"\0\0\1\0", Kind("image/x-icon", ".ico", "other")),
    (b"\0\0\0\x0cJXL \r\n\x87\n", Kind("image/jxl", ".jxl", "other")),
    (b"8BPS", Kind("image/vnd.adobe.photoshop", ".psd", "other")),
    (b"fLaC", FLAC),
    (b"#!AMR-WB\n", Kind("audio/amr-wb", ".awb", "sound")),
    (b"#!AMR\n", Kind("audio/amr", ".amr", "sound")),
    (b"#!SILK", SILK),
    (b"\x02#!SILK", SILK),
    (b"caff", Kind("audio/x-caf", ".caf", "sound")),
    (b".snd", Kind("audio/basic", ".au", "sound")),
    (b"MThd", Kind("audio/midi", ".mid", "other")),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Kind("video/x-ms-asf", ".asf", "video")),
    (b"FLV\x01", Kind("video/x-flv", ".flv", "video")),
    (b"\0\0\1\xba", Kind("video/mpeg", ".mpg", "video")),
    (b"\0\0\1\xb3", Kind("video/mpeg", ".mpg", "video")),
    (b"PK\5\6", ZIP),
    (b"\x1f\x8b", Kind("application/gzip", ".gz", "other")),
    (b"BZh", Kind("application/x-bzip2", ".bz2", "other")),
    (b"\xfd7zXZ\0", Kind("application/x-xz", ".xz", "other")),
    (b"\x28\xb5\x2f\xfd", Kind("application/zstd", ".zst", "other")),
    (b"7z\xbc\xaf\x27\x1c", Kind("application/x-7z-compressed", ".7z", "other")),
    (b"Rar!\x1a\7", Kind("application/vnd.rar", ".rar", "other")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind("application/x-ole-storage", ".ole", "other")),
    (b"{\\rtf", Kind("application/rtf", ".rtf", "other")),
)

_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
ZIPPED: Final[tuple[tuple[bytes, Kind], ...]] = (
    (b"mimetypeapplication/epub+zip", Kind("application/epub+zip", ".epub", "other")),
    (
        b"mimetypeapplication/vnd.oasis.opendocument.text",
        Kind("application/vnd.oasis.opendocument.text", ".odt", "other"),
    ),
    (
        b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
        Kind("application/vnd.oasis.opendocument.spreadsheet", ".ods", "other"),
    ),
    (b"word/", Kind(f"{_OFFICE}.wordprocessingml.document", ".docx", "other")),
    (b"xl/", Kind(f"{_OFFICE}.spreadsheetml.sheet", ".xlsx", "other")),
    (b"ppt/", Kind(f"{_OFFICE}.presentationml.presentation", ".pptx", "other")),
)
"""What the first entries of a zip archive are called where it is more than an archive."""

RIFFS: Final = {
    b"WAVE": Kind("audio/wav", ".wav", "sound"),
    b"AVI ": Kind("video/x-msvideo", ".avi", "video"),
    b"WEBP": Kind("image/webp", ".webp", "picture"),
}
FORMS: Final = {
    b"AIFF": Kind("audio/aiff", ".aiff", "sound"),
    b"AIFC": Kind("audio/aiff", ".aiff", "sound"),
}
BRANDS: Final = {
    b"avif": AVIF,
    b"avis": AVIF,
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), HEIC),
    **dict.fromkeys((b"M4A ", b"M4B ", b"M4P ", b"F4A "), M4A),
    b"qt  ": MOV,
}
"""What the brands of an `ftyp` box say, where it is not simply MP4."""
