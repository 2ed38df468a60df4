"""Arguments of tools are read as models write them, or answered with what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway import Tool, ToolCall
from bot.gateway.tools import arguments, unknown

DRAW = Tool(
    "draw",
    "Draw a picture",
    {
        "type": "object",
        "properties": {
            "prompt": {"type": "string"},
            "count": {"type": "integer"},
            "scale": {"type": "number"},
            "wide": {"type": "boolean"},
            "style": {"type": "string", "enum": ["photo", "sketch"]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "seed": {"type": ["integer", "null"]},
            "more": {"type": "object"},
            "any": {},
            "odd": {"type": "colour"},
        },
        "required": ["prompt"],
    },
)


def read(text: str, tool: Tool = DRAW) -> object:
    return arguments(ToolCall("c", tool.name, text), tool)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ('{"prompt": "a cat"}', {"prompt": "a cat"}),
        ('{"prompt": "x", "count": 3.0}', {"prompt": "x", "count": 3}),
        ('{"prompt": "x", "scale": 2, "wide": true}', {"prompt": "x", "scale": 2, "wide": True}),
        ('{"prompt": "x", "style": null, "seed": null}', {"prompt": "x", "seed": None}),
        ('{"prompt": "x", "style": "photo", "tags": ["a"]}', {"prompt": "x", "style": "photo", "tags": ["a"]}),
        ('{"prompt": "x", "colour": "red"}', {"prompt": "x"}),
        ('{"prompt": "x", "any": [1], "odd": 7, "more": {}}', {"prompt": "x", "any": [1], "odd": 7, "more": {}}),
        ('"{\\"prompt\\": \\"x\\"}"', {"prompt": "x"}),
    ],
)
def test_good_arguments_are_read(text: str, given: object) -> None:
    assert read(text) == given


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"prompt": "a c', "not valid JSON"),
        ('"{"', "not valid JSON"),
        ("[1]", "must be one JSON object"),
        ("", "prompt is missing"),
        ("{}", "prompt is missing"),
        ('{"prompt": null}', "prompt is missing"),
        ('{"prompt": 7}', "prompt must be string, not 7"),
        ('{"prompt": "x", "count": "3"}', 'count must be integer, not "3"'),
        ('{"prompt": "x", "count": 3.5}', "count must be integer, not 3.5"),
        ('{"prompt": "x", "count": true}', "count must be integer, not true"),
        ('{"prompt": "x", "scale": false}', "scale must be number, not false"),
        ('{"prompt": "x", "seed": "a"}', "seed must be integer or null"),
        ('{"prompt": "x", "tags": ["a", 1]}', "tags must be array of the declared members"),
        ('{"prompt": "x", "style": "oil"}', 'style must be one of ["photo", "sketch"], not "oil"'),
    ],
)
def test_wrong_arguments_are_answered_with_a_sentence(text: str, said: str) -> None:
    sentence = read(text)
    assert isinstance(sentence, str)
    assert said in sentence
    assert "draw" in sentence


def test_a_long_wrong_value_is_not_said_back_whole() -> None:
    sentence = read('{"prompt": ["' + "x" * 10_000 + '"]}')
    assert isinstance(sentence, str)
    assert len(sentence) < 300


def test_a_tool_without_parameters_takes_anything() -> None:
    assert read("", Tool("stop", "", {"type": "object"})) == {}
    assert read('{"a": 1}', Tool("stop", "", {})) == {}


def test_a_model_is_told_which_tools_there_are() -> None:
    call = ToolCall("c", "paint", "{}")
    assert unknown(call, [DRAW]) == 'There is no tool "paint". There are: draw.'
    assert unknown(call, []) == 'There is no tool "paint". There are none.'


@given(st.text(max_size=40) | st.recursive(st.none() | st.floats(), st.lists, max_leaves=4).map(str))
def test_no_arguments_are_too_odd(text: str) -> None:
    assert isinstance(read(text), str | dict)
