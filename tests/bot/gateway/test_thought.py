"""Thought between tags is never part of the answer, however the text was cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.thought import ThoughtSplitter

PIECES = st.lists(
    st.sampled_from(["<think>", "</think>", "<thi", "nk>", "</", "think", ">", "\n", " ", "a", "b < c", "思考"]),
    max_size=12,
)


def split(*pieces: str, hold: bool = False) -> tuple[str, str]:
    splitter = ThoughtSplitter(hold=hold)
    parts = [splitter.feed(piece) for piece in pieces]
    parts.append(splitter.close())
    return "".join(answer for answer, _ in parts), "".join(thought for _, thought in parts)


@pytest.mark.parametrize("hold", [False, True])
def test_a_tagged_thought_is_told_apart_at_every_cut(hold: bool) -> None:
    text = "<think>Rain is likely.</think>\n\nTake an umbrella."
    for place in range(len(text)):
        assert split(text[:place], text[place:], hold=hold) == ("Take an umbrella.", "Rain is likely.")
    assert split(*text, hold=hold) == ("Take an umbrella.", "Rain is likely.")


def test_a_thought_without_its_opening_tag_is_told_apart_when_it_is_expected() -> None:
    text = "Rain is likely.</think>\nTake an umbrella."
    assert split(*text, hold=True) == ("Take an umbrella.", "Rain is likely.")


def test_an_answer_that_was_kept_back_comes_at_the_end() -> None:
    splitter = ThoughtSplitter(hold=True)
    assert splitter.feed("Take an umbrella.") == ("", "")
    assert splitter.holding
    assert splitter.close() == ("Take an umbrella.", "")


def test_nothing_is_kept_back_once_thought_came_by_a_way_of_its_own() -> None:
    splitter = ThoughtSplitter(hold=True)
    splitter.feed("Take ")
    splitter.release()
    assert splitter.feed("an umbrella.") == ("Take an umbrella.", "")


def test_an_unexpected_closing_tag_is_taken_out_and_reported() -> None:
    splitter = ThoughtSplitter(hold=False)
    parts = [splitter.feed(piece) for piece in ("Rain is likely.\n", "</thi", "nk>\nTake ", "an umbrella.")]
    assert "".join(answer for answer, _ in parts) == "Rain is likely.\n\nTake an umbrella."
    assert splitter.orphan


def test_an_answer_may_speak_of_the_tags() -> None:
    text = "Models write `<think>` and `</think>` around a thought; a < b <thinner>."
    splitter = ThoughtSplitter(hold=False)
    assert splitter.feed(text)[0] + splitter.close()[0] == text
    assert not splitter.orphan


def test_an_answer_after_a_thought_may_speak_of_the_tags() -> None:
    assert split("<think>x</think>Write\n</think>\nat the end.") == ("Write\n</think>\nat the end.", "x")


def test_several_thoughts_in_a_row_are_all_thought() -> None:
    assert split("<think>a</think>\n<think>b</think>c") == ("c", "ab")


def test_a_thought_that_never_ends_is_no_answer() -> None:
    assert split("<think>I wonder", " whether </thi") == ("", "I wonder whether </thi")


def test_an_empty_thought_leaves_the_answer_alone() -> None:
    assert split("<think>\n\n</think>\n\nYes.") == ("Yes.", "\n\n")


def test_plain_text_passes_at_once_and_unchanged() -> None:
    splitter = ThoughtSplitter(hold=False)
    assert splitter.feed("  Hello") == ("  Hello", "")
    assert splitter.feed(" world\n") == (" world\n", "")
    assert splitter.close() == ("", "")


@given(PIECES, st.booleans())
def test_with_one_cut_or_many_the_sum_is_the_same(pieces: list[str], hold: bool) -> None:
    assert split(*"".join(pieces), hold=hold) == split("".join(pieces), hold=hold)


@given(st.text(alphabet=st.characters(exclude_characters="<"), min_size=1), st.booleans())
def test_text_without_tags_is_the_answer(text: str, hold: bool) -> None:
    assert split(*text, hold=hold) == (text, "")
