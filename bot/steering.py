"""Carries out what people do to answers: wakes, stops, tells and shows again."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from weakref import WeakValueDictionary

from bot.contract import (
    ButtonPressed,
    Command,
    CommandInvoked,
    MessageDeleted,
    MessageEdited,
    Origin,
    PostId,
    StopRequested,
)
from bot.errors import ChannelError, Fenced, QuestionChanged, StoppedByReader
from bot.features import ASK, Kit, parse
from bot.features.steering import Effects, Repaint, Steer, followed, pressed, standing
from bot.model import ConversationId, Followed, Press, Stood, TurnId
from bot.patience import patiently
from bot.reply import Reply
from bot.reply.journal import FIRST_FILE, Journal, held, post_key
from bot.store import Store
from bot.telling import NOTICE_PATIENCE_S, Teller
from bot.text import closed
from bot.turn import Turn

log = logging.getLogger("parley.steering")

SETTLING_S = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Between looks at a turn that another run has almost ended: its answer is stored, and shown in a moment."""


class Steering:
    """What is done to answers from outside their turns. `running` are the turns of this process."""

    def __init__(
        self,
        kit: Kit,
        commands: tuple[Command, ...],
        teller: Teller,
        wake: Callable[[ConversationId], None],
        running: Mapping[TurnId, Turn],
    ) -> None:
        self._kit = kit
        self._commands = commands
        self._teller = teller
        self._wake = wake
        self._running = running
        self._painting: WeakValueDictionary[TurnId, asyncio.Lock] = WeakValueDictionary()

    async def pressed(self, event: ButtonPressed) -> Effects:
        """Commit what a button asks for; what is left to do is for `show`."""
        return self._begin(await pressed(self._kit, event))

    async def commanded(self, steer: Steer, event: CommandInvoked) -> Effects:
        """The same for a command."""
        return self._begin(await steer(self._kit, event))

    async def changed(self, event: MessageEdited | MessageDeleted) -> Effects:
        """The same for a message that got a new text or is gone."""
        if isinstance(event, MessageDeleted):
            change = await self._kit.store.deleted(event.address, event.message_id)
        else:
            change = await self._edited(event)
        return self._begin(await followed(self._kit, change))

    async def _edited(self, event: MessageEdited) -> Followed:
        said = parse(event.text, self._commands)
        text = said.options.get("question", "") if said is not None and said.name == ASK else event.text
        task = None if said is None else said.task
        return await self._kit.store.edited(event.address, event.message_id, text, event.edited_at, task=task)

    async def stale(self, turn: TurnId) -> Effects:
        """An answer whose earlier questions were changed while it was made."""
        return await followed(self._kit, Followed(stale=(turn,)))

    async def stop_requested(self, event: StopRequested) -> None:
        """The platform's own stop sign: it has asked nobody whether they may, and has stopped the post already."""
        found = {await self._kit.store.turn_of(event.origin.address, post) for post in event.posts} - {None}
        for turn in found or {await self._kit.store.running(event.origin)}:  # a post that stands may not be noted yet
            if turn is None:
                continue
            await self._kit.store.stop(Press(turn, replace(event.origin.asker, moderator=True)))
            self._begin(Effects(stop=turn))

    def _begin(self, effects: Effects) -> Effects:
        """What must not wait: the run that is void ends, the new one begins."""
        if effects.stop is not None and (turn := self._running.get(effects.stop)) is not None:
            void = effects.wake is not None
            turn.interrupt(QuestionChanged("its question has changed") if void else StoppedByReader("stop was pressed"))
        if effects.wake is not None:
            self._wake(effects.wake)
        return effects

    async def show(self, effects: Effects, origin: Origin | None) -> None:
        """What people see of it, in its own time."""
        if effects.notice is not None and origin is not None:
            await self._teller.notify(origin, effects.notice)
        for repaint in effects.repaints:
            await self._show_again(repaint)

    async def overwritten(self, turn: TurnId) -> None:
        """Show again what a run has written over that came late.

        While the run in its place still writes there is nothing to mend: its last words are to come.
        """
        for pause_s in SETTLING_S:
            await asyncio.sleep(pause_s)
            try:
                stood = await self._kit.store.stood(turn)
                repaint = await standing(self._kit, stood)
            except Exception as error:  # an errand has no caller, and the store may be back at the next look
                log.warning("answer_not_looked_at turn=%s reason=%s", turn, type(error).__name__)
                continue
            if repaint is not None:
                log.info("answer_overwritten turn=%s", turn)
                await self._show_again(repaint)
            if stood is not None:
                return

    async def _show_again(self, repaint: Repaint) -> None:
        """Two looks of one answer come one after the other: the later one finds the earlier one whole, or void."""
        number = repaint.stood.turn
        lock, journal = self._painting.setdefault(number, asyncio.Lock()), _Standing(self._kit.store, repaint.stood)
        try:
            async with lock:
                await self._repaint(repaint, journal)
        except Fenced:
            log.info("answer_not_repainted turn=%s reason=changed", number)
            if journal.spoken:
                await self.overwritten(number)
        except ChannelError as error:
            log.warning("answer_not_repainted turn=%s reason=%s", number, error)
        except Exception:  # an errand has no caller, and other answers are still to be shown
            log.exception("answer_not_repainted turn=%s", number)

    async def _repaint(self, repaint: Repaint, journal: Journal) -> None:
        stood = repaint.stood
        channel = self._teller.open(stood.origin)
        if repaint.gone:
            for placed in stood.posts:
                await patiently(partial(channel.delete, placed.post_id), NOTICE_PATIENCE_S)
            return
        if not channel.capabilities.rewrites:
            return
        shown = stood.shown or ""
        if repaint.note is not None:
            note = f"_{self._teller.say(repaint.note, stood.origin)}_"
            shown = f"{closed(shown)}\n\n{note}" if shown else note
        reply = Reply(channel, journal)
        try:
            await reply.finish(shown, repaint.buttons)
        finally:
            await reply.close()


class _Standing:
    """The journal of an answer that is shown again: void as soon as the answer is another one."""

    def __init__(self, store: Store, stood: Stood) -> None:
        self._store = store
        self._stood = stood
        self.spoken = False

    @property
    def key(self) -> str:
        return f"t{self._stood.turn}r{self._stood.revision}"

    @property
    def placed(self) -> tuple[PostId, ...]:
        return tuple(placed.post_id for placed in self._stood.posts if placed.page < FIRST_FILE)

    @property
    def files(self) -> Mapping[int, PostId]:
        return {placed.page: placed.post_id for placed in self._stood.posts if placed.page >= FIRST_FILE}

    @property
    def outdated(self) -> tuple[tuple[int, PostId], ...]:
        return ()

    async def check(self) -> None:
        now = await self._store.stood(self._stood.turn)
        if now is None or now.revision != self._stood.revision:
            raise Fenced(f"turn {self._stood.turn} shows another answer now")

    async def place(self, page: int, post_id: PostId) -> None:
        await self._store.posted(self._stood, page, post_key(self.key, page), post_id)

    async def holds(self, page: int, post_id: PostId) -> bool | None:
        return held(await self._store.posts(self._stood.turn), post_key(self.key, page), post_id)

    def spoke(self) -> None:
        self.spoken = True

    async def gone(self, page: int, post_id: PostId) -> None:
        await self._store.gone(self._stood.turn, post_id)
