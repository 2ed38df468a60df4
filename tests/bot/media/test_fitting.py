"""What goes out: within the platform's bytes, and telling nothing of its maker."""

from pathlib import Path

import pytest
from PIL import Image

from bot.errors import FileTooLarge
from bot.media.fitting import fit
from bot.media.sounds import probe
from tests.bot.media import clips


def test_a_picture_that_fits_is_shown_without_what_it_tells(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "made at home"
    Image.linear_gradient("L").save(tmp_path / "a.png", exif=exif)
    fitted = fit(tmp_path / "a.png", tmp_path, 1_000_000)
    assert fitted.media_type == "image/png"
    assert b"made at home" not in fitted.path.read_bytes()


def test_a_picture_that_is_too_large_is_written_as_one_that_fits(tmp_path: Path) -> None:
    Image.effect_noise((800, 800), 60).convert("RGB").save(tmp_path / "a.png")
    fitted = fit(tmp_path / "a.png", tmp_path, 450_000)
    assert fitted.media_type == "image/jpeg"
    assert fitted.size == fitted.path.stat().st_size <= 450_000
    with Image.open(fitted.path) as image:
        assert image.size == (800, 800)


def test_a_sound_that_fits_stays_as_it_is(tmp_path: Path) -> None:
    clip = clips.sound(tmp_path / "clip.flac")
    fitted = fit(clip, tmp_path, 1_000_000)
    assert (fitted.path, fitted.media_type) == (clip, "audio/flac")


@pytest.mark.parametrize(("most", "rate"), [(70_000, 44_100), (25_000, 24_000), (12_000, 16_000), (6_000, 16_000)])
def test_a_sound_that_is_too_large_gets_the_best_rate_that_fits(tmp_path: Path, most: int, rate: int) -> None:
    fitted = fit(clips.sound(tmp_path / "clip.aiff"), tmp_path, most)
    sound = probe(fitted.path)
    assert (fitted.media_type, sound.rate) == ("audio/mpeg", rate)
    assert sound.duration_s == pytest.approx(2.0, abs=0.15)
    assert fitted.size <= most


def test_a_sound_that_fits_at_no_rate_is_too_large(tmp_path: Path) -> None:
    with pytest.raises(FileTooLarge) as refused:
        fit(clips.sound(tmp_path / "clip.wav"), tmp_path, 2000)
    assert refused.value.most == "2 kB"


def test_a_film_is_not_made_a_sound_behind_the_askers_back(tmp_path: Path) -> None:
    with pytest.raises(FileTooLarge):
        fit(clips.sound(tmp_path / "clip.mp4", video=True), tmp_path, 5000)


def test_other_files_pass_or_are_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    assert fit(path, tmp_path, 1000).path == path
    with pytest.raises(FileTooLarge):
        fit(path, tmp_path, 10)
