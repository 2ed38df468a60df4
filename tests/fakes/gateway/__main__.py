"""The fake gateway as a process: `python -m tests.fakes.gateway --port 0` prints its URL and serves until ended."""

import argparse
import asyncio
import signal

from tests.fakes.gateway.server import TOKEN, FakeGateway
from tests.fakes.gateway.speech import echo


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token", default=TOKEN, help="the only bearer token that is accepted")
    parser.add_argument("--text", help="the answer; by default the question is said back")
    parser.add_argument("--chunks", type=int, help="pieces of the answer; by default one a word")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds between two pieces")
    return parser.parse_args()


async def _serve(options: argparse.Namespace) -> None:
    leave = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, leave.set)
    async with FakeGateway(options.token, options.port) as gateway:
        if options.text or options.chunks or options.delay:
            gateway.answer(options.text or echo, chunks=options.chunks, delay_s=options.delay)
        print(gateway.url, flush=True)  # noqa: T201 - the caller reads it
        await leave.wait()


if __name__ == "__main__":
    asyncio.run(_serve(_options()))
