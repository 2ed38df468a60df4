"""What people typed, as Slack sends it (https://docs.slack.dev/messaging/formatting-message-text), into CommonMark.

Slack escapes `&`, `<` and `>`, so that every `<…>` in its text is markup: a mention, a channel or a link.
"""

import re
from collections.abc import Mapping

_TOKEN = re.compile(r"<([^<>]+)>")
_USER = re.compile(r"<@([A-Z0-9]+)(?:\|[^<>]*)?>")
_GROUP = re.compile(r"<!subteam\^[A-Z0-9]+(?:\|[^<>]*)?>")
_BROADCASTS = {"!here": "@here", "!channel": "@channel", "!everyone": "@everyone"}


def mentioned(text: str) -> frozenset[str]:
    """The ids of all users that a text mentions."""
    return frozenset(_USER.findall(text))


def calls_group(text: str) -> bool:
    """A user group is mentioned."""
    return _GROUP.search(text) is not None


def to_markdown(text: str, own: str, names: Mapping[str, str]) -> str:
    """The text as CommonMark: mentions become names, those of `own` (our user id) vanish, entities are resolved."""
    without_us = re.sub(rf"<@{re.escape(own)}(?:\|[^<>]*)?>[ \t]?", "", text) if own else text
    if without_us is not text and text.lstrip().startswith(f"<@{own}"):
        without_us = without_us.lstrip(" \t\n:,")
    worded = _TOKEN.sub(lambda found: _word(found[1], names), without_us)
    return unescape(worded).strip()


def unescape(text: str) -> str:
    """Slack's three entities as characters; the ampersand last, or `&amp;lt;` would be resolved twice."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _word(token: str, names: Mapping[str, str]) -> str:
    target, _, label = token.partition("|")
    if target.startswith("@"):
        return "@" + (names.get(target[1:]) or label.removeprefix("@") or target[1:])
    if target.startswith("#"):
        return "#" + (label or target[1:])
    if target.startswith("!"):
        return _BROADCASTS.get(target.partition("^")[0], label or target[1:])
    return _link(target, label)


def _link(url: str, label: str) -> str:
    bare = url.removeprefix("mailto:").removeprefix("tel:")
    shortened = re.sub(r"^https?://", "", url).rstrip("/")
    if not label or label in (url, bare):
        return bare
    if label.rstrip("/") == shortened:
        return url
    text = label.replace("[", r"\[").replace("]", r"\]")
    return f"[{text}]({url.replace('(', '%28').replace(')', '%29')})"
