"""`python -m tests.fakes.slack --port 0`: the fake as a process; its first line says where everything is."""

import argparse
import asyncio
import json
import sys

from tests.fakes.slack.control import Control
from tests.fakes.slack.fake import FakeSlack

PEOPLE = {"U0ANN00001": ("Ann", "en-US"), "U0LEI00001": ("Lei", "zh-CN")}
CHANNELS = {"C0GENERAL1": "channel", "D0ANN00001": "im", "D0LEI00001": "im"}


async def serve(port: int, limits: float | None) -> None:
    """Serve until the process is ended; two people, a channel and their direct messages are there."""
    slack = FakeSlack(port=port)
    slack.limit(limits)
    for id, (name, locale) in PEOPLE.items():
        slack.user(id, name, locale)
    for id, kind in CHANNELS.items():
        members = [user for user in PEOPLE if kind == "channel" or user[1:] == id[1:]]
        slack.channel(id, kind, members)
    await slack.start(Control(slack).routes())
    try:
        sys.stdout.write(json.dumps(_described(slack)) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()
    finally:
        await slack.server.stop()


def _described(slack: FakeSlack) -> dict[str, object]:
    return {
        "api_url": slack.api_url,
        "control_url": f"{slack.server.base_url}/control/",
        "bot_token": slack.bot_token,
        "app_token": slack.app_token,
        "signing_secret": slack.signing_secret,
        "team_id": slack.team_id,
        "bot_user_id": slack.bot_user_id,
        "users": list(PEOPLE),
        "channels": list(CHANNELS),
    }


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--no-limits", action="store_true", help="let every call through, however many there are")
    given = parser.parse_args()
    asyncio.run(serve(given.port, None if given.no_limits else 1.0))


if __name__ == "__main__":
    main()
