"""What a turn has to know before it can go on: a post that a crash has hidden, a past that nobody has read."""

import logging
from dataclasses import replace
from functools import partial

from bot.contract import Channel, Platform
from bot.errors import ChannelError
from bot.features import Kit
from bot.model import Claim
from bot.patience import patiently
from bot.reply.journal import FIRST_FILE, post_key
from bot.store import Store
from bot.telling import NOTICE_PATIENCE_S
from bot.turn import Turn

log = logging.getLogger("parley.engine")

EARLIER_MESSAGES = 50
"""How much of a thread is read from the platform when the bot is first addressed in it."""


LOOKING_PATIENCE_S = 600.0
"""How long a busy platform is asked whether a post stands, as long as an answer would wait: to send it again unasked
would show it twice."""


async def find_lost(store: Store, turn: Turn, channel: Channel) -> None:
    """Look for a post that an interrupted run has sent and not written down; there is one at most, of text or of files.

    It may have been sent for the answer before this one: an edit of the question interrupts that too.
    A command's question that is not to be seen yet has no answer, and must not be taken for one.
    """
    if turn.claim.command is not None:
        return
    pages = (len(turn.placed), FIRST_FILE + len(turn.files))
    keys = {post_key(stem, page): page for page in pages for stem in turn.stems}
    known = await store.known_posts(turn.claim.turn) | {*turn.posts}
    try:
        found = await patiently(lambda: channel.find([*keys], known), LOOKING_PATIENCE_S)
    except ChannelError as error:
        log.warning("post_not_looked_for turn=%s reason=%s", turn.claim.turn, error)
        return
    lost = next((key for key in keys if key in found), None)
    if lost is not None:
        await turn.place(keys[lost], found[lost])


async def clear_away(turn: Turn, channel: Channel, question: str | None) -> None:
    """Take away what an earlier run has shown before a command's question was to be seen: a notice, which stands
    elsewhere than the answer will. A platform may show the question in its very post."""
    for page, post_id in [*enumerate(turn.placed), *turn.files.items()]:
        if post_id != question:
            try:
                await patiently(partial(channel.delete, post_id), NOTICE_PATIENCE_S)
            except ChannelError as error:
                log.warning("post_left_over turn=%s reason=%s", turn.claim.turn, error)
        await turn.gone(page, post_id)


async def read_earlier(kit: Kit, platform: Platform, claim: Claim) -> Claim:
    """What was said in a thread before the bot was called into it, kept from then on."""
    try:
        earlier = await platform.read(claim.origin.address, None, EARLIER_MESSAGES)
    except ChannelError as error:
        log.warning("thread_unread conversation=%s reason=%s", claim.conversation, error)
        return claim
    window = await kit.store.adopt(claim.conversation, earlier, kit.defaults.history_messages)
    return claim if window is None else replace(claim, window=window)
