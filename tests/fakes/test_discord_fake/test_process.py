"""The fake as a process of its own, driven over its control routes."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.fakes.discord_bot import Bot, running_at


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[dict[str, Any]]:
    """The fake, started and ended; gives what it says of itself."""
    command = ("-m", "tests.fakes.discord", "--port", "0", *arguments)
    child = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    try:
        yield json.loads(await asyncio.wait_for(child.stdout.readline(), 20))
    finally:
        child.terminate()
        assert await child.wait() == 0


async def test_a_conversation_with_a_fake_in_another_process() -> None:
    async with process("--channels", "2") as fake, aiohttp.ClientSession(fake["control_url"] + "/") as control:
        channel, ann = fake["guilds"][0]["channels"][1], fake["users"][0]
        async with running_at(fake["base_url"], fake["token"]) as bot:
            answering(bot)
            said = {"user": ann["user"], "channel": channel, "content": f"<@{fake['bot_user_id']}> hi"}
            assert (await (await control.post("say", json=said)).json())["result"]
            asked = await control.get("answer", params={"channel": channel, "quiet": "0.05"})
            shown = (await asked.json())["result"]
            assert [message["author"] for message in shown] == ["Ann", "Parley"]
            assert shown[1]["content"] == "hello"
            state = (await (await control.get("state")).json())["result"]
            assert (state["sessions"], state["identifies"]) == (1, 1)
            calls = (await (await control.get("calls")).json())["result"]
            assert calls[-1]["route"] == "POST /channels/{channel_id}/messages"


async def test_a_wrong_order_is_answered_with_what_is_wrong() -> None:
    async with process() as fake, aiohttp.ClientSession(fake["control_url"] + "/") as control:
        answer = await control.post("say", json={"user": "1", "channel": "2", "content": "x"})
        assert answer.status == 400
        assert "KeyError" in (await answer.json())["error"]
        answer = await control.post("trouble", json={"kind": "earthquake"})
        assert "earthquake" in (await answer.json())["error"]


def answering(bot: Bot) -> None:
    """Let the client answer every message with a greeting."""

    async def on_message(message: Any) -> None:
        if not message.author.bot:
            await message.channel.send("hello")

    bot.event(on_message)
