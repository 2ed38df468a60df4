"""What of a Markdown text is read aloud."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.features.reading_aloud import LeftOut, lasting, parts, script, speakable

LEFT_OUT = LeftOut("(code left out)", "(table left out)")

NASTY = """<think>
They want a plan. [x](
</think>
# The *plan*

See [the docs](https://x.example/z_(y)?a=1) or https://foo.example/a_(b)?q=1, or <https://auto.example>.
Rain is due ([Met Office](https://met.example/today), [B](http://b.example)).[^1] More [1][2, 3].【4†src】

Party :tada: 🎉👩‍👩‍👧 at 10:30:45, `std::map` is a::b; 25 °C & 3.14 &amp; e.g. Dr. No

~~old~~ new <b>bold</b> ![a picture](x.png "t") 2 ** 3 and **kwargs <@U1> <:smile:123>

```py
print("hi")
```

1. First
   ```
   x
   ```
2. **Second**: yes
   - [x] nested one!
   - nested (two)

| a | b |
|---|---|
| 1 | 2 |

> quoted *text*

---

<details><summary>More</summary><script>alert(1)</script>
inside</details>

[^1]: The footnote
    goes on
"""

READ = """The plan.
See the docs or, or. Rain is due. More.
Party at 10:30:45, std::map is a::b; 25 °C & 3.14 & e.g. Dr. No.
new bold 2 ** 3 and kwargs.
(code left out)
1. First.
2. Second: yes.
nested one!
nested (two).
(table left out)
quoted text.
More inside."""


def test_only_the_words_of_a_nasty_text_are_read() -> None:
    assert speakable(NASTY, LEFT_OUT) == READ


def test_chinese_is_read_in_its_own_sentences() -> None:
    text = "# 计划\n\n**重点：**内容 :tada:，看 https://x.example/的文档\n\n- 第一\n- 第二（甲）\n\n![图](a.png)"
    assert speakable(text) == "计划。\n重点：内容，看 的文档。\n第一。\n第二（甲）。"


@pytest.mark.parametrize(
    "text", ["", "  \n", "```\nx = 1\n```", "| a |\n|---|\n| 1 |", "🎉 :tada: --- !", "![cat](a.png)"]
)
def test_a_text_without_words_is_nothing_to_say(text: str) -> None:
    assert speakable(text, LEFT_OUT) == ""
    assert script(text, LEFT_OUT).parts == ()


@pytest.mark.parametrize(
    "text", ["It costs 3.50 USD (about 10 %).", "Call +1 555 0100 at 9 a.m.", "Is it so?", "So he said: “Go!”"]
)
def test_plain_sentences_stay_as_they_are(text: str) -> None:
    assert speakable(text) == text


def test_parts_end_with_sentences_and_lose_no_word() -> None:
    text = "This is a sentence. " * 20 + "这是一句话。" * 20
    found = parts(text, 100)
    assert all(part[-1] in ".。" for part in found)
    assert all(lasting(part) <= 100 for part in found)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_a_sign_of_chinese_takes_as_long_as_three_letters() -> None:
    assert (lasting("abc"), lasting("一二三"), lasting("你好 ok")) == (3, 9, 9)


def test_a_text_is_read_up_to_a_bound() -> None:
    found = script("A sentence of words. " * 100, most=500)
    assert not found.whole
    assert sum(map(len, found.parts)) <= 500
    assert script("A sentence of words.", most=500).whole


@pytest.mark.parametrize(
    "piece", ["*", "[", "![", "<", "<!--", "<script ", "`", "> ", "http://(", "[[](", "x[1", "\ue000("]
)
def test_a_hostile_text_is_read_in_time(piece: str) -> None:
    script(piece * 5_000)  # the test's own time limit is the assertion: none of these grows with the square


@given(st.text(alphabet="ab .!*_`[]()<>#|~-:1\n!。，一\\&;@/\ue000\ue001", max_size=200))
def test_whatever_the_text_something_that_can_be_said_comes_out_or_nothing(text: str) -> None:
    said = speakable(text, LEFT_OUT)
    assert not said or any(sign.isalnum() for sign in said)
    assert "`" not in said
    assert "\ue000" not in said
