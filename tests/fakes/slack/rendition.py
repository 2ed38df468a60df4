"""What becomes of standard Markdown inside Slack: it is kept, and read back, as mrkdwn (pure).

Whoever compares what he reads with what he sent must find them different here, as they are there.
"""

import re

_STEPS = (
    (re.compile(r"&(?!(?:amp|lt|gt);)"), "&amp;"),
    (re.compile(r"<(?![!@#]|https?:|mailto:)"), "&lt;"),
    (re.compile(r"\*\*(.+?)\*\*"), r"*\1*"),
    (re.compile(r"^#{1,6} +(.+)$", re.MULTILINE), r"*\1*"),
    (re.compile(r"~~(.+?)~~"), r"~\1~"),
    (re.compile(r"\[([^\]\n]+)\]\(([^)\s]+)\)"), r"<\2|\1>"),
    (re.compile(r"^[-*] ", re.MULTILINE), "• "),
)


def mrkdwn(markdown: str) -> str:
    """The `text` under which a message of standard Markdown is read back."""
    for pattern, replacement in _STEPS:
        markdown = pattern.sub(replacement, markdown)
    return markdown
