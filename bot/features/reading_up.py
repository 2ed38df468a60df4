"""What was said in a thread before the bot was called into it, read once and kept from then on."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.contract import Addressed, Channel, MessageReceived, PersonKind, Platform
from bot.errors import ChannelBusy, ChannelError, Notice, StoppedByReader
from bot.features.kit import Kit
from bot.patience import patiently
from bot.turn import Turn

log = logging.getLogger("parley.engine")

EARLIER_MESSAGES = 50
"""How much of a thread is read from the platform when the bot is first addressed in it."""

READING_PATIENCE_S = 60.0
"""How long a question waits for a busy platform: what it is about may stand in the thread."""


async def read_up(kit: Kit, turn: Turn, platform: Platform, channel: Channel) -> bool:
    """Let the turn know what was said before it; where that cannot be had in time its answer says so.

    Whether there are questions among it that nobody has heard: these are no past, and wait for an answer of their own.
    """
    reading = asyncio.ensure_future(patiently(lambda: _read(kit, turn, platform, channel), READING_PATIENCE_S))
    try:
        earlier = await turn.until_cut(reading)
    except StoppedByReader:
        raise
    except ChannelError as error:
        log.warning("thread_unread conversation=%s reason=%s", turn.claim.conversation, error)
        if isinstance(error, ChannelBusy):
            turn.notes.append(Notice("thread-not-read"))
        return False
    unheard = await _unheard(kit, earlier)
    past = [message for message in earlier if message.keys.place not in unheard]
    window = await kit.store.adopt(turn.claim.conversation, past, kit.defaults.history_messages)
    turn.claim = turn.claim if window is None else replace(turn.claim, window=window)
    return bool(unheard)


async def _unheard(kit: Kit, earlier: Sequence[MessageReceived]) -> frozenset[str]:
    """The place keys of questions that a look for what was missed would find."""
    since = datetime.now(UTC) - timedelta(seconds=kit.defaults.catch_up_s)
    asked = [each for each in earlier if each.addressed is Addressed.BOT and each.sent_at >= since]
    people = [each.keys.place for each in asked if each.origin.asker.kind is PersonKind.HUMAN and each.keys.place]
    return await kit.store.missed.unseen(people)


async def _read(kit: Kit, turn: Turn, platform: Platform, channel: Channel) -> Sequence[MessageReceived]:
    origin = turn.claim.origin
    try:
        return await platform.read(origin.address, None, EARLIER_MESSAGES)
    except ChannelBusy:
        with suppress(ChannelError):
            await channel.typing(kit.words.text("status-reading-up", origin.locale))
        raise
