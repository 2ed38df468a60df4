"""What of a text is read aloud, and in which parts; pure."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.text import split

PART = 1500
"""About a hundred seconds of speech: what a model that makes at most 160 s at once, or is cut off after two minutes
of work, can still say whole."""

MOST = 20_000
"""A text that would take longer than this (some twenty minutes) is read up to here."""

_MOST_LOOKED_AT = 2 * MOST
"""Made to be hard to parse, no more than this holds a processor for seconds."""
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])

_WIDE = re.compile(
    r"[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\U00020000-\U0003ffff]"
)
_WIDE_WEIGHT = 3
"""A syllable a sign takes as long to say as three letters."""

_THOUGHT = re.compile(r"\s*<(think(?:ing)?)>.*?</\1>", re.DOTALL)
_FOOTNOTE = re.compile(r"^\[\^[^\]\n]{1,50}\]:.*(?:\n[ \t]+\S.*)*", re.MULTILINE)
_TAGS = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)|<[^<>]*>", re.DOTALL | re.IGNORECASE)

_LINK, _END = "\ue000", "\ue001"
_LINKED = rf"{_LINK}[^{_LINK}{_END}]*{_END}"
_EMOJI = "\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55\ufe0f\u20e3"
_URL_SIGN = "!#-&*-;=?-~"
_UNSAID = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\s*[(（]{_LINKED}(?:[,;，；、]?\s*{_LINKED})*[)）]",  # a link all by itself in brackets is a source
        f"[{_LINK}{_END}]",
        r"\s?\[\^[^\]\s]+\]|【[^【】]*†[^【】]*】|(?<=\S)\s?\[\d{1,3}(?:\s*[,–-]\s*\d{1,3})*\]",
        rf"(?:\b(?:https?|ftp)://|\bwww\.)(?:[{_URL_SIGN}]|\([{_URL_SIGN}]*\))+(?<![.,;:!?])",
        r"<(?:a?:\w+:\d+|[@#!][^<>\s]*)>|<>",
        r"(?<![\w:]):[a-z+-][\w+-]*:(?![\w:])",
        rf"[{_EMOJI}](?:[{_EMOJI}]|\u200d(?=[{_EMOJI}]))*",
        r"(?<!\w)\*{2,}(?=\S)|(?<=\S)\*{2,}(?!\w)|`",  # emphasis that touches Chinese punctuation is none to CommonMark
        r"^\[[ xX]\]\s",
        r"[(（]\s*[)）]",
    )
)
_BLANKS = re.compile(r"\s+")
_BLANK_BEFORE = re.compile(r" (?=[.,;:!?)，。；：！？）])")
_WORD = re.compile(r"[^\W_]")
_CLOSING = "\"'”’»)]）」』】*_"
_ENDS = tuple(".!?…:;,。！？：；，、।؟")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is said in place of code and of tables, each once; nothing where it is empty."""

    code: str = ""
    table: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """What is to be said, part by part; `whole` is false where the end of the text is missing."""

    parts: tuple[str, ...]
    whole: bool = True


NOTHING = LeftOut()


def script(markdown: str, left_out: LeftOut = NOTHING, limit: int = PART, most: int = MOST) -> Script:
    """A text as it is read aloud, in parts that last at most `limit` and together at most `most`; see `lasting`."""
    said = split(speakable(markdown[:_MOST_LOOKED_AT], left_out), most, lasting)
    whole = len(said) < 2 and len(markdown) <= _MOST_LOOKED_AT
    return Script(parts(said[0], limit) if said else (), whole)


def parts(text: str, limit: int = PART) -> tuple[str, ...]:
    """A text cut at paragraphs, lines or sentences into parts that last at most `limit`."""
    return tuple(split(text, limit, lasting))


def lasting(text: str) -> int:
    """How long it takes to say a text, in letters."""
    return len(text) + (_WIDE_WEIGHT - 1) * len(_WIDE.findall(text))


def speakable(markdown: str, left_out: LeftOut = NOTHING) -> str:
    """The words of a Markdown text, a line for each paragraph, heading and list item; blank where it has none.

    Code, tables, pictures, addresses, tags, sources, footnotes, emoji, what is struck out and what a model thought
    aloud are not among them.
    """
    bare = _FOOTNOTE.sub("", _THOUGHT.sub("", markdown, count=1) if _THOUGHT.match(markdown) else markdown)
    said: list[str] = []
    notes = {left_out.code, left_out.table}
    for passage in _passages(_MARKDOWN.parse(bare), left_out):
        if passage and not (passage in notes and passage in said):
            said.append(passage)
    return "\n".join(said) if any(passage not in notes for passage in said) else ""


def _passages(tokens: Sequence[Token], left_out: LeftOut) -> Iterator[str]:
    number, table = "", False
    for token in tokens:
        match token.type:
            case "table_open":
                table = True
                yield left_out.table
            case "table_close":
                table = False
            case "fence" | "code_block":
                yield left_out.code
            case "html_block":
                yield _sentence(html.unescape(_TAGS.sub(" ", token.content)))
            case "list_item_open":
                number = f"{token.info}. " if token.info else ""
            case "inline" if not table:
                if sentence := _sentence(_words(token.children or ())):
                    yield number + sentence
                    number = ""


def _words(children: Sequence[Token]) -> str:
    """The text of a paragraph, with its links marked."""
    said: list[str] = []
    struck = 0
    for child in children:
        match child.type:
            case "s_open":
                struck += 1
            case "s_close":
                struck -= 1
            case "link_open":
                said.append(_LINK)
            case "link_close":
                said.append(_END)
            case "softbreak" | "hardbreak":
                said.append(" ")
            case "text" | "code_inline" if not struck:
                said.append(child.content)
    return "".join(said)


def _sentence(text: str) -> str:
    """A text without what is not said, ended like a sentence; blank where it has no words."""
    for unsaid in _UNSAID:
        text = unsaid.sub("", text)
    text = _BLANK_BEFORE.sub("", _BLANKS.sub(" ", text).strip())
    if not _WORD.search(text):
        return ""
    if text.rstrip(_CLOSING).endswith(_ENDS):
        return text
    return text + ("。" if _WIDE.match(text[-1]) else ".")
