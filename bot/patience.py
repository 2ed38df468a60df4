"""Waiting for a platform that has no time now."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.errors import ChannelBusy

T = TypeVar("T")

LEAST_WAIT_S = 0.05
"""A platform that says "now" is asked again after so long."""


async def patiently(verb: Callable[[], Awaitable[T]], patience_s: float) -> T:
    """Call until the platform has time for it. Raises `ChannelBusy` after waits of so many seconds in all."""
    waited = 0.0
    while True:
        try:
            return await verb()
        except ChannelBusy as busy:
            pause_s = max(busy.retry_after, LEAST_WAIT_S)
            waited += pause_s
            if waited > patience_s:
                raise
            await asyncio.sleep(pause_s)
