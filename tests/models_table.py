"""`python -m tests.models_table`: play every case of every media model and write `docs/models.md`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.media.cases import CASES
from tests.media.page import FAILS, PAGE, Row, render
from tests.media.site import Case, Site, opened, play


async def rows() -> list[Row]:
    """What came of all cases; one that fails is listed as that."""
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder)) as site:
            return [await _row(site, case) for case in CASES]


async def _row(site: Site, case: Case) -> Row:
    try:
        return await play(site, case)
    except (AssertionError, LookupError, ValueError) as error:
        print(f"{case.id}: {error}", file=sys.stderr)  # noqa: T201 - who asked for the page reads it
        return Row(case.model, case.kind, case.name, "", "", FAILS)


if __name__ == "__main__":
    found = asyncio.run(rows())
    PAGE.write_text(render(found), encoding="utf-8")
    sys.exit(any(row.shown == FAILS for row in found))
