"""CommonMark to what a terminal shows: the text itself, without signs that would steer the terminal."""

import re

_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """The text without control characters, so that no answer can move the cursor or change the window."""
    return _STEERING.sub("", text)


def addition(printed: str, text: str) -> str:
    """What to print after `printed` so that `text` can be read; where it does not go on, the differing lines anew."""
    if text.startswith(printed):
        return text[len(printed) :]
    if printed.startswith(text):
        return ""
    same = next(index for index, (old, new) in enumerate(zip(printed, text, strict=False)) if old != new)
    return "\n" + text[text.rfind("\n", 0, same) + 1 :]
