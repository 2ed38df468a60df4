"""Slack's Web API: one call at a time, within the budgets, its failures translated."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import transfer
from adapters.slack.faults import FAILURES, fault_of, retry_after, settle
from adapters.slack.limits import LIMITS, Limits
from bot.contract import Address, File
from bot.errors import ChannelBusy

Answer = Mapping[str, Any]

_JSON = {"Content-Type": "application/json; charset=utf-8"}


class Api:
    """The calls of one installation over one shared session."""

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession, limits: Limits) -> None:
        self._client = client
        self._session = session
        self.limits = limits

    async def call(self, method: str, address: Address, **arguments: object) -> Answer:
        """One call; `address` says whose budget it is.

        Raises `ChannelError`; `Unsure` only where a repeat could do harm.
        """
        await self.limits.spend(method, address)
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            return await self._send(method, given)
        except FAILURES as error:
            fault = fault_of(error, method)
            if isinstance(fault, ChannelBusy) and retry_after(error):
                self.limits.budget(method, address).pause(fault.retry_after)
            raise settle(fault) if LIMITS[method].repeatable else fault from error

    async def upload(self, url: str, file: File) -> None:
        """Send the bytes of a file to the address that Slack gave for them. Raises `ChannelError`."""
        await transfer.put(self._session, url, file)

    async def respond(self, url: str, body: Mapping[str, object]) -> bool:
        """Post to a command's reply address; False when Slack does not take it (used up, or too old).

        The address is a secret: whoever knows it can write there. It stays out of every error.
        """
        try:
            async with self._session.post(url, data=json.dumps(body), headers=_JSON) as said:
                return said.status == 200
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False

    async def _send(self, method: str, arguments: Mapping[str, object]) -> Answer:
        if LIMITS[method].form:
            response = await self._client.api_call(method, http_verb="GET", params=dict(arguments))
        else:
            response = await self._client.api_call(method, json=dict(arguments))
        data: Answer = response.data if isinstance(response.data, dict) else {}
        return data
