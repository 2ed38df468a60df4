"""An event stream means the same however its bytes were cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.sse import EventDecoder, EventTooLong, ServerEvent

LINE_END = st.sampled_from(["\n", "\r\n", "\r"])
WORDS = st.text(alphabet=st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=40)


def decode(*chunks: bytes) -> list[ServerEvent]:
    decoder = EventDecoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.close()


def cut(raw: bytes, places: list[int]) -> list[bytes]:
    edges = sorted([0, len(raw), *(place % (len(raw) + 1) for place in places)])
    return [raw[start:end] for start, end in pairwise(edges)]


@st.composite
def streams(draw: st.DrawFn) -> str:
    lines = draw(st.lists(st.one_of(WORDS, WORDS.map("data: {}".format), WORDS.map("event:{}".format), st.just(""))))
    return "".join(line + draw(LINE_END) for line in lines)


@given(st.one_of(streams().map(str.encode), st.binary(max_size=200)), st.lists(st.integers(0, 10_000), max_size=30))
def test_any_cutting_of_the_bytes_gives_the_same_events(raw: bytes, places: list[int]) -> None:
    assert decode(*cut(raw, places)) == decode(raw)


@given(streams().map(str.encode), st.lists(st.integers(0, 10_000), max_size=30))
def test_any_cutting_gives_the_same_count_of_pulses(raw: bytes, places: list[int]) -> None:
    whole, parts = EventDecoder(), EventDecoder()
    whole.feed(raw)
    for chunk in cut(raw, places):
        parts.feed(chunk)
    assert parts.pulses == whole.pulses


@given(st.lists(WORDS, min_size=1), LINE_END)
def test_what_was_written_is_read_again(texts: list[str], end: str) -> None:
    raw = "".join(f"data: {text}{end}{end}" for text in texts)
    assert [event.data for event in decode(raw.encode())] == texts


def test_a_character_split_between_chunks_stays_whole() -> None:
    raw = "data: 你好 👋\n\n".encode()
    assert decode(*(bytes([byte]) for byte in raw)) == [ServerEvent("你好 👋")]


def test_broken_utf8_is_replaced() -> None:
    assert decode(b"data: a\xffb\n\n") == [ServerEvent("a\ufffdb")]


def test_comments_and_blank_lines_are_counted_as_signs_of_life_only() -> None:
    decoder = EventDecoder()
    assert decoder.feed(b": PING\n\n: keep-alive\n\n") == []
    assert decoder.pulses >= 2
    before = decoder.pulses
    assert decoder.feed(b"data: x\n\n") == [ServerEvent("x")]
    assert decoder.pulses == before


def test_several_data_lines_are_one_event() -> None:
    assert decode(b"data: a\ndata:b\ndata\n\n") == [ServerEvent("a\nb\n")]


def test_an_event_keeps_its_name_and_gives_it_to_no_other() -> None:
    assert decode(b"event: error\ndata: {}\n\ndata: x\n\n") == [ServerEvent("{}", "error"), ServerEvent("x")]


def test_only_one_space_after_the_colon_is_left_out() -> None:
    assert decode(b"data:  x \n\n") == [ServerEvent(" x ")]


def test_the_last_event_needs_no_blank_line() -> None:
    assert decode(b"data: [DONE]") == [ServerEvent("[DONE]")]


def test_a_mark_of_byte_order_at_the_start_is_left_out() -> None:
    assert decode(b"\xef\xbb", b"\xbfdata: x\n\n") == [ServerEvent("x")]


def test_unknown_fields_are_passed_over() -> None:
    assert decode(b"id: 7\nretry: 100\nnonsense\ndata: x\n\n") == [ServerEvent("x")]


def test_a_line_of_megabytes_is_read_in_reasonable_time() -> None:
    piece = b"a" * 16_384
    assert len(decode(b"data: ", *[piece] * 400, b"\n\n")[0].data) == 400 * 16_384


def test_an_endless_line_ends_the_reading() -> None:
    decoder = EventDecoder(longest=1000)
    decoder.feed(b"data: " + b"a" * 900)
    with pytest.raises(EventTooLong):
        decoder.feed(b"a" * 200)


def test_the_limit_counts_for_one_event_not_for_the_stream() -> None:
    decoder = EventDecoder(longest=1000)
    assert sum(len(decoder.feed(b"data: " + b"a" * 500 + b"\n\n")) for _ in range(10)) == 10
