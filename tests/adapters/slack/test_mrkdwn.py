"""What people typed, in the model's eyes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import mrkdwn

NAMES = {"U0ANN": "Ann", "U0BOB": "Bob"}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("<@U0BOT> hello", "hello"),
        ("<@U0BOT>: hello", "hello"),
        ("<@U0BOT>, hello", "hello"),
        ("hey <@U0BOT> what now", "hey what now"),
        ("what now <@U0BOT>", "what now"),
        ("<@U0BOT>", ""),
        ("<@U0BOT> /model gpt-5.4", "/model gpt-5.4"),
        ("ask <@U0BOB> or <@U0CYD|cyd>", "ask @Bob or @cyd"),
        ("ask <@U0NOBODY>", "ask @U0NOBODY"),
        ("in <#C0ROOM|general> and <#C0OTHER>", "in #general and #C0OTHER"),
        ("<!here> <!channel> <!everyone>", "@here @channel @everyone"),
        ("<!subteam^S0TEAM|@devs> and <!subteam^S0TEAM>", "@devs and subteam^S0TEAM"),
        ("<!date^1700000000^{date}|14 November>", "14 November"),
        ("see <https://example.com/a?b=1&amp;c=2>", "see https://example.com/a?b=1&c=2"),
        ("see <https://example.com|the docs>", "see [the docs](https://example.com)"),
        ("see <http://example.com|example.com>", "see http://example.com"),
        ("<mailto:ann@example.com|ann@example.com>", "ann@example.com"),
        ("<https://example.com/a_(b)|a [b]>", r"[a \[b\]](https://example.com/a_%28b%29)"),
        ("if a &lt; b &amp;&amp; c &gt; d", "if a < b && c > d"),
        ("say &amp;lt; for &lt;", "say &lt; for <"),
        ("`List&lt;int&gt;`", "`List<int>`"),
    ],
)
def test_typed_text_reads_as_markdown(typed: str, read: str) -> None:
    assert mrkdwn.to_markdown(typed, "U0BOT", NAMES) == read


def test_mentions_are_found_with_and_without_a_label() -> None:
    assert mrkdwn.mentioned("<@U0ANN> <@U0BOB|bob> <#C0ROOM> &lt;@U0CYD&gt;") == {"U0ANN", "U0BOB"}


@given(st.text())
def test_whatever_people_type_arrives_unchanged(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert mrkdwn.to_markdown(escaped, "U0BOT", {}) == text.strip()


@given(st.text(alphabet="<>@!#|&;U0BOTltgamp^ :,\n"))
def test_no_text_from_slack_breaks_the_reader(text: str) -> None:
    assert "<@U0BOT>" not in mrkdwn.to_markdown(text, "U0BOT", {}) or "&lt;" in text or "&amp;" in text
