"""Engine: what happened is committed, then worked off; whatever fails, the asker is told."""

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace

from bot.contract import (
    Addressed,
    Channel,
    Command,
    CommandInvoked,
    Event,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Origin,
    Platform,
    Post,
)
from bot.errors import BotError, ChannelError, Fenced, ModelUnavailable, Notice, TooBusy
from bot.features import ASK, FUNCTIONS, Kit, chat, parse
from bot.model import Bounds, Claim, ConversationId, TurnState, Verdict
from bot.reply import Reply
from bot.turn import Turn

log = logging.getLogger("parley.engine")

MOST_ATTEMPTS = 4
"""Runs of one turn before it is given up: a question that ends its process each time must not do so for ever.
The first run of a question asked by command only shows the question, so three are left for the answer."""

EARLIER_MESSAGES = 50
"""How much of a thread is read from the platform when the bot is first addressed in it."""

Wake = Callable[[ConversationId], None]


class Engine:
    """Between the platforms, which hand it events, and the runner, which hands it conversations to work on.

    `wake` is the runner's; it is called after the commit, so that a turn is never worked on that is not stored.
    """

    def __init__(
        self, kit: Kit, platforms: Mapping[str, Platform], commands: tuple[Command, ...], bounds: Bounds, wake: Wake
    ) -> None:
        self.commands = commands
        self._kit = kit
        self._platforms = platforms
        self._bounds = bounds
        self._wake = wake
        self._errands: set[asyncio.Task[None]] = set()
        self._begun: dict[ConversationId, Turn] = {}
        self._interrupted: set[ConversationId] = set()

    async def accept(self, event: Event) -> None:
        """Commit what happened. When this returns the platform may be told that we have it."""
        match event:
            case MessageReceived():
                await self._message(event)
            case CommandInvoked():
                await self._command(event)
            case MessageEdited():
                await self._kit.store.edited(event.address, event.message_id, event.text)
            case MessageDeleted():
                await self._kit.store.deleted(event.address, event.message_id)

    async def work(self, conversation: ConversationId) -> bool:
        """Answer the oldest open turn of a conversation; False when there is none."""
        try:
            turn = self._begun.pop(conversation, None) or await self._claim(conversation)
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

    async def settle(self) -> None:
        """Returns when the answers to commands and refusals that are under way have been given."""
        while self._errands:
            await asyncio.wait(self._errands)

    async def _claim(self, conversation: ConversationId) -> Turn | None:
        again, limit = conversation in self._interrupted, self._kit.defaults.history_messages
        claim = await self._kit.store.claim(conversation, limit, again=again)
        self._interrupted.discard(conversation)
        return None if claim is None else Turn(self._kit.store, claim)

    async def _work(self, turn: Turn) -> None:
        number = turn.claim.turn
        try:
            await self._answer(turn)
        except Fenced as fenced:
            log.warning("turn_fenced turn=%s attempt=%s reason=%s", number, turn.claim.attempt, fenced)
        except BotError as error:
            log.warning("turn_failed turn=%s kind=%s reason=%s", number, type(error).__name__, error)
            await self._fail(turn, self._explain(error))
        except Exception:  # the engine's own loop: whatever broke, the asker is told
            await self._fail(turn, _incident(f"turn={number}"))

    async def _message(self, event: MessageReceived) -> None:
        said = parse(event.text, self.commands) if event.addressed is Addressed.BOT else None
        if said is not None and said.name != ASK:
            await self._command(CommandInvoked(event.keys, event.origin, said.name, said.options, event.sent_at))
            return
        if said is not None:
            event = replace(event, text=said.options.get("question", ""))
        await self._question(event, command=None)

    async def _question(self, event: MessageReceived, command: str | None) -> None:
        taken = await self._kit.store.take(
            event, self._bounds, begin=self._kit.defaults.history_messages, command=command
        )
        accepted, claim = taken.value
        if claim is not None:
            # The model is asked while the commit is under way; what people see waits for it, as the platform does.
            self._begun[claim.conversation] = Turn(self._kit.store, claim, committed=taken.committed)
            self._wake(claim.conversation)
        await asyncio.shield(taken.committed)
        if accepted.verdict is Verdict.QUEUED and claim is None and accepted.conversation is not None:
            self._wake(accepted.conversation)
        elif accepted.verdict is Verdict.FULL:
            log.warning("turn_refused platform=%s", event.origin.address.platform)
            self._errand(self._notify(self._open(event.origin), event.origin, TooBusy().notice))

    async def _command(self, event: CommandInvoked) -> None:
        if event.name == ASK:
            question = event.options.get("question", "")
            asked = MessageReceived(event.keys, event.origin, question, Addressed.BOT, event.sent_at)
            await self._question(asked, command=ASK)
        elif await self._kit.store.first_seen(event.keys):
            self._errand(self._serve(event))

    async def _serve(self, event: CommandInvoked) -> None:
        """Run a command that is answered at once, past the lane."""
        channel = self._open(event.origin)
        private = next((command.private for command in self.commands if command.name == event.name), True)
        try:
            notice = await FUNCTIONS[event.name](self._kit, event.origin, event.options)
        except BotError as error:
            notice, private = self._explain(error), True
        except Exception:  # the engine's own loop: whatever broke, the asker is told
            notice, private = _incident(f"command={event.name}"), True
        if private or not await self._post(channel, event, notice):
            await self._notify(channel, event.origin, notice)

    async def _post(self, channel: Channel, event: CommandInvoked, notice: Notice) -> bool:
        """Answer a command for everybody to see; False where that is not possible."""
        key = "c" + hashlib.sha256(event.keys.event.encode()).hexdigest()[:16]
        try:
            await channel.send(Post(self._kit.words.say(notice, event.origin.locale), final=True, key=key))
        except ChannelError as error:
            log.warning("command_not_posted command=%s reason=%s", event.name, error)
            return False
        return True

    async def _answer(self, turn: Turn) -> None:
        claim, channel = turn.claim, self._open(turn.claim.origin)
        if claim.attempt > MOST_ATTEMPTS:
            await self._fail(turn, Notice("interrupted"))
            return
        if not claim.questions and claim.answer is None:
            await turn.close(TurnState.DONE)  # its askers took every question back
            return
        if claim.command is not None:
            await self._anchor(claim, channel)
            return
        if claim.joined_late:
            turn.claim = await self._read_earlier(claim)
        await chat.answer(self._kit, turn, channel)

    async def _anchor(self, claim: Claim, channel: Channel) -> None:
        """Show the question of a command; its answer is then a turn like any other, where it now lives."""
        origin = await channel.anchor(claim.questions[-1].text)
        self._wake(await self._kit.store.moved(claim.turn, claim.attempt, origin))

    async def _read_earlier(self, claim: Claim) -> Claim:
        """What was said in a thread before the bot was called into it, kept from then on."""
        address = claim.origin.address
        try:
            earlier = await self._platforms[address.platform].read(address, None, EARLIER_MESSAGES)
        except ChannelError as error:
            log.warning("thread_unread conversation=%s reason=%s", claim.conversation, error)
            return claim
        window = await self._kit.store.adopt(claim.conversation, earlier, self._kit.defaults.history_messages)
        return claim if window is None else replace(claim, window=window)

    async def _fail(self, turn: Turn, notice: Notice) -> None:
        """End a turn with a notice in place of its answer; where even that fails, the log has it."""
        origin = turn.claim.origin
        try:
            async with Reply(self._open(origin), turn) as reply:
                await reply.finish(self._kit.words.say(notice, origin.locale))
        except ChannelError as error:
            log.error("turn_untold turn=%s reason=%s", turn.claim.turn, error)
        except Fenced:
            return
        await turn.close(TurnState.FAILED)

    async def _notify(self, channel: Channel, origin: Origin, notice: Notice) -> None:
        try:
            await channel.notify(self._kit.words.say(notice, origin.locale))
        except ChannelError as error:
            log.warning("notice_untold notice=%s reason=%s", notice.id, error)

    def _explain(self, error: BotError) -> Notice:
        """The error's own notice; one about a model also names the model to turn to."""
        fallback = self._kit.defaults.fallback_model
        if isinstance(error, ModelUnavailable) and fallback and fallback != error.model:
            return Notice("model-unavailable-fallback", {"model": error.model, "fallback": fallback})
        return error.notice

    def _open(self, origin: Origin) -> Channel:
        return self._platforms[origin.address.platform].open(origin)

    def _errand(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)


def _incident(what: str) -> Notice:
    """A number under which the log has the trace and by which the asker can name the failure."""
    number = secrets.token_hex(4)
    log.exception("incident id=%s %s", number, what)
    return Notice("incident", {"id": number})
