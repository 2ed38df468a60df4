"""Agent sessions (https://docs.slack.dev/ai/agent-sessions): a thread that Slack says is being worked at.

Slack opens one by itself for a stream of an app that is declared as an agent, and shows a stop sign in it. When a
person presses that, Slack ends the stream but leaves the session "processing" until the app says otherwise.
"""

import asyncio
import logging

from adapters.slack.api import Api
from bot.contract import Address
from bot.errors import ChannelError

log = logging.getLogger("parley.slack")


async def release(api: Api, patience: float, address: Address) -> None:
    """Say that work has stopped in a thread; a courtesy, so whatever is wrong with it is only logged.

    The stop waits to be acknowledged meanwhile, so it takes no longer than `patience` seconds.
    """
    where = {"channel_id": address.channel, "thread_ts": address.thread}
    try:
        async with asyncio.timeout(patience):
            await api.call("agents.sessions.setStatus", address, **where, status="active")
    except (ChannelError, TimeoutError) as error:
        log.info("slack_session_not_released channel=%s reason=%s", address.channel, str(error) or "timeout")
