"""A reply is put together the same however it was cut, and its end is judged."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway import ChatDelta, ChatEnd, Patience
from bot.gateway.assembly import Assembly
from bot.gateway.faults import Hints, Kind
from bot.gateway.reading import Reading
from bot.gateway.sse import EventDecoder, ServerEvent
from tests.bot.gateway.wire_server import DONE, answer, chunk, data, fault

NO_HINTS = Hints()


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def assembly(hold: bool = False) -> Assembly:
    return Assembly("gpt-5", NO_HINTS, hold=hold)


def told(parts: list[ChatDelta | None]) -> tuple[str, str]:
    deltas = [part for part in parts if part is not None]
    return "".join(delta.text for delta in deltas), "".join(delta.reasoning for delta in deltas)


def read(*chunks: bytes, hold: bool = False) -> tuple[str, str, object]:
    made = assembly(hold)
    reading = Reading(made, Patience(), NO_HINTS)
    parts: list[ChatDelta | None] = []
    for each in chunks:
        reading.take(each)
        parts.append(made.delta())
    reading.close()
    made.close()
    parts.append(made.delta())
    return *told(parts), made.end() if made.fault is None else made.fault.kind


BODIES = st.one_of(
    st.lists(st.sampled_from(["Hi ", "<think>", "hm</think>", "\n", "世界", "a < b"]), max_size=8).map(
        lambda words: b"".join(data(chunk(word)) for word in words) + data(chunk(None, "stop")) + DONE
    ),
    st.sampled_from(["Hi", "<think>hm</think>Hi", ""]).map(lambda text: json.dumps(answer(text)).encode()),
    st.just(b"<html>"),
    st.just(data(chunk("Hi")) + data(fault("x"))),
    st.binary(max_size=60),
)


@given(BODIES, st.lists(st.integers(0, 10_000), max_size=20), st.booleans())
def test_any_cutting_of_a_body_gives_the_same_answer(body: bytes, places: list[int], hold: bool) -> None:
    edges = sorted([0, len(body), *(place % (len(body) + 1) for place in places)])
    pieces = [body[start:end] for start, end in pairwise(edges)]
    assert read(*pieces, hold=hold) == read(body, hold=hold)


def test_events_of_one_read_come_as_one_delta() -> None:
    made = assembly()
    for word in ("One ", "two ", "three"):
        made.take_event(ServerEvent(json.dumps(chunk(word))))
    assert made.delta() == ChatDelta("One two three")
    assert made.delta() is None


def test_text_before_an_error_of_the_same_read_is_kept() -> None:
    made = assembly()
    Reading(made, Patience(), NO_HINTS).take(data(chunk("Hi")) + data(fault("broke")) + data(chunk("never")))
    assert made.delta() == ChatDelta("Hi")
    assert made.fault is not None
    assert made.delta() is None


def test_nothing_counts_after_done() -> None:
    text, _, end = read(data(chunk("Hi", "stop")) + DONE + data(chunk("never")) + data(fault("never")))
    assert text == "Hi"
    assert isinstance(end, ChatEnd)


@pytest.mark.parametrize(
    ("finish", "kind"),
    [
        ("insufficient_system_resource", Kind.BUSY),
        ("error", Kind.TROUBLE),
        ("content_filter", Kind.CONTENT),
        ("PROHIBITED_CONTENT", Kind.CONTENT),
    ],
)
def test_some_finish_reasons_are_failures(finish: str, kind: Kind) -> None:
    assert read(data(chunk("Hi", finish)) + DONE)[2] is kind


def test_a_whole_event_after_deltas_adds_only_its_end() -> None:
    whole = {"object": "response", "status": "completed", "output": [{"type": "message", "content": [{"text": "Hi"}]}]}
    last = data({"type": "response.completed", "response": whole})
    assert read(data({"type": "response.output_text.delta", "delta": "Hi"}) + last)[0] == "Hi"
    assert read(last)[0] == "Hi"


def test_bad_events_are_forgiven_unless_three_come_in_a_row() -> None:
    bad, good = b"data: {\n\n", data(chunk("Hi"))
    text, _, end = read(bad * 2 + good + bad * 2 + data(chunk(None, "stop")) + DONE)
    assert text == "Hi"
    assert isinstance(end, ChatEnd)
    assert read(good + bad * 3 + data(chunk(None, "stop")) + DONE)[2] is Kind.GARBLED


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "code": "rate_limit_exceeded", "message": "x"},
        {"type": "response.failed", "response": {"error": {"code": "rate_limit_exceeded", "message": "x"}}},
        {"code": "rate_limit_exceeded", "message": "x", "data": None},
        {"error": "请求过于频繁"},
    ],
)
def test_an_error_event_of_every_form_is_found(event: dict[str, object]) -> None:
    assert read(data(event))[2] is Kind.BUSY


def test_a_failed_response_without_a_reason_is_garbled() -> None:
    assert read(data({"type": "response.failed", "response": {"status": "failed"}}))[2] is Kind.GARBLED


def test_patience_runs_on_data_and_stretches_while_comments_come() -> None:
    clock, made = Clock(), assembly()
    patience = replace(Patience(), first_byte_s=100, gap_s=10, kept_alive=3, finish_s=5)
    reading = Reading(made, patience, NO_HINTS, clock)
    assert reading.wait() == 100
    reading.take(data(chunk("Hi")))
    assert reading.wait() == 10
    clock.now = 8
    assert reading.wait() == 2
    reading.take(b": PING\n\n")
    assert reading.wait() == 10
    clock.now = 25
    reading.take(b": PING\n\n")
    assert reading.wait() == 5
    reading.take(data(chunk("Hi")))
    assert reading.wait() == 10
    reading.take(data(chunk(None, "stop")))
    assert reading.wait() == 5
    reading.take(DONE)
    assert reading.wait() < 0.2
    clock.now += 1
    reading.take(b": PING\n\n")
    assert reading.wait() < 0


def test_a_body_without_end_is_garbled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.gateway.reading.LONGEST_EVENT", 100)
    assert read(b'{"choices"' + b" " * 200)[2] is Kind.GARBLED


def test_an_event_without_end_is_garbled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.gateway.reading.EventDecoder", lambda: EventDecoder(longest=300))
    assert read(data(chunk("Hi")), b"data: " + b"a" * 400)[::2] == ("Hi", Kind.GARBLED)


def test_half_an_event_is_progress() -> None:
    clock = Clock()
    reading = Reading(assembly(), Patience(first_byte_s=10), NO_HINTS, clock)
    reading.take(b'data: {"cho')
    clock.now = 9
    reading.take(b"ices")
    assert reading.wait() == 10


def test_a_whole_reply_has_one_limit() -> None:
    clock = Clock()
    reading = Reading(assembly(), Patience(total_s=600), NO_HINTS, clock)
    reading.take(b"\n\n")
    clock.now = 300
    reading.take(b'{"choices"')
    assert reading.wait() == 300
