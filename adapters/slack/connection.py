"""The way out to Slack: one session, one client, who we are, whom we know; made anew each time we enter."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.api import Api
from adapters.slack.faults import FAILURES, fault_of, settle, word_for
from adapters.slack.files import Files
from adapters.slack.fixes import platform_error
from adapters.slack.history import History
from adapters.slack.limits import Limits
from adapters.slack.people import People
from adapters.slack.quiet import sdk_logger
from adapters.slack.settings import SlackSettings
from adapters.slack.timing import Timing
from adapters.slack.values import PLATFORM, Identity
from bot.contract import Address, Host

_TOKEN = "SLACK_BOT_TOKEN"  # noqa: S105  # the name of a setting


class Connection:
    """`async with` opens the session; nothing is asked of Slack before it is needed."""

    def __init__(self, host: Host, settings: SlackSettings, timing: Timing) -> None:
        session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timing.call_s))
        token = settings.bot_token.get_secret_value() if settings.bot_token else None
        # Left to its own retries the SDK sends a post a second time when the connection breaks.
        self.client = AsyncWebClient(
            token, base_url=settings.api_url, session=session, retry_handlers=[], logger=sdk_logger()
        )
        self.api = Api(self.client, session, Limits(host))
        self.files = Files(self.api, token or "", settings.file_hosts, timing.name_s)
        self.file_waits = timing.file_waits_s
        self.people = People(self._profile, patience=timing.name_s)
        self._stack = AsyncExitStack()
        self._stack.push_async_callback(session.close)
        self._stack.push_async_callback(self.people.aclose)
        self._lock = asyncio.Lock()
        self._me: Identity | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def me(self) -> Identity:
        """Who we are, asked once. Raises `ChannelError`."""
        try:
            return await self._identity()
        except FAILURES as error:
            raise settle(fault_of(error, "auth.test")) from error

    async def introduced(self) -> Identity:
        """Who we are, for the operator's eyes: raises `PlatformError` with what to do."""
        try:
            return await self._identity()
        except FAILURES as error:
            raise platform_error(word_for(error), _TOKEN) from error

    async def history(self) -> History:
        """The reader of what stands there. Raises `ChannelError`."""
        return History(self.api, self.people, self.files, await self.me())

    async def _identity(self) -> Identity:
        async with self._lock:
            if self._me is None:
                response = await self.client.auth_test()
                self._me = _read(response.data, response.headers)
            return self._me

    async def _profile(self, user: str) -> Mapping[str, Any]:
        at = Address(PLATFORM, (await self.me()).team, "")
        found: Mapping[str, Any] = (await self.api.call("users.info", at, user=user, include_locale="true"))["user"]
        return found


def _read(told: Any, headers: Mapping[str, str]) -> Identity:
    granted = headers.get("x-oauth-scopes")
    return Identity(
        team=str(told["team_id"]),
        user=str(told["user_id"]),
        bot=str(told.get("bot_id") or ""),
        name=str(told.get("user") or told["user_id"]),
        enterprise=told.get("enterprise_id"),
        scopes=frozenset(scope.strip() for scope in granted.split(",")) if granted is not None else None,
    )
