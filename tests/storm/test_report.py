"""What a storm prints: the same figures for people and for a machine, and a trace of each question that went wrong."""

import json

from tests.storm.fates import outcomes
from tests.storm.plan import Trouble
from tests.storm.report import figures, table
from tests.storm.scene import Scene
from tests.storm.trace import trace


def _stormy() -> Scene:
    scene = Scene()
    scene.ask(1)
    scene.answer(1)
    scene.ask(2)
    scene.serve(2, whole=False)
    scene.strike(Trouble.KILL)
    scene.ask(3)
    scene.answer(3)
    scene.post("Sorry, I was interrupted.")
    scene.ask(4)
    return scene


def test_the_table_names_what_is_wrong_and_what_never_fired() -> None:
    tally = _stormy().tally(expected=frozenset({Trouble.KILL, Trouble.DISK_FULL}))
    printed = table("sqlite", 7, tally, 1, 12.3)
    assert printed.startswith("Storm on sqlite, seed 7\n")
    lines = {line.strip().partition("  ")[0]: line.strip().partition("  ")[2].strip() for line in printed.splitlines()}
    assert lines["questions asked"] == "4"
    assert lines["told"] == "1"
    assert lines["lost"] == "1  (q00004)"
    assert lines["silent"] == "0"
    assert lines["answers per question"] == "min 0, max 1"
    assert lines["kill -9"] == "1"
    assert printed.endswith("FAILED; never fired: disk full")


def test_the_same_stands_in_the_json() -> None:
    tally = _stormy().tally(expected=frozenset({Trouble.KILL}))
    found = json.loads(json.dumps(figures("sqlite", 7, tally, 0, 12.3)))
    assert found["passed"] is False
    assert found["wrong"]["lost"] == [4]
    assert found["fired"] == {"kill -9": 1}
    assert found["answers_per_question"] == {"min": 0, "max": 1}
    assert found["share_told"] == 0.25


def test_a_storm_without_fault_has_passed() -> None:
    scene = Scene()
    scene.ask(1)
    scene.answer(1)
    assert table("sqlite", 7, scene.tally(), 0, 1.0).endswith("passed")


def test_a_trace_tells_what_was_asked_done_and_broken_around_a_question() -> None:
    scene = _stormy()
    seen = scene.evidence()
    told = trace(seen, outcomes(seen.diary.questions, seen.shown, seen.served)[2], begun=100.0)
    assert told.startswith("q00002 slack direct in slack:D1: told\n")
    assert "model asked by turn 2 for (2,), whole=False" in told
    assert "! kill -9" in told
    assert "stands: D1/None/m2 mine=False" in told


def test_a_trace_shows_the_notices_under_the_question() -> None:
    scene = Scene()
    scene.post("Before it.")
    scene.ask(1)
    scene.post("Sorry, I was interrupted.")
    seen = scene.evidence()
    told = trace(seen, outcomes(seen.diary.questions, seen.shown, seen.served)[1], begun=100.0)
    assert "mine=True open=False 'Sorry, I was interrupted.'" in told
    assert "Before it." not in told
