"""The figures of a storm, from what the fakes have seen (pure)."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from tests.storm.fates import Fate, Outcome, outcomes, shown_twice, threads_of
from tests.storm.pictures import Media, media
from tests.storm.plan import TURNS_A_KILL, Trouble
from tests.storm.values import REQUEST, Diary, Paid, Question, Served, Shown, Sign

TURNS_A_KILL_AT_LEAST = 2 * TURNS_A_KILL
_SHAKING = (Trouble.KILL, Trouble.TERM, Trouble.FREEZE, Trouble.DISCORD_RESUME_REFUSED, Trouble.DISCORD_CUT)
_HINDERING = (
    (Trouble.DISK_FULL, 8.0),
    (Trouble.DATABASE_LOCKED, 8.0),
    (Trouble.DATABASE_CUT, 8.0),
    (Trouble.KILL, 0.0),
)
"""So many seconds after it began a trouble may keep a question from being saved."""
_SAVED_S = 0.5
"""A request that was made so long before a trouble was for a question that was saved."""
_LONGEST_S = 10.0
_SHAKEN_S = (0.2, 2.0)
"""A message that Discord told so long before such a trouble, or after it, may not have been heard."""
_IN_FLIGHT_S = 0.1
_LEFT_S = 1.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known at the end. `processes` is how many bots shared the work."""

    diary: Diary
    shown: Sequence[Shown]
    served: Sequence[Served]
    signs: Sequence[Sign]
    fired: Counter[Trouble]
    expected: frozenset[Trouble]
    processes: int = 1
    failures: Sequence[Sign] = ()
    """Calls to the platforms that were answered with a failure, whomever they were for."""
    paid: Sequence[Paid] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """What the table shows. `numbers` names the questions behind each figure that should be 0."""

    questions: int
    counted: int
    turns: int
    fates: Counter[Fate]
    answers_min: int
    answers_max: int
    numbers: Mapping[str, Sequence[int]]
    pairs: Sequence[tuple[int, int]]
    """The earlier and the later question of each broken order."""
    overtaken: int
    paid_again: int
    files: Mapping[str, int]
    recovery_s: Sequence[float]
    fired: Mapping[str, int]
    missing: Sequence[str]
    kills: int
    kills_wanted: int

    @property
    def failed(self) -> bool:
        """Whether the storm has shown a defect, or has not blown as it should."""
        return any(self.numbers.values()) or bool(self.missing) or self.kills < self.kills_wanted

    @property
    def told_share(self) -> float:
        """The share of counted questions that have a notice in place of an answer, or under a part of one."""
        return (self.fates[Fate.TOLD] + self.fates[Fate.CUT]) / max(1, self.counted)

    def recovery(self, share: float) -> float | None:
        """The time within which so many in a hundred recovered."""
        if len(self.recovery_s) < 2:
            return self.recovery_s[0] if self.recovery_s else None
        if share == 0.5:
            return median(self.recovery_s)
        return quantiles(self.recovery_s, n=100, method="inclusive")[int(share * 100) - 1]


@dataclass(slots=True)
class _Sorted:
    """Questions by what should not have become of them."""

    lost: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    silent: list[int] = field(default_factory=list)
    torn: list[int] = field(default_factory=list)
    misplaced: list[int] = field(default_factory=list)


def tally(evidence: Evidence) -> Tally:
    """Count it all."""
    questions = evidence.diary.questions
    found = outcomes(questions, evidence.shown, evidence.served)
    must, of_files = must_be_answered(evidence), media(found, evidence.shown, evidence.served, evidence.paid)
    counted = [each for each in found.values() if each.question.number in must]
    sorted_ = _sort(found, counted, evidence.shown)
    broken, overtaken = _order(found, evidence, _known(evidence))
    kills = evidence.diary.times(Trouble.KILL)
    answers = [each.answers for each in counted]
    return Tally(
        questions=len(questions),
        counted=len(counted),
        turns=len({each.numbers for each in evidence.served if each.numbers}),
        fates=Counter(each.fate for each in counted),
        answers_min=min(answers, default=0),
        answers_max=max((each.answers for each in found.values()), default=0),
        numbers={
            "lost": sorted_.lost,
            "doubled": sorted({*sorted_.doubled, *of_files.doubled}),
            "silent": sorted({*sorted_.silent, *of_files.silent}),
            "torn": sorted_.torn,
            "misplaced": sorted_.misplaced,
            "order broken": sorted({late for _, late in broken}),
            "questions shown twice": shown_twice(questions, evidence.shown),
            "pictures passed over": of_files.passed_over,
        },
        pairs=broken,
        overtaken=overtaken,
        paid_again=_paid_again(evidence.served) + of_files.paid_again,
        files=_files(of_files),
        recovery_s=sorted(_recoveries(kills, evidence)),
        fired={trouble.value: evidence.fired[trouble] for trouble in Trouble if trouble in evidence.expected},
        missing=[trouble.value for trouble in Trouble if trouble in evidence.expected and not evidence.fired[trouble]],
        kills=len(kills),
        kills_wanted=len(questions) // TURNS_A_KILL_AT_LEAST,
    )


def must_be_answered(evidence: Evidence) -> frozenset[int]:
    """The questions that the bot knows of, or can know by reading in places where it was active before."""
    active: dict[str, float] = {}
    for number, at in _known(evidence).items():
        for place in _places(evidence.diary.questions[number], around=True):
            active[place] = min(at, active.get(place, at))
    return frozenset(number for number, each in evidence.diary.questions.items() if _must(each, evidence.diary, active))


def _must(question: Question, diary: Diary, active: Mapping[str, float]) -> bool:
    if question.taken_at is not None:
        return True
    live = question.heard_live and not _shaken(question.said_at, question.said_at, diary)
    if question.by_command or live:
        return live
    return any(active.get(place, question.said_at) < question.said_at for place in _places(question, around=False))


def _places(question: Question, *, around: bool) -> Sequence[str]:
    """Where the question stands to be read: its conversation, or the channel for what is said there openly."""
    channel = f"{question.platform}:{question.channel}"
    openly = around or question.thread in (None, question.message_id)
    return (question.conversation, channel) if openly else (question.conversation,)


def _known(evidence: Evidence) -> Mapping[int, float]:
    """By question: when it was certain that the bot had it, by its word to the platform or by what it did."""
    known = {each.number: each.taken_at for each in evidence.diary.questions.values() if each.taken_at is not None}
    hindered = _hindered(evidence.diary)
    for sign in evidence.signs:
        if sign.early or (sign.what == REQUEST and _within(sign.at, hindered)):
            continue
        for number in sign.numbers & evidence.diary.questions.keys():
            known[number] = min(sign.at, known.get(number, sign.at))
    return known


def _hindered(diary: Diary) -> Sequence[tuple[float, float]]:
    """When the model may have been asked for a question that could not be saved: both are done at once."""
    return sorted((at - _SAVED_S, at + lasts) for trouble, lasts in _HINDERING for at in diary.times(trouble))


def _within(at: float, spans: Sequence[tuple[float, float]]) -> bool:
    """Whether a moment lies in one of these spans, which are in order and of which none is long."""
    first = bisect_left(spans, (at - _LONGEST_S, 0.0))
    return any(begin < at < end for begin, end in spans[first : bisect_left(spans, (at, 0.0))])


def _shaken(first: float, last: float, diary: Diary) -> bool:
    before, after = _SHAKEN_S
    return any(first - after < at < last + before + after for at in diary.times(*_SHAKING))


def _sort(found: Mapping[int, Outcome], counted: Sequence[Outcome], shown: Sequence[Shown]) -> _Sorted:
    into = {Fate.LOST: [], Fate.SILENT: [], Fate.TORN: []}  # type: dict[Fate, list[int]]
    for each in counted:
        if each.fate in into:
            into[each.fate].append(each.question.number)
    # A double is one wherever it comes from, and a torn answer too: nobody has to know of the question for that.
    doubled = [number for number, each in found.items() if each.answers > 1]
    torn = [number for number, each in found.items() if each.fate is Fate.TORN and each.answers < 2]
    misplaced = [number for number, each in found.items() if _misplaced(each, shown)]
    return _Sorted(into[Fate.LOST], doubled, into[Fate.SILENT], torn, misplaced)


def _misplaced(outcome: Outcome, shown: Sequence[Shown]) -> bool:
    if outcome.at is None or outcome.fate is Fate.TOLD:
        return False
    question, post = outcome.question, shown[outcome.at]
    there = (post.platform, post.channel) == (question.platform, question.channel)
    return not there or post.thread not in threads_of(question, outcome.homes)


def _order(
    found: Mapping[int, Outcome], evidence: Evidence, known: Mapping[int, float]
) -> tuple[list[tuple[int, int]], int]:
    """Answers that came before that of an earlier question: those that must not, and how many others."""
    broken: list[tuple[int, int]] = []
    overtaken = 0
    for conversation in _conversations(found).values():
        for index, late in enumerate(conversation):
            for early in conversation[:index]:
                if late.at is None or early.at is None or late.at >= early.at:
                    continue
                if _must_precede(early.question, late.question, known, evidence.diary):
                    broken.append((early.question.number, late.question.number))
                else:
                    overtaken += 1
    return broken, overtaken


def _conversations(found: Mapping[int, Outcome]) -> Mapping[str, list[Outcome]]:
    conversations: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in sorted(found.values(), key=lambda each: each.question.said_at):
        if outcome.fate in (Fate.ANSWERED, Fate.CUT):
            conversations[outcome.question.conversation].append(outcome)
    return conversations


def _must_precede(early: Question, late: Question, known: Mapping[int, float], diary: Diary) -> bool:
    """Whether the bot had the first before the second was sent. The platforms themselves promise no more."""
    if known.get(early.number, late.said_at) < late.said_at:
        return True
    live = early.platform == "discord" and early.heard_live and late.heard_live
    return live and not early.by_command and not _shaken(early.said_at, late.said_at, diary)


def _paid_again(served: Sequence[Served]) -> int:
    whole = Counter((number, each.round) for each in served if each.whole for number in each.numbers)
    return sum(count - 1 for count in whole.values())


def _files(found: Media) -> Mapping[str, int]:
    return {
        "voice notes heard": found.heard,
        "pictures seen": found.seen,
        "pictures drawn and shown": found.shown,
        "transcripts and pictures bought again": found.paid_again,
    }


def _recoveries(kills: Sequence[float], evidence: Evidence) -> list[float]:
    """From each kill to the next sign of a question that was under way then.

    Where others go on working, only the questions count whose request to the model ended with the kill.
    """
    found: list[float] = []
    for kill in kills:
        if evidence.processes > 1:
            left = (each for each in evidence.served if each.left_at and kill <= each.left_at < kill + _LEFT_S)
            under_way = {number for each in left for number in each.numbers}
        else:
            under_way = _under_way(kill, evidence)
        after = (each.at for each in evidence.signs if each.at > kill + _IN_FLIGHT_S and each.numbers & under_way)
        first = next(after, None)
        if first is not None:
            found.append(first - kill)
    return found


def _under_way(kill: float, evidence: Evidence) -> set[int]:
    return {number for number, at in _known(evidence).items() if at <= kill}
