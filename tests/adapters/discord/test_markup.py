"""CommonMark as Discord's Markdown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.markup import TEXT_LIMIT, fitted, measure, quote, render
from adapters.discord.tables import aligned
from bot.text import split

_MARKDOWN = st.text(alphabet="ab |*_`~#>-\\\n![]()@\U0001f680é表", max_size=200)

_PIECES = [
    *("word ", "||", "`", "\n", "表🚀", "__x__"),
    *("```py\n", "\n```\n", "| a | b |\n", "|---|---|\n", "#### h\n", "---\n"),
]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain *it* **bold** ~~gone~~", "plain *it* **bold** ~~gone~~"),
        ("### Three\n#### Four\n###### Six ######", "### Three\n**Four**\n**Six**"),
        ("__bold__ but snake__case__name", "**bold** but snake__case__name"),
        ("a || b || c", "a \\|\\| b \\|\\| c"),
        ("![a cat](https://x.test/c.png)", "[a cat](https://x.test/c.png)"),
        ("above\n\n---\n\nbelow", "above\n\n───\n\nbelow"),
        ("> > deep\n>>> deeper", "> deep\n> deeper"),
        ("-# not small", "\\-# not small"),
        ("one\\\ntwo", "one\ntwo"),
        ("- [ ] a task\n- item", "- [ ] a task\n- item"),
    ],
)
def test_what_discord_reads_otherwise_is_written_otherwise(text: str, shown: str) -> None:
    assert render(text) == shown


@pytest.mark.parametrize("code", ["`a || __b__ ![x](y)`", "``a ` || b``", "```\n#### x\n---\n| a |\n|---|\n```"])
def test_code_is_left_alone(code: str) -> None:
    assert render(code) == code


def test_an_open_code_block_is_closed_while_it_grows() -> None:
    assert render("See:\n```python\nprint(1)") == "See:\n```python\nprint(1)\n```"


def test_tilde_fences_and_titles_become_what_discord_knows() -> None:
    assert render('~~~python title="a.py"\nx\n~~~') == "```python\nx\n```"


def test_a_fence_inside_a_longer_fence_does_not_end_it() -> None:
    shown = render("````md\n```\nx\n```\n````")
    assert shown.startswith("```md\n")
    assert shown.count("```") == 2
    assert shown.replace("\u200b", "") == "```md\n```\nx\n```\n```"


def test_a_table_is_aligned_in_a_code_block() -> None:
    shown = render("Here:\n| Name | Size |\n|---|--:|\n| a | 10 |\n| 表 \\| b | 2 |\nAfter.")
    assert shown == "Here:\n```\nName   | Size\n-------+-----\na      | 10\n表 | b | 2\n```\nAfter."


def test_a_table_too_wide_to_align_keeps_its_own_spacing() -> None:
    wide = f"| {'w' * 80} | b |\n|---|---|\n| 1 | 2 |"
    assert render(wide) == f"```\n{wide}\n```"


def test_a_row_with_too_few_cells_stays_in_its_columns() -> None:
    assert render("| a | b |\n|---|---|\n| 1 |") == "```\na | b\n--+--\n1 |\n```"


def test_a_bar_in_prose_makes_no_table() -> None:
    assert render("a | b\nc | d") == "a | b\nc | d"


def test_half_a_surrogate_pair_does_no_harm() -> None:
    assert render("a\ud83d") == "a\ufffd"
    assert measure("a\ud83d") == 2


def test_length_is_counted_after_all_that_is_added() -> None:
    assert measure("||") == 4
    assert measure("```\nx") == len("```\nx\n```")
    assert measure("\U0001f680") == 2


@given(_MARKDOWN)
def test_rendering_anything_fails_never_and_measures_itself(text: str) -> None:
    shown = render(text)
    assert measure(text) == len(shown.encode("utf-16-le")) // 2
    assert measure(text) >= len(shown)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="|_!#-*>`~\\"), max_size=200))
def test_words_without_marks_are_shown_as_they_are(text: str) -> None:
    assert render(text) == text.strip("\n")


@given(st.text(alphabet="ab |#~-_\n", max_size=100))
def test_whatever_stands_in_an_open_code_block_it_is_closed(text: str) -> None:
    shown = render(f"```\n{text}")
    assert shown == f"```\n{text}\n```"


@given(st.text(max_size=3000), st.text(max_size=300))
def test_a_quoted_question_fits_a_post(question: str, name: str) -> None:
    assert len(quote(name, question).encode("utf-16-le", "surrogatepass")) // 2 <= TEXT_LIMIT


@given(st.lists(st.sampled_from(_PIECES), max_size=60), st.integers(60, 400))
def test_pages_fit_whatever_is_added_to_them(pieces: list[str], limit: int) -> None:
    assert all(measure(page) <= limit for page in split("".join(pieces), limit, measure))


def test_a_quoted_question_names_its_asker_on_every_line_a_quote() -> None:
    assert quote("Ann *the* Great", "one\n\ntwo") == "**Ann \\*the\\* Great**\n> one\n> \n> two"


def test_a_long_question_is_cut_with_a_sign() -> None:
    shown = quote("Ann", "word " * 1000)
    assert shown.endswith("…")


def test_a_long_notice_is_cut_with_a_sign() -> None:
    shown = fitted("word " * 1000)
    assert len(shown) == TEXT_LIMIT
    assert shown.endswith("…")
    assert fitted("short") == "short"


def test_a_row_with_more_cells_than_the_head_loses_nothing() -> None:
    table = ["| cmd | what |", "|---|---|", "| `a | b` | pipes a to b |"]
    shown = "\n".join(aligned(table))
    assert "`a" in shown
    assert "b`" in shown
    assert "pipes a to b" in shown


def test_a_row_with_fewer_cells_than_the_head_is_filled_up() -> None:
    assert aligned(["| a | b | c |", "|---|---|---|", "| 1 |"])[2].split("|")[0].strip() == "1"
