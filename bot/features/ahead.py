"""Asking the model before the store has spoken, where it is known already what the store is going to say.

A process that works alone remembers what the last answer of a conversation rested on, and which messages it has seen.
So the request for a new question can go out while the question is being stored. Nothing rests on the guess: the turn
builds its request from the store as ever, and takes the early stream only if it asked for exactly the same. What
people see waits for the commit as before. A wrong guess costs one call that nobody hears of.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bot.contract import Address, Addressed, Event, MessageReceived, Person, PersonKind
from bot.errors import BadOption
from bot.features.kit import Kit
from bot.features.request import chat_request
from bot.gateway.client import GatewayClient
from bot.gateway.values import ChatDelta, ChatEnd, ChatRequest
from bot.model import Answer, Choice, Claim, ConversationId, Message, TurnId, TurnState, Window
from bot.reply import Reply

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_OURSELVES = Person("", "", PersonKind.SELF)

MOST_PLACES = 500
"""How many conversations are kept in memory, the latest: some kilobytes each."""

MOST_SEEN = 20_000
FRESH_S = 60.0
"""Only a question asked so lately is guessed at: whatever came in since then is still among those seen."""


class Reading:
    """An answer on its way from the gateway into a reply; what comes before the reply is there is kept for it."""

    def __init__(self, gateway: GatewayClient, request: ChatRequest) -> None:
        self.request = request
        self._parts: list[str] = []
        self._reply: Reply | None = None
        self.task = asyncio.ensure_future(self._read(gateway))
        self.task.add_done_callback(_heard)

    def asks(self, request: ChatRequest) -> bool:
        """Whether it asked for exactly this."""
        return replace(self.request, key=request.key) == request

    def into(self, reply: Reply) -> None:
        """From now on the reply gets what comes."""
        self._reply = reply
        for part in self._parts:
            reply.write(part)

    def drop(self) -> None:
        """Nobody wants it any more."""
        self.task.cancel()

    async def _read(self, gateway: GatewayClient) -> ChatEnd | None:
        end: ChatEnd | None = None
        async with aclosing(gateway.chat(self.request)) as events:
            async for event in events:
                if isinstance(event, ChatDelta):
                    self._write(event.text)
                else:
                    end = event
                if self._reply is not None and self._reply.broken is not None:
                    break
        return end

    def _write(self, text: str) -> None:
        if self._reply is None:
            self._parts.append(text)
        else:
            self._reply.write(text)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the next question of a conversation will be answered with."""

    window: Window
    choice: Choice


class Ahead:
    """What this process knows for as long as it is the only one to write."""

    def __init__(self, kit: Kit, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._kit = kit
        self._clock = clock
        self._since = clock()
        self._places: OrderedDict[Address, _Known] = OrderedDict()
        self._channels: OrderedDict[Address, Choice] = OrderedDict()
        self._seen: OrderedDict[str, None] = OrderedDict()

    def begin(self, event: MessageReceived) -> Reading | None:
        """Ask the model for the answer to a question that is about to be stored; None where that would be a guess."""
        known = self._known(event) if self._new(event) else None
        if known is None or self._kit.gateway is None or not event.text.strip():
            return None
        claim = _claim(event, known, self._clock())
        try:
            request = chat_request(self._kit, claim, self._kit.model(claim.choice))
        except BadOption:  # its model is gone: the turn will say so
            return None
        name = hashlib.sha256((event.keys.place or event.keys.event).encode()).hexdigest()[:24]
        return Reading(self._kit.gateway, replace(request, key=f"parley-early-{name}"))

    def learn(self, claim: Claim, answer: Answer) -> None:
        """A turn was answered, and no other waits in its conversation."""
        address = claim.origin.address
        if claim.revision or claim.tries > 1 or claim.branch:
            self._places.pop(address, None)  # it may be an older one, or stand beside what is said there
            return
        if claim.window.total == 0 and address.thread is not None and address.thread == claim.origin.message_id:
            _keep(self._channels, address.parent, claim.choice, MOST_PLACES)
        said = (*claim.window.messages, *claim.questions, _answered(claim, answer, self._clock()))
        total = claim.window.total + len(claim.questions) + 1
        window = Window(said[-self._kit.defaults.history_messages :], total)
        _keep(self._places, address, _Known(window, claim.choice), MOST_PLACES)

    def notice(self, event: Event) -> None:
        """Something may change what is remembered or chosen: here, or nobody knows where."""
        if not isinstance(event, MessageReceived) or event.text.startswith("/"):
            self._places.clear()
            self._channels.clear()
        elif event.addressed is Addressed.OTHER:
            self._places.pop(event.origin.address, None)

    def _new(self, event: MessageReceived) -> bool:
        """Whether it can't have been delivered before, to this process or to one before it."""
        key = event.keys.place or event.keys.event
        seen = key in self._seen
        _keep(self._seen, key, None, MOST_SEEN)
        return not seen and event.sent_at >= max(self._since, self._clock() - timedelta(seconds=FRESH_S))

    def _known(self, event: MessageReceived) -> _Known | None:
        origin = event.origin
        # Taken out: until it is answered, the next question of this conversation has to wait for the store.
        known = self._places.pop(origin.address, None)
        if event.reply_to is not None or (known is None and event.addressed is not Addressed.BOT):
            return None
        if known is None and origin.address.thread is not None and origin.address.thread == origin.message_id:
            choice = self._channels.get(origin.address.parent)
            return None if choice is None else _Known(Window((), 0), choice)
        return known


def _claim(event: MessageReceived, known: _Known, now: datetime) -> Claim:
    """As much of the claim as the request is made of."""
    asked = Message(0, "user", event.origin.asker, event.text, event.sent_at, None, event.attachments)
    return Claim(
        turn=TurnId(0),
        attempt=0,
        conversation=ConversationId(0),
        origin=event.origin,
        state=TurnState.RUNNING,
        questions=(asked,),
        posts=(),
        answer=None,
        joined_late=False,
        window=known.window,
        choice=known.choice,
        created_at=now,
    )


def _answered(claim: Claim, answer: Answer, now: datetime) -> Message:
    seq = claim.questions[-1].seq + 1 if claim.questions else 0
    return Message(seq, "assistant", _OURSELVES, answer.text, now, claim.turn)


def _keep(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)


def _heard(task: "asyncio.Task[ChatEnd | None]") -> None:
    """An early request that nobody waits for any more may fail without a word: the turn makes its own."""
    if not task.cancelled():
        task.exception()
