"""What became of the sounds and pictures of the questions (pure)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.storm.fates import Fate, Outcome
from tests.storm.plan import SHOWN
from tests.storm.values import Bought, Paid, Served, Shown


@dataclass(frozen=True, slots=True)
class Media:
    """`doubled` are the questions whose picture stands twice, `silent` those whose picture was drawn and does not
    stand without a word about it, `passed_over` those that came with a picture and were answered as if without.

    The rest are counts; `paid_again` of transcripts and pictures that were bought once more.
    """

    doubled: Sequence[int]
    silent: Sequence[int]
    passed_over: Sequence[int]
    paid_again: int
    heard: int
    seen: int
    shown: int


def media(
    found: Mapping[int, Outcome], shown: Sequence[Shown], served: Sequence[Served], paid: Sequence[Paid]
) -> Media:
    """All of it."""
    bought = Counter((each.what, each.number) for each in paid if each.whole)
    stand = Counter(number for each in shown if each.mine for number in each.pictures)
    wordless = {number for number, each in found.items() if each.fate is Fate.ANSWERED and not each.noted}
    drawn = {number for what, number in bought if what is Bought.DRAWN}
    with_picture = {number for number, each in found.items() if each.question.way in SHOWN}
    seen = with_picture & {number for each in served if each.whole for number in each.pictures & set(each.numbers)}
    return Media(
        doubled=sorted(number for number, count in stand.items() if count > 1),
        silent=sorted((drawn - stand.keys()) & wordless),
        passed_over=sorted((with_picture - seen) & wordless),
        paid_again=sum(count - 1 for count in bought.values()),
        heard=len({number for what, number in bought if what is Bought.HEARD}),
        seen=len(seen),
        shown=len(stand),
    )
