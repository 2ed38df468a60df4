"""The log: one event a line, and traces that hold nothing of what people wrote."""

import logging
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType

_TALKATIVE = ("sqlalchemy", "psycopg", "sqlite3", "pydantic", "pydantic_core")
"""Libraries whose errors quote the values that they were given: rows, statements, texts."""

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Formatter(logging.Formatter):
    """Formats traces frame by frame; of errors that may quote messages only the kind is told."""

    def formatException(self, ei: ExcInfo) -> str:
        """The chain of errors, the first cause first."""
        return "\n".join(_told(error) for error in reversed(list(_chain(ei[1]))))


def set_up(level: str) -> None:
    """Log to standard error; libraries only from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("parley").setLevel(level)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _told(error: BaseException) -> str:
    kind = type(error)
    talkative = kind.__module__.partition(".")[0] in _TALKATIVE
    text = "(its text may quote what people wrote and is left out)" if talkative else str(error)
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"Traceback (most recent call last):\n{frames}{kind.__module__}.{kind.__qualname__}: {text}"
