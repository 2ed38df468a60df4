"""The storm's gateway hears, draws and looks, each for the question that it is asked for."""

import asyncio
import base64
import json
from typing import cast

import httpx
import pytest

from tests.fakes.gateway import FakeGateway
from tests.fakes.gateway_calls import Got, Json, chat, post
from tests.storm import files, marks
from tests.storm.model import Model
from tests.storm.plan import Trouble, Way
from tests.storm.values import Bought, Question

TOOL: Json = {"type": "function", "function": {"name": "draw_picture", "parameters": {"type": "object"}}}


async def _hear(gateway: FakeGateway, content: bytes) -> httpx.Response:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {gateway.token}"}) as client:
        form = {"model": "whisper-1", "response_format": "json"}
        sound = {"file": ("any.m4a", content, "audio/mp4")}
        return await client.post(f"{gateway.url}/v1/audio/transcriptions", data=form, files=sound)


async def _draw(gateway: FakeGateway, prompt: str) -> Got:
    return await post(gateway, {"model": "qwen-image", "prompt": prompt}, "/v1/images/generations")


def _picture(got: Got) -> bytes:
    data = got.json["data"]
    assert isinstance(data, list)
    return base64.b64decode(data[0]["b64_json"])


async def _chat(
    gateway: FakeGateway, *messages: Json, key: str = "parley-7-1-1.0", tools: tuple[Json, ...] = ()
) -> Got:
    body = chat(stream=True, messages=list(messages)) | ({"tools": list(tools)} if tools else {})
    return await post(gateway, body, idempotency_key=key)


def _arguments(got: Got) -> str:
    """The arguments of the one call in an answer, which come in pieces."""
    pieces = [piece for delta in got.deltas for piece in cast("list[Json]", delta.get("tool_calls", []))]
    return "".join(str(cast(Json, piece["function"]).get("arguments", "")) for piece in pieces)


def _says(number: int, *parts: Json) -> Json:
    words = {"type": "text", "text": marks.question(number)}
    return {"role": "user", "content": [words, *parts] if parts else marks.question(number)}


def _asked_for(model: Model, number: int) -> None:
    question = Question(number, Way.SLACK_DRAW, "slack", "D1", None, "slack:D1", 0.0)
    model.diary.questions[number] = question


async def test_a_voice_note_is_heard_as_its_own_question(gateway: FakeGateway, model: Model) -> None:
    answer = await _hear(gateway, files.voice_note(17, "m4a"))
    assert answer.json()["text"] == marks.question(17)
    assert [(each.what, each.number, each.whole) for each in model.paid] == [(Bought.HEARD, 17, True)]


async def test_what_fails_is_not_paid_and_counted_once(gateway: FakeGateway, model: Model) -> None:
    model.order(Trouble.MEDIA_BUSY, 0.0)
    model.order(Trouble.MEDIA_DOWN, 0.0)
    assert (await _hear(gateway, files.voice_note(17, "m4a"))).status_code == 429
    assert (await _draw(gateway, files.prompt(18))).status == 503
    assert [(each.number, each.whole) for each in model.paid] == [(17, False), (18, False)]
    assert [trouble for _, trouble in model.diary.fired] == [Trouble.MEDIA_BUSY, Trouble.MEDIA_DOWN]


async def test_a_model_that_hangs_has_the_storm_wait_and_answers(
    gateway: FakeGateway, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.storm.senses._STALLED_S", (0.02, 0.02))
    model.order(Trouble.MEDIA_STALLS, 0.5)
    assert (await _draw(gateway, files.prompt(18))).status == 200
    assert [(each.what, each.number, each.whole) for each in model.paid] == [(Bought.DRAWN, 18, True)]


async def test_a_picture_is_drawn_for_its_question(gateway: FakeGateway) -> None:
    assert files.drawn(_picture(await _draw(gateway, files.prompt(18))), range(100)) == 18


async def test_who_waits_longer_gets_the_own_picture_all_the_same(
    gateway: FakeGateway, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.storm.senses._STALLED_S", (0.05, 0.05))
    model.order(Trouble.MEDIA_STALLS, 0.5)
    slow = asyncio.create_task(_draw(gateway, files.prompt(18)))
    while not model.busy:  # noqa: ASYNC110 - nothing signals it
        await asyncio.sleep(0.001)
    await _draw(gateway, files.prompt(19))
    assert files.drawn(_picture(await slow), range(100)) == 18


async def test_a_model_that_draws_in_a_chat_is_one_that_draws(gateway: FakeGateway, model: Model) -> None:
    asked: Json = {"role": "user", "content": files.prompt(18)}
    await post(gateway, {"model": "gemini-2.5-flash-image", "messages": [asked], "modalities": ["text", "image"]})
    assert model.served == []
    assert [(each.what, each.number, each.whole) for each in model.paid] == [(Bought.DRAWN, 18, True)]


async def test_the_model_draws_before_it_answers_and_once_in_a_turn(gateway: FakeGateway, model: Model) -> None:
    _asked_for(model, 17)
    first = await _chat(gateway, _says(17), tools=(TOOL,))
    assert first.content == ""
    assert json.loads(_arguments(first)) == {"prompt": files.prompt(17)}
    call: Json = {"id": "call_00017", "type": "function", "function": {"name": "draw_picture", "arguments": "{}"}}
    told: Json = {"role": "tool", "tool_call_id": "call_00017", "content": "It is drawn."}
    asked: Json = {"role": "assistant", "content": None, "tool_calls": [call]}
    second = await _chat(gateway, _says(17), asked, told, tools=(TOOL,))
    assert second.content == marks.answer((17,))
    assert [each.round for each in model.served] == [0, 1]


async def test_without_a_tool_it_answers_in_words(gateway: FakeGateway, model: Model) -> None:
    _asked_for(model, 17)
    assert (await _chat(gateway, _says(17))).content == marks.answer((17,))


async def test_the_model_knows_whose_picture_it_is_shown(gateway: FakeGateway, model: Model) -> None:
    data = base64.b64encode(files.picture(17)).decode()
    await _chat(gateway, _says(17, {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}))
    await _chat(gateway, _says(18), key="parley-8-1-1.0")
    assert [(each.numbers, each.pictures) for each in model.served] == [((17,), {17}), ((18,), frozenset())]


async def test_a_voice_note_that_is_only_mentioned_belongs_to_the_turn_that_mentions_it_first(
    gateway: FakeGateway, model: Model
) -> None:
    model.diary.questions[18] = Question(18, Way.DISCORD_VOICE, "discord", "D1", None, "discord:D1", 0.0)
    model.diary.questions[19] = Question(19, Way.DISCORD_PICTURE, "discord", "D1", None, "discord:D1", 0.0)
    names = f"[attached, not readable: {files.name(18, 'ogg')}, {files.name(19, 'png')}]"
    said: Json = {"role": "user", "content": f"{marks.question(17)}\n\n{names}"}
    for key in ("parley-early-abc", "parley-7-1-1.0", "parley-8-1-1.0"):
        await _chat(gateway, said, key=key)
    assert [each.unread for each in model.served] == [frozenset(), {18}, frozenset()]
