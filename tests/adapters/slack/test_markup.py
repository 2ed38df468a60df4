"""What Slack may be shown: no mention comes alive, however the text is cut."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import markup

_ALIVE = re.compile(
    r"<!(?:channel|here|everyone|subteam)|<@[UWB]\w|(?<![\w@])@(?:channel|here|everyone)", re.IGNORECASE
)
_BITS = [
    "<",
    "!",
    "@",
    "channel",
    "here",
    "every",
    "one",
    "subteam^S1",
    ">",
    "U",
    "W0ANN",
    "B",
    " ",
    "a",
    "@channel",
    "|",
]
_TEXTS = st.lists(st.sampled_from(_BITS) | st.text(max_size=3), max_size=20).map("".join)


@pytest.mark.parametrize(
    "mention",
    ["<!channel>", "<!here|here>", "<!everyone>", "<!subteam^S0TEAM>", "<@U0ANN>", "<@W0ANN|ann>", "@channel", "@Here"],
)
def test_a_mention_is_broken_but_reads_the_same(mention: str) -> None:
    shown = markup.neutral(f"Hear, {mention}, hear")
    assert not _ALIVE.search(shown)
    assert shown.replace("\u200b", "") == f"Hear, {mention}, hear"


@pytest.mark.parametrize(
    "text",
    [
        "`List<int>` & <!DOCTYPE html>",
        "ann@example.com",
        "ann@channel.example",
        "a < b > c",
        "@decorator",
        "<#C0ROOM>",
        "x<@y",
    ],
)
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert markup.neutral(text) == text


@given(_TEXTS)
def test_no_mention_survives(text: str) -> None:
    assert not _ALIVE.search(markup.neutral(text))


@given(_TEXTS, st.data())
def test_a_stream_only_ever_grows_towards_the_whole(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    shown = ""
    for cut in cuts:
        assert markup.settled(text[:cut]).startswith(shown)
        shown = markup.settled(text[:cut])
    assert markup.neutral(text).startswith(shown)


@given(_TEXTS)
def test_a_stream_holds_back_no_more_than_half_a_mention(text: str) -> None:
    assert len(markup.neutral(text)) - len(markup.settled(text)) <= len("<@everyone")


@given(_TEXTS)
def test_the_measure_is_at_least_what_slack_can_count(text: str) -> None:
    written = markup.escape(text)
    assert markup.measure(text) >= len(written)
    assert markup.measure(text) >= len(written.encode("utf-16-le")) // 2


@given(_TEXTS, _TEXTS)
def test_a_longer_text_never_measures_less(text: str, more: str) -> None:
    assert markup.measure(text) <= markup.measure(text + more)


@given(st.text(), st.integers(1, 40))
def test_a_clipped_text_fits(text: str, limit: int) -> None:
    clipped = markup.clip(text, limit)
    assert markup.measure(clipped) <= limit
    assert clipped == text or clipped.endswith("…")


def test_a_name_cannot_act_as_markdown() -> None:
    assert markup.plain("**Ann**\n# <x> [y](z)") == r"\*\*Ann\*\* \# \<x\> \[y\]\(z\)"
