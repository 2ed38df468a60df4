"""Requests carry what the user set and no more; replies are read in every vendor's spelling."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway import Catalogue, ChatMessage, ChatOptions, ChatRequest, Citation, Lesson, ModelSpec, Usage
from bot.gateway.calls import CallPiece
from bot.gateway.lessons import Taught
from bot.gateway.parts import Piece, annotations, content, sources, usage
from bot.gateway.responses import failure, is_response, response_piece, responses_body
from bot.gateway.wire import chat_body, chat_piece
from tests.bot.gateway.conftest import ask
from tests.bot.gateway.wire_server import answer, chunk

CATALOGUE = Catalogue.load()
NOTHING = Taught()


def spec(model: str) -> ModelSpec:
    found = CATALOGUE.get(model)
    assert found is not None
    return found


def chat(model: str, *lessons: Lesson, options: ChatOptions | None = None, stream: bool = False) -> dict[str, object]:
    taught = NOTHING
    for lesson in lessons:
        taught = taught.plus(lesson)
    request = replace(ask(model), options=options or ChatOptions())
    return chat_body(request, spec(model), model, taught, stream=stream)


def test_what_the_user_did_not_set_is_not_sent() -> None:
    assert chat("gpt-5") == {"model": "gpt-5", "messages": [{"role": "user", "content": "Hi there"}]}


def test_the_gateways_own_name_of_the_model_is_sent() -> None:
    body = chat_body(ask("gpt-5"), spec("gpt-5"), "azure/gpt-5", NOTHING, stream=False)
    assert body["model"] == "azure/gpt-5"


@pytest.mark.parametrize(
    ("model", "asked", "sent"),
    [
        ("claude-opus-4-6", 0.3, 0.3),
        ("claude-opus-4-6", 1.8, 1.0),
        ("minimax2.7", 0.0, 0.01),
        ("grok-4", 2.0, 2.0),
        ("gpt-5", 0.7, 0.7),
        ("gpt-5.2-search", 0.7, None),
        ("gpt-5-pro", 1.0, None),
    ],
)
def test_temperature_is_sent_as_the_model_takes_it(model: str, asked: float, sent: float | None) -> None:
    assert chat(model, options=ChatOptions(temperature=asked)).get("temperature") == sent


@pytest.mark.parametrize(
    ("model", "asked", "field", "sent"),
    [
        ("gpt-5", 100, "max_completion_tokens", 100),
        ("claude-opus-4-6", 100, "max_tokens", 100),
        ("gpt-5-chat-latest", 99_999, "max_tokens", 16_384),
        ("grok-4-fast-reasoning", 99_999, "max_tokens", 99_999),
    ],
)
def test_the_cap_is_sent_as_the_model_takes_it(model: str, asked: int, field: str, sent: int) -> None:
    body = chat(model, options=ChatOptions(max_output_tokens=asked))
    assert body[field] == sent
    assert len({"max_tokens", "max_completion_tokens"} & body.keys()) == 1


@pytest.mark.parametrize(("model", "sent"), [("gpt-5", "low"), ("grok-4", None), ("claude-opus-4-6", None)])
def test_effort_is_sent_to_models_that_take_one(model: str, sent: str | None) -> None:
    assert chat(model, options=ChatOptions(reasoning_effort="low")).get("reasoning_effort") == sent


def test_a_strange_model_gets_all_that_was_set() -> None:
    strange = ModelSpec("x", "", frozenset({"chat"}))
    request = ask("x", temperature=1.5, reasoning_effort="low", max_output_tokens=5)
    body = chat_body(request, strange, "x", NOTHING, stream=False)
    assert (body["temperature"], body["reasoning_effort"], body["max_tokens"]) == (1.5, "low", 5)


def test_lessons_are_applied() -> None:
    lessons = [
        Lesson("gpt-5", "temperature", "drop"),
        Lesson("gpt-5", "max_completion_tokens", "swap:max_tokens"),
        Lesson("gpt-5", "stream_options", "drop"),
    ]
    body = chat("gpt-5", *lessons, stream=True, options=ChatOptions(0.7, 100))
    assert body.keys() == {"model", "messages", "stream", "max_tokens"}


def test_the_responses_endpoint_is_asked_in_its_own_words() -> None:
    talk = (
        ChatMessage("system", "Be brief."),
        ChatMessage("user", "Hi"),
        ChatMessage("assistant", "Hello"),
        ChatMessage("user", "Rain?"),
    )
    options = ask("x", max_output_tokens=5, reasoning_effort="low", temperature=0.5).options
    request = ChatRequest("gpt-5.3-codex", talk, "k", options)
    body = responses_body(request, replace(spec("gpt-5.3-codex"), temperature="any"), "codex", NOTHING, stream=True)
    assert body == {
        "model": "codex",
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
            {"role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]},
            {"role": "user", "content": [{"type": "input_text", "text": "Rain?"}]},
        ],
        "store": False,
        "stream": True,
        "max_output_tokens": 16,
        "reasoning": {"effort": "low"},
        "temperature": 0.5,
    }


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        ({"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}, Usage(7, 2)),
        ({"input_tokens": 7, "output_tokens": 2}, Usage(7, 2)),
        (
            {
                "prompt_tokens": 1310,
                "completion_tokens": 150,
                "prompt_tokens_details": {"cached_tokens": 1024},
                "completion_tokens_details": {"reasoning_tokens": 96},
            },
            Usage(1310, 150, 96, 1024),
        ),
        (
            {
                "input_tokens": 9,
                "input_tokens_details": {"cached_tokens": 4},
                "output_tokens": 70,
                "output_tokens_details": {"reasoning_tokens": 64},
            },
            Usage(9, 70, 64, 4),
        ),
        ({"prompt_cache_hit_tokens": 5, "prompt_cache_miss_tokens": 2, "completion_tokens": 1}, Usage(7, 1, 0, 5)),
        ({"prompt_tokens": 7, "prompt_cache_hit_tokens": 5, "completion_tokens": 1}, Usage(7, 1, 0, 5)),
        ({"input_tokens": 5, "output_tokens": 2, "cache_read_input_tokens": 10}, Usage(15, 2, 0, 10)),
        (
            {
                "prompt_tokens": 7,
                "completion_tokens": 2,
                "total_tokens": 19,
                "completion_tokens_details": {"reasoning_tokens": 10},
            },
            Usage(7, 12, 10, 0),
        ),
        ({"prompt_tokens": 7.0, "completion_tokens": None}, Usage(7, 0)),
        ({"prompt_tokens": -1, "completion_tokens": "many"}, None),
        ({"prompt_tokens": 0, "completion_tokens": 0}, None),
        ({}, None),
        (None, None),
        ("lots", None),
    ],
)
def test_tokens_are_counted_in_every_spelling(counted: object, expected: Usage | None) -> None:
    assert usage(counted) == expected


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://a.example/x?utm_source=openai", "https://a.example/x"),
        ("https://a.example/x?a=1&utm_source=openai&b=%20", "https://a.example/x?a=1&b=%20"),
        ("https://a.example/x?utm_source=openai_ads#top", "https://a.example/x?utm_source=openai_ads#top"),
        ("http://a.example", "http://a.example"),
    ],
)
def test_the_referral_is_taken_off_an_address(url: str, clean: str) -> None:
    assert list(sources([url])) == [Citation(clean)]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "a.example", "http://[", "file:///etc/passwd", "https://"])
def test_what_is_no_web_address_is_no_source(url: str) -> None:
    assert list(sources([url, None, 7])) == []


def test_sources_may_be_nested_flat_or_objects() -> None:
    place = {"url": "https://a.example", "title": " A ", "start_index": 1, "end_index": 3}
    nested, flat = {"type": "url_citation", "url_citation": place}, {"type": "url_citation"} | place
    other = {"type": "file_citation"} | place
    assert list(annotations([nested, flat, other, None])) == [Citation("https://a.example", "A", 1, 3)] * 2
    assert list(sources([{"url": "https://a.example", "title": "A"}])) == [Citation("https://a.example", "A")]


def test_places_of_a_later_part_are_counted_from_the_first() -> None:
    place = {"type": "url_citation", "url": "https://a.example", "start_index": 0, "end_index": 2}
    said = content([{"type": "output_text", "text": "Hello "}, {"text": "you", "annotations": [place]}])
    assert said == Piece(text="Hello you", citations=(Citation("https://a.example", "", 6, 8),))


@pytest.mark.parametrize(
    ("value", "piece"),
    [
        (chunk("Hi"), Piece("Hi")),
        (chunk(None, None, role="assistant", content=None), Piece()),
        (chunk(None, None, reasoning_content="hm"), Piece(reasoning="hm")),
        (chunk(None, None, refusal="no"), Piece(refusal="no")),
        (chunk("Hi", "STOP"), Piece("Hi", finish="STOP")),
        (answer("Hi"), Piece("Hi", finish="stop", whole=True)),
        ({"choices": [], "usage": {"prompt_tokens": 1}}, Piece(usage=Usage(1))),
        ({"choices": [None]}, Piece()),
        ({"choices": None, "model": "m"}, Piece(model="m")),
        ({"choices": [{"delta": None, "finish_reason": None}]}, Piece()),
        ([], Piece()),
    ],
)
def test_a_chunk_is_read(value: object, piece: Piece) -> None:
    assert chat_piece(value) == piece


WHOLE = Piece("Hi", finish="stop", model="m", whole=True)


def response(status: str, **fields: object) -> dict[str, object]:
    said = {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}
    return {"object": "response", "status": status, "model": "m", "output": [said]} | fields


@pytest.mark.parametrize(
    ("value", "piece"),
    [
        ({"type": "response.created", "response": {"status": "in_progress"}}, Piece()),
        ({"type": "response.output_text.delta", "delta": "Hi"}, Piece("Hi")),
        ({"type": "response.reasoning_summary_text.delta", "delta": "hm"}, Piece(reasoning="hm")),
        ({"type": "response.refusal.delta", "delta": "no"}, Piece(refusal="no")),
        (
            {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "{"},
            Piece(calls=(CallPiece(1, arguments="{"),)),
        ),
        (
            {"type": "response.output_text.annotation.added", "annotation": {"url": "https://a.example"}},
            Piece(citations=(Citation("https://a.example"),)),
        ),
        (
            {"type": "response.completed", "response": response("completed")},
            Piece("Hi", finish="stop", model="m", whole=True),
        ),
        (
            response("completed", usage={"input_tokens": 9}),
            Piece("Hi", finish="stop", model="m", usage=Usage(9), whole=True),
        ),
        (
            response("incomplete", incomplete_details={"reason": "max_output_tokens"}),
            replace(WHOLE, finish="max_output_tokens"),
        ),
        (response("incomplete", incomplete_details=None), replace(WHOLE, finish="length")),
        (response("in_progress", output=[None, {"type": "web_search_call"}]), Piece(model="m", whole=True)),
    ],
)
def test_an_event_of_the_responses_endpoint_is_read(value: object, piece: Piece) -> None:
    assert is_response(value)
    assert response_piece(value) == piece


def test_a_failed_response_is_found_in_its_event() -> None:
    failed = response("failed", error={"code": "server_error", "message": "x"})
    assert failure({"type": "response.failed", "response": failed}) == failed
    assert failure({"type": "response.completed", "response": failed}) is None


KEYS = [
    *("choices", "delta", "message", "content", "text", "type", "url_citation", "annotations", "usage", "citations"),
    *("tool_calls", "function", "arguments", "id", "index", "name", "delta", "item", "output_index"),
    *("reasoning", "reasoning_details", "output", "response", "refusal", "finish_reason", "error", "url", "object"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["response", "thinking", "http://a.b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=20,
)


@given(JSON)
def test_no_json_is_too_odd_to_be_read(value: object) -> None:
    assert isinstance(chat_piece(value), Piece)
    assert isinstance(response_piece(value), Piece)
    assert usage(value) is None or isinstance(usage(value), Usage)
