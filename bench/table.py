"""The figures as rows: printed as a table, written as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from platform import machine, python_version
from statistics import median, quantiles

import psutil


@dataclass(frozen=True, slots=True)
class Target:
    """At most so much: of the ratio, or of Parley's own figure where there is nothing to compare."""

    most: float
    of: str = "ratio"

    @property
    def words(self) -> str:
        """As the table says it."""
        return f"{self.of} <= {self.most:g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `base` is what it is compared with: the bare bot's, or the one that `against` names."""

    name: str
    unit: str
    parley: float
    base: float | None = None
    against: str = "bare"
    target: Target | None = None

    @property
    def ratio(self) -> float | None:
        """Parley's figure over the other."""
        return self.parley / self.base if self.base else None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        figure = self.parley if self.target is not None and self.target.of != "ratio" else self.ratio
        return None if self.target is None or figure is None else figure <= self.target.most


def p50(seconds: Sequence[float]) -> float:
    """The median, in milliseconds."""
    return median(seconds) * 1000


def p95(seconds: Sequence[float]) -> float:
    """The 95th percentile, in milliseconds."""
    return quantiles(seconds, n=20, method="inclusive")[18] * 1000


def render(rows: Sequence[Row]) -> str:
    """The table."""
    head = ("figure", "unit", "Parley", "other", "", "ratio", "target", "")
    cells = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def write(rows: Sequence[Row], path: Path) -> None:
    """The same as JSON, with the machine it was measured on."""
    figures = [asdict(row) | {"ratio": row.ratio, "met": row.met} for row in rows]
    about = {"python": python_version(), "machine": machine(), "cores": psutil.cpu_count()}
    document = {"measured": datetime.now(UTC).isoformat(timespec="seconds"), **about, "rows": figures}
    path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def _cells(row: Row) -> tuple[str, ...]:
    verdict = {None: "", True: "met", False: "not met"}[row.met]
    return (
        row.name,
        row.unit,
        f"{row.parley:.2f}",
        "" if row.base is None else f"{row.base:.2f}",
        "" if row.base is None else row.against,
        "" if row.ratio is None else f"{row.ratio:.2f}",
        "" if row.target is None else row.target.words,
        verdict,
    )
