"""Engine: what happened is committed, then worked off; whatever fails, the asker is told."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from weakref import WeakSet

from bot.answering import Answering
from bot.catching_up import CatchingUp
from bot.contract import (
    Address,
    Addressed,
    ButtonPressed,
    Command,
    CommandInvoked,
    Event,
    EventsMissed,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Origin,
    Platform,
    StopRequested,
)
from bot.endings import fail
from bot.errors import BotError, Fenced, Notice, TooBusy
from bot.features import ASK, STEERING, TASKS, Kit, parse, written
from bot.features.ahead import Ahead, Reading
from bot.features.steering import Effects
from bot.made import Task
from bot.model import Bounds, ConversationId, TurnId, Verdict
from bot.programs import Programs
from bot.saving import Saving
from bot.serving import serve
from bot.steering import Steering
from bot.store import may_be_back
from bot.telling import Teller, incident
from bot.turn import Turn, awake

log = logging.getLogger("parley.engine")

TAKING_S = 5.0
"""How long a stop waits for questions that are being committed; what is not through then comes again."""

Wake = Callable[[ConversationId], None]


class Engine:
    """Between the platforms, which hand it events, and the runner, which hands it conversations to work on.

    `wake` is the runner's; it is called after the commit, so that a turn is never worked on that is not stored.
    `begins` lets a question be worked on before its commit is through, which is for a process that works alone.
    """

    def __init__(
        self,
        kit: Kit,
        platforms: Mapping[str, Platform],
        commands: tuple[Command, ...],
        bounds: Bounds,
        wake: Wake,
        *,
        begins: bool = True,
    ) -> None:
        self.commands = commands
        self._kit = kit
        self._platforms = platforms
        self._bounds = bounds
        self._wake = wake
        self._begins = begins
        self._teller = Teller(platforms, kit.words, kit.defaults.fallback_model)
        self._errands: set[asyncio.Task[None]] = set()
        self._looks: WeakSet[asyncio.Task[None]] = WeakSet()
        self._taking: set[asyncio.Task[None]] = set()
        self._begun: dict[ConversationId, Turn] = {}
        self._interrupted: set[ConversationId] = set()
        self._retaken: dict[ConversationId, TurnId] = {}
        self._running: dict[TurnId, Turn] = {}
        self._ahead = Ahead(kit, lambda origin: self._teller.open(origin).capabilities)
        self._early: dict[Turn, Reading] = {}
        self._steering = Steering(kit, commands, self._teller, wake, self._running)
        self._programs = Programs(answer=kit.defaults.answer_bots)
        self._answering = Answering(kit, platforms, self._teller, wake, self._look_at)
        self._saving = Saving()
        self._catching_up = CatchingUp(kit, platforms, self._found, self.accept)

    async def prepare(self) -> None:
        """Know what can be known before the first event; without it the first answers are slower."""
        if self._begins:
            await self._ahead.load()

    async def accept(self, event: Event) -> None:
        """Commit what happened. When this returns the platform may be told that we have it."""
        self._ahead.notice(event)
        match event:
            case MessageReceived():
                await self._message(event)
                if self._catching_up.begins_late(event):
                    self._look_at(event.origin.address)
            case CommandInvoked():
                await self._saving.behind(event.origin.address)
                await self._command(event)
            case MessageEdited() | MessageDeleted():
                self._show(await self._steering.changed(event), None)
            case ButtonPressed():
                await self._press(event)
            case StopRequested():
                await self._steering.stop_requested(event)
            case EventsMissed():
                self._looks.add(self._errand(self._catching_up.catch_up(event.platform)))

    def _look_at(self, place: Address) -> None:
        self._looks.add(self._errand(self._catching_up.look_at(place)))

    async def _found(self, event: MessageReceived) -> None:
        """Commit what nobody delivered; where it begins a thread, whoever found it has looked there too."""
        self._ahead.notice(event)
        await self._message(event)

    async def work(self, conversation: ConversationId, *, again: bool = False) -> bool:
        """Answer the oldest open turn of a conversation; False when there is none.

        With `again` also one that was begun by somebody else, who must have ended since.
        """
        try:
            turn = self._begun.pop(conversation, None) or await self._claim(conversation, again=again)
            if turn is None:
                return False
            await self._work(turn)
        except Exception:  # the lane logs it and comes back; then the turn that was left behind is begun again
            self._interrupted.add(conversation)
            raise
        return turn.more

    def recover(self, conversation: ConversationId) -> None:
        """Take up what an earlier run has left open."""
        self._interrupted.add(conversation)
        self._wake(conversation)

    async def taken_in(self) -> None:
        """Returns when what came in is committed and woken: a stop finds it running. Gaps are left to the next run."""
        for look in self._looks:
            look.cancel()
        if self._taking:
            await asyncio.wait(self._taking, timeout=TAKING_S)
        self._saving.give_up()

    async def settle(self) -> None:
        """Returns when the answers to commands and refusals that are under way have been given."""
        while self._errands:
            await asyncio.wait(self._errands)

    async def _claim(self, conversation: ConversationId, *, again: bool) -> Turn | None:
        marked, limit = conversation in self._interrupted, self._kit.defaults.history_messages
        again = again or marked
        self._interrupted.discard(conversation)  # before the wait: a mark that is set meanwhile must stand
        turn = await Turn.begin(self._kit.store, conversation, limit, again=again)
        if turn is None:
            return None
        if marked and turn.claim.tries == 1:
            self._interrupted.add(conversation)  # an older one asked anew comes first; what was cut off still waits
        if again and self._begins:
            # It may be one that `take` has begun a moment ago and that nobody has picked up yet: this run has it now.
            self._retaken[conversation] = turn.claim.turn
            self._forget(self._begun.pop(conversation, None))
        return turn

    async def _work(self, turn: Turn) -> None:
        number = turn.claim.turn
        self._running[number] = turn
        try:
            await self._answering.answer(turn, self._early.get(turn))
        except Fenced as fenced:
            log.warning("turn_fenced turn=%s attempt=%s reason=%s", number, turn.claim.attempt, fenced)
        except BotError as error:
            log.warning("turn_failed turn=%s kind=%s reason=%s", number, type(error).__name__, error)
            await fail(turn, self._teller, self._kit.words, self._teller.explain(error))
        except Exception as error:  # the engine's own loop: whatever broke, the asker is told
            if turn.stored or may_be_back(error):
                raise  # the lane comes back, and shows an answer that is safe or makes it, instead of a notice
            await fail(turn, self._teller, self._kit.words, incident(f"turn={number}"))
        else:
            if turn.stale:
                self._show(await self._steering.stale(number), None)
            if self._begins and turn.kept is not None and not turn.more:
                self._ahead.learn(turn.claim, turn.kept)
        finally:
            # The number of a turn that was never stored may be given out again, to one that has begun meanwhile.
            if self._running.get(number) is turn:
                del self._running[number]
            self._forget(turn)
            if turn.late:
                self._errand(self._steering.overwritten(number))

    def _forget(self, turn: Turn | None) -> None:
        """Nobody works on this turn any more: what was asked for it early is given up."""
        if turn is not None and (early := self._early.pop(turn, None)) is not None:
            early.drop()

    async def _message(self, event: MessageReceived) -> None:
        if not self._programs.admits(event):
            return
        said = parse(event.text, self.commands) if event.addressed is Addressed.BOT else None
        if said is not None and said.name != ASK and said.task is None:
            await self._command(CommandInvoked(event.keys, event.origin, said.name, said.options, event.sent_at))
            return
        if said is not None and said.task is None:
            event = replace(event, text=said.options.get("question", ""))
        attempt = partial(self._question, event, None, None if said is None else said.task)
        await self._uncancelled(self._saving.save(event.origin.address, attempt))

    async def _question(
        self, event: MessageReceived, command: str | None, task: Task | None = None, again: bool = False
    ) -> None:
        # The model is not asked a second time before it is certain that its answer will have a turn.
        begins = self._begins and not again
        begin = self._kit.defaults.history_messages if begins else None
        early = self._ahead.begin(event) if begins and command is None and task is None else None
        try:
            await self._ahead.lead(event)
            store, since = self._kit.store, awake()
            taken = await store.take(event, self._bounds, begin=begin, command=command, task=task)
            accepted, claim = taken.value
            if claim is not None and self._retaken.pop(claim.conversation, None) != claim.turn:
                # The model is asked while the commit is under way; what people see waits for it, as the platform does.
                self._forget(self._begun.get(claim.conversation))  # never stored, or this one could not be begun
                turn = self._begun[claim.conversation] = Turn(store, claim, since=since, committed=taken.committed)
                self._wake(claim.conversation)
                if early is not None:
                    self._early[turn], early = early, None
        finally:
            self._ahead.landed(event)
            if early is not None:
                early.drop()
        try:
            await asyncio.shield(taken.committed)
        except Exception:  # raised again: it may have been committed all the same, and then nobody else looks for it
            if claim is not None:
                self.recover(claim.conversation)
            raise
        if accepted.verdict is Verdict.QUEUED and claim is None and accepted.conversation is not None:
            self._wake(accepted.conversation)
        elif accepted.verdict is Verdict.FULL:
            log.warning("turn_refused platform=%s", event.origin.address.platform)
            self._errand(self._teller.notify(event.origin, TooBusy().notice))

    async def _press(self, event: ButtonPressed) -> None:
        effects = await self._steering.pressed(event)
        if effects.asks is not None:
            await self._uncancelled(self._question(effects.asks.question, command=None, task=effects.asks.task))
        self._show(effects, event.origin)

    async def _command(self, event: CommandInvoked) -> None:
        question = event.options.get("question", "")
        if event.name == ASK and not question.strip():
            if await self._kit.store.first_seen(event.keys):
                self._errand(self._teller.notify(event.origin, Notice("empty-question")))
        elif event.name == ASK:
            asked = MessageReceived(event.keys, event.origin, question, Addressed.BOT, event.sent_at)
            await self._uncancelled(self._question(asked, command=ASK))
        elif event.name in TASKS:
            task = Task(event.name, event.options)
            asked = MessageReceived(
                event.keys, event.origin, written(event), Addressed.BOT, event.sent_at, event.attachments
            )
            await self._uncancelled(self._question(asked, command=event.name, task=task))
        elif event.name in STEERING:
            self._show(await self._steering.commanded(STEERING[event.name], event), event.origin)
        elif await self._kit.store.first_seen(event.keys):
            self._errand(self._serve(event))

    async def _serve(self, event: CommandInvoked) -> None:
        notice, private = await serve(self._kit, self._teller, self.commands, event)
        await self.prepare()  # it may have changed what is chosen
        if private or not await self._teller.post(event, notice):
            await self._teller.notify(event.origin, notice)

    def _show(self, effects: Effects, origin: Origin | None) -> None:
        if effects.notice is not None or effects.repaints:
            self._errand(self._steering.show(effects, origin))

    async def _uncancelled(self, coroutine: Coroutine[None, None, None]) -> None:
        """What is committed is also worked on, even if the platform that handed it in gives up half-way."""
        task = self._errand(coroutine)
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)
        await asyncio.shield(task)

    def _errand(self, coroutine: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(coroutine)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
        return task
