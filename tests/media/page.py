"""The page `docs/models.md`: what was seen of every model that hears, speaks, sees or draws."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from tests.fakes.gateway.rules import catalogue

PAGE: Final = Path(__file__).parents[2] / "docs" / "models.md"
FAILS: Final = "**fails**"
_TOP: Final = """\
# Models that hear, speak, see and draw

Made by `make models`; do not edit. Each line is a case that was played on the running program, a process that is given
nothing but its environment, with the platforms' own libraries between it and the far ends. Slack, Discord and the
gateway themselves are fakes here, as strict as their documentation: nothing on this page was tried on the live gateway.
"""
_OVERVIEW: Final = ("Model", "What it is for", "Asked at", "Seen on", "Cases", "Shapes of results", "Failures shown")
_COLUMNS: Final = ("Kind", "Case", "Asked at", "Seen on", "People see")
_CRAFTS: Final = {
    "stt": "hears",
    "tts": "speaks",
    "vision": "looks at pictures",
    "image": "draws",
    "image-edit": "alters pictures",
}
_HEADING: Final = re.compile(r"## `(.+)`")
_CELL: Final = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Row:
    """One case of one model: where it was asked, on which platforms, and what people saw there."""

    model: str
    kind: str
    case: str
    asked: str
    seen: str
    shown: str


def render(rows: Sequence[Row]) -> str:
    """The page. The rows of a model stand together."""
    by_model = [(model, list(found)) for model, found in groupby(rows, lambda row: row.model)]
    overview = [_summary(model, found) for model, found in by_model]
    parts = [_TOP, _table(_OVERVIEW, overview)]
    for model, found in by_model:
        parts += [f"## `{model}`\n", _table(_COLUMNS, [astuple(row)[1:] for row in found])]
    return "\n".join(parts)


def parse(page: str) -> list[Row]:
    """The rows of a page."""
    rows: list[Row] = []
    model = ""
    for line in page.splitlines():
        heading = _HEADING.fullmatch(line)
        model = heading[1] if heading else model
        cells = [cell.strip().replace("\\|", "|") for cell in _CELL.split(line)[1:-1]]
        if model and len(cells) == len(_COLUMNS) and cells != list(_COLUMNS) and set(cells) != {"---"}:
            rows.append(Row(model, *cells))
    return rows


def _summary(model: str, rows: Sequence[Row]) -> tuple[str, ...]:
    crafts = [_CRAFTS[each] for each in catalogue()[model].capability if each in _CRAFTS]
    played = [row for row in rows if not row.shown.startswith(FAILS)]
    cases = f"{len(played)}" if len(played) == len(rows) else f"{len(played)} of {len(rows)}"
    numbers = [row.kind.removeprefix("shape ") for row in played if row.kind.startswith("shape ")]
    unnumbered = sum(row.kind == "shape" for row in played)
    shapes = _once(numbers) or (f"{unnumbered} more" if unnumbered else "")
    failures = sum(row.kind == "failure" for row in played)
    return (
        f"`{model}`",
        ", ".join(crafts),
        _once(row.asked for row in played),
        _once(row.seen for row in played),
        cases,
        shapes,
        str(failures),
    )


def _once(lists: Iterable[str]) -> str:
    """What stands in several lists, each once."""
    return ", ".join(dict.fromkeys(each for listed in lists for each in listed.split(", ") if each))


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    cells = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in line] for line in lines)]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)
