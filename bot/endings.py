"""Turns that end without an answer: with a notice in its place, or with nothing because nothing is asked any more."""

import logging
from contextlib import suppress
from functools import partial

from bot.contract import Channel
from bot.errors import ChannelError, Fenced, Notice, PostGone
from bot.features import buttons
from bot.made import Told, told_name
from bot.model import TurnState
from bot.patience import patiently
from bot.reply import Reply
from bot.telling import NOTICE_PATIENCE_S, Teller
from bot.text import closed
from bot.turn import Turn
from bot.words import Words

log = logging.getLogger("parley.engine")

INTERRUPTED = "interrupted"
"""The notice of a turn whose process has ended too often; it can be gone on with."""


async def fail(turn: Turn, teller: Teller, words: Words, notice: Notice) -> None:
    """Show the notice in place of the answer, or under what there is; where that fails, the asker alone is told."""
    claim = turn.claim
    said = teller.say(notice, claim.origin)
    if stands := (turn.above + claim.partial).rstrip():
        said = f"{closed(stands)}\n\n_{said}_"
    told = Told(said, interrupted=notice.id == INTERRUPTED, cut=bool(claim.partial))
    try:
        async with Reply(teller.open(claim.origin), turn) as reply:
            await reply.finish(said, buttons.under_notice(words, claim, told))
        await turn.keep(told_name(claim.revision), told)
    except Fenced:
        return
    except PostGone as gone:
        log.info("turn_untold turn=%s reason=%s", claim.turn, gone)
    except ChannelError as error:
        log.error("turn_untold turn=%s reason=%s", claim.turn, error)
        await teller.notify(claim.origin, notice)
    except Exception:  # the engine's own end: a turn that cannot even be failed would come back for ever
        log.exception("turn_untold turn=%s", claim.turn)
    with suppress(Fenced):
        await turn.close(TurnState.FAILED)


async def withdraw(turn: Turn, channel: Channel) -> None:
    """Its askers took every question back: what stands of an answer goes too."""
    for post_id in turn.posts:
        try:
            await patiently(partial(channel.delete, post_id), NOTICE_PATIENCE_S)
        except ChannelError as error:
            log.warning("post_left_over turn=%s reason=%s", turn.claim.turn, error)
    await turn.close(TurnState.DONE)
