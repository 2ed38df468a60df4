"""Calls of tools are put together the same from every gateway's way of sending them."""

import json

import pytest

from bot.gateway import ChatEnd, ToolCall
from bot.gateway.assembly import Assembly
from bot.gateway.faults import Hints, Kind
from bot.gateway.sse import ServerEvent
from tests.bot.gateway.wire_server import chunk

Json = dict[str, object]
PARIS = ToolCall("c1", "look", '{"city": "Paris"}')


def piece(index: int | None = 0, id: str = "", name: str = "", arguments: object = "", **more: object) -> Json:
    """One entry of `delta.tool_calls`; what is empty is left out."""
    function: Json = {"arguments": arguments}
    function |= {"name": name} if name else {}
    entry: Json = {"function": function, **more}
    entry |= {"index": index} if index is not None else {}
    return entry | ({"id": id, "type": "function"} if id else {})


def delta(*pieces: Json) -> Json:
    return {"choices": [{"index": 0, "delta": {"tool_calls": list(pieces)}, "finish_reason": None}]}


def assembled(*events: Json, finish: str | None = "tool_calls") -> Assembly:
    made = Assembly("gpt-5", Hints(), hold=False)
    for event in events:
        made.take_event(ServerEvent(json.dumps(event)))
    if finish:
        made.take_event(ServerEvent(json.dumps(chunk(None, finish))))
    made.close()
    return made


def end(*events: Json, finish: str | None = "tool_calls") -> ChatEnd:
    made = assembled(*events, finish=finish)
    assert made.fault is None
    return made.end()


def calls(*events: Json) -> list[tuple[str, str]]:
    return [(call.name, call.arguments) for call in end(*events).calls]


@pytest.mark.parametrize(
    "events",
    [
        [delta(piece(0, "c1", "look")), delta(piece(0, arguments='{"city": ')), delta(piece(0, arguments='"Paris"}'))],
        [delta(piece(0, "c1", "look", '{"city": "Paris"}'))],
        [delta(piece(0, "c1")), delta(piece(0, "", "look")), delta(piece(0, arguments='{"city": "Paris"}'))],
        [delta(piece(0, "c1", "look", '{"city": ')), delta(piece(0, "c1", "look", '"Paris"}'))],
        [delta(piece(0, "c1", "look", '{"city": ')), delta(piece(0, "", "look", '"Paris"}'))],
        [delta(piece(0, "c1", "look", '{"city": ')), delta(piece(0, "other", "", '"Paris"}'))],
        [delta(piece(None, "c1", "look", '{"city": ')), delta(piece(None, arguments='"Paris"}'))],
        [delta(piece(0, "c1", "look", {"city": "Paris"}))],
    ],
)
def test_one_call_is_one_however_it_is_cut(events: list[Json]) -> None:
    assert end(*events).calls == (PARIS,)


@pytest.mark.parametrize(
    "events",
    [
        [delta(piece(0, "c1", "look", "{}"), piece(1, "c2", "find", "[]"))],
        [delta(piece(0, "c1", "look", "{}")), delta(piece(0, "c2", "find", "[]"))],
        [delta(piece(0, "c1", "look")), delta(piece(1, "c2", "find")), delta(piece(1, arguments="[]"), piece(0))],
        [delta(piece(None, "c1", "look", "{}")), delta(piece(None, "c2", "find", "[]"))],
        [delta(piece(None, "", "look", "{}")), delta(piece(None, "", "find", "[]"))],
        [delta(piece(0, "", "look", "{}")), delta(piece(0, "", "find", "[]"))],
    ],
)
def test_two_calls_are_two_however_they_are_numbered(events: list[Json]) -> None:
    assert [(name, arguments or "{}") for name, arguments in calls(*events)] == [("look", "{}"), ("find", "[]")]


def test_the_same_tool_called_twice_at_one_place_without_ids_is_called_twice() -> None:
    events = [delta(piece(0, "", "look", '{"a": 1}')), delta(piece(0, "", "look", '{"a": 2}'))]
    assert calls(*events) == [("look", '{"a": 1}'), ("look", '{"a": 2}')]


def test_every_call_gets_an_id_of_its_own() -> None:
    made = end(delta(piece(0, "", "a"), piece(1, "c", "b"), piece(2, "c", "d"), piece(3, "", "e")))
    ids = [call.id for call in made.calls]
    assert ids[1] == "c"
    assert all(ids)
    assert len(set(ids)) == 4


def test_fields_that_nobody_knows_are_kept() -> None:
    signature = {"google": {"thought_signature": "abc="}}
    first = delta(piece(0, "c1", "look", "{}", extra_content=signature))
    (call,) = end(first, delta(piece(0, extra_content=None))).calls
    assert call.more == {"extra_content": signature}


@pytest.mark.parametrize("finish", ["tool_calls", "stop", "function_call", "tool_use", "length", "STOP"])
def test_the_calls_decide_whatever_the_finish_reason_says(finish: str) -> None:
    made = end(delta(piece(0, "c1", "look", "{}")), finish=finish)
    assert (made.finish, len(made.calls)) == ("tools", 1)


def test_the_thought_behind_the_calls_is_given_back_with_them() -> None:
    thought: Json = {"choices": [{"delta": {"reasoning_content": "hm"}}]}
    assert end(thought, delta(piece(0, "c1", "look", "{}"))).reasoning == "hm"
    assert end(thought, chunk("Hi"), finish="stop").reasoning == ""


@pytest.mark.parametrize("pieces", [[piece(0, "c1")], [piece(0, "c1", "  ", "{}")]])
def test_calls_of_nothing_are_an_empty_answer(pieces: list[Json]) -> None:
    made = assembled(delta(*pieces))
    assert made.fault is not None
    assert made.fault.kind is Kind.GARBLED


def test_calls_that_break_off_without_an_end_are_garbled() -> None:
    made = assembled(delta(piece(0, "c1", "look", '{"ci')), finish=None)
    assert made.fault is not None
    assert made.fault.kind is Kind.GARBLED


def item(**fields: object) -> Json:
    return {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "look", **fields}


ADDED: Json = {"type": "response.output_item.added", "output_index": 1, "item": item(arguments="")}
MORE: Json = {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": '{"city": "Paris"}'}
ALL: Json = {"type": "response.function_call_arguments.done", "output_index": 1, "arguments": PARIS.arguments}
DONE: Json = {"type": "response.output_item.done", "output_index": 1, "item": item(arguments=PARIS.arguments)}
LAST: Json = {
    "type": "response.completed",
    "response": {"object": "response", "status": "completed", "output": [item(arguments=PARIS.arguments)]},
}
BARE_LAST: Json = {"type": "response.completed", "response": {"object": "response", "status": "completed"}}


@pytest.mark.parametrize(
    "events",
    [
        [ADDED, MORE, ALL, DONE, LAST],
        [ADDED, MORE, BARE_LAST],
        [ADDED, ALL, BARE_LAST],
        [DONE, BARE_LAST],
        [LAST],
        [{"type": "response.output_text.delta", "delta": "Let me see."}, LAST],
        [
            {name: value for name, value in event.items() if name != "output_index"} | {"item_id": "fc_1"}
            for event in (ADDED, MORE, ALL, DONE, LAST)
        ],
    ],
)
def test_a_call_on_the_responses_endpoint_is_one_whichever_events_come(events: list[Json]) -> None:
    assert end(*events, finish=None).calls == (PARIS,)
