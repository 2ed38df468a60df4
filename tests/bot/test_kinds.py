"""What a file is by its bytes; real files where a library can write them, headers by hand where none can."""

import io
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kinds import HEAD, PAGE, Family, extension_of, kind_of, kind_of_file
from tests import stock


def sound(container: str, codec: str, rate: int = 48000) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame(format="s16", layout="mono", samples=rate // 2)
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        frame.sample_rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    return out.getvalue()


def film(container: str, codec: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=5)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame(64, 64, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    return out.getvalue()


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + major + b"\0\0\0\0" + b"".join(compatible)
    return (len(body) + 4).to_bytes(4, "big") + body + b"\0\0\0\x08free"


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("container", "codec", "media_type", "extension"),
    [
        ("ogg", "libopus", "audio/ogg", ".ogg"),
        ("webm", "libopus", "audio/webm", ".webm"),
        ("matroska", "libopus", "audio/matroska", ".mka"),
        ("ipod", "aac", "audio/mp4", ".m4a"),
        ("mp3", "libmp3lame", "audio/mpeg", ".mp3"),
        ("adts", "aac", "audio/aac", ".aac"),
        ("flac", "flac", "audio/flac", ".flac"),
        ("wav", "pcm_s16le", "audio/wav", ".wav"),
        ("aiff", "pcm_s16be", "audio/aiff", ".aiff"),
    ],
)
def test_a_sound_file_is_known_by_its_bytes(container: str, codec: str, media_type: str, extension: str) -> None:
    found = kind_of(sound(container, codec)[:HEAD])
    assert (found.media_type, found.extension, found.family) == (media_type, extension, "sound")


@pytest.mark.parametrize(
    ("container", "codec", "media_type"),
    [
        ("webm", "libvpx", "video/webm"),
        ("matroska", "mpeg4", "video/matroska"),
        ("mp4", "mpeg4", "video/mp4"),
        ("mov", "mpeg4", "video/quicktime"),
        ("avi", "mpeg4", "video/x-msvideo"),
        ("mpegts", "mpeg2video", "video/mp2t"),
    ],
)
def test_a_film_is_known_by_its_bytes(container: str, codec: str, media_type: str) -> None:
    found = kind_of(film(container, codec)[:HEAD])
    assert (found.media_type, found.family) == (media_type, "video")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_a_picture_is_known_by_its_bytes(form: str) -> None:
    found = kind_of(stock.picture(form=form)[:HEAD])
    assert (found.media_type, found.family) == (f"image/{form.lower()}", "picture")


ID3 = b"ID3\4\0\0\0\0\0\x0a" + bytes(10)
FRAME = b"\xff\xfb\x90\xc4" + bytes(413)


@pytest.mark.parametrize(
    ("head", "media_type", "family"),
    [
        (ID3 + FRAME * 2, "audio/mpeg", "sound"),
        (FRAME * 2, "audio/mpeg", "sound"),
        (FRAME, "audio/mpeg", "sound"),
        (FRAME + bytes(400), "application/octet-stream", "other"),
        (ID3 + b"fLaC", "audio/flac", "sound"),
        (b"ID3\4\0\0\0\0\x7f\x7f" + bytes(4000), "audio/mpeg", "sound"),
        (b"OggS" + bytes(23) + b"\1\x1e\1vorbis", "audio/ogg", "sound"),
        (b"OggS" + bytes(23) + b"\1\x33\x7fFLAC\1\0", "audio/ogg", "sound"),
        (b"OggS" + bytes(23) + b"\1\x2a\x80theora", "video/ogg", "video"),
        (b"#!AMR\n\x3c", "audio/amr", "sound"),
        (b"#!AMR-WB\n\x3c", "audio/amr-wb", "sound"),
        (b"\x02#!SILK_V3\x17\0", "audio/silk", "sound"),
        (ID3 + b"RIFF\0\0\0\0WAVE", "audio/wav", "sound"),
        (ID3 + b"\x89PNG\r\n\x1a\n", "audio/mpeg", "sound"),
        (b"caff\0\1\0\0", "audio/x-caf", "sound"),
        (ftyp(b"M4A ", b"mp42"), "audio/mp4", "sound"),
        (ftyp(b"M4V ", b"M4A ", b"mp42"), "video/mp4", "video"),
        (ftyp(b"mp42", b"M4A "), "video/mp4", "video"),
        (ftyp(b"qt  "), "video/quicktime", "video"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "video/quicktime", "video"),
        (b"\x7f\0\0\x08mdat", "video/quicktime", "video"),
        (b"The wide ocean.", "text/plain", "text"),
        (ftyp(b"3gp5"), "video/3gpp", "video"),
        (ftyp(b"3ge6"), "video/3gpp", "video"),
        (ftyp(b"3g2a"), "video/3gpp2", "video"),
        (ftyp(b"heic", b"mif1"), "image/heic", "picture"),
        (ftyp(b"mif1", b"heic"), "image/heic", "picture"),
        (ftyp(b"mif1"), "image/heic", "picture"),
        (ftyp(b"mif1", b"avif"), "image/avif", "picture"),
        (b"%PDF-1.7\n", "application/pdf", "pdf"),
        (b"\xef\xbb\xbf\n%PDF-1.4\n", "application/pdf", "pdf"),
        (b"", "application/octet-stream", "other"),
        (b"\0\1\2\3", "application/octet-stream", "other"),
    ],
)
def test_a_header_is_understood(head: bytes, media_type: str, family: Family) -> None:
    found = kind_of(head)
    assert (found.media_type, found.family) == (media_type, family)


@pytest.mark.parametrize(
    ("names", "extension"),
    [
        (["a.txt"], ".zip"),
        (["[Content_Types].xml", "word/document.xml"], ".docx"),
        (["[Content_Types].xml", "xl/workbook.xml"], ".xlsx"),
    ],
)
def test_an_archive_is_told_from_a_document(names: Sequence[str], extension: str) -> None:
    found = kind_of(archive(*names))
    assert (found.extension, found.family) == (extension, "other")


def test_a_recording_of_the_phone_with_sound_alone_is_no_film() -> None:
    tracks = b"moov" + b"\0\0\0\x10hdlr\0\0\0\0soun"
    whole = ftyp(b"mp42") + (len(tracks) + 4).to_bytes(4, "big") + tracks
    cut = ftyp(b"mp42") + (9000).to_bytes(4, "big") + tracks
    assert kind_of(whole).media_type == "audio/mp4"
    assert kind_of(cut).family == "video"


@pytest.mark.parametrize(
    "page",
    [
        "<!DOCTYPE html><html><head>",
        "\n\n  <html lang='en'>",
        "<!-- nobody --> <!-- knows -->\n<HTML>",
        '<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html>',
        "\ufeff<head><title>Sign in</title>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_page_of_the_web_is_a_page(page: str, encoding: str) -> None:
    assert kind_of(page.encode(encoding)).media_type == "text/html"


@pytest.mark.parametrize(
    "text",
    [
        b"Good morning.\n",
        "早上好。".encode(),
        "早上好。".encode()[:-1],
        ("a" * (HEAD - 1) + "é").encode(),
        "早上好。早上好。".encode("gb18030"),
        "Good morning.".encode("utf-16"),
        "Good morning.".encode("utf-16-le"),
        "Good morning.".encode("utf-16-be"),
        b'{"json": 1}',
        b"<p>a piece of markup</p>",
    ],
)
def test_text_is_text_in_whatever_encoding(text: bytes) -> None:
    assert kind_of(text).family == "text"
    assert kind_of(text).media_type == "text/plain"


def test_a_drawing_in_svg_is_no_picture_that_could_be_shown() -> None:
    found = kind_of(b'<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg">')
    assert (found.media_type, found.family) == ("image/svg+xml", "other")


def test_spoken_into_a_wav_file_with_the_name_of_a_picture() -> None:
    assert kind_of(stock.wav(bytes(32_000))).media_type == "audio/wav"


@pytest.mark.parametrize(("behind", "name"), [(b"fLaC", "flac"), (FRAME * 2, "mp3"), (b"", "mp3")])
def test_a_tag_longer_than_the_head_hides_no_sound(tmp_path: Path, behind: bytes, name: str) -> None:
    cover = 3 * HEAD
    size = bytes((0, 0, cover >> 7, cover & 0x7F))
    (tmp_path / "song").write_bytes(b"ID3\4\0\0" + size + bytes(cover) + behind)
    assert kind_of_file(tmp_path / "song").name == name


def test_a_file_without_a_tag_is_known_by_its_head(tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(b"<html>" + bytes(HEAD * 2))
    assert kind_of_file(tmp_path / "song.mp3") == kind_of(b"<html>" + bytes(HEAD * 2))
    (tmp_path / "song.mp3").write_bytes(b"<html>Sign in")
    assert kind_of_file(tmp_path / "song.mp3") is PAGE


@given(st.binary(max_size=200))
def test_no_bytes_are_too_odd(head: bytes) -> None:
    assert kind_of(head).extension.startswith(".")


@given(st.sampled_from([b"\xff\xfb", b"ID3", b"RIFF", b"\0\0\0\x20ftyp", b"\x1aE\xdf\xa3", b"PK\3\4"]), st.binary())
def test_no_bytes_behind_a_known_mark_are_too_odd(mark: bytes, rest: bytes) -> None:
    assert kind_of(mark + rest).media_type


@pytest.mark.parametrize("unit", [b" ", b"<!--", b"<!---->", b"<?xml", b"\xff\xfb", b"<?xml?>"])
def test_a_hostile_head_costs_no_time(unit: bytes) -> None:
    head = (unit * HEAD)[:HEAD]
    began = time.process_time()
    kind_of(head)
    assert time.process_time() - began < 0.02


@pytest.mark.parametrize(
    ("media_type", "extension"),
    [
        ("image/jpeg", ".jpg"),
        ("image/tiff", ".tiff"),
        ("image/bmp", ".bmp"),
        ("audio/ogg", ".ogg"),
        ("audio/mpeg", ".mp3"),
        ("audio/mp4", ".m4a"),
        ("text/vtt", ".vtt"),
        ("application/x-subrip", ".srt"),
        ("application/octet-stream", ".bin"),
        ("image/no-such", ".bin"),
    ],
)
def test_a_kind_is_named_as_people_know_it(media_type: str, extension: str) -> None:
    assert extension_of(media_type) == extension
