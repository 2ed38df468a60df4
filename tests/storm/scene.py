"""Short words for a made-up storm, for the tests of its tally."""

from collections import Counter
from dataclasses import dataclass, field

from tests.storm import marks
from tests.storm.plan import Trouble, Way
from tests.storm.tally import Evidence, Tally, tally
from tests.storm.values import REQUEST, Bought, Diary, Paid, Question, Served, Shown, Sign


@dataclass(slots=True)
class Scene:
    """Things happen in the order in which they are called, a second apart; all in one direct message of Slack's."""

    now: float = 100.0
    diary: Diary = field(default_factory=Diary)
    shown: list[Shown] = field(default_factory=list)
    served: list[Served] = field(default_factory=list)
    signs: list[Sign] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)

    def ask(self, number: int, way: Way = Way.SLACK_DIRECT, *, platform: str = "slack", taken: bool = True,
            live: bool = True) -> None:  # fmt: skip
        """Somebody asks, and the bot says that it has it."""
        asked = Question(number, way, platform, "D1", None, f"{platform}:D1", self._tick(), f"m{number}")
        asked.taken_at = self.now if taken else None
        asked.heard_live = live
        self.diary.questions[number] = asked
        self._show(f"m{number}", marks.question(number), platform=platform, mine=False)

    def command(self, number: int, *, shown: int = 1) -> None:
        """Somebody asks by command, and the bot shows the question."""
        asked = Question(number, Way.SLACK_ASK, "slack", "D1", None, f"slack:ask-{number}", self._tick())
        asked.taken_at, asked.by_command = self.now, True
        self.diary.questions[number] = asked
        for time in range(shown):
            self._show(f"m{number}-{time}", f"Ann asks: {marks.question(number)}")

    def serve(self, *numbers: int, turn: str = "", whole: bool = True, left: bool = False, round: int = 0,
              sees: bool = False, unread: tuple[int, ...] = ()) -> None:  # fmt: skip
        """The model is asked."""
        at, pictures = self._tick(), frozenset(numbers if sees else ())
        left_at, name = at if left else None, turn or str(numbers[0])
        self.served.append(Served(at, name, numbers, whole, left_at, round, pictures, frozenset(unread)))
        self.signs.append(Sign(at, frozenset(numbers), REQUEST, early=self.served[-1].early))

    def post(self, text: str, *, platform: str = "slack", open: bool = False, thread: str | None = None,
             reply_to: str | None = None) -> None:  # fmt: skip
        """The bot shows something."""
        self._show(f"p{len(self.shown)}", text, platform=platform, open=open, thread=thread, reply_to=reply_to)
        self.signs.append(Sign(self._tick(), marks.answered(text)))

    def answer(self, *numbers: int, platform: str = "slack") -> None:
        """The model is asked, and the bot shows the whole answer."""
        self.serve(*numbers)
        self.post(marks.answer(numbers), platform=platform)

    def buy(self, number: int, what: Bought, *, whole: bool = True) -> None:
        """A transcript or a picture is paid for."""
        self.paid.append(Paid(self._tick(), what, number, whole))

    def picture(self, *numbers: int, text: str = "") -> None:
        """The bot shows the pictures that were drawn for these questions."""
        self._show(f"p{len(self.shown)}", text, pictures=numbers)

    def strike(self, trouble: Trouble) -> None:
        """Something breaks."""
        self.diary.fired.append((self._tick(), trouble))

    def tally(self, processes: int = 1, expected: frozenset[Trouble] = frozenset()) -> Tally:
        """What the storm's tally makes of it."""
        return tally(self.evidence(processes, expected))

    def evidence(self, processes: int = 1, expected: frozenset[Trouble] = frozenset()) -> Evidence:
        """All that is known."""
        fired = Counter(trouble for _, trouble in self.diary.fired)
        return Evidence(self.diary, self.shown, self.served, self.signs, fired, expected, processes, paid=self.paid)

    def wrong(self) -> dict[str, list[int]]:
        """The figures that should be 0 and are not."""
        return {name: list(numbers) for name, numbers in self.tally().numbers.items() if numbers}

    def _show(self, id: str, text: str, *, platform: str = "slack", mine: bool = True, open: bool = False,
              thread: str | None = None, reply_to: str | None = None,
              pictures: tuple[int, ...] = ()) -> None:  # fmt: skip
        self.shown.append(Shown(platform, "D1", thread, id, text, mine, open, reply_to, pictures))

    def _tick(self) -> float:
        self.now += 1.0
        return self.now
