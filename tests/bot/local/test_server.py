"""The embedded backend speaks the gateway's wire, whatever it is asked."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from bot.local.chat import ChatModel, Chunk, Wanted
from bot.local.server import application
from bot.local.weights import CHAT_ID

TOKEN = "a-token"
ASK = {"model": CHAT_ID, "messages": [{"role": "user", "content": "hello"}]}


class Scripted(ChatModel):
    """A model that says what the test put into it, and remembers how it was asked."""

    def __init__(self, *chunks: Chunk) -> None:
        self.asked: list[Wanted] = []
        self.left = False
        self._chunks = chunks

    async def chunks(self, wanted: Wanted, *, stream: bool) -> AsyncGenerator[Chunk, None]:
        self.asked.append(wanted)
        try:
            for chunk in self._chunks:
                yield chunk
        finally:
            self.left = True


def whole(text: str) -> Chunk:
    return {"model": "/secret/path.gguf", "choices": [{"message": {"content": text}, "finish_reason": "stop"}]}


def piece(text: str) -> Chunk:
    return {"model": "/secret/path.gguf", "choices": [{"delta": {"content": text}, "finish_reason": None}]}


async def post(model: ChatModel, body: Any, token: str = TOKEN) -> tuple[int, str]:
    async with TestServer(application(model, TOKEN)) as server, ClientSession() as session:
        headers = {"Authorization": f"Bearer {token}"}
        async with session.post(server.make_url("/v1/chat/completions"), json=body, headers=headers) as answer:
            return answer.status, await answer.text()


async def test_a_whole_answer_comes_as_json_without_the_path_of_the_weights() -> None:
    status, text = await post(Scripted(whole("hi")), ASK)
    assert status == 200
    assert json.loads(text)["choices"][0]["message"]["content"] == "hi"
    assert json.loads(text)["model"] == CHAT_ID


async def test_a_stream_comes_as_events_and_ends_with_done() -> None:
    status, text = await post(Scripted(piece("a"), piece("b")), ASK | {"stream": True})
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line]
    assert status == 200
    assert [json.loads(line)["choices"][0]["delta"]["content"] for line in lines[:-1]] == ["a", "b"]
    assert lines[-1] == "[DONE]"
    assert "/secret" not in text


@pytest.mark.parametrize("stream", [True, False])
async def test_an_error_of_the_engine_keeps_its_status(stream: bool) -> None:
    fault = {"error": {"code": 400, "message": "exceeds the available context size", "type": "exceed_context_size"}}
    status, text = await post(Scripted(fault), ASK | {"stream": stream})
    assert status == 400
    assert "context size" in text


@pytest.mark.parametrize("token", ["", "wrong"])
async def test_without_the_token_nothing_is_answered(token: str) -> None:
    model = Scripted(whole("hi"))
    status, text = await post(model, ASK, token)
    assert status == 401
    assert json.loads(text)["error"]["code"] == "invalid_api_key"
    assert model.asked == []


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ([], None),
        ({"model": "gpt-5", "messages": ASK["messages"]}, "model"),
        ({"model": CHAT_ID, "messages": []}, "messages"),
        ({"model": CHAT_ID, "messages": [{"role": "robot", "content": "x"}]}, "messages"),
        ({"model": CHAT_ID, "messages": [{"role": "user", "content": "  "}]}, "messages"),
        (ASK | {"max_tokens": 0}, "max_tokens"),
        (ASK | {"max_tokens": 1.5}, "max_tokens"),
        (ASK | {"temperature": "hot"}, "temperature"),
        (ASK | {"temperature": True}, "temperature"),
    ],
)
async def test_a_bad_request_is_refused_with_the_field_at_fault(body: Any, param: str | None) -> None:
    status, text = await post(Scripted(whole("hi")), body)
    assert status == 400
    assert json.loads(text)["error"]["param"] == param


async def test_parts_of_a_message_are_read_as_text() -> None:
    model = Scripted(whole("hi"))
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    await post(model, {"model": CHAT_ID, "messages": [{"role": "user", "content": parts}]})
    assert model.asked[0].messages == [{"role": "user", "content": "one two"}]


@pytest.mark.parametrize("path", ["/v1/videos", "/v1/embeddings", "/"])
async def test_what_is_not_offered_says_so_in_the_wires_own_form(path: str) -> None:
    async with TestServer(application(Scripted(), TOKEN)) as server, ClientSession() as session:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with session.post(server.make_url(path), headers=headers) as answer:
            assert answer.status == 404
            assert (await answer.json())["error"]["code"] == "not_supported"


async def test_a_reader_who_leaves_makes_the_model_stop() -> None:
    class Endless(Scripted):
        async def chunks(self, wanted: Wanted, *, stream: bool) -> AsyncGenerator[Chunk, None]:
            try:
                while True:
                    yield piece("x" * 10_000)
            finally:
                self.left = True

    model = Endless()
    server = TestServer(application(model, TOKEN))
    async with server, ClientSession() as session:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = await session.post(
            server.make_url("/v1/chat/completions"), json=ASK | {"stream": True}, headers=headers
        )
        await answer.content.readany()
        answer.close()
        for _ in range(100):
            if model.left:
                break
            await asyncio.sleep(0.01)
    assert model.left
