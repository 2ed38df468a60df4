"""Every chat model of the catalogue answers over a gateway that refuses what the model refuses."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.errors import ContextTooLong, GatewayBusy, GatewayGarbled, GatewayRejected, ModelUnavailable
from bot.gateway import Catalogue, ChatDelta, ChatMessage, ChatOptions, ChatRequest, Lesson, ModelSpec
from tests.bot.gateway.conftest import Calling, ask
from tests.fakes.gateway import (
    EMPTY_BODY,
    HTML_502,
    TRUNCATED_JSON,
    Answer,
    Behaviour,
    Broken,
    Cut,
    Fail,
    FakeGateway,
    Gibberish,
    NoFinish,
    Source,
    Stall,
)

MODELS = Catalogue.load().chat()
RESPONSES_ONLY = {"gpt-5-pro", "gpt-5.3-codex", "gpt-5.4-pro"}
EVERYTHING = ChatOptions(temperature=1.7, max_output_tokens=10_000_000, reasoning_effort="high")


@pytest.fixture
async def gateway() -> AsyncIterator[FakeGateway]:
    async with FakeGateway() as gateway:
        yield gateway


def full(model: str) -> ChatRequest:
    talk = (
        ChatMessage("system", "Be brief."),
        ChatMessage("user", "Hi"),
        ChatMessage("assistant", "Hello"),
        ChatMessage("user", "Rain?"),
    )
    return ChatRequest(model, talk, key=f"key-{model}", options=EVERYTHING)


def test_there_are_27_of_them() -> None:
    assert len(MODELS) == 27


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
async def test_a_model_answers_and_what_it_refuses_is_remembered(
    gateway: FakeGateway, calling: Calling, model: ModelSpec
) -> None:
    gateway.answer("Take an umbrella.")
    async with calling(gateway.url, token=gateway.token) as caller:
        told = await caller.hear(full(model.id))
    assert told.error is None
    assert told.text == "Take an umbrella."
    assert told.end is not None
    assert told.end.usage is not None
    learned, refusals = caller.lessons, len(gateway.asked()) - 1
    assert len(learned) == refusals
    async with calling(gateway.url, token=gateway.token, lessons=learned) as again:
        assert (await again.hear(full(model.id))).text == "Take an umbrella."
    assert again.lessons == []
    assert len(gateway.asked()) == refusals + 2


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
async def test_a_model_of_which_nothing_special_is_asked_answers_at_once(
    gateway: FakeGateway, calling: Calling, model: ModelSpec
) -> None:
    async with calling(gateway.url, token=gateway.token) as caller:
        told = await caller.hear(ask(model.id, "Rain?"))
    assert "Rain?" in told.text
    assert len(gateway.asked()) == (2 if model.id in RESPONSES_ONLY else 1)


async def test_refused_temperature_is_a_lesson(gateway: FakeGateway, calling: Calling) -> None:
    async with calling(gateway.url, token=gateway.token) as caller:
        await caller.hear(full("gpt-5"))
    assert Lesson("gpt-5", "temperature", "drop") in caller.lessons


async def test_a_thought_shows_beside_the_answer(gateway: FakeGateway, calling: Calling) -> None:
    for place in ("think", "unopened_think", "reasoning_content", "reasoning", "reasoning_details"):
        gateway.script(Answer("Yes.", thought="I wonder.", thought_in=place))
        async with calling(gateway.url, token=gateway.token) as caller:
            told = await caller.hear(ask("minimax2.7"))
        assert (told.text.strip(), told.reasoning.strip()) == ("Yes.", "I wonder."), place


@pytest.mark.parametrize("model", ["gpt-5.2-search", "gpt-5.3-codex"])
async def test_sources_come_with_the_answer(gateway: FakeGateway, calling: Calling, model: str) -> None:
    source = Source("https://weather.example/today?utm_source=openai", "Met Office", 0, 4)
    gateway.script(Answer("Rain is due.", citations=(source,)))
    async with calling(gateway.url, token=gateway.token) as caller:
        told = await caller.hear(ask(model))
    assert told.end is not None
    (citation,) = told.end.citations
    assert (citation.url, citation.title) == ("https://weather.example/today", "Met Office")
    assert (citation.start, citation.end) == (0, 4)


@pytest.mark.parametrize("model", ["gpt-5-chat-latest", "gpt-5.3-codex"])
@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (Answer("One two three", chunks=3, end=Cut(1)), GatewayGarbled),
        (Answer("One two three", chunks=3, end=Cut(1, reset=True)), GatewayGarbled),
        (Answer("One two three", chunks=3, end=Broken(Fail(500, code="server_error"), 1)), GatewayBusy),
        (Answer("One two three", chunks=3, end=Broken(Fail(500, code="server_error"), 1, named=True)), GatewayBusy),
        (Answer("One two three", chunks=3, end=Gibberish(1, 3)), GatewayGarbled),
    ],
)
async def test_a_broken_answer_is_not_begun_again(
    gateway: FakeGateway, calling: Calling, model: str, behaviour: Behaviour, error: type[Exception]
) -> None:
    lessons = [Lesson("gpt-5.3-codex", "endpoint", "/v1/responses")]
    gateway.script(behaviour)
    async with calling(gateway.url, token=gateway.token, lessons=lessons) as caller:
        told = await caller.hear(ask(model))
    assert type(told.error) is error
    assert told.text.startswith("One")
    assert "three" not in told.text
    assert len(gateway.asked()) == 1


async def test_done_without_a_finish_is_a_broken_answer(gateway: FakeGateway, calling: Calling) -> None:
    gateway.script(Answer("One two", end=NoFinish()))
    async with calling(gateway.url, token=gateway.token) as caller:
        told = await caller.hear()
    assert (told.text, type(told.error)) == ("One two", GatewayGarbled)


@pytest.mark.parametrize("failure", [HTML_502, EMPTY_BODY, TRUNCATED_JSON, Fail(503), Fail(200, dialect="no_choices")])
async def test_a_passing_failure_is_not_noticed(gateway: FakeGateway, calling: Calling, failure: Behaviour) -> None:
    gateway.script(failure)
    gateway.answer("Here I am.")
    async with calling(gateway.url, token=gateway.token) as caller:
        assert (await caller.hear()).text == "Here I am."
    assert len(gateway.asked()) == 2


async def test_a_wrong_token_and_an_absent_model_are_told_apart(gateway: FakeGateway, calling: Calling) -> None:
    gateway.absent.add("gpt-5")
    async with calling(gateway.url, token="sk-wrong") as caller:
        assert isinstance((await caller.hear()).error, GatewayRejected)
    async with calling(gateway.url, token=gateway.token) as caller:
        assert isinstance((await caller.hear(ask("gpt-5"))).error, ModelUnavailable)
    assert len(gateway.requests) == 2


async def test_a_prompt_that_is_too_long_is_said_to_be(gateway: FakeGateway, calling: Calling) -> None:
    gateway.context["gpt-5"] = 10
    async with calling(gateway.url, token=gateway.token) as caller:
        assert isinstance((await caller.hear(ask("gpt-5", "word " * 100))).error, ContextTooLong)


async def test_a_stopped_answer_is_broken_off_at_the_gateway(gateway: FakeGateway, calling: Calling) -> None:
    gateway.script(Answer("One two three", chunks=3, end=Stall(1)))
    async with calling(gateway.url, token=gateway.token) as caller:
        events = caller.client.chat(ask())
        assert isinstance(await anext(events), ChatDelta)
        await events.aclose()
        async with asyncio.timeout(0.5):
            while not gateway.requests[0].closed_early:  # noqa: ASYNC110 - the fake has a flag, no event
                await asyncio.sleep(0.005)


async def test_the_catalogue_matches_the_gateways_list(gateway: FakeGateway, calling: Calling) -> None:
    gateway.models = [model.id for model in MODELS if model.id != "grok-4"]
    async with calling(gateway.url, token=gateway.token) as caller:
        assert caller.catalogue.offer(await caller.client.models(), trust=True) == ("grok-4",)
        assert not caller.catalogue.available("grok-4")
