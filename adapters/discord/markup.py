"""A Post's CommonMark as Discord's own Markdown (https://support.discord.com/hc/articles/210298617), and its length."""

import re
from collections.abc import Iterator

from adapters.discord import tables

TEXT_LIMIT = 1900
"""The platform takes 2,000 and does the counting itself; the rest is room for being wrong about it."""

_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})[ \t]*(?P<language>[^\s`]*)[^`]*$")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_HEADING = re.compile(r"^ {0,3}#{4,6}[ \t]+(?P<title>.+?)[ \t]*#*$")
_LINE = re.compile(r"^ {0,3}([-*_])([ \t]*\1){2,}[ \t]*$")
_NESTED_QUOTE = re.compile(r"^(?P<marks>(?: {0,3}>[ \t]?){2,})")
_STRONG = re.compile(r"(?<![\w\\_])__(?=\S)([^_\n]+?)(?<=\S)__(?![\w_])")
_PICTURE = re.compile(r"!(\[[^\]\n]*\]\([^)\n]+\))")
_APART = "`\u200b`\u200b`"
"""Three backticks kept apart by zero-width spaces: within a block they would end it."""


def render(text: str) -> str:
    """What to send so that it reads as the CommonMark does; an open code block is closed."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return "\n".join(_blocks(whole.split("\n"))).strip("\n")


def measure(text: str) -> int:
    """The length of `render(text)` in UTF-16 units, which is never less than what Discord counts."""
    return units(render(text))


def units(text: str) -> int:
    """UTF-16 units of a text as it is."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def quote(name: str, question: str) -> str:
    """A question as its asker's quote, in Discord's Markdown, cut to what one post holds."""
    asker = re.sub(r"([\\*_~`|])", r"\\\1", " ".join(name.split())[:100])
    room = TEXT_LIMIT - units(asker) - 20
    lines = [f"> {line}" for line in question.strip().split("\n")]
    quoted = "\n".join(lines)
    if units(quoted) > room:
        quoted = _cut(quoted, room - 1) + "…"
    return f"**{asker}**\n{quoted}"


def fitted(text: str) -> str:
    """A notice, cut to what one post holds."""
    shown = render(text)
    return shown if units(shown) <= TEXT_LIMIT else _cut(shown, TEXT_LIMIT - 1) + "…"


def _cut(text: str, units: int) -> str:
    return text.encode("utf-16-le", "surrogatepass")[: units * 2].decode("utf-16-le", "ignore")


def _blocks(lines: list[str]) -> Iterator[str]:
    index = 0
    loose: list[str] = []
    while index < len(lines):
        end = _block_end(lines, index)
        if end == index:
            loose.append(lines[index])
            index += 1
            continue
        yield from _prose(loose)
        loose = []
        yield from _fenced(lines[index:end]) if _FENCE.match(lines[index]) else _table(lines[index:end])
        index = end
    yield from _prose(loose)


def _block_end(lines: list[str], index: int) -> int:
    """The line after the code block or table that begins here; `index` itself where none does."""
    opening = _FENCE.match(lines[index]) if lines[index].lstrip()[:1] in ("`", "~") else None
    if opening is None:
        return tables.end(lines, index) if tables.begins(lines, index) else index
    for stop in range(index + 1, len(lines)):
        if _closes(lines[stop], opening["mark"]):
            return stop + 1
    return len(lines)


def _closes(line: str, mark: str) -> bool:
    body = line.strip()
    return len(body) >= len(mark) and set(body) == {mark[0]} and not line.startswith("    ")


def _fenced(block: list[str]) -> Iterator[str]:
    opening = _FENCE.match(block[0])
    assert opening is not None  # noqa: S101 - the caller has matched this very line
    closed = len(block) > 1 and _closes(block[-1], opening["mark"])
    yield "```" + opening["language"]
    yield from (line.replace("```", _APART) for line in (block[1:-1] if closed else block[1:]))
    yield "```"


def _table(block: list[str]) -> Iterator[str]:
    yield "```"
    yield from (line.replace("```", _APART) for line in tables.aligned(block))
    yield "```"


def _prose(lines: list[str]) -> Iterator[str]:
    if lines:
        text = "\n".join(map(_line, lines))
        yield "".join(_inline(text))


def _line(line: str) -> str:
    # A page is rendered many times while it grows: most lines have none of these signs and cost next to nothing.
    begins = line.lstrip()[:1]
    if begins == "#" and (heading := _HEADING.match(line)):
        return f"**{heading['title'].strip('*')}**"
    if begins and begins in "-*_" and _LINE.match(line):
        return "─" * len(line.strip())
    if begins == ">" and (quoted := _NESTED_QUOTE.match(line)):
        line = "> " + line[quoted.end() :]
    if line.startswith("-# "):
        line = "\\" + line
    return line[:-1] if line.endswith("\\") and not line.endswith("\\\\") else line


def _inline(text: str) -> Iterator[str]:
    """Code spans as they are, all else in Discord's dialect."""
    if "`" not in text:
        yield _dialect(text)
        return
    done = 0
    for span in _CODE.finditer(text):
        yield _dialect(text[done : span.start()])
        yield span.group()
        done = span.end()
    yield _dialect(text[done:])


def _dialect(text: str) -> str:
    if "__" in text:
        text = _STRONG.sub(r"**\1**", text)
    if "![" in text:
        text = _PICTURE.sub(r"\1", text)
    return text.replace("||", r"\|\|")
