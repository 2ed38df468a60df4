"""The storm's table for people, and the same as JSON."""

from collections.abc import Iterator

from tests.storm.fates import Fate
from tests.storm.tally import Tally

_SHOWN = 12
"""How many numbers of questions a line names."""


def table(database: str, seed: int, tally: Tally, unclean: int, seconds: float) -> str:
    """What is printed."""
    rows = [*_counts(tally), *_times(tally), ("stops with a status other than 0", str(unclean))]
    rows.append(("seconds", f"{seconds:.0f}"))
    width = max(len(name) for name, _ in rows)
    lines = [f"Storm on {database}, seed {seed}", *(f"  {name:<{width}}  {value}" for name, value in rows)]
    lines += ["  fired:", *(f"    {name:<{width - 2}}  {count}" for name, count in tally.fired.items())]
    verdict = "FAILED" if tally.failed else "passed"
    return "\n".join([*lines, f"  {verdict}" + (f"; never fired: {', '.join(tally.missing)}" if tally.missing else "")])


def figures(database: str, seed: int, tally: Tally, unclean: int, seconds: float) -> dict[str, object]:
    """The same for a machine."""
    return {
        "database": database,
        "seed": seed,
        "passed": not tally.failed,
        "seconds": round(seconds, 1),
        "questions": tally.questions,
        "counted": tally.counted,
        "turns": tally.turns,
        "answers_per_question": {"min": tally.answers_min, "max": tally.answers_max},
        "fates": {fate.value: tally.fates[fate] for fate in Fate},
        "share_told": round(tally.told_share, 4),
        "wrong": {name: list(numbers) for name, numbers in tally.numbers.items()},
        "overtaken": tally.overtaken,
        "paid_calls_repeated": tally.paid_again,
        "files": dict(tally.files),
        "recovery_s": {"p50": tally.recovery(0.5), "p95": tally.recovery(0.95), "count": len(tally.recovery_s)},
        "kills": tally.kills,
        "unclean_stops": unclean,
        "fired": dict(tally.fired),
        "never_fired": list(tally.missing),
    }


def _counts(tally: Tally) -> Iterator[tuple[str, str]]:
    yield "questions asked", str(tally.questions)
    yield "questions that count", str(tally.counted)
    yield "turns", str(tally.turns)
    yield "answers per question", f"min {tally.answers_min}, max {tally.answers_max}"
    for fate in (Fate.ANSWERED, Fate.CUT, Fate.TOLD):
        yield fate.value, str(tally.fates[fate])
    yield "share of notices", f"{tally.told_share:.1%}"
    for name, numbers in tally.numbers.items():
        named = ", ".join(f"q{number:05}" for number in numbers[:_SHOWN])
        yield name, f"{len(numbers)}" + (f"  ({named}{' …' if len(numbers) > _SHOWN else ''})" if numbers else "")
    yield "overtaken, as platforms may", str(tally.overtaken)
    yield "paid calls repeated", str(tally.paid_again)
    for name, count in tally.files.items():
        yield name, str(count)


def _times(tally: Tally) -> Iterator[tuple[str, str]]:
    yield "kills", f"{tally.kills} (at least {tally.kills_wanted})"
    for name, share in (("recovery p50", 0.5), ("recovery p95", 0.95)):
        seconds = tally.recovery(share)
        yield name, "-" if seconds is None else f"{seconds:.2f} s"
