"""The earliest middleware: what Slack delivers is committed before Slack is told that we have it.

Bolt acknowledges an event before its listeners run, and does not acknowledge at all what no listener matches.
So the work is done here, in front of both: everything that is delivered gets its answer from this place. An
exception passes through Bolt as "no acknowledgement", and Slack delivers again.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.slack import events, markup, presses
from adapters.slack.events import Profiles
from adapters.slack.files import Files
from adapters.slack.people import People
from adapters.slack.values import PLATFORM, Identity
from bot.contract import Accept, Address, Command, Host

log = logging.getLogger("parley.slack")

Release = Callable[[Address], Awaitable[None]]
"""Tells Slack that nothing is worked at in a thread any more. Raises nothing."""


class Intake(AsyncMiddleware):
    """Drops echoes, turns payloads into events, hands them to `accept`."""

    def __init__(
        self,
        accept: Accept,
        commands: Iterable[Command],
        me: Identity,
        people: People,
        files: Files,
        host: Host,
        release: Release,
    ) -> None:
        self._accept = accept
        self._release = release
        self._table = {command.name: command for command in commands}
        self._me = me
        self._people = people
        self._files = files
        self._host = host

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        """Called by Bolt with each verified request."""
        # Bolt takes a form that holds the word "payload" anywhere for a button's, and leaves nothing of it.
        body: dict[str, Any] = req.body or dict(parse_qsl(req.raw_body))
        if body.get("type") == "url_verification":
            return await next()
        if "command" in body:
            await self._command(body)
        elif body.get("type") == "block_actions":
            await self._press(body)
        elif body.get("type") == "event_callback":
            await self._event(body)
        elif body.get("type") == "app_rate_limited":
            log.warning("slack_events_dropped team=%s minute=%s", body.get("team_id"), body.get("minute_rate_limited"))
        return BoltResponse(status=200, body="")

    async def not_taken(self, error: Exception, body: dict[str, Any]) -> BoltResponse | None:
        """Bolt's error handler. Only where it failed is logged: an error of the store may quote what somebody wrote.

        An event stays unacknowledged and comes again. A command comes only once: its person is told. A press comes
        only once too, and without an acknowledgement Slack itself marks the button.
        """
        frame = traceback.extract_tb(error.__traceback__)[-1]
        log.error("slack_request_not_taken error=%s at=%s:%s", type(error).__name__, frame.filename, frame.lineno)
        if "command" not in body:
            return None
        asker = str(body.get("user_id", ""))
        profile = (await self._people.of([asker])).get(asker)
        sorry = self._host.text("not-saved", profile.locale if profile is not None else None)
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": markup.escape(sorry)})

    async def _event(self, body: Mapping[str, Any]) -> None:
        event = body.get("event") or {}
        if events.is_ours(event, self._me):
            return
        if event.get("type") == presses.STOPPED:
            await self._stop(body)
        else:
            await self._said(body)

    async def _said(self, body: Mapping[str, Any]) -> None:
        profiles: Profiles = {}
        # Of talk that nobody keeps Slack is asked nothing.
        if strangers := events.strangers(body, self._me):
            profiles, body = await asyncio.gather(self._people.of(strangers), self._filled(body))
        event = events.event_of(body, self._me, profiles)
        if event is not None:
            await self._accept(event)

    async def _filled(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        place = Address(PLATFORM, self._me.team, "")
        return {**body, "event": await self._files.filled(place, body.get("event") or {})}

    async def _stop(self, body: Mapping[str, Any]) -> None:
        profiles = await self._people.of([str(body["event"].get("user") or "")])
        event = presses.stopped_of(body, self._me, profiles)
        if event is not None:
            await self._accept(event)
            await self._release(event.origin.address)

    async def _press(self, body: Mapping[str, Any]) -> None:
        event = presses.pressed_of(body, self._me, await self._people.of([presses.presser(body)]))
        if event is None:
            log.info("slack_press_ignored container=%s", (body.get("container") or {}).get("type"))
            return
        await self._accept(event)

    async def _command(self, body: Mapping[str, Any]) -> None:
        profiles = await self._people.of(events.strangers(body, self._me))
        event = events.command_of(body, self._me, profiles, self._table, datetime.now(UTC))
        if event is None:
            log.warning("slack_command_unknown name=%s fix=%r", body["command"], "renew the app's manifest")
            return
        await self._accept(event)


class Flights:
    """Requests that are being handled now, so that leaving can wait for their acknowledgements."""

    def __init__(self) -> None:
        self._count = 0
        self._landed = asyncio.Event()
        self._landed.set()

    async def __aenter__(self) -> None:
        self._count += 1
        self._landed.clear()

    async def __aexit__(self, *_: object) -> None:
        self._count -= 1
        if self._count == 0:
            self._landed.set()

    async def landed(self, patience: float) -> None:
        """Returns when none is left, or when patience ends."""
        try:
            async with asyncio.timeout(patience):
                await self._landed.wait()
        except TimeoutError:
            log.warning("slack_requests_abandoned count=%s", self._count)
