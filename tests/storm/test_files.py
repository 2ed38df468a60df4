"""Every sound and picture of a storm says whose it is, whatever is done to it on the way."""

import io

import pytest
from PIL import Image

from tests.fakes.gateway.painting import Painting
from tests.fakes.gateway.tones import measure
from tests.storm import files
from tests.storm.files import Container


@pytest.mark.parametrize("container", ["m4a", "ogg"])
def test_the_size_of_a_sound_says_its_question_and_it_plays_all_the_same(container: Container) -> None:
    for number in (0, 17, 9_999):
        content = files.voice_note(number, container)
        assert files.spoken(len(content)) == number
        found = measure(content)
        assert found is not None
        assert found[1] == pytest.approx(files.SPOKEN_S, abs=0.05)
    assert files.spoken(300) is None


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_picture_says_its_question_also_when_it_was_made_smaller_and_written_anew(form: str) -> None:
    sheet, written = Image.open(io.BytesIO(files.picture(12_345))).convert("RGB"), io.BytesIO()
    sheet.resize((sheet.width // 2, sheet.height // 2)).save(written, form)
    assert files.read(written.getvalue()) == 12_345


def test_another_picture_says_nothing() -> None:
    assert files.read(Painting("a fox").paint()) is None
    assert files.read(b"no picture") is None


def test_what_was_drawn_is_known_by_its_colour() -> None:
    drawn = Painting(files.prompt(17)).paint("JPEG")
    assert files.drawn(drawn, range(1000)) == 17
    assert files.drawn(drawn, [18, 19]) is None
    assert files.drawn(b"no picture", [17]) is None
