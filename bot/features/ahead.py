"""Asking the model before the store has spoken, where it is known already what the store is going to say.

A process that works alone remembers what the last answer of a conversation rested on, and which messages it has seen.
So the request for a new question can go out while the question is being stored. Nothing rests on the guess: the turn
builds its request from the store as ever, and takes the early stream only if it asked for exactly the same. What
people see waits for the commit as before. A wrong guess costs one call that nobody hears of.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from bot.contract import (
    Address,
    Addressed,
    Capabilities,
    CommandInvoked,
    Event,
    MessageReceived,
    Origin,
    Person,
    PersonKind,
)
from bot.errors import BadOption
from bot.features.kit import Kit
from bot.features.request import Put, asked
from bot.features.tools import offered
from bot.gateway.client import GatewayClient
from bot.gateway.values import ChatDelta, ChatEnd, ChatRequest
from bot.model import Answer, Choice, Claim, ConversationId, Message, TurnId, TurnState, Window

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_EMPTY = Window((), 0)
_NOTHING = Choice()
_OURSELVES = Person("", "", PersonKind.SELF)

_LEAD_TURNS = 4
"""Turns of the event loop until httpx and aiohttp have written a request to an open connection. Measured: with no turn
a question reaches the gateway 1.2 ms later, with more than four no sooner."""

MOST_PLACES = 500
"""How many conversations are kept in memory, the latest: some kilobytes each."""

MOST_SURVEYED = 20_000
"""Of how many channels and choices is known what there is without asking."""

MOST_SEEN = 20_000
FRESH_S = 60.0
"""Only a question asked so lately is guessed at: whatever came in since then is still among those seen."""


class Sink(Protocol):
    """What takes an answer as it grows; `broken` says that it takes no more."""

    @property
    def broken(self) -> Exception | None: ...

    def write(self, delta: str) -> None: ...


class Reading:
    """An answer on its way from the gateway into a reply; what comes before the reply is there is kept for it."""

    def __init__(self, gateway: GatewayClient, request: ChatRequest) -> None:
        self.request = request
        self._parts: list[str] = []
        self._reply: Sink | None = None
        self.task = asyncio.ensure_future(self._read(gateway))
        self.task.add_done_callback(_heard)

    def asks(self, request: ChatRequest) -> bool:
        """Whether it asked for exactly this."""
        return replace(self.request, key=request.key) == request

    def into(self, reply: Sink) -> None:
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


class Ahead:
    """What this process knows for as long as it is the only one to write. `load` it before the first question.

    `here` tells what the place can do in which a question is answered.
    """

    def __init__(
        self,
        kit: Kit,
        here: Callable[[Origin], Capabilities],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._kit = kit
        self._here = here
        self._clock = clock
        self._since = self._changed_at = clock()
        self._choices: Mapping[Address, Choice] | None = None
        self._joined: set[Address] | None = None
        self._windows: OrderedDict[Address, Window] = OrderedDict()
        self._heard: OrderedDict[Address, datetime] = OrderedDict()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._ahead: set[str] = set()

    async def load(self) -> None:
        """Learn what is chosen where, and in which channels something is remembered; too much is left to the store."""
        self._choices = await self._kit.store.choices(MOST_SURVEYED)
        if self._joined is None:
            joined = await self._kit.store.flat(MOST_SURVEYED)
            self._joined = None if joined is None else set(joined)

    def begin(self, event: MessageReceived) -> Reading | None:
        """Ask the model for the answer to a question that is about to be stored; None where that would be a guess."""
        window, new = self._window(event), self._new(event)
        if event.files or (window is not None and _shows_files(window)):
            return None
        if window is None or not new or self._choices is None or self._kit.gateway is None or not event.text.strip():
            return None
        claim = _claim(event, window, _choice(event.origin.address, self._choices), self._clock())
        try:
            spec = self._kit.model(claim.choice)
        except BadOption:  # its model is gone: the turn will say so
            return None
        tools = offered(self._kit, self._here(event.origin))
        request = asked(self._kit, claim, spec, Put(tools=tools)).request
        self._ahead.add(_key(event))
        name = hashlib.sha256(_key(event).encode()).hexdigest()[:24]
        return Reading(self._kit.gateway, replace(request, key=f"parley-early-{name}"))

    async def lead(self, event: MessageReceived) -> None:
        """Return when the request for this question is on the wire: the store's thread would compete with it.

        Its twin waits as well, so that the store hears of them in the order in which they came.
        """
        turns = _LEAD_TURNS if _key(event) in self._ahead else 0
        for _ in range(turns):
            await asyncio.sleep(0)

    def landed(self, event: MessageReceived) -> None:
        """The store has the question, or will never have it."""
        self._ahead.discard(_key(event))

    def learn(self, claim: Claim, answer: Answer) -> None:
        """A turn was answered, and no other waits in its conversation."""
        address = claim.origin.address
        changed_at = max(self._changed_at, self._heard.get(address, self._changed_at))
        if claim.revision or claim.tries > 1 or claim.branch or claim.created_at <= changed_at:
            # It may be an older one, stand beside what is said there, or have read what was there before a change.
            self._windows.pop(address, None)
            return
        said = (*claim.window.messages, *claim.questions, _answered(claim, answer, self._clock()))
        total = claim.window.total + len(claim.questions) + 1
        _keep(self._windows, address, Window(said[-self._kit.defaults.history_messages :], total), MOST_PLACES)

    def notice(self, event: Event) -> None:
        """Something may change what is remembered: here, or nobody knows where."""
        if not isinstance(event, MessageReceived) or event.text.startswith("/"):
            self._windows.clear()
            self._changed_at = self._clock()  # a turn under way has read what was remembered before it
            if isinstance(event, CommandInvoked) and self._joined is not None:
                self._joined.add(event.origin.address)
        elif event.addressed is Addressed.OTHER:
            self._windows.pop(event.origin.address, None)
            _keep(self._heard, event.origin.address, self._clock(), MOST_PLACES)

    def _new(self, event: MessageReceived) -> bool:
        """Whether it can't have been delivered before, to this process or to one before it."""
        seen = _key(event) in self._seen
        _keep(self._seen, _key(event), None, MOST_SEEN)
        return not seen and event.sent_at >= max(self._since, self._clock() - timedelta(seconds=FRESH_S))

    def _window(self, event: MessageReceived) -> Window | None:
        """What the question's conversation remembers, where that is known."""
        address = event.origin.address
        # Taken out: until it is answered, the next question of this conversation has to wait for the store.
        window = self._windows.pop(address, None)
        if event.reply_to is not None:
            return None
        if window is not None or event.addressed is not Addressed.BOT:
            return window
        if address.thread is not None:
            return _EMPTY if event.origin.begins_thread else None
        if self._joined is None or address in self._joined:
            return None
        self._joined.add(address)
        return _EMPTY


def _shows_files(window: Window) -> bool:
    """Then the request may bring pictures, which have to be fetched first."""
    return any(message.attachments for message in window.messages)


def _key(event: MessageReceived) -> str:
    return event.keys.place or event.keys.event


def _choice(address: Address, choices: Mapping[Address, Choice]) -> Choice:
    """A thread's own choice over its channel's."""
    return choices.get(address, _NOTHING).over(choices.get(address.parent, _NOTHING))


def _claim(event: MessageReceived, window: Window, choice: Choice, now: datetime) -> Claim:
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
        window=window,
        choice=choice,
        created_at=now,
    )


def _answered(claim: Claim, answer: Answer, now: datetime) -> Message:
    seq = claim.questions[-1].seq + 1 if claim.questions else 0
    return Message(seq, "assistant", _OURSELVES, answer.text, now, claim.turn, answer.attachments)


def _keep(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)


def _heard(task: "asyncio.Task[ChatEnd | None]") -> None:
    """An early request that nobody waits for any more may fail without a word: the turn makes its own."""
    if not task.cancelled():
        task.exception()
