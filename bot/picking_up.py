"""What a turn has to see to before it can go on: what a crash has hidden, or left in the wrong place."""

import logging
from functools import partial

from bot.contract import Channel
from bot.errors import ChannelError
from bot.patience import patiently
from bot.reply.journal import FIRST_FILE, post_key
from bot.store import Store
from bot.telling import NOTICE_PATIENCE_S
from bot.turn import Turn

log = logging.getLogger("parley.engine")

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
