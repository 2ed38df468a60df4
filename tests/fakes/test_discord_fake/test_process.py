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


async def test_people_press_edit_reply_and_delete_over_the_control_routes() -> None:
    async with process() as fake, aiohttp.ClientSession(fake["control_url"] + "/") as session:
        control = Control(session)
        channel, ann = fake["guilds"][0]["channels"][0], fake["users"][0]["user"]
        lei = (await control.do("user", name="Lei", moderates=fake["guilds"][0]["guild"]))["user"]
        async with running_at(fake["base_url"], fake["token"]) as bot:
            presses = buttoned(bot)
            asked = await control.do("say", user=ann, channel=channel, content="hi")
            post = (await control.look("answer", channel=channel, quiet="0.05"))[-1]
            assert (post["buttons"], post["labels"]) == (["more"], ["More"])
            made = await control.do("press", user=lei, message=post["id"], custom_id="more")
            assert (made["type"], presses) == (6, [(int(post["id"]), int(lei), True)])
            assert "LookupError" in await control.refused("press", user=ann, message=post["id"], custom_id="gone")
            await control.do("edit", message=asked, content="hi there")
            reply = await control.do("say", user=ann, channel=channel, content="sure?", reply_to=post["id"])
            await control.do("delete", message=asked)
            shown = await control.look("screen", channel=channel)
            assert [(one["author"], one["reply_to"]) for one in shown[:2]] == [("Parley", asked), ("Ann", post["id"])]
            await control.do("purge", channel=channel, messages=[post["id"], reply])
            assert post["id"] not in [one["id"] for one in await control.look("screen", channel=channel)]


async def test_a_session_can_be_lost_with_what_was_said_meanwhile() -> None:
    async with process() as fake, aiohttp.ClientSession(fake["control_url"] + "/") as session:
        control = Control(session)
        channel, ann = fake["guilds"][0]["channels"][0], fake["users"][0]["user"]
        async with running_at(fake["base_url"], fake["token"]) as bot:
            await control.do("trouble", kind="forget")
            await control.do("say", user=ann, channel=channel, content="lost")
            await control.do("trouble", kind="invalidate")
            async with asyncio.timeout(5):
                while len(bot.connects) < 2:  # noqa: ASYNC110 - the client signals its first session only
                    await asyncio.sleep(0.01)
            assert bot.connects == ["ready", "ready"]
            assert bot.heard == []
            history = bot.get_partial_messageable(int(channel)).history()
            assert [message.content async for message in history] == ["lost"]


class Control:
    """The control routes of a fake in another process."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def do(self, name: str, /, **given: Any) -> Any:
        """Do something, and give its result."""
        answer = await (await self._session.post(name, json=given)).json()
        assert "error" not in answer, answer
        return answer["result"]

    async def refused(self, name: str, /, **given: Any) -> str:
        """Why something cannot be done."""
        return str((await (await self._session.post(name, json=given)).json())["error"])

    async def look(self, name: str, /, **given: str) -> Any:
        """Look at something."""
        return (await (await self._session.get(name, params=given)).json())["result"]


def buttoned(bot: Bot) -> list[tuple[int, int, bool]]:
    """Let the client answer with a button; fills a list with what was pressed, by whom, and whether they moderate."""
    presses: list[tuple[int, int, bool]] = []
    row = {"type": 1, "components": [{"type": 2, "style": 2, "label": "More", "custom_id": "more"}]}

    async def on_message(message: Any) -> None:
        if not message.author.bot:
            body = {"content": "hello", "components": [row], "message_reference": {"message_id": str(message.id)}}
            await bot.raw("POST", f"/channels/{message.channel.id}/messages", body)

    async def on_interaction(interaction: Any) -> None:
        presses.append((interaction.message.id, interaction.user.id, interaction.permissions.manage_messages))
        await interaction.response.defer()

    bot.event(on_message)
    bot.event(on_interaction)
    return presses


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
