"""`python -m tests.fakes.discord --port 0`: the fake as a process; its only line says where everything is."""

import argparse
import asyncio
import json
import signal
import sys

from tests.fakes.discord.control import Control
from tests.fakes.discord.fake import FakeDiscord
from tests.fakes.discord.limits import Limits


async def serve(port: int, limits: Limits, guilds: int, channels: int) -> None:
    """Serve until the process is told to end; two people, guilds with channels, and DMs are there."""
    fake = FakeDiscord(port=port, limits=limits)
    places: list[dict[str, object]] = []
    for number in range(guilds):
        guild = fake.guild(f"Guild {number + 1}")
        made = [fake.channel(guild, f"channel-{index + 1}") for index in range(channels)]
        places.append({"guild": str(guild.id), "channels": [str(channel.id) for channel in made]})
    people = [fake.user("Ann"), fake.user("Lei", locale="zh-CN")]
    described = {
        "token": fake.token,
        "application_id": str(fake.application_id),
        "bot_user_id": str(fake.bot_user_id),
        "guilds": places,
        "users": [{"user": str(user.id), "name": user.name, "dm": str(fake.dm(user).id)} for user in people],
    }
    ended = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    fake.extend(Control(fake).attach)
    async with fake:
        urls = {"base_url": fake.base_url, "control_url": f"{fake.base_url}/control"}
        sys.stdout.write(json.dumps(urls | described) + "\n")
        sys.stdout.flush()
        await ended.wait()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.discord", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--no-limits", action="store_true", help="let every call through, however many there are")
    parser.add_argument("--guilds", type=int, default=1)
    parser.add_argument("--channels", type=int, default=1, help="in each guild")
    given = parser.parse_args()
    asyncio.run(serve(given.port, Limits(enabled=not given.no_limits), given.guilds, given.channels))


if __name__ == "__main__":
    main()
