"""`python -m bot.local`: serves until its standard input closes, so that it never outlives the bot."""

import argparse
import asyncio
import json
import os
import sys

from aiohttp import web

from bot.local import weights
from bot.local.chat import ChatModel
from bot.local.server import application

TOKEN = "PARLEY_LOCAL_TOKEN"  # noqa: S105 - the name of a variable, no secret


async def serve(port: int, token: str) -> None:
    """Say the address in one JSON line on standard output, then serve; the weights load meanwhile."""
    chat = ChatModel(weights.chat())
    runner = web.AppRunner(application(chat, token), access_log=None, handle_signals=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    bound = runner.addresses[0][1]
    print(json.dumps({"url": f"http://127.0.0.1:{bound}"}), flush=True)  # noqa: T201 - the parent reads it
    loading = asyncio.create_task(chat.load())
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()
    loading.cancel()


def main() -> None:
    """Read the port from the command line and the token from the environment."""
    parser = argparse.ArgumentParser(description="The embedded backend of Parley")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    port = parser.parse_args().port
    asyncio.run(serve(port, os.environ.pop(TOKEN)))
    # The engine's threads hold no state worth waiting for.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
