"""What became of each question, read off the screens (pure)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from tests.storm import marks
from tests.storm.plan import SPOKEN
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


@dataclass(slots=True)
class _Screens:
    """The bot's posts: which pieces of which answers stand where, and which posts are notices."""

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


def outcomes(questions: Mapping[int, Question], shown: Sequence[Shown], served: Sequence[Served]) -> dict[int, Outcome]:
    """The outcome of every question."""
    spoken = frozenset(number for number, question in questions.items() if question.way in SPOKEN)
    screens, groups = _sorted(shown, spoken), _groups(served)
    found = {number: _outcome(question, screens, groups.get(number, ())) for number, question in questions.items()}
    found = _unread(_told_beneath(found, screens, groups), spoken, screens, ())
    found = _told(found, screens, groups)
    return _unread(found, spoken, screens, [each for each in found.values() if each.noted])


def shown_twice(questions: Mapping[int, Question], shown: Sequence[Shown]) -> Sequence[int]:
    """The questions asked by command or aloud that the bot has shown or quoted more than once."""
    posts = Counter(number for each in shown if each.mine for number in marks.asked(each.text) if number in questions)
    return [number for number, count in posts.items() if count > 1]


def _sorted(shown: Sequence[Shown], spoken: frozenset[int]) -> _Screens:
    screens = _Screens()
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
        beside = (*_place(each), each.thread, each.reply_to)
        before, latest[beside] = latest.get(beside), at
        if not numbers and _is_notice(each, spoken):
            screens.notices[_place(each)].append((at, each))
            if before is not None:
                screens.tails[before] = (at, each)
    return screens


def _is_notice(post: Shown, spoken: frozenset[int]) -> bool:
    """Words that are neither a command's question, nor what somebody said aloud, nor under a picture."""
    asked = marks.asked(post.text)
    if post.open or post.pictures or not spoken.issuperset(asked):
        return False
    return bool((marks.unquoted(post.text) if asked else post.text).strip())


def _groups(served: Iterable[Served]) -> dict[int, tuple[Group, ...]]:
    """By question: the groups in which it was asked; more than one only where its turn had changed in between."""
    groups: dict[int, dict[Group, None]] = defaultdict(dict)
    for each in served:
        for number in each.numbers:
            groups[number][each.numbers] = None
    return {number: tuple(found) for number, found in groups.items()}


def _outcome(question: Question, screens: _Screens, groups: tuple[Group, ...]) -> Outcome:
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
    found: Mapping[int, Outcome], screens: _Screens, groups: Mapping[int, tuple[Group, ...]]
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
            screens.notices[_place(tail[1])] = [each for each in screens.notices[_place(tail[1])] if each != tail]
    return told


def _names_a_file(outcome: Outcome, screens: _Screens, groups: tuple[Group, ...]) -> bool:
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


def _told(found: dict[int, Outcome], screens: _Screens, groups: Mapping[int, tuple[Group, ...]]) -> dict[int, Outcome]:
    """Give each notice to the questions that it speaks of: the oldest group before it of which nothing else stands.

    A question that the model never saw has no group; such neighbours share a notice, as they would have shared a turn.
    """
    told = dict(found)
    for place, notices in screens.notices.items():
        here = [each for each in found.values() if (each.question.platform, each.question.channel) == place]
        for at, notice in notices:
            waiting = [each for each in here if _waits(told[each.question.number], notice, at, screens)]
            waiting.sort(key=lambda each: (_unheard(each.question, groups), *_line(each.question, told, at)))
            for number in _meant(waiting, notice, screens, groups):
                told[number] = Outcome(told[number].question, Fate.TOLD, 0, at)
    return told


def _unread(
    found: dict[int, Outcome], spoken: frozenset[int], screens: _Screens, answers: Sequence[Outcome]
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
        named = [at for at, post in screens.named.get(number, ()) if _place(post) == _place(question)]
        beside = [each.at for each in answers if each.question.conversation == question.conversation and each.at]
        at = next((at for at in sorted([*named, *beside]) if at > asked_at), None)
        if at is not None:
            told[number] = Outcome(question, Fate.TOLD, 0, at)
    return told


def _place(where: Question | Shown) -> tuple[str, str]:
    return where.platform, where.channel


def _unheard(question: Question, groups: Mapping[int, tuple[Group, ...]]) -> bool:
    """The bot has never said that it has it, nor asked for it: a notice that fits another speaks of that one.

    On Discord only a command is acknowledged at all.
    """
    acknowledges = question.by_command or question.platform == "slack"
    return acknowledges and question.taken_at is None and question.number not in groups


def _line(question: Question, told: Mapping[int, Outcome], at: int) -> tuple[bool, float]:
    """Who is told first: what was asked first, unless a later question of the same conversation was settled before."""
    others = (each for each in told.values() if each.at is not None and each.at < at)
    passed = any(
        each.question.conversation == question.conversation and each.question.said_at > question.said_at
        for each in others
    )
    return passed, question.said_at


def _waits(outcome: Outcome, notice: Shown, at: int, screens: _Screens) -> bool:
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
    waiting: Sequence[Outcome], notice: Shown, screens: _Screens, groups: Mapping[int, tuple[Group, ...]]
) -> Sequence[int]:
    if marks.named(notice.text):
        waiting = [each for each in waiting if each.question.number in marks.named(notice.text)]
    named = [each for each in waiting if notice.reply_to in screens.homes.get(each.question.number, ())]
    chosen = next(iter(waiting if notice.reply_to is None else named), None)
    if chosen is None:
        return ()
    number = chosen.question.number
    group = groups.get(number)
    numbers = [each.question.number for each in waiting]
    if group is not None:
        return [each for each in numbers if each in group[-1]]
    return _neighbours(waiting, chosen, groups)


def _neighbours(waiting: Sequence[Outcome], chosen: Outcome, groups: Mapping[int, tuple[Group, ...]]) -> Sequence[int]:
    """Those that wait beside it in the same conversation, and that the model never saw either."""
    run: list[int] = []
    for each in waiting:
        number = each.question.number
        if each.question.conversation != chosen.question.conversation:
            continue
        if number not in groups:
            run.append(number)
        elif chosen.question.number in run:
            return run
        else:
            run = []
    return run
