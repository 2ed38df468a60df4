"""The storm's settings."""

from pathlib import Path

import pytest

from tests.storm import settings


def test_without_any_a_storm_is_of_five_hundred_turns_on_both_databases_with_a_seed_of_its_own() -> None:
    found = settings.read({})
    assert (found.turns, found.databases, found.json) == (500, ("sqlite", "postgres"), None)
    assert found.seed != settings.read({}).seed or found.seed != settings.read({}).seed


def test_they_are_read_from_the_environment() -> None:
    found = settings.read(
        {
            "BOT_STORM_TURNS": "10000",
            "BOT_STORM_SEED": "7",
            "BOT_STORM_DATABASE": "postgres",
            "BOT_STORM_JSON": "/tmp/storm.json",
        }
    )
    assert (found.turns, found.seed, found.databases, found.json) == (10000, 7, ("postgres",), Path("/tmp/storm.json"))


def test_voice_notes_and_pictures_can_be_left_away() -> None:
    assert settings.read({}).media
    assert not settings.read({"BOT_STORM_MEDIA": "off"}).media


@pytest.mark.parametrize(
    "wrong", [{"BOT_STORM_DATABASE": "mysql"}, {"BOT_STORM_TURNS": "0"}, {"BOT_STORM_MEDIA": "no"}]
)
def test_a_wrong_one_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="BOT_STORM_"):
        settings.read(wrong)
