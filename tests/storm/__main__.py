"""`python -m tests.storm`: blow, print the table, end with status 1 where anything is wrong."""

import asyncio
import json
import sys

from tests.storm import report, settings
from tests.storm.run import storm


async def main() -> int:
    """The exit status."""
    chosen = settings.read()
    failed, all_figures = False, []
    for database in chosen.databases:
        result = await storm(database, chosen)
        told = (result.database, chosen.seed, result.tally, result.unclean, result.seconds)
        sys.stdout.write(report.table(*told) + "\n")
        sys.stdout.flush()
        all_figures.append(report.figures(*told))
        failed = failed or result.tally.failed
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(all_figures, indent=1) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
