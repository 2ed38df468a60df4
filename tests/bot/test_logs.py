"""What goes into the log holds nothing of what people wrote."""

import io
import logging

from sqlalchemy.exc import IntegrityError

from bot.logs import Formatter


def traced(error: Exception) -> str:
    """What the log shows of an error that was raised."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Formatter("%(message)s"))
    log = logging.Logger("a-test")
    log.addHandler(handler)
    try:
        raise error
    except Exception:
        log.exception("incident")
    return stream.getvalue()


def test_an_ordinary_error_is_traced_with_its_text() -> None:
    shown = traced(ValueError("the lane is broken"))
    assert "the lane is broken" in shown
    assert "test_logs.py" in shown


def test_a_databases_error_is_traced_without_what_it_quotes() -> None:
    quoting = IntegrityError("INSERT …", {"body": "my private diary"}, Exception("DETAIL: my private diary"))
    shown = traced(quoting)
    assert "IntegrityError" in shown
    assert "test_logs.py" in shown
    assert "private diary" not in shown


def test_causes_come_first() -> None:
    error = RuntimeError("second")
    error.__cause__ = KeyError("first")
    shown = traced(error)
    assert shown.index("first") < shown.index("second")
