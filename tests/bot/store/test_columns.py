"""What a database stores, turned into values and back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import Dialect
from sqlalchemy.dialects import sqlite

from bot.contract import Address, Attachment, Origin, Person, PersonKind
from bot.store.columns import Json, Utc, Words

SQLITE: Dialect = sqlite.dialect()
words = st.text(max_size=20)
people = st.builds(Person, words, words, st.sampled_from(PersonKind))
addresses = st.builds(Address, words, words, words, st.none() | words)
origins = st.builds(Origin, addresses, people, st.none() | words, st.none() | words, words)
attachments = st.lists(st.builds(Attachment, words, words, st.integers(0, 2**40), words, st.booleans())).map(tuple)


def test_a_time_of_any_zone_is_stored_as_utc() -> None:
    noon = datetime(2026, 11, 22, 12, 0, tzinfo=timezone(timedelta(hours=9)))
    stored = Utc().process_bind_param(noon, SQLITE)
    assert stored == noon
    assert stored is not None
    assert stored.tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs its zone"):
        Utc().process_bind_param(datetime(2026, 11, 22, 12, 0), SQLITE)  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize(
    "stored",
    [datetime(2026, 11, 22, 3, 0), datetime(2026, 11, 22, 12, 0, tzinfo=timezone(timedelta(hours=9)))],  # noqa: DTZ001
)
def test_a_stored_time_comes_back_in_utc(stored: datetime) -> None:
    found = Utc().process_result_value(stored, SQLITE)
    assert found == datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    assert found is not None
    assert found.tzinfo is UTC


@given(st.text())
def test_proper_text_is_stored_as_it_is_but_for_nul(text: str) -> None:
    assert Words().process_bind_param(text, SQLITE) == text.replace("\0", "")


@given(st.text(st.characters(categories=["Cs", "L", "Cc"])))
def test_any_text_can_be_stored(text: str) -> None:
    stored = Words().process_bind_param(text, SQLITE)
    assert stored is not None
    assert "\0" not in stored
    stored.encode()


@given(origins)
def test_an_origin_comes_back_as_it_was(origin: Origin) -> None:
    column = Json[Origin](Origin)
    assert column.process_result_value(column.process_bind_param(origin, SQLITE), SQLITE) == origin


@given(attachments)
def test_attachments_come_back_as_they_were(files: tuple[Attachment, ...]) -> None:
    column = Json[tuple[Attachment, ...]](tuple[Attachment, ...])
    assert column.process_result_value(column.process_bind_param(files, SQLITE), SQLITE) == files


def test_stored_text_of_another_shape_is_an_error() -> None:
    with pytest.raises(ValidationError):
        Json[Origin](Origin).process_result_value('{"address": 1}', SQLITE)


@pytest.mark.parametrize("column", [Utc(), Json[Origin](Origin)])
def test_nothing_stays_nothing(column: Utc | Json[Origin]) -> None:
    assert column.process_bind_param(None, SQLITE) is None
    assert column.process_result_value(None, SQLITE) is None


def test_no_words_are_no_words() -> None:
    assert Words().process_bind_param(None, SQLITE) is None


def test_a_name_with_half_a_surrogate_pair_is_kept_with_a_sign_in_its_place() -> None:
    origin = Origin(Address("slack", "T1", "C1"), Person("U1", "Ann \ud83d"))
    column: Json[Origin] = Json(Origin)
    found = column.process_result_value(column.process_bind_param(origin, SQLITE), SQLITE)
    assert found is not None
    assert found.asker.name == "Ann \ufffd"
    assert found.address == origin.address
