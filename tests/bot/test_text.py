"""Cutting text into pages."""

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.text import Measure, Page, Seam, close, pages, split


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def escaped(text: str) -> int:
    return len(text) + 4 * text.count("&") + 3 * text.count("<") + 3 * text.count(">")


def ink(text: str) -> str:
    """What is left to see when blanks and the signs of fences and quotes are taken away."""
    return re.sub(r"[\s`~>]+", "", text)


def own(page: Page) -> str:
    """A page without what was repeated on it."""
    return page.text.removeprefix(page.start.reopen)


def open_fence(text: str) -> str:
    """The sign of the fence that is still open at the end of a text without lists and quotes."""
    fence = ""
    for line in text.split("\n"):
        if fence and re.fullmatch(rf"[ \t]*{fence[0]}{{{len(fence)},}}[ \t]*", line):
            fence = ""
        elif not fence and (found := re.match(r"[ \t]*(`{3,}(?=[^`]*$)|~{3,})", line)):
            fence = found[1]
    return fence


WORDS = st.sampled_from(
    ["one", "two.", "three?", "&", "<b>", "**bold**", "`code`", "字", "东京。", "e\u0301", "👩🏽‍🚀"]
)
LINES = st.one_of(
    st.lists(WORDS, min_size=1, max_size=12).map(" ".join),
    st.lists(WORDS, min_size=1, max_size=30).map("".join),
    st.sampled_from(["", "", "", "# Head", "- item", "  1. item", "said", "| a | b |", "|---|---|", "| 1 | 2 |"]),
    st.sampled_from(["```", "```py", "   ```", "~~~", "````md", "``", "    x = 1", "\tx", " ", "x" * 90]),
)
TEXTS = st.lists(LINES, max_size=40).map("\n".join)
LIMITS = st.integers(min_value=48, max_value=160)
MEASURES = st.sampled_from([len, utf16, escaped])

ANY_TEXT = st.text(st.sampled_from("ab .\n\t`~|-:>#1)é\u0301👍🏽‍字。\r "), max_size=200)


class TestEveryText:
    @given(TEXTS, LIMITS, MEASURES)
    @settings(max_examples=200)
    def test_each_page_fits_and_shows_something(self, text: str, limit: int, measure: Measure) -> None:
        for page in split(text, limit, measure):
            assert measure(page) <= limit
            assert page.strip()

    @given(ANY_TEXT, st.integers(min_value=10, max_value=60), MEASURES)
    @settings(max_examples=200)
    def test_even_tiny_pages_of_odd_text_fit(self, text: str, limit: int, measure: Measure) -> None:
        for page in split(text, limit, measure):
            assert measure(page) <= limit
            assert page.strip()

    @given(TEXTS, LIMITS, MEASURES)
    @settings(max_examples=200)
    def test_nothing_visible_is_lost_or_doubled(self, text: str, limit: int, measure: Measure) -> None:
        assert "".join(ink(own(page)) for page in pages(text, limit, measure)) == ink(text)

    @given(ANY_TEXT, st.integers(min_value=10, max_value=60), MEASURES)
    @settings(max_examples=200)
    def test_nothing_of_odd_text_is_lost_or_doubled(self, text: str, limit: int, measure: Measure) -> None:
        assert "".join(ink(own(page)) for page in pages(text, limit, measure)) == ink(text)

    @given(st.one_of(TEXTS, ANY_TEXT), LIMITS, MEASURES)
    @settings(max_examples=120)
    def test_the_pages_of_a_growing_text_stay_as_they_are(self, text: str, limit: int, measure: Measure) -> None:
        closed: list[str] = []
        for size in range(len(text) + 1):
            now = split(text[:size], limit, measure)
            assert now[: len(closed)] == closed
            closed = max(closed, now[:-1], key=len)

    @given(TEXTS, LIMITS)
    @settings(max_examples=200)
    def test_only_the_last_page_may_leave_a_fence_open(self, text: str, limit: int) -> None:
        for page in split(text, limit, len)[:-1]:
            assert not open_fence(page)

    @given(TEXTS, LIMITS, MEASURES)
    @settings(max_examples=200)
    def test_the_rest_of_a_text_can_be_cut_from_any_page_on(self, text: str, limit: int, measure: Measure) -> None:
        whole = pages(text, limit, measure)
        for number, page in enumerate(whole):
            assert pages(text, limit, measure, page.start) == whole[number:]
            assert pages(text, limit, measure, page.end) == whole[number + 1 :]

    @given(TEXTS, LIMITS, st.data())
    @settings(max_examples=200)
    def test_a_page_closed_early_loses_nothing(self, text: str, limit: int, data: st.DataObject) -> None:
        written = text[: data.draw(st.integers(0, len(text)))]
        if not (before := pages(written, limit, len)):
            return
        early = close(written, limit, len, before[-1])
        after = pages(text, limit, len, early.end)
        assert len(early.text) <= limit
        assert not open_fence(early.text) or "\n" not in early.text
        assert "".join(ink(own(page)) for page in (*before[:-1], early, *after)) == ink(text)


@pytest.mark.parametrize("text", ["", " ", "\n\n\t \n", " " * 500])
def test_a_blank_text_has_no_pages(text: str) -> None:
    assert split(text, 20, len) == []


def test_a_text_that_fits_is_one_page_as_it_is() -> None:
    assert split("\n\n# Title\n\n    code\n", 100, len) == ["# Title\n\n    code"]


def test_a_page_ends_at_a_paragraph_rather_than_at_a_line() -> None:
    assert split("aaa aaa\nbbb bbb\n\nccc ccc\nddd ddd eee", 30, len) == ["aaa aaa\nbbb bbb", "ccc ccc\nddd ddd eee"]


def test_a_page_ends_at_a_line_rather_than_at_a_sentence() -> None:
    assert split("One. Two two two\nThree. Four four four", 24, len) == ["One. Two two two", "Three. Four four four"]


def test_a_page_ends_at_a_sentence_rather_than_at_a_word() -> None:
    assert split("One two three. Four five six seven", 26, len) == ["One two three.", "Four five six seven"]


def test_a_paragraph_end_far_up_does_not_leave_the_page_nearly_empty() -> None:
    first, _ = split("Hi.\n\n" + "word " * 20, 80, len)
    assert len(first) > 70


def test_a_long_word_is_cut_hard_and_after_full_pages() -> None:
    assert split("x" * 25, 10, len) == ["x" * 10, "x" * 10, "x" * 5]


def test_chinese_is_cut_after_its_own_full_stop() -> None:
    assert split("今天天气很好。我们去公园散步吧", 10, len) == ["今天天气很好。", "我们去公园散步吧"]


def test_an_address_is_kept_whole_where_it_fits_a_page() -> None:
    link = "https://example.com/" + "a" * 60
    assert split("See the page at " + link, 90, len) == ["See the page at", link]


@pytest.mark.parametrize(
    "cluster", ["👩🏽‍🚀", "👨‍👩‍👧‍👦", "🇫🇷", "e\u0301\u0323", "❤\ufe0f", "🏴\U000e0067\U000e0062\U000e007f", "각"]
)
@pytest.mark.parametrize("limit", range(18, 30))
def test_no_cluster_is_torn(cluster: str, limit: int) -> None:
    found = split(cluster * 20, limit, utf16)
    assert "".join(found) == cluster * 20
    assert all(page == cluster * (len(page) // len(cluster)) for page in found)


def test_a_cluster_longer_than_a_page_is_cut_all_the_same() -> None:
    zalgo = "e" + "\u0301" * 50
    assert "".join(split(zalgo, 20, len)) == zalgo


def test_halves_of_a_surrogate_pair_stay_together() -> None:
    assert split("\ud83d\ude00" * 5, 3, utf16) == ["\ud83d\ude00"] * 5


def test_a_character_over_the_limit_stands_alone() -> None:
    assert split("👍👍", 1, utf16) == ["👍", "👍"]


def test_a_page_without_room_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at least one"):
        split("x", 0, len)


class TestFences:
    def test_a_fence_is_closed_at_the_cut_and_opened_again_as_it_was(self) -> None:
        text = "```python title=x\n" + "".join(f"line_{n} = {n}\n" for n in range(10)) + "```\nDone."
        found = split(text, 90, len)
        assert len(found) == 2
        assert found[0].endswith("\n```")
        assert all(page.startswith("```python title=x\nline_") for page in found[:-1])
        assert found[-1].endswith("```\nDone.")

    def test_the_indent_and_the_signs_of_a_fence_are_kept(self) -> None:
        text = "1. Do this:\n   ~~~~sh\n" + "   make all of it\n" * 8 + "   ~~~~"
        first, second, *_ = split(text, 90, len)
        assert first.endswith("\n   ~~~~")
        assert second.startswith("   ~~~~sh\n   make")

    def test_a_fence_behind_a_list_marker_is_opened_again_without_the_marker(self) -> None:
        text = "- ```sh\n" + "  make all of it\n" * 8 + "  ```"
        _, second, *_ = split(text, 80, len)
        assert second.startswith("  ```sh\n  make")

    def test_a_quoted_fence_stays_quoted_and_ends_with_the_quote(self) -> None:
        text = "> ```\n" + "> x = 1\n" * 12 + "Free text that goes on."
        first, *_, last = split(text, 70, len)
        assert first.endswith("\n> ```")
        assert "\nFree text" in last
        assert not split(text + " word" * 20, 70, len)[-1].startswith("> ```")

    def test_no_page_holds_an_empty_fence(self) -> None:
        code = "```py\n" + "x = 1\n" * 9 + "```"
        for limit in range(40, 90):
            for page in split("Intro text.\n" + code, limit, len):
                assert "```py\n```" not in page

    def test_a_fence_that_would_begin_at_the_very_end_moves_to_the_next_page(self) -> None:
        found = split("Some words of introduction\n```py\nx = 1\ny = 2\nz = 3\n```", 42, len)
        assert found == ["Some words of introduction", "```py\nx = 1\ny = 2\nz = 3\n```"]

    def test_blank_lines_and_indents_inside_a_fence_survive_the_cut(self) -> None:
        code = "\n".join("    deep = 1\n" for _ in range(9))
        found = pages("```\n" + code + "```", 60, len)
        inner = [own(page).removeprefix("```\n").removesuffix("```") for page in found]
        assert "".join(inner).replace("\n", "") == code.replace("\n", "")

    def test_one_giant_line_in_a_fence_is_cut_inside_it(self) -> None:
        found = split("```json\n" + "x" * 200 + "\n```", 60, len)
        assert all(page.startswith("```json\nx") and page.endswith("x\n```") for page in found)
        assert "".join(found).count("x") == 200

    def test_a_shorter_fence_inside_a_longer_one_is_its_text(self) -> None:
        text = "````md\n" + "```py\nx\n```\n" * 8 + "````"
        assert all(page.startswith("````md\n") and page.endswith("\n````") for page in split(text, 60, len))

    def test_signs_that_may_become_the_end_of_a_fence_open_no_page(self) -> None:
        text = "```\n" + "x = 1\n" * 8 + "    "
        assert [len(split(text + more, 55, len)) for more in ("", "`", "``", "```", "```\n")] == [1] * 5
        assert split(text + "``x", 55, len)[1] == "```\n    ``x"

    def test_fence_signs_inside_a_line_of_code_are_not_mistaken_for_its_end(self) -> None:
        text = "```\n" + "word " * 12 + "```\nmore and more\n```"
        for limit in range(30, 80):
            assert all(page.startswith("```\n") for page in split(text, limit, len))

    def test_a_page_closed_early_before_half_a_fence_sign_stays_in_its_fence(self) -> None:
        written = "```\n" + "x = 1\n" * 20 + "``"
        early = close(written, 500, len, pages(written, 500, len)[-1])
        assert early.text.endswith("x = 1\n```")
        assert split("`".join((written, "\nDone.")), 500, len)[0].endswith("Done.")
        assert pages(written + "`\nDone.", 500, len, early.end)[0].text == "Done."
        assert pages(written + " more\n", 500, len, early.end)[0].text == "```\n`` more"


class TestTables:
    ROWS = "".join(f"| {n} | value {n} |\n" for n in range(12))
    HEAD = "| n | value |\n|---|:--|\n"

    def test_a_table_is_cut_between_rows_and_its_head_is_repeated(self) -> None:
        found = split(self.HEAD + self.ROWS + "\nThe end.", 120, len)
        assert len(found) > 2
        assert all(page.startswith(self.HEAD + "| ") for page in found[:-1])
        assert all(re.fullmatch(r"(\|[^\n]*\|\n?)+", page) for page in found[:-1])

    def test_a_text_after_the_table_has_no_head_before_it(self) -> None:
        text = self.HEAD + self.ROWS + "\n" + "Many words after it. " * 12
        assert split(text, 120, len)[-1].startswith("Many words")

    def test_a_heading_is_not_left_behind_by_its_paragraph(self) -> None:
        found = split("Words that come before it.\n\n## Head\n\n" + "Para. " * 5, 45, len)
        assert found[0] == "Words that come before it."
        assert found[1].startswith("## Head")

    def test_the_head_of_a_table_is_not_left_behind_by_its_rows(self) -> None:
        for limit in range(50, 75):
            first = split("Words that come before it.\n" + self.HEAD + self.ROWS, limit, len)[0]
            assert not first.endswith(self.HEAD.rstrip())
            assert not first.endswith("| n | value |")

    def test_a_head_too_wide_for_the_page_is_not_repeated(self) -> None:
        head = f"| {'wide ' * 10}|\n|---|\n"
        found = split(head + "| row |\n" * 20, 100, len)
        assert sum(page.startswith("| wide") for page in found) == 1


@example(1900)
@given(st.integers(min_value=500, max_value=4000))
@settings(max_examples=5)
def test_the_measure_is_asked_seldom(limit: int) -> None:
    asked = 0

    def counting(text: str) -> int:
        nonlocal asked
        asked += len(text)
        return len(text)

    text = ("Some words in a sentence. " * 8 + "\n\n```py\n" + "x = 1\n" * 20 + "```\n\n") * 300
    split(text, limit, counting)
    assert asked < 40 * len(text)


def test_a_long_text_is_cut_quickly() -> None:
    text = (
        "Some words in a sentence. " * 8 + "\n\n```py\n" + "x = 1\n" * 20 + "```\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n"
    ) * 280
    assert len(text) > 100_000
    began = time.process_time()
    split(text, 1900, utf16)
    assert time.process_time() - began < 0.1


@pytest.mark.parametrize(
    "text", ["`" * 5000, "👍" * 2000, "|" * 5000, "> " * 3000, "a`" * 3000, "\n" * 5000 + "x", "🇫" * 3000]
)
def test_hostile_text_is_cut_quickly_too(text: str) -> None:
    began = time.process_time()
    assert "".join(split(text, 1900, utf16)).count(text[0]) == text.strip().count(text[0])
    assert time.process_time() - began < 0.5


def test_a_seam_says_where_a_page_begins_in_the_text() -> None:
    first, second = pages("aaa bbb ccc", 8, len)
    assert (first.start, first.end) == (Seam(0), Seam(7))
    assert second.start == Seam(8)


def test_an_early_end_gives_up_little_of_what_was_read() -> None:
    text = "First paragraph of it.\n\n" + "Then a sentence. " * 20 + "and half a wor"
    early = close(text, 2000, len, pages(text, 2000, len)[-1])
    assert early.text.endswith("Then a sentence.")
    assert pages(text, 2000, len, early.end)[0].text == "and half a wor"
