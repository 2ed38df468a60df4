"""Bringing events and commands to the app: acknowledged in three seconds, or tried again as Slack does."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Protocol

from tests.fakes.slack.clock import Changes, Clock
from tests.fakes.slack.values import Delivery, Json

ACK_WITHIN = 3.0
"""Seconds in which an event or command must be acknowledged (https://docs.slack.dev/apis/events-api)."""

RETRIES = (0.0, 60.0, 300.0)
"""Seconds before each further try of an event."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Which further try this is, from 1, and why the last one failed."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one sending ended. `reason` is Slack's word for a failure; `stop` forbids further tries."""

    acked: bool
    after: float = 0.0
    reason: str = "timeout"
    response: Json | None = None
    stop: bool = False


class Wire(Protocol):
    """One way to the app: its sockets, or signed requests to its web address."""

    async def send(self, kind: str, payload: Json, retry: Retry | None) -> Outcome:
        """Send once and wait for the acknowledgement as long as it counts."""
        ...


class Deliveries:
    """All events, and the tries that are still to come; `retries` may be made shorter than Slack's own."""

    def __init__(self, clock: Clock, changes: Changes, wire: Wire) -> None:
        self.all: list[Delivery] = []
        self.wire = wire
        self.retries: Sequence[float] = RETRIES
        self._under_way = 0
        self._clock = clock
        self._changes = changes
        self._tasks: set[asyncio.Task[None]] = set()

    def push(self, body: Json) -> str:
        """Send an event in the background; returns its event id."""
        event = body["event"]
        kind = str(event.get("type")) if isinstance(event, dict) else "?"
        delivery = Delivery(str(body["event_id"]), kind, body)
        self.all.append(delivery)
        self._under_way += 1
        self.spawn(self._deliver(delivery))
        return delivery.id

    async def again(self, event_id: str, reason: str) -> bool:
        """Send an event once more although it may have been acknowledged; whether it was now."""
        delivery = self.find(event_id)
        delivery.attempts += 1
        outcome = await self._send(delivery, Retry(delivery.attempts - 1, reason))
        return outcome.acked

    def find(self, event_id: str) -> Delivery:
        """The delivery of an event."""
        return next(delivery for delivery in self.all if delivery.id == event_id)

    @property
    def idle(self) -> bool:
        """Whether every event is acknowledged or given up."""
        return self._under_way == 0

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run something in the background until `close`."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End all tries."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, delivery: Delivery) -> None:
        retry: Retry | None = None
        for number, wait in enumerate((0.0, *self.retries), start=1):
            await self._clock.sleep(wait)
            delivery.attempts += 1
            outcome = await self._send(delivery, retry)
            if outcome.acked or outcome.stop:
                break
            retry = Retry(number, outcome.reason)
        delivery.given_up = not delivery.acked
        self._under_way -= 1
        self._changes.notify()

    async def _send(self, delivery: Delivery, retry: Retry | None) -> Outcome:
        outcome = await self.wire.send("events_api", delivery.payload, retry)
        delivery.acked = delivery.acked or outcome.acked
        self._changes.notify()
        return outcome
