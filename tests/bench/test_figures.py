"""The bench reads off, compares and seeds what it says it does."""

import json
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select

from bench.memory import LENGTHS, STORES, Waits
from bench.memory import rows as memory_rows
from bench.recovery import Recoveries
from bench.recovery import rows as recovery_rows
from bench.replies import CROWDS, Figures
from bench.replies import rows as reply_rows
from bench.rig import Burst, Timing
from bench.seed import Thread, seed
from bench.sharing import rows as sharing_rows
from bench.table import Row, Target, p50, p95, render, write
from bench.wire import answer, asked, begun, ended, question
from bot.contract import Address
from bot.store.tables import conversation, inbox, message


@pytest.mark.parametrize(
    ("row", "ratio", "met"),
    [
        (Row("a", "ms", 3.0, 2.0, target=Target(1.5)), 1.5, True),
        (Row("a", "ms", 3.1, 2.0, target=Target(1.5)), 1.55, False),
        (Row("a", "ms", 3.0, 2.0), 1.5, None),
        (Row("a", "ms", 3.0, target=Target(1.5)), None, None),
        (Row("a", "ms", 3.0, 0.0, target=Target(1.5)), None, None),
        (Row("a", "MB", 121.0, 60.0, target=Target(120, "MB")), pytest.approx(2.017, abs=0.001), False),
        (Row("a", "MB", 120.0, target=Target(120, "MB")), None, True),
    ],
)
def test_a_target_is_of_the_ratio_or_of_the_figure_itself(row: Row, ratio: float | None, met: bool | None) -> None:
    assert row.ratio == (None if ratio is None else pytest.approx(ratio))
    assert row.met is met


def test_percentiles_are_in_milliseconds() -> None:
    assert p50([0.001, 0.002, 0.009]) == pytest.approx(2.0)
    assert p95([number / 1000 for number in range(101)]) == pytest.approx(95.0)


def test_the_table_says_met_and_not_met() -> None:
    text = render([Row("quick", "ms", 1.0, 1.0, target=Target(1.5)), Row("dear", "ms", 9.0, 1.0, target=Target(1.3))])
    quick, dear = text.splitlines()[2:]
    assert quick.split() == ["quick", "ms", "1.00", "1.00", "bare", "1.00", "ratio", "<=", "1.5", "met"]
    assert dear.endswith("not met")


def test_the_result_is_json_with_every_figure(tmp_path: Path) -> None:
    write([Row("quick", "ms", 1.0, 2.0, target=Target(1.5))], tmp_path / "r.json")
    document = json.loads((tmp_path / "r.json").read_text("utf-8"))
    (row,) = document["rows"]
    assert (row["name"], row["parley"], row["ratio"], row["met"]) == ("quick", 1.0, 0.5, True)
    assert document["cores"] >= 1


def test_an_answer_is_known_by_its_beginning_and_its_end() -> None:
    text = answer(asked(f"Ann: {question(3)} … {question(17)}"))
    assert len(text.split()) == 20
    assert (begun(text), ended(text)) == ({17}, {17})
    assert (begun(text[:20]), ended(text[:20])) == ({17}, set())
    assert asked("hello") is None


def test_rows_compare_parley_with_the_bare_bot() -> None:
    figures = {"bare": Figures(rss=10**6), "parley": Figures(rss=2 * 10**6)}
    for name, seconds in (("bare", 0.002), ("parley", 0.003)):
        for channels in (1, *CROWDS):
            timings = (Timing(seconds, seconds * 2, seconds * 3),) * channels
            for _ in range(2):
                figures[name].add(channels, Burst(timings, 1.0, seconds * channels, 3 * channels))
    found = {row.name: row for row in reply_rows("slack", figures)}
    assert found["slack: event to gateway, p50"].ratio == pytest.approx(1.5)
    assert found["slack: event to gateway, p50"].met is False
    assert found["slack: final text, p95"].parley == pytest.approx(9.0)
    assert found["slack: calls a short reply"].parley == 3
    assert found["slack: replies, 20 at once"].parley == 20
    assert found["slack: CPU a reply"].parley == pytest.approx(3.0)
    assert found["slack: CPU a reply"].met is False
    assert found["slack: memory"].parley == 2


def test_long_threads_are_held_against_short_ones() -> None:
    threads = Waits({length: [0.001 * length] * 3 for length in LENGTHS}, [0.01] * 3)
    stores = Waits({size: [0.01] * 3 for size in STORES}, [0.01] * 3)
    *_, thread, _, _, _, _, store = list(memory_rows(threads, stores))
    assert thread.ratio == pytest.approx(100.0)
    assert (thread.met, thread.against) == (False, "thread of 10")
    assert store.ratio == pytest.approx(1.0)
    assert store.met is None


def test_a_store_is_seeded_with_threads_and_a_crowd(tmp_path: Path) -> None:
    database = tmp_path / "seeded.db"
    seed(
        database, [Thread(Address("slack", "T1", "C1", "1.0"), 7), Thread(Address("slack", "T1", "C1", "2.0"), 3)], 650
    )
    with create_engine(f"sqlite:///{database}").connect() as connection:
        thread = connection.execute(select(conversation).where(conversation.c.thread == "1.0")).one()
        positions = connection.execute(
            select(message.c.position).where(message.c.conversation_id == thread.id).order_by(message.c.position)
        )
        total = connection.execute(select(func.count()).select_from(message)).scalar_one()
        noted = connection.execute(select(func.count()).select_from(inbox)).scalar_one()
        assert list(positions.scalars()) == [1, 2, 3, 4, 5, 6, 7]
    assert (thread.newest, thread.live, thread.adopted) == (7, 7, True)
    assert (total, noted) == (610, 200)


def test_what_sharing_adds_is_told_in_milliseconds() -> None:
    *_, added = sharing_rows(Waits({1: [0.030, 0.020, 0.025]}, [0.005, 0.004, 0.005]))
    assert added.parley == pytest.approx(20.0)
    assert added.met


def test_the_slowest_recovery_is_held_against_its_limit() -> None:
    alone, slowest_alone, beside, slowest_beside = recovery_rows(Recoveries((1.0, 2.1, 1.2), (5.0, 6.9, 4.0)))
    figures = [alone.parley, slowest_alone.parley, beside.parley, slowest_beside.parley]
    assert figures == pytest.approx([1200.0, 2100.0, 5000.0, 6900.0])
    assert (slowest_alone.met, slowest_beside.met) == (False, True)
