"""A large JSON body is read as the standard library reads it, and holds nobody up meanwhile."""

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway import carving
from bot.gateway.carving import parse_beside, parse_large
from bot.gateway.shapes import Undecodable, parse

LONG = st.builds(lambda letter, count: letter * count, st.sampled_from(["A", "/9j", "é", "\\", '"', "\n"]), st.just(60))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | LONG,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9) | LONG, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carving, "_LONG", 50)


@given(VALUES, st.booleans())
def test_the_value_is_the_same(value: object, escaped: bool) -> None:
    assert parse_large(json.dumps(value, ensure_ascii=escaped).encode()) == value


@given(VALUES, st.integers(0, 200), st.binary(max_size=2))
def test_what_is_broken_is_broken_for_both(value: object, at: int, put: bytes) -> None:
    body = json.dumps(value).encode()
    broken = body[:at] + put + body[at + 1 :]
    assert read(parse_large, broken) == read(parse, broken)


def read(how: object, body: bytes) -> object:
    try:
        return repr(how(body))  # type: ignore[operator]  # one of the two readers
    except Undecodable:
        return None


@pytest.mark.parametrize("inside", [b"A" * 60 + b"\n", b"A" * 60 + b"\\u0041", b"\xff" * 60, b"A" * 60 + b"\\\\"])
def test_a_long_string_that_does_not_say_what_it_shows_is_left_to_the_standard_library(inside: bytes) -> None:
    body = b'{"b64_json": "' + inside + b'"}'
    assert read(parse_large, body) == read(parse, body)


def test_a_deep_answer_with_a_file_is_refused_and_not_fatal() -> None:
    body = b"[" * 900 + b'"' + b"A" * 60 + b'"' + b"]" * 900
    assert read(parse_large, body) in (read(parse, body), None)
    assert read(parse_large, b"[" * 100_000 + b'"' + b"A" * 60 + b'"') is None


async def test_a_large_body_is_read_beside_the_loop() -> None:
    body = json.dumps({"data": [{"b64_json": "iVBORw0KGgo=" * 100_000}], "usage": {"total_tokens": 7}}).encode()
    threads: list[int] = []

    def noted(text: bytes) -> object:
        threads.append(threading.get_ident())
        return parse_large(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(carving, "parse_large", noted)
        assert await parse_beside(body) == parse(body)
    assert threads
    assert threads[0] != threading.get_ident()
