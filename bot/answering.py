"""What a claimed turn needs before it can be answered, and who answers it."""

from collections.abc import Callable, Mapping
from functools import partial

from bot.contract import Address, Channel, Origin, Platform
from bot.endings import INTERRUPTED, fail, withdraw
from bot.errors import Notice
from bot.features import TASKS, Kit
from bot.features.ahead import Reading
from bot.features.carrying import GIVEN_UP, carry
from bot.features.chat import chat
from bot.features.reading_up import read_up
from bot.features.scene import answer
from bot.features.speaking import spoken_too
from bot.model import ConversationId
from bot.patience import patiently
from bot.picking_up import clear_away, find_lost
from bot.telling import Teller
from bot.turn import Turn

MOST_TRIES = 3
"""Runs of one turn before it is given up: a question that ends its process each time must not do so for ever."""

ANCHOR_PATIENCE_S = 600.0
"""How long a question by command waits for a limited platform to be shown, as long as an answer would."""


class Answering:
    """Answers turns that were claimed. `wake` is told where a turn goes on that was moved, `look` where
    questions stand that nobody has heard.
    """

    def __init__(
        self,
        kit: Kit,
        platforms: Mapping[str, Platform],
        teller: Teller,
        wake: Callable[[ConversationId], None],
        look: Callable[[Address], None],
    ) -> None:
        self._kit = kit
        self._platforms = platforms
        self._teller = teller
        self._wake = wake
        self._look = look

    async def answer(self, turn: Turn, early: Reading | None) -> None:
        """Answer it, or end it without an answer. Raises `BotError` where the asker is still to be told."""
        claim, channel = turn.claim, self._teller.open(turn.claim.origin)
        if claim.tries > 1:
            await find_lost(self._kit.store, turn, channel)
        # What is stored has only to be shown: it is given up later.
        if claim.tries > (MOST_TRIES if claim.answer is None else 2 * MOST_TRIES):
            await carry(turn, claim.revision, GIVEN_UP)
            await fail(turn, self._teller, self._kit.words, Notice(INTERRUPTED))
            return
        if not claim.questions and claim.answer is None:
            await withdraw(turn, channel)
            return
        if claim.command is not None:
            await self._anchor(turn, channel)
            return
        if claim.joined_late:
            await turn.check()
            platform = self._platforms[claim.origin.address.platform]
            if await read_up(self._kit, turn, platform, channel):
                self._look(claim.origin.address)
        make = partial(spoken_too, make=partial(chat, early=early)) if claim.task is None else TASKS[claim.task.name]
        await answer(self._kit, turn, channel, make)

    async def _anchor(self, turn: Turn, channel: Channel) -> None:
        """Show the question of a command; its answer is then a turn like any other, where it now lives."""
        claim = turn.claim

        async def shown() -> Origin:
            await turn.check()
            return await channel.anchor(claim.questions[-1].text, key=f"{turn.key}-q", again=claim.tries > 1)

        origin = await patiently(shown, ANCHOR_PATIENCE_S)
        await clear_away(turn, channel, origin.message_id)
        self._wake(await self._kit.store.moved(claim.turn, claim.attempt, origin))
