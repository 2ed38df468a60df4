"""The small model is asked in the one way that it can follow, and stops when nobody listens."""

from contextlib import aclosing

import pytest

from bot.local import weights
from bot.local.chat import HOTTEST, LONGEST_ANSWER, LONGEST_MESSAGE, SYSTEM, TURNS, ChatModel, Wanted, body


def wanted(*talk: tuple[str, str], max_tokens: int = 1000, temperature: float = 2.0) -> Wanted:
    return Wanted([{"role": role, "content": text} for role, text in talk], max_tokens, temperature)


def test_the_callers_system_prompt_is_replaced_by_the_one_that_works() -> None:
    asked = body(wanted(("system", "You are a pirate."), ("user", "hi")), stream=True)
    assert asked["messages"] == [SYSTEM, {"role": "user", "content": "hi"}]


def test_only_the_last_turns_are_kept_and_they_begin_with_a_person() -> None:
    talk = [("user" if number % 2 == 0 else "assistant", str(number)) for number in range(21)]
    kept = body(wanted(*talk), stream=True)["messages"][1:]
    assert len(kept) <= TURNS
    assert kept[0]["role"] == "user"
    assert kept[-1]["content"] == "20"


def test_length_and_temperature_are_capped_and_a_long_message_is_cut() -> None:
    asked = body(wanted(("user", "x" * 10 * LONGEST_MESSAGE)), stream=False)
    assert asked["max_tokens"] == LONGEST_ANSWER
    assert asked["temperature"] == HOTTEST
    assert len(asked["messages"][1]["content"]) == LONGEST_MESSAGE


def test_missing_weights_say_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "CHAT_PACKAGE", "no_such_package")
    with pytest.raises(FileNotFoundError, match="make setup"):
        weights.chat()


@pytest.mark.local
async def test_leaving_a_long_answer_frees_the_model_at_once() -> None:
    model = ChatModel(weights.chat())
    async with aclosing(model.chunks(wanted(("user", "Write a long story.")), stream=True)) as chunks:
        async for _ in chunks:
            break
    pieces = [piece async for piece in model.chunks(wanted(("user", "What is 1+1?"), max_tokens=5), stream=True)]
    assert pieces[-2]["choices"][0]["finish_reason"] in {"stop", "length"}
    assert pieces[-1]["usage"]["completion_tokens"] <= 5
