"""The bot's posts at the end of a storm, sorted by what they say (pure)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.storm import marks
from tests.storm.values import Question, Shown


@dataclass(slots=True)
class Screens:
    """Which pieces of which answers stand where, and which posts are notices."""

    begun: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    pieces: dict[int, list[tuple[int, Shown]]] = field(default_factory=lambda: defaultdict(list))
    notices: dict[tuple[str, str], list[tuple[int, Shown]]] = field(default_factory=lambda: defaultdict(list))
    asked_at: dict[int, int] = field(default_factory=dict)
    homes: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """The messages of each question: a person's, or the bot's where the question came by command."""
    named: dict[int, list[tuple[int, Shown]]] = field(default_factory=lambda: defaultdict(list))
    """The bot's posts that speak of a question's file."""
    tails: dict[int, tuple[int, Shown]] = field(default_factory=dict)
    """By the place in order of one of the bot's posts: the notice that is its next one there, replying to the same."""


def sort(shown: Sequence[Shown], spoken: frozenset[int]) -> Screens:
    """Sort them; `spoken` are the questions that were said aloud."""
    screens = Screens()
    latest: dict[tuple[str | None, ...], int] = {}
    for at, each in enumerate(shown):
        for number in marks.asked(each.text):
            screens.asked_at.setdefault(number, at)
            screens.homes[number] = (*screens.homes.get(number, ()), each.id)
        if not each.mine:
            continue
        for number in marks.begun(each.text):
            screens.begun[number].append(at)
        numbers = marks.answered(each.text)
        for number in numbers:
            screens.pieces[number].append((at, each))
        for number in marks.named(each.text):
            screens.named[number].append((at, each))
        beside = (*place(each), each.thread, each.reply_to)
        before, latest[beside] = latest.get(beside), at
        if not numbers and _is_notice(each, spoken):
            screens.notices[place(each)].append((at, each))
            if before is not None:
                screens.tails[before] = (at, each)
    return screens


def _is_notice(post: Shown, spoken: frozenset[int]) -> bool:
    """Words that are neither a command's question, nor what somebody said aloud, nor under a picture."""
    asked = marks.asked(post.text)
    if post.open or post.pictures or not spoken.issuperset(asked):
        return False
    return bool((marks.unquoted(post.text) if asked else post.text).strip())


def place(where: Question | Shown) -> tuple[str, str]:
    """The channel that a question or a post is in."""
    return where.platform, where.channel
