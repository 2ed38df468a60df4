"""What became of each question, read off the screens (pure)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from tests.storm import marks
from tests.storm.plan import SPOKEN
from tests.storm.posts import Screens, place, sort
from tests.storm.values import Question, Served, Shown

Group = tuple[int, ...]
"""Questions that were asked of the model together, and have one answer."""


class Fate(Enum):
    """What a person sees of the answer to a question."""

    ANSWERED = "answered"
    CUT = "cut, and told so"
    TOLD = "told"
    TORN = "torn"
    """A piece of an answer stands, or too much of it, and no word says why."""
    SILENT = "silent"
    """The model was asked, and nobody sees anything of it."""
    LOST = "lost"
    """Not even the model was asked."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`answers` counts how often its answer begins on the screens, `at` where it first does in the order of posts.

    `homes` are the messages that show the question: one, unless a command was shown twice or not at all. `noted`
    says that words of the bot's own stand under the whole answer.
    """

    question: Question
    fate: Fate
    answers: int
    at: int | None = None
    homes: tuple[str, ...] = ()
    noted: bool = False


def outcomes(questions: Mapping[int, Question], shown: Sequence[Shown], served: Sequence[Served]) -> dict[int, Outcome]:
    """The outcome of every question."""
    spoken = frozenset(number for number, question in questions.items() if question.way in SPOKEN)
    screens, groups = sort(shown, spoken), _groups(served)
    found = {number: _outcome(question, screens, groups.get(number, ())) for number, question in questions.items()}
    found = _unread(_told_beneath(found, screens, groups), spoken, screens, ())
    found = _told(found, screens, _together(groups, served))
    return _unread(found, spoken, screens, [each for each in found.values() if each.noted])


def shown_twice(questions: Mapping[int, Question], shown: Sequence[Shown]) -> Sequence[int]:
    """The questions asked by command or aloud that the bot has shown or quoted more than once."""
    posts = Counter(number for each in shown if each.mine for number in marks.asked(each.text) if number in questions)
    return [number for number, count in posts.items() if count > 1]


def _groups(served: Iterable[Served]) -> dict[int, tuple[Group, ...]]:
    """By question: the groups in which it was asked; more than one only where its turn had changed in between."""
    groups: dict[int, dict[Group, None]] = defaultdict(dict)
    for each in served:
        for number in each.numbers:
            groups[number][each.numbers] = None
    return {number: tuple(found) for number, found in groups.items()}


def _together(groups: Mapping[int, tuple[Group, ...]], served: Iterable[Served]) -> Mapping[int, frozenset[int]]:
    """By question: those of its turn. What is said aloud and not understood has no answer of its own, but is one."""
    unread: dict[Group, frozenset[int]] = defaultdict(frozenset)
    for each in served:
        unread[each.numbers] |= each.unread
    aloud = {number: {*group, *beside} for group, beside in unread.items() if group for number in beside}
    asked = {number: {*found[-1], *unread[found[-1]]} for number, found in groups.items()}
    return {number: frozenset(found) for number, found in {**aloud, **asked}.items()}


def _outcome(question: Question, screens: Screens, groups: tuple[Group, ...]) -> Outcome:
    begun = screens.begun.get(question.number, [])
    if not groups:
        return Outcome(question, Fate.LOST, len(begun))
    pieces = {at: post for group in groups for number in group for at, post in screens.pieces.get(number, ())}
    if not pieces:
        return Outcome(question, Fate.SILENT, 0)
    fate, noted = Fate.TORN, False
    # An answer to many may break off before it comes to this one.
    if not any(post.open for post in pieces.values()):
        words = [word for at in sorted(pieces) for word in pieces[at].text.split()]
        read = (found for group in groups if (found := _read(words, group))[0] is not Fate.TORN)
        fate, noted = next(read, (fate, noted))
    at, homes = min(begun, default=min(pieces)), screens.homes.get(question.number, ())
    return Outcome(question, fate, len(begun), at, homes, noted)


def _told_beneath(
    found: Mapping[int, Outcome], screens: Screens, groups: Mapping[int, tuple[Group, ...]]
) -> dict[int, Outcome]:
    """Where an answer fills its last page, what is said under it stands on one of its own, which is no other's notice:
    why it is cut, or what could not be made of a file of its questions.
    """
    told = dict(found)
    for number, outcome in found.items():
        if outcome.fate is Fate.ANSWERED and not outcome.noted:
            told[number] = replace(outcome, noted=_names_a_file(outcome, screens, groups[number]))
        if outcome.fate is not Fate.TORN:
            continue
        pieces = {at: post for group in groups[number] for each in group for at, post in screens.pieces.get(each, ())}
        tail = screens.tails.get(max(pieces))
        if tail is None or any(post.open for post in pieces.values()):
            continue
        words = [word for at in sorted(pieces) for word in pieces[at].text.split()] + tail[1].text.split()
        if any(_read(words, group)[0] is Fate.CUT for group in groups[number]):
            told[number] = replace(outcome, fate=Fate.CUT, noted=True)
            screens.notices[place(tail[1])] = [each for each in screens.notices[place(tail[1])] if each != tail]
    return told


def _names_a_file(outcome: Outcome, screens: Screens, groups: tuple[Group, ...]) -> bool:
    """Whether the page under a whole answer speaks of a file of the questions that were answered together."""
    together = {number for group in groups for number in group}
    last = max((at for number in together for at, _ in screens.pieces.get(number, ())), default=None)
    tail = None if last is None else screens.tails.get(last)
    return tail is not None and bool(together & set(marks.named(tail[1].text)))


def _read(words: Sequence[str], group: Group) -> tuple[Fate, bool]:
    """Hold what stands against what should; whether there is more under it."""
    wanted = marks.answer(group).split()
    words = _answer(words, wanted[0], group)
    same = next((at for at, pair in enumerate(zip(words, wanted, strict=False)) if pair[0] != pair[1]), None)
    kept = min(len(words), len(wanted)) if same is None else same
    rest = list(words[kept:])
    if rest and kept < len(wanted) and wanted[kept].startswith(rest[0]):
        rest = rest[1:]
    if marks.answered(" ".join(rest)):
        return Fate.TORN, False
    if kept == len(wanted):
        return Fate.ANSWERED, bool(rest)
    return (Fate.CUT if rest else Fate.TORN), bool(rest)


def _answer(words: Sequence[str], first: str, group: Group) -> Sequence[str]:
    """Without the quote of what was said aloud, which stands above the answer."""
    begins = next((at for at, word in enumerate(words) if word == first), 0)
    quoted = marks.asked(" ".join(words[:begins]))
    return words[begins:] if quoted and set(quoted) <= set(group) else words


def _told(found: dict[int, Outcome], screens: Screens, together: Mapping[int, frozenset[int]]) -> dict[int, Outcome]:
    """Give each notice to the questions that it speaks of: the oldest group before it of which nothing else stands.

    A question that the model never saw has no group; such neighbours share a notice, as they would have shared a turn.
    """
    told = dict(found)
    for channel, notices in screens.notices.items():
        here = [each for each in found.values() if place(each.question) == channel]
        for at, notice in notices:
            waiting = [each for each in here if _waits(told[each.question.number], notice, at, screens)]
            waiting.sort(key=lambda each: (_unheard(each.question, together), *_line(each.question, told, at)))
            for number in _meant(waiting, notice, screens, together):
                told[number] = Outcome(told[number].question, Fate.TOLD, 0, at)
    return told


def _unread(
    found: dict[int, Outcome], spoken: frozenset[int], screens: Screens, answers: Sequence[Outcome]
) -> dict[int, Outcome]:
    """Give the notes under these answers to those questions that were said aloud and not understood.

    What is said together is answered together: a note names the file, or stands under an answer to its neighbours.
    Whoever is named so needs no other notice, and must not take it from the question that it speaks of.
    """
    told = dict(found)
    for number in spoken:
        if found[number].fate not in (Fate.LOST, Fate.SILENT):
            continue
        question, asked_at = found[number].question, screens.asked_at.get(number, 0)
        named = [at for at, post in screens.named.get(number, ()) if place(post) == place(question)]
        beside = [each.at for each in answers if each.question.conversation == question.conversation and each.at]
        at = next((at for at in sorted([*named, *beside]) if at > asked_at), None)
        if at is not None:
            told[number] = Outcome(question, Fate.TOLD, 0, at)
    return told


def _unheard(question: Question, together: Mapping[int, frozenset[int]]) -> bool:
    """The bot has never said that it has it, nor asked for it: a notice that fits another speaks of that one.

    On Discord only a command is acknowledged at all.
    """
    acknowledges = question.by_command or question.platform == "slack"
    return acknowledges and question.taken_at is None and question.number not in together


def _line(question: Question, told: Mapping[int, Outcome], at: int) -> tuple[bool, float]:
    """Who is told first: what was asked first, unless a later question of the same conversation was settled before."""
    others = (each for each in told.values() if each.at is not None and each.at < at)
    passed = any(
        each.question.conversation == question.conversation and each.question.said_at > question.said_at
        for each in others
    )
    return passed, question.said_at


def _waits(outcome: Outcome, notice: Shown, at: int, screens: Screens) -> bool:
    question = outcome.question
    if outcome.fate not in (Fate.LOST, Fate.SILENT):
        return False
    asked_at = screens.asked_at.get(question.number)
    before = asked_at is None or asked_at < at
    # Why a command's question could not be shown is said where the command was called.
    threads = threads_of(question, screens.homes.get(question.number, ()))
    return before and (notice.thread in threads or (question.by_command and notice.thread is None))


def threads_of(question: Question, homes: tuple[str, ...]) -> tuple[str | None, ...]:
    """The threads that its answer may be in; Slack's for a command is under the question as the bot shows it."""
    return homes if question.platform == "slack" and question.by_command else (question.thread,)


def _meant(
    waiting: Sequence[Outcome], notice: Shown, screens: Screens, together: Mapping[int, frozenset[int]]
) -> Sequence[int]:
    if marks.named(notice.text):
        waiting = [each for each in waiting if each.question.number in marks.named(notice.text)]
    spoken_to = {number for number, homes in screens.homes.items() if notice.reply_to in homes}
    named = [each for each in waiting if each.question.number in spoken_to]
    beside = [each for each in waiting if spoken_to & together.get(each.question.number, frozenset())]
    chosen = next(iter(waiting if notice.reply_to is None else [*named, *beside]), None)
    if chosen is None:
        return ()
    group = together.get(chosen.question.number)
    if group is not None:
        return [each.question.number for each in waiting if each.question.number in group]
    return _neighbours(waiting, chosen, together)


def _neighbours(waiting: Sequence[Outcome], chosen: Outcome, together: Mapping[int, frozenset[int]]) -> Sequence[int]:
    """Those that wait beside it in the same conversation, and that the model never saw either."""
    run: list[int] = []
    for each in waiting:
        number = each.question.number
        if each.question.conversation != chosen.question.conversation:
            continue
        if number not in together:
            run.append(number)
        elif chosen.question.number in run:
            return run
        else:
            run = []
    return run
