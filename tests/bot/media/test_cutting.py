"""Long sounds in parts that a transcription takes."""

import os
from array import array
from pathlib import Path

import pytest

from bot.errors import FileTooLarge
from bot.media.cutting import split
from bot.media.sounds import in_words, probe
from tests.bot.media import clips

LONGEST_S = 3600.0
MOST = 24_000_000


def sentences(*lengths: float) -> "array[int]":
    """Tones of these lengths with half a second of silence after each."""
    samples = array("h")
    for length in lengths:
        samples += clips.tone(length) + clips.silence(0.5)
    return samples


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("clip.ogg", ".ogg"),
        ("clip.webm", ".webm"),
        ("clip.m4a", ".m4a"),
        ("clip.mp3", ".mp3"),
        ("clip.wav", ".wav"),
        ("clip.flac", ".flac"),
    ],
)
def test_what_a_transcription_takes_is_passed_on_as_it_is(tmp_path: Path, name: str, suffix: str) -> None:
    clip = clips.sound(tmp_path / name)
    before = clip.read_bytes()
    clip = clip.rename(tmp_path / "F0123.bin")
    (part,) = split(clip, tmp_path, 60, MOST, LONGEST_S)
    assert part.path.suffix == suffix
    assert part.path.read_bytes() == before
    assert (part.start_s, part.end_s) == (0.0, probe(clip).duration_s)


def test_a_file_with_a_fitting_name_is_not_copied(tmp_path: Path) -> None:
    clip = clips.sound(tmp_path / "clip.ogg")
    assert split(clip, tmp_path, 60, MOST, LONGEST_S)[0].path == clip


def test_a_film_is_passed_on_as_a_film(tmp_path: Path) -> None:
    clip = clips.sound(tmp_path / "clip.mp4", video=True)
    (part,) = split(clip.rename(tmp_path / "x"), tmp_path, 60, MOST, LONGEST_S)
    assert (part.path.suffix, part.media_type) == (".mp4", "video/mp4")


@pytest.mark.parametrize("name", ["clip.amr", "clip.aac", "clip.3gp", "clip.mov", "clip.aiff", "clip.mkv"])
def test_other_kinds_are_written_anew(tmp_path: Path, name: str) -> None:
    (part,) = split(clips.sound(tmp_path / name), tmp_path, 60, MOST, LONGEST_S)
    assert (part.path.suffix, part.media_type) == (".ogg", "audio/ogg")
    assert probe(part.path).codec == "opus"
    assert part.end_s == pytest.approx(2.0, abs=0.1)


def test_cuts_fall_into_the_pauses(tmp_path: Path) -> None:
    clip = clips.sound(tmp_path / "clip.wav", sentences(3.0, 2.7, 3.0))
    parts = split(clip, tmp_path, 4.0, MOST, LONGEST_S)
    assert [part.start_s for part in parts[1:]] == pytest.approx([3.25, 6.45], abs=0.25)
    for part in parts:
        assert part.end_s - part.start_s <= 4.0


def test_the_parts_are_the_whole_with_no_sample_lost_or_twice(tmp_path: Path) -> None:
    sweep = array("h")
    for step in range(40):
        sweep += clips.tone(0.25, hertz=200 + 40 * step)
    clip = clips.sound(tmp_path / "clip.wav", sweep)
    parts = split(clip, tmp_path, 3.0, MOST, LONGEST_S)
    assert len(parts) > 3
    assert [part.end_s for part in parts[:-1]] == [part.start_s for part in parts[1:]]
    assert (parts[0].start_s, parts[-1].end_s) == (0.0, 10.0)
    for part in parts:
        start, end = round(part.start_s * clips.RATE), round(part.end_s * clips.RATE)
        assert len(clips.heard(part.path)) == pytest.approx(end - start, abs=2)
        assert clips.loud(clips.heard(part.path)) == pytest.approx(clips.loud(sweep[start:end]), rel=0.05)


def test_no_part_is_too_short_to_be_transcribed(tmp_path: Path) -> None:
    clip = clips.sound(tmp_path / "clip.wav", clips.tone(8.05))
    parts = split(clip, tmp_path, 4.0, MOST, LONGEST_S)
    assert all(part.end_s - part.start_s >= 0.5 for part in parts)


def test_a_part_is_within_the_bytes(tmp_path: Path) -> None:
    clip = clips.sound(tmp_path / "clip.wav", clips.tone(12))
    parts = split(clip, tmp_path, 60, 20_000, LONGEST_S)
    assert len(parts) > 2
    assert all(part.path.stat().st_size <= 20_000 for part in parts)


def test_a_sound_that_is_too_long_is_refused_with_what_would_be_taken(tmp_path: Path) -> None:
    with pytest.raises(FileTooLarge) as refused:
        split(clips.sound(tmp_path / "clip.ogg"), tmp_path, 60, MOST, 1.0)
    assert refused.value.most == "1 s"
    assert in_words(7200) == "120 min"


def test_a_folder_on_another_disk_gets_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError("cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    clip = clips.sound(tmp_path / "clip.ogg").rename(tmp_path / "x")
    (part,) = split(clip, tmp_path, 60, MOST, LONGEST_S)
    assert part.path.read_bytes() == clip.read_bytes()
