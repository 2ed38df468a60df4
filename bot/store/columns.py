"""Column types that turn what a database stores into the house's values and back."""

import json
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError
from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

T = TypeVar("T")

Id = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only where the key is spelled INTEGER."""


class Utc(TypeDecorator[datetime]):
    """A moment, always aware and always in UTC; SQLite stores no zone and gives none back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses a naive time: nobody can say later which clock it was read from."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None or value.tzinfo is UTC:
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """What somebody wrote. PostgreSQL takes no NUL and neither database takes half a surrogate pair."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The same text where it can be stored; what cannot is dropped (NUL) or shown as U+FFFD."""
        if value is None:
            return None
        return _whole(value.replace("\0", ""))


class Json(TypeDecorator[T]):
    """One of the house's values as JSON text, checked against its type when it is read."""

    impl = Text
    cache_ok = True

    def __init__(self, type_: Any) -> None:
        super().__init__()
        self.type_ = type_
        self._adapter: TypeAdapter[T] = TypeAdapter(type_)

    def process_bind_param(self, value: T | None, dialect: Dialect) -> str | None:
        """The value's JSON; half a surrogate pair in somebody's name is no reason to lose a question."""
        if value is None:
            return None
        try:
            return self._adapter.dump_json(value).decode()
        except PydanticSerializationError:
            return _whole(json.dumps(self._adapter.dump_python(value, mode="json"), ensure_ascii=False))

    def process_result_value(self, value: str | None, dialect: Dialect) -> T | None:
        """The value again; raises `ValidationError` where the stored text has another shape."""
        return None if value is None else self._adapter.validate_json(value)


def _whole(text: str) -> str:
    """The text with U+FFFD in the place of each half of a surrogate pair."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
