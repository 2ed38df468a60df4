"""What is heard in files of every kind, and in files that are not what they say."""

from array import array
from pathlib import Path

import pytest

from bot.errors import FileBroken, FileTooLarge, FileUnsupported
from bot.media.sounds import FORMS, Pen, probe, samples
from tests.bot.media import clips


@pytest.mark.parametrize("name", clips.SOUNDS)
def test_every_kind_of_sound_is_known_by_its_bytes(tmp_path: Path, name: str) -> None:
    clip = clips.sound(tmp_path / name)
    sound = probe(clip.rename(tmp_path / "note.bin"))
    assert sound.duration_s == pytest.approx(2.0, abs=0.1)
    assert (sound.channels, sound.rate) == (1, clips.SOUNDS[name][2])
    assert not sound.has_video


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("clip.ogg", "audio/ogg"), ("clip.m4a", "audio/mp4"), ("clip.mp3", "audio/mpeg"), ("clip.webm", "audio/webm")],
)
def test_the_media_type_fits_the_bytes(tmp_path: Path, name: str, media_type: str) -> None:
    assert probe(clips.sound(tmp_path / name)).media_type == media_type


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_a_video_is_heard_by_its_soundtrack(tmp_path: Path, name: str) -> None:
    sound = probe(clips.sound(tmp_path / name, video=True))
    assert sound.has_video
    assert sound.codec == "aac"
    assert sound.duration_s == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("name", clips.SOUNDS)
def test_the_samples_of_every_kind_are_there(tmp_path: Path, name: str) -> None:
    pcm = b"".join(samples(clips.sound(tmp_path / name), FORMS["opus"]))
    assert len(pcm) / 2 / 48_000 == pytest.approx(2.0, abs=0.08)
    assert clips.loud(array("h", pcm)) == pytest.approx(8000 / 2**0.5, rel=0.25)


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><html><body>Sign in</body></html>",
        b"\x7fELF\x02\x01\x01" + bytes(4000),
        b"MZ" + bytes(4000),
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        b"",
        b"\xff",
        bytes(5000),
    ],
    ids=["html", "elf", "exe", "playlist", "concat", "empty", "one byte", "zeros"],
)
def test_what_is_no_sound_is_not_supported_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "note.mp3"
    path.write_bytes(content)
    with pytest.raises(FileUnsupported):
        probe(path)


def test_a_picture_named_as_a_sound_is_not_supported(tmp_path: Path) -> None:
    with pytest.raises(FileUnsupported, match="png: no sound"):
        probe(clips.picture(tmp_path / "clip.png").rename(tmp_path / "note.mp3"))


@pytest.mark.parametrize("start", [b"OggS", b"fLaC", b"RIFF\0\0\0\0WAVE", b"\x1a\x45\xdf\xa3", b"\0\0\0\x18ftypM4A "])
def test_a_beginning_with_nothing_behind_it_is_broken(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "note"
    path.write_bytes(start + b"nothing of the kind" * 50)
    with pytest.raises(FileBroken):
        probe(path)


def test_a_file_that_names_another_opens_nothing(tmp_path: Path) -> None:
    clip = clips.sound(tmp_path / "clip.wav")
    path = tmp_path / "note.ogg"
    path.write_bytes(b"OggS\n#EXTM3U\n" + str(clip).encode())
    with pytest.raises(FileBroken):
        probe(path)


def test_a_video_without_sound_is_not_supported(tmp_path: Path) -> None:
    with pytest.raises((FileUnsupported, FileBroken)):
        probe(clips.sound(tmp_path / "clip.mp4", clips.silence(0), video=True))


def test_what_is_left_of_a_torn_note_is_heard(tmp_path: Path) -> None:
    clip = clips.sound(tmp_path / "clip.ogg", seconds=4)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    assert probe(clip).duration_s == pytest.approx(2.0, abs=0.8)
    assert sum(map(len, samples(clip, FORMS["opus"]))) > 48_000


def test_a_torn_film_without_its_index_is_broken(tmp_path: Path) -> None:
    clip = clips.sound(tmp_path / "clip.m4a")
    clip.write_bytes(clip.read_bytes()[:8000])
    with pytest.raises(FileBroken):
        probe(clip)


def test_a_damaged_stretch_does_not_silence_the_rest(tmp_path: Path) -> None:
    clip = clips.sound(tmp_path / "clip.mp3", seconds=4)
    content = bytearray(clip.read_bytes())
    content[20_000:21_000] = bytes(1000)
    clip.write_bytes(content)
    assert sum(map(len, samples(clip, FORMS["opus"]))) / 2 / 48_000 == pytest.approx(4.0, abs=0.3)


def test_a_header_that_promises_hours_is_not_believed(tmp_path: Path) -> None:
    clip = clips.sound(tmp_path / "clip.ogg")
    content = bytearray(clip.read_bytes())
    last = content.rfind(b"OggS")
    content[last + 6 : last + 14] = (10 * 3600 * 48_000).to_bytes(8, "little")  # the granule: ten hours
    clip.write_bytes(content)
    assert _length_or_broken(clip) < 10


def _length_or_broken(clip: Path) -> float:
    try:
        return probe(clip).duration_s
    except FileBroken:  # its checksum is wrong as well
        return 0.0


def test_more_than_is_taken_stops_while_it_is_decoded(tmp_path: Path) -> None:
    stream = samples(clips.sound(tmp_path / "clip.ogg"), FORMS["opus"], longest_s=1.0)
    with pytest.raises(FileTooLarge) as refused:
        list(stream)
    assert refused.value.most == "1 s"


def test_a_pen_that_is_dropped_leaves_no_file(tmp_path: Path) -> None:
    def drop() -> None:
        with Pen(tmp_path / "a.ogg", FORMS["opus"]) as pen:
            pen.write(bytes(9600))
            raise FileBroken("half-way")

    with pytest.raises(FileBroken, match="half-way"):
        drop()
    assert not (tmp_path / "a.ogg").exists()
