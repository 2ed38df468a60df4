"""The fake as a process of its own, driven over HTTP."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

ROOT = Path(__file__).parents[3]


class Remote:
    """The process, by its first line and its control routes."""

    def __init__(self, about: dict[str, str], session: aiohttp.ClientSession) -> None:
        self.about = about
        self._session = session

    async def do(self, name: str, **body: object) -> object:
        """Call a control route with these arguments."""
        async with self._session.post(f"{self.about['control_url']}{name}", json=body) as reply:
            return await reply.json()

    async def see(self, name: str, **query: str) -> object:
        """Ask a control route."""
        async with self._session.get(f"{self.about['control_url']}{name}", params=query) as reply:
            return (await reply.json())["result"]


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    """A started process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.slack", "--port", "0", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    about = json.loads(await process.stdout.readline())
    async with aiohttp.ClientSession() as session:
        yield Remote(about, session)
    process.terminate()
    await process.wait()


async def test_a_question_and_its_answer_are_seen_from_outside(remote: Remote) -> None:
    said = await remote.do("say", user="U0ANN00001", channel="C0GENERAL1", text="why?")
    assert isinstance(said, dict)
    client = AsyncWebClient(remote.about["bot_token"], base_url=remote.about["api_url"])
    await client.chat_postMessage(channel="C0GENERAL1", thread_ts=said["result"], text="because")
    screen = await remote.see("answer", channel="C0GENERAL1", thread_ts=said["result"], seconds="5")
    assert isinstance(screen, list)
    assert [shown["text"] for shown in screen] == ["why?", "because"]
    calls = await remote.see("calls", method="chat.postMessage")
    assert isinstance(calls, list)
    assert [call["token"] for call in calls] == ["Token.BOT"]
    state = await remote.see("state")
    assert isinstance(state, dict)
    assert (state["sockets"], len(state["deliveries"])) == (0, 2)


async def test_a_wrong_order_is_answered_and_harms_nothing(remote: Remote) -> None:
    wrong = await remote.do("say", user="U0NOBODY01", channel="C0GENERAL1", text="x")
    assert wrong == {"error": "ApiError: not_in_channel"}
    unknown = await remote.do("say", person="me")
    assert isinstance(unknown, dict)
    assert "TypeError" in unknown["error"]
    outcome = await remote.do("command", user="U0ANN00001", channel="C0GENERAL1", command="/ask", text="x")
    assert isinstance(outcome, dict)
    assert outcome["result"]["error"] == "operation_timeout"


async def test_buttons_are_seen_and_pressed_and_streams_stopped_from_outside(remote: Remote) -> None:
    asked = await remote.do("say", user="U0ANN00001", channel="C0GENERAL1", text="why?")
    assert isinstance(asked, dict)
    question = asked["result"]
    client = AsyncWebClient(remote.about["bot_token"], base_url=remote.about["api_url"])
    button: dict[str, object] = {
        "type": "button",
        "action_id": "again:7",
        "text": {"type": "plain_text", "text": "Again"},
    }
    blocks: list[dict[str, object]] = [
        {"type": "markdown", "text": "because"},
        {"type": "actions", "elements": [button]},
    ]
    post = await client.chat_postMessage(channel="C0GENERAL1", thread_ts=question, text="because", blocks=blocks)
    screen = await remote.see("screen", channel="C0GENERAL1", thread_ts=question)
    assert isinstance(screen, list)
    assert [shown["actions"] for shown in screen] == [[], ["again:7"]]
    pressed = await remote.do("press", user="U0ANN00001", channel="C0GENERAL1", ts=post["ts"], action_id="again:7")
    assert isinstance(pressed, dict)
    assert pressed["result"]["error"] == "operation_timeout"
    stream = await client.chat_startStream(
        channel="C0GENERAL1",
        thread_ts=question,
        recipient_user_id="U0ANN00001",
        recipient_team_id=remote.about["team_id"],
    )
    await remote.do("stop_stream", user="U0ANN00001", channel="C0GENERAL1", ts=stream["ts"])
    state = await remote.see("state")
    assert isinstance(state, dict)
    assert state["deliveries"][-1]["kind"] == "agent_session_stopped"
