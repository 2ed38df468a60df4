"""The floor of a voice note: fetch the file, have it transcribed, and nothing else.

A line of JSON on standard input says where the file lies; a line on standard output says that its transcript is here.
The same libraries as Parley's carry both ways, and connections stay open.
"""

import asyncio
import json
import os
import ssl
import sys

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

_URL = f"{os.environ['TOKENGATE_BASE_URL']}/v1/audio/transcriptions"
_TOKEN = {"Authorization": f"Bearer {os.environ['TOKENGATE_API_KEY']}"}
_FORM = {"model": "whisper-1", "response_format": "verbose_json"}


async def main() -> None:
    """Until standard input ends."""
    transport = AiohttpTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    async with aiohttp.ClientSession() as session, httpx.AsyncClient(transport=transport, timeout=60) as client:
        while line := await asyncio.to_thread(sys.stdin.readline):
            order = json.loads(line)
            async with session.get(order["url"], headers=order["headers"]) as found:
                content = await found.read()
            files = {"file": (order["name"], content, order["media_type"])}
            heard = await client.post(_URL, data=_FORM, files=files, headers=_TOKEN)
            print(heard.json()["text"], flush=True)


if __name__ == "__main__":
    asyncio.run(main())
