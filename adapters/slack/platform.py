"""The Platform: entering, receiving, and the way to channels."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Self

from pydantic import SecretStr
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from adapters.slack import sessions, settings, sockets
from adapters.slack.channel import Line, SlackChannel
from adapters.slack.connection import Connection
from adapters.slack.fixes import lacking
from adapters.slack.gaps import Missed
from adapters.slack.intake import Flights, Intake
from adapters.slack.posts import Posts
from adapters.slack.quiet import sdk_logger
from adapters.slack.responses import Responses
from adapters.slack.scopes import ESSENTIAL, SCOPES
from adapters.slack.shares import Uploads
from adapters.slack.timing import Timing
from adapters.slack.values import PLATFORM, Identity
from adapters.slack.web import Web
from bot.contract import Accept, Address, AsgiApp, Command, Host, MessageReceived, Origin, Survey

log = logging.getLogger("parley.slack")


class SlackPlatform:
    """One installation of the app: Socket Mode with an app-level token, else signed HTTP."""

    def __init__(self, host: Host, found: settings.SlackSettings, timing: Timing | None = None) -> None:
        self._host = host
        self._settings = found
        self._timing = timing or Timing()
        self._line = Line(host, Posts(), Responses(), Uploads())
        self._web = Web(_secret(found.signing_secret)) if found.app_token is None else None

    @property
    def name(self) -> str:
        """`slack`."""
        return PLATFORM

    @property
    def web(self) -> AsgiApp | None:
        """Takes Slack's requests at `/slack/events` in HTTP mode; None in Socket Mode."""
        return self._web

    async def __aenter__(self) -> Self:
        connection = Connection(self._host, self._settings, self._timing)
        self._line.connection = await connection.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection, self._line.connection = self._line.connection, None
        if connection is not None:
            await connection.__aexit__(kind, error, trace)

    async def listen(self, accept: Accept, commands: Sequence[Command]) -> None:
        """Receive until cancelled. Raises `PlatformError`, also when no socket could be kept open.

        That events may have been missed is said once we hear, so that nothing can fall in between.
        """
        connection = self._line.need()
        me = await connection.introduced()
        _check_scopes(me)
        flights = Flights()
        release = partial(sessions.release, connection.api, self._timing.release_s)
        app = self._app(
            connection, Intake(accept, commands, me, connection.people, connection.files, self._host, release), me
        )
        missed = Missed(accept, self._timing)
        if self._web is not None:
            await self._serve(self._web, app, flights, me, missed)
        else:
            await self._hold(app, flights, me, missed)

    def open(self, origin: Origin) -> SlackChannel:
        """A channel on this origin; no network."""
        return SlackChannel(self._line, origin)

    async def read(self, address: Address, after: str | None, limit: int) -> Sequence[MessageReceived]:
        """The newest messages of a thread or of the flat channel, oldest first. Raises `ChannelError`."""
        history = await self._line.need().history()
        return await history.newest(address, after, limit)

    async def survey(
        self, channel: Address, threads: Sequence[Address], after: str | None, since: datetime, limit: int
    ) -> Survey:
        """What was said in a flat channel, and which threads under it have grown. Raises `ChannelError`."""
        history = await self._line.need().history()
        return await history.survey(channel, threads, after, since, limit)

    def _app(self, connection: Connection, intake: Intake, me: Identity) -> AsyncApp:
        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=me.enterprise,
                team_id=me.team,
                bot_user_id=me.user,
                bot_id=me.bot,
                bot_token=connection.client.token,
            )

        app = AsyncApp(
            # Bolt sets the level of the logger of this name: "parley" would silence the whole house.
            name=sdk_logger().name,
            logger=sdk_logger(),
            client=connection.client,
            before_authorize=intake,
            authorize=authorize,
            signing_secret=_secret(self._settings.signing_secret),
            # Done in `web`, over the raw bytes and before anything is parsed.
            request_verification_enabled=False,
        )
        app.error(intake.not_taken)
        return app

    async def _hold(self, app: AsyncApp, flights: Flights, me: Identity, missed: Missed) -> None:
        token = _secret(self._settings.app_token)
        async with sockets.opened(app, token, flights, self._timing) as clients:
            log.info("slack_listening mode=socket team=%s user=%s sockets=%s", me.team, me.user, len(clients))
            await missed.tell()
            await sockets.watch(clients, missed, self._timing)

    async def _serve(self, web: Web, app: AsyncApp, flights: Flights, me: Identity, missed: Missed) -> None:
        web.serve(app, flights)
        try:
            log.info("slack_listening mode=http team=%s user=%s", me.team, me.user)
            await missed.tell()
            await asyncio.Event().wait()
        finally:
            web.rest()
            await flights.landed(self._timing.drain_s)


def _check_scopes(me: Identity) -> None:
    """An app keeps the scopes it was installed with, whatever its manifest says since."""
    missing = SCOPES.keys() - me.scopes if me.scopes is not None else set()
    if missing & ESSENTIAL:
        raise lacking(missing)
    if missing:
        log.warning("slack_scopes_missing scopes=%s fix=%r", ",".join(sorted(missing)), lacking(missing).fix)


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value is not None else ""
