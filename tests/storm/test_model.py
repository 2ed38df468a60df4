"""The storm's model knows whose turn a request is, whatever stands in its history."""

import time

from tests.fakes.gateway import FakeGateway
from tests.fakes.gateway_calls import chat, post
from tests.storm import marks
from tests.storm.model import Model
from tests.storm.plan import Trouble


async def _ask(gateway: FakeGateway, key: str, *numbers: int) -> str:
    words = "\n\n".join(marks.question(number) for number in numbers)
    body = chat(stream=True, messages=[{"role": "user", "content": words}])
    return (await post(gateway, body, idempotency_key=f"parley-{key}")).content


async def test_each_attempt_of_a_turn_is_given_the_same_answer(gateway: FakeGateway, model: Model) -> None:
    assert await _ask(gateway, "7-1-1.0", 1, 2) == marks.answer((1, 2))
    assert await _ask(gateway, "7-2-1.0", 1, 2) == marks.answer((1, 2))
    assert [(each.turn, each.numbers, each.whole) for each in model.served] == [("7", (1, 2), True)] * 2
    assert not model.busy


async def test_a_question_of_a_failed_turn_is_not_answered_by_the_next_one(gateway: FakeGateway, model: Model) -> None:
    model.order(Trouble.GATEWAY_DOWN, 0.0)
    await _ask(gateway, "7-1-1.0", 1)
    assert await _ask(gateway, "8-1-1.0", 1, 2) == marks.answer((2,))
    assert [trouble for _, trouble in model.diary.fired] == [Trouble.GATEWAY_DOWN]


async def test_a_question_of_a_turn_that_was_never_stored_is_free_once_its_number_is_given_out_again(
    gateway: FakeGateway,
) -> None:
    await _ask(gateway, "7.abc-1-1.0", 1)
    assert await _ask(gateway, "8.fed-1-1.0", 1, 2) == marks.answer((2,))
    await _ask(gateway, "7.def-1-1.0", 3)
    assert await _ask(gateway, "9.cab-1-1.0", 1, 4) == marks.answer((1, 4))


async def test_a_question_whose_early_answer_nobody_heard_is_any_turns_that_asks_it(
    gateway: FakeGateway, model: Model
) -> None:
    await _ask(gateway, "early-abc", 1)
    assert await _ask(gateway, "8.fed-1-1.0", 1, 2) == marks.answer((2,))
    await _ask(gateway, "early-def", 3)
    model.diary.fired.append((time.monotonic() + 0.5, Trouble.KILL))
    assert await _ask(gateway, "9.cab-1-1.0", 3, 4) == marks.answer((3, 4))


async def test_a_question_that_was_asked_early_becomes_its_turns_and_no_others(gateway: FakeGateway) -> None:
    assert await _ask(gateway, "early-abc", 1) == marks.answer((1,))
    assert await _ask(gateway, "8-1-1.0", 1, 2) == marks.answer((2,))
    assert await _ask(gateway, "7-1-1.0", 1) == marks.answer((1,))
    assert await _ask(gateway, "early-def", 1, 3) == marks.answer((3,))
