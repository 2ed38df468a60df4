"""Plain calls to the fake gateway, as a client without any cleverness makes them."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from tests.fakes.gateway import FakeGateway

Json = dict[str, object]
HELLO: Json = {"role": "user", "content": "hello"}


@dataclass(frozen=True, slots=True)
class Got:
    """An answer: its status, its bytes as text, its headers by lower-case name."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Json:
        """The body as a JSON object."""
        body = json.loads(self.text)
        assert isinstance(body, dict)
        return body

    @property
    def error(self) -> Json:
        """The error object of an envelope in the common dialect."""
        error = self.json["error"]
        assert isinstance(error, dict)
        return error

    @property
    def events(self) -> list[Json]:
        """The JSON objects of an event stream."""
        lines = [line.removeprefix("data:").strip() for line in self.text.splitlines() if line.startswith("data:")]
        return [json.loads(line) for line in lines if line != "[DONE]"]

    @property
    def content(self) -> str:
        """All content deltas of a chat stream, joined."""
        return "".join(str(delta.get("content") or "") for delta in self.deltas)

    @property
    def deltas(self) -> list[Json]:
        """The delta of every chunk that has one."""
        return [event["choices"][0]["delta"] for event in self.events if event.get("choices")]  # type: ignore[index] # JSON


def chat(model: str = "gpt-5-chat-latest", **fields: object) -> Json:
    """The smallest acceptable chat request, with these fields over it."""
    return {"model": model, "messages": [HELLO], **fields}


def responses(model: str = "gpt-5.4-pro", **fields: object) -> Json:
    """The smallest acceptable request of the Responses protocol, with these fields over it."""
    return {"model": model, "input": "hello", "store": False, **fields}


async def post(gateway: FakeGateway, body: object, path: str = "/v1/chat/completions", **headers: str) -> Got:
    """One POST with the right token and content type, unless the headers say otherwise."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Authorization": f"Bearer {gateway.token}", "Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await _call(gateway, "POST", path, sent, data)


async def get(gateway: FakeGateway, path: str, token: str | None = None) -> Got:
    """One GET, by default with the right token."""
    return await _call(gateway, "GET", path, {"Authorization": f"Bearer {token or gateway.token}"}, b"")


async def _call(gateway: FakeGateway, method: str, path: str, headers: Mapping[str, str], data: bytes) -> Got:
    timeout = aiohttp.ClientTimeout(total=10)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.request(method, gateway.url + path, data=io.BytesIO(data), headers=headers) as response,
    ):
        found = {name.lower(): value for name, value in response.headers.items()}
        return Got(response.status, await response.text(), found)
