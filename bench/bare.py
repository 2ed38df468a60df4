"""The floor: a Slack bot and a Discord bot that only ask the gateway and show the answer.

They use the same SDKs, the same HTTP transport, one shared session and the same platform calls for a reply as
Parley does, and keep to the same limits of the platforms. They store nothing and know no history. They are told
by the same environment variables.
"""

import asyncio
import json
import logging
import os
import signal
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import httpx
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
from httpx_aiohttp import AiohttpTransport
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

MODEL = "gpt-5.4"


class Gateway:
    """Streams answers, and nothing else: no retries, no history."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
        limits = httpx.Limits(max_connections=1000, max_keepalive_connections=20, keepalive_expiry=55)
        transport = AiohttpTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), limits=limits)
        self._http = httpx.AsyncClient(base_url=url, headers=headers, transport=transport, timeout=60)

    async def chat(self, question: str) -> AsyncIterator[str]:
        """The pieces of the answer."""
        body = {"model": MODEL, "messages": [{"role": "user", "content": question}], "stream": True}
        body["stream_options"] = {"include_usage": True}
        async with self._http.stream("POST", "/v1/chat/completions", json=body) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    yield _piece(json.loads(line[6:]))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _piece(chunk: dict[str, Any]) -> str:
    choices = chunk["choices"]
    return (choices[0]["delta"].get("content") or "") if choices else ""


class Gate:
    """So many calls in so many seconds: what the platforms allow."""

    def __init__(self, count: int, seconds: float) -> None:
        self._seconds = seconds
        self._taken: deque[float] = deque(maxlen=count)

    def try_take(self) -> bool:
        """Take one if there is one."""
        now = time.monotonic()
        if self._next() > now:
            return False
        self._taken.append(now)
        return True

    async def take(self) -> None:
        """Wait in line for one and take it."""
        now = time.monotonic()
        at = max(now, self._next())
        self._taken.append(at)
        if at > now:
            await asyncio.sleep(at - now)

    def _next(self) -> float:
        return self._taken[0] + self._seconds if len(self._taken) == self._taken.maxlen else 0.0


class BareSlack:
    """Answers mentions: status line, stream, end of the stream; one post when the streams of a minute are used up."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._starts = Gate(20, 60.0)

    async def run(self) -> None:
        """Receive until cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            token = os.environ["SLACK_BOT_TOKEN"]
            self._client = AsyncWebClient(token, base_url=os.environ["SLACK_API_URL"], session=session)
            app = AsyncApp(client=self._client, token=token)
            app.event("app_mention")(self._answer)
            app.event("message")(_ignore)
            handler = AsyncSocketModeHandler(app, os.environ["SLACK_APP_TOKEN"])
            await handler.connect_async()  # type: ignore[no-untyped-call] # the SDK's own gap
            await asyncio.Event().wait()

    async def _answer(self, event: dict[str, Any]) -> None:
        thread = event.get("thread_ts") or event["ts"]
        status = asyncio.create_task(
            self._client.assistant_threads_setStatus(channel_id=event["channel"], thread_ts=thread, status="thinking")
        )
        ts, shown, text = None, "", ""
        async for piece in self._gateway.chat(event["text"]):
            text += piece
            if text and ts is None and self._starts.try_take():
                ts, shown = await self._start(event, thread, text), text
        await status
        if ts is None:
            await self._client.chat_postMessage(channel=event["channel"], thread_ts=thread, markdown_text=text)
        else:
            rest = text[len(shown) :]
            await self._client.chat_stopStream(channel=event["channel"], ts=ts, markdown_text=rest or None)

    async def _start(self, event: dict[str, Any], thread: str, text: str) -> str:
        told = await self._client.chat_startStream(
            channel=event["channel"],
            thread_ts=thread,
            markdown_text=text,
            recipient_user_id=event["user"],
            recipient_team_id=event["team"],
        )
        return str(told["ts"])


async def _ignore() -> None:
    """An event that no listener takes is not acknowledged, and comes again."""


class BareDiscord(discord.Client):
    """Answers mentions: typing, a reply, one edit."""

    def __init__(self, gateway: Gateway) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )
        self._gateway = gateway
        self._gate = Gate(45, 1.0)

    async def on_message(self, message: discord.Message) -> None:
        """One answer."""
        if message.author.bot or self.user not in message.mentions:
            return
        typing = asyncio.create_task(self._typing(message.channel))
        sent, text = None, ""
        async for piece in self._gateway.chat(message.content):
            text += piece
            if text and sent is None:
                await self._gate.take()
                sent = await message.reply(text, mention_author=False)
        await typing
        if sent is not None:
            await self._gate.take()
            await sent.edit(content=text)

    async def _typing(self, channel: discord.abc.Messageable) -> None:
        await self._gate.take()
        await channel.typing()


def _point_discord_at(base: str) -> None:
    Route.BASE = f"{base}/api/v10"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"{base.replace('http', 'ws', 1)}/gateway")


async def _discord(gateway: Gateway) -> None:
    _point_discord_at(os.environ["DISCORD_API_BASE"])
    async with BareDiscord(gateway) as client:
        await client.start(os.environ["DISCORD_BOT_TOKEN"])


async def main() -> None:
    """Run what is configured until a signal comes."""
    gateway = Gateway(os.environ["TOKENGATE_BASE_URL"], os.environ["TOKENGATE_API_KEY"])
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    running = [asyncio.create_task(stop.wait())]
    if "SLACK_BOT_TOKEN" in os.environ:
        running.append(asyncio.create_task(BareSlack(gateway).run()))  # type: ignore[arg-type] # one list of both kinds
    if "DISCORD_BOT_TOKEN" in os.environ:
        running.append(asyncio.create_task(_discord(gateway)))  # type: ignore[arg-type] # one list of both kinds
    done, left = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await gateway.close()
    for task in done:
        task.result()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(main())
