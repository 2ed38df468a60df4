"""Markdown tables, which Discord does not know, as aligned text for a code block."""

import re
from collections.abc import Sequence
from unicodedata import east_asian_width

_RULE = re.compile(r"^ {0,3}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_BAR = re.compile(r"(?<!\\)\|")
_WIDEST = 72
"""Columns; wider rows would be wrapped on most screens, and padding would only cost characters."""


def begins(lines: Sequence[str], index: int) -> bool:
    """Whether a table's header stands at this line: a row, and a rule of as many cells under it."""
    if index + 1 >= len(lines) or "|" not in lines[index] or "|" not in lines[index + 1]:
        return False
    rule = lines[index + 1]
    return _RULE.match(rule) is not None and len(_cells(rule)) == len(_cells(lines[index]))


def end(lines: Sequence[str], index: int) -> int:
    """The line after the table that begins at `index`."""
    stop = index + 2
    while stop < len(lines) and "|" in lines[stop]:
        stop += 1
    return stop


def aligned(lines: Sequence[str]) -> list[str]:
    """The table's rows with their columns under one another; too wide a table keeps its own spacing."""
    rows = [_cells(line) for index, line in enumerate(lines) if index != 1]
    columns = len(rows[0])
    rows = [_fitted(row, columns) for row in rows]
    widths = [max(_width(row[column]) for row in rows) for column in range(columns)]
    if sum(widths) + 3 * (columns - 1) > _WIDEST:
        return [line.strip() for line in lines]
    drawn = [" | ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [drawn[0], "-+-".join("-" * width for width in widths), *drawn[1:]]


def _fitted(row: list[str], columns: int) -> list[str]:
    """So many cells: a sign in code that was not escaped makes one too many, and its text must not be lost."""
    whole, surplus = row[: columns - 1], row[columns - 1 :]
    return [*whole, *([""] * (columns - 1 - len(whole))), " | ".join(surplus)]


def _cells(line: str) -> list[str]:
    body = line.strip().removeprefix("|")
    cells = _BAR.split(body[:-1] if body.endswith("|") and not body.endswith("\\|") else body)
    return [cell.strip().replace("\\|", "|") for cell in cells]


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
