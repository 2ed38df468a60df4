"""Spoken parts made one, and the shape of their loudness."""

from array import array
from pathlib import Path

import pytest

from bot.errors import FileBroken
from bot.media import joining, loudness
from bot.media.joining import join
from bot.media.sounds import probe
from tests.bot.media import clips


@pytest.mark.parametrize(
    ("kind", "media_type", "codec"),
    [
        ("opus", "audio/ogg", "opus"),
        ("mp3", "audio/mpeg", "mp3float"),
        ("wav", "audio/wav", "pcm_s16le"),
        ("m4a", "audio/mp4", "aac"),
    ],
)
def test_parts_of_any_kind_become_one_sound(tmp_path: Path, kind: str, media_type: str, codec: str) -> None:
    parts = [str(clips.sound(tmp_path / name, seconds=1)) for name in ("clip.mp3", "clip.wav", "clip.flac")]
    spoken = join(parts, tmp_path / "spoken", kind)
    sound = probe(spoken.path)
    assert (spoken.media_type, sound.media_type, sound.codec) == (media_type, media_type, codec)
    assert spoken.duration_s == pytest.approx(3.0, abs=0.05)
    assert sound.duration_s == pytest.approx(spoken.duration_s, abs=0.1)
    assert spoken.size == spoken.path.stat().st_size


def test_a_voice_message_is_as_discord_wants_it(tmp_path: Path) -> None:
    spoken = join([str(clips.sound(tmp_path / "clip.mp3"))], tmp_path / "voice.ogg", "opus")
    sound = probe(spoken.path)
    assert (sound.codec, sound.rate, sound.channels) == ("opus", 48_000, 1)
    assert spoken.size < 2.0 * 48_000 / 8


def test_no_gap_and_no_click_is_heard_between_two_parts(tmp_path: Path) -> None:
    whole = clips.tone(2.0, 44_100)
    parts = []
    for number, piece in enumerate((whole[:44_100], whole[44_100:])):
        parts.append(str(_flac(tmp_path, number, piece)))
    heard = clips.heard(join(parts, tmp_path / "out.wav", "wav").path)
    around = heard[round(0.9 * clips.RATE) : round(1.1 * clips.RATE)]
    windows = [clips.loud(around[at : at + 80]) for at in range(0, len(around) - 80, 80)]
    assert min(windows) > 0.7 * 8000 / 2**0.5
    assert max(windows) < 1.3 * 8000 / 2**0.5
    assert max(map(abs, around)) < 8800


def _flac(folder: Path, number: int, samples: "array[int]") -> Path:
    sub = folder / str(number)
    sub.mkdir()
    return clips.sound(sub / "clip.flac", samples)


def test_the_waveform_shows_where_somebody_speaks(tmp_path: Path) -> None:
    samples = clips.silence(1) + clips.tone(1, height=4000) + clips.tone(1, height=16_000)
    spoken = join([str(clips.sound(tmp_path / "clip.wav", samples))], tmp_path / "voice.ogg", "opus")
    bars = spoken.waveform
    assert len(bars) == 30
    assert max(bars[:9]) <= 2
    assert 55 < sum(bars[11:19]) / 8 < 75
    assert max(bars) == 255


def test_a_long_waveform_has_256_bars(tmp_path: Path) -> None:
    assert len(loudness.waveform([1.0] * 5000, 100.0)) == 256


@pytest.mark.parametrize("loud", [[], [0.0], [0.0] * 300])
def test_silence_has_a_waveform_too(loud: list[float]) -> None:
    assert set(loudness.waveform(loud, 30.0)) == {0}


def test_a_broken_part_leaves_no_half_a_sound(tmp_path: Path) -> None:
    good = clips.sound(tmp_path / "clip.mp3")
    bad = tmp_path / "bad.ogg"
    bad.write_bytes(b"OggS" + bytes(500))
    with pytest.raises(FileBroken):
        join([str(good), str(bad)], tmp_path / "out.ogg", "opus")
    assert not (tmp_path / "out.ogg").exists()


def test_a_short_sound_can_be_joined(tmp_path: Path) -> None:
    clip = clips.sound(tmp_path / "clip.wav", clips.tone(0.01))
    spoken = joining.join([str(clip)], tmp_path / "out.ogg", "opus")
    assert spoken.duration_s == pytest.approx(0.01, abs=0.005)
    assert len(spoken.waveform) == 1
