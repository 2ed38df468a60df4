"""A schedule is its seed's, and leaves nothing out."""

import itertools
from collections import Counter

import pytest

from tests.storm.plan import DRAWN, ON_ITS_OWN, SHOWN, SPOKEN, TURNS_A_KILL, Ask, Strike, Trouble, Way, schedule


def test_a_seed_gives_the_same_schedule_and_another_seed_another() -> None:
    assert schedule(7, 100, list(Trouble), 0.4) == schedule(7, 100, list(Trouble), 0.4)
    assert schedule(7, 100, list(Trouble), 0.4) != schedule(8, 100, list(Trouble), 0.4)


@pytest.mark.parametrize("turns", [1, 40, 500])
def test_every_question_is_asked_once_and_every_trouble_comes_twice_at_least(turns: int) -> None:
    steps = schedule(1, turns, list(Trouble), 0.4)
    assert [step.what.number for step in steps if isinstance(step.what, Ask)] == list(range(turns))
    struck = Counter(step.what.trouble for step in steps if isinstance(step.what, Strike))
    assert all(struck[trouble] >= 2 for trouble in Trouble if trouble not in ON_ITS_OWN)
    assert Trouble.TWINS not in struck


def test_kills_come_evenly() -> None:
    steps = schedule(3, 500, list(Trouble), 0.4)
    asked, killed = 0, []
    for step in steps:
        asked += isinstance(step.what, Ask)
        if isinstance(step.what, Strike) and step.what.trouble is Trouble.KILL:
            killed.append(asked)
    assert len(killed) == 500 // TURNS_A_KILL
    assert max(late - early for early, late in itertools.pairwise(killed)) <= 2 * TURNS_A_KILL


def test_people_ask_in_every_way_and_sometimes_several_at_once() -> None:
    asks = [(step.after_s, step.what) for step in schedule(5, 400, list(Trouble), 0.4) if isinstance(step.what, Ask)]
    assert {ask.way for _, ask in asks} == set(Way)
    piled = [late for (_, early), (after_s, late) in itertools.pairwise(asks) if after_s < 0.15 and _same(early, late)]
    assert len(piled) > 10


def test_one_question_in_eight_comes_with_a_file_or_wants_one_and_each_such_way_comes_soon() -> None:
    ways = [step.what.way for step in schedule(5, 2000, list(Trouble), 0.4) if isinstance(step.what, Ask)]
    with_files = [way for way in ways if way in SPOKEN | SHOWN | DRAWN]
    assert 0.08 < len(with_files) / len(ways) < 0.18
    assert set(ways[:100]) >= SPOKEN | SHOWN | DRAWN


def test_they_can_be_left_away() -> None:
    steps = schedule(5, 400, list(Trouble), 0.4, media=False)
    assert not {step.what.way for step in steps if isinstance(step.what, Ask)} & (SPOKEN | SHOWN | DRAWN)


def test_the_pace_is_kept() -> None:
    steps = schedule(2, 500, list(Trouble), 0.4)
    asking = sum(step.after_s for step in steps if isinstance(step.what, Ask))
    assert 150 < asking < 260


def _same(early: Ask, late: Ask) -> bool:
    return (early.way, early.where) == (late.way, late.where)
