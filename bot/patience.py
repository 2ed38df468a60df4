"""Waiting for a platform that has no time now, and for a store that is away."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from bot.errors import BotError, ChannelBusy

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


async def persistently(
    verb: Callable[[], Awaitable[T]],
    pauses_s: Iterable[float],
    failed: Callable[[Exception, float], None],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> T:
    """Call again after each of these pauses, where what was raised is none of our own; `failed` is told of each."""
    for pause_s in pauses_s:
        try:
            return await verb()
        except BotError:
            raise
        except Exception as error:  # whatever a database raises: it may be back in a moment
            failed(error, pause_s)
        await sleep(pause_s)
    return await verb()
