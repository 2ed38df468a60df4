"""Our CommonMark into what Slack may be shown (pure).

Slack renders standard Markdown itself where it is called `markdown_text`. What is left to do is to take the
bite out of mentions: a model may write `<!channel>` or `<@U1>`, and Slack would call everybody. An
invisible character behind the bracket breaks them, and leaves code as readable as it was.
"""

import re

TEXT_LIMIT = 11_000
"""Characters of one post: `markdown_text` takes 12,000, and a streamed message as a whole about as many."""

_BREAK = "\u200b"
_WORDS = ("channel", "here", "everyone", "subteam", "group")
_LIVE = re.compile(
    rf"<(?=[!@](?i:{'|'.join(_WORDS)})|@[UWB]\w)"
    r"|(?<![\w@])@(?=(?i:channel|here|everyone))",
)
_OPENINGS = (*(f"{sign}{word}" for word in _WORDS for sign in ("<!", "<@", "@")), "<@u?", "<@w?", "<@b?")
_LONGEST = max(len(opening) for opening in _OPENINGS)
_ENTITIES = {"&": 4, "<": 3, ">": 3}


def neutral(text: str) -> str:
    """The text with every mention made harmless."""
    return _LIVE.sub(lambda found: found[0] + _BREAK, text)


def escape(text: str) -> str:
    """Words for Slack's older `text` fields, where its three signs would be markup."""
    return neutral(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def settled(text: str) -> str:
    """As much of the neutral text as will stay the same however the text goes on.

    A stream can only be added to. The end of a growing text may be the first half of a mention, so it is
    held back until what follows shows what it is.
    """
    for start in range(max(0, len(text) - _LONGEST), len(text)):
        tail = text[start:].lower()
        if any(opening.startswith(tail) and opening != tail for opening in _OPENINGS):
            return neutral(text[:start])
    return neutral(text)


def measure(text: str) -> int:
    """The length of a text as Slack may count it at worst: UTF-16 units, invisible breaks, entities written out."""
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return units + len(_LIVE.findall(text)) + sum(text.count(sign) * more for sign, more in _ENTITIES.items())


def clip(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text, cut with an ellipsis where it is longer than the limit."""
    if measure(text) <= limit:
        return text
    low, high = 0, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[:middle]) < limit else (low, middle - 1)
    return text[:low] + "…"


def plain(text: str) -> str:
    """One line of words that cannot act as Markdown, as a person's name in a sentence of ours."""
    words = " ".join(text.split())
    return re.sub(r"([\\`*_~\[\]()<>#|!])", r"\\\1", words)
