"""`python -m bot.local`: serves until its standard input closes, so that it never outlives the bot."""

import argparse
import asyncio
import json
import os
import sys

from aiohttp import web

from bot.local import weights
from bot.local.chat import ChatModel
from bot.local.hearing import Hearing
from bot.local.server import application
from bot.local.voice import Voice

TOKEN = "PARLEY_LOCAL_TOKEN"  # noqa: S105 - the name of a variable, no secret


async def serve(port: int, token: str) -> None:
    """Say the address in one JSON line on standard output, then serve; the weights load meanwhile."""
    chat = ChatModel(weights.chat())
    app = application(chat, token, _hearing(), _voice())
    # Who hangs up is not worked for any further.
    runner = web.AppRunner(app, access_log=None, handle_signals=False, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    bound = runner.addresses[0][1]
    print(json.dumps({"url": f"http://127.0.0.1:{bound}"}), flush=True)  # noqa: T201 - the parent reads it
    loading = asyncio.create_task(chat.load())
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()
    loading.cancel()


def _hearing() -> Hearing | None:
    folder = weights.hearing()
    return None if folder is None else Hearing(folder)


def _voice() -> Voice | None:
    file = weights.voice()
    return None if file is None else Voice(file)


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
