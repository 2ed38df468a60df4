"""A text and its buttons as Block Kit (https://docs.slack.dev/reference/block-kit), and the bare words that go with it.

`markdown_text` does not go together with blocks (`markdown_text_conflict`): where there are buttons, the text
becomes a block too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.slack import markup
from bot.contract import Button

Block = dict[str, object]

_LABEL_LIMIT = 75
_BARE_LIMIT = 4_000
"""The most that `chat.update` takes as `text`."""

_ALT_LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A file of ours that Slack has, and what it shows in words."""

    id: str
    alt: str


def content(shown: str, buttons: Sequence[Button], pictures: Sequence[Picture] = ()) -> dict[str, object]:
    """The arguments of a call that shows a neutral text, pictures under it, and buttons under these."""
    text = bare(shown if shown.strip() else " ".join(picture.alt for picture in pictures))
    words = [markdown(shown)] if shown.strip() else []
    whole = [*words, *(image(picture) for picture in pictures), *row(buttons)]
    # Under a file that Slack shows nothing may be left to say, and yet it wants something.
    return {"text": text or None, "blocks": whole or [{"type": "divider"}]}


def bare(text: str) -> str:
    """What a notification and a screen reader say; cut, as the block holds the whole."""
    return markup.escape(markup.clip(text, _BARE_LIMIT))


def markdown(shown: str) -> Block:
    """A neutral text as a block; Slack keeps no id of such a one."""
    return {"type": "markdown", "text": shown}


def image(picture: Picture) -> Block:
    """A picture as a block."""
    alt = markup.clip(markup.neutral(picture.alt), _ALT_LIMIT)
    return {"type": "image", "slack_file": {"id": picture.id}, "alt_text": alt}


def row(buttons: Sequence[Button]) -> list[Block]:
    """The buttons in one row; no block at all where there are none, since Slack refuses an empty one."""
    return [{"type": "actions", "elements": [_button(button) for button in buttons]}] if buttons else []


def _button(button: Button) -> Block:
    label = markup.clip(markup.neutral(button.label), _LABEL_LIMIT)
    return {"type": "button", "action_id": button.id, "text": {"type": "plain_text", "text": label, "emoji": True}}
