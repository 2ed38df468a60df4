"""Posts by an interaction's token: the deferred first response, and follow-ups under it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord.http import handle_message_parameters
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from adapters.discord import failures
from adapters.discord.deferral import Deferrals
from adapters.discord.routes import SILENT, Speaking
from adapters.discord.speaker import CALL_S, Speaker
from adapters.discord.token import Token
from bot.contract import PostId
from bot.errors import ChannelBusy, ChannelGone

_LOADING = discord.MessageFlags(loading=True).value
_EPHEMERAL = discord.MessageFlags(ephemeral=True)
_PLAIN = discord.MessageFlags()
_YOUNG_S = 10.0
_SOON_S = 0.5

Call = Callable[[AsyncWebhookAdapter, Speaker], Awaitable[Any]]


class TokenRoute:
    """Works without any right in the channel, until the token's end; then everything is `ChannelGone`."""

    def __init__(self, speaking: Speaking, deferrals: Deferrals, token: Token) -> None:
        self._speaking = speaking
        self._deferrals = deferrals
        self._token = token

    async def send(self, text: str, key: str) -> PostId:
        if await self.untouched():
            return await self.fill(text)
        return await self._follow_up(text, private=self._token.private)

    async def edit(self, post_id: PostId, text: str) -> None:
        await self._call(
            lambda api, speaker: api.edit_webhook_message(
                self._token.application, self._token.secret, int(post_id), session=speaker.webhooks, payload=_body(text)
            )
        )

    async def draft(self, post_id: PostId, text: str) -> None:
        await self.edit(post_id, text)

    async def delete(self, post_id: PostId) -> None:
        await self._call(
            lambda api, speaker: api.delete_webhook_message(
                self._token.application, self._token.secret, int(post_id), session=speaker.webhooks
            )
        )

    async def whisper(self, text: str) -> None:
        if self._token.private:
            await self.send(text, "")
            return
        if await self.untouched():
            # A public "thinking" would stay, and the first follow-up would only fill it, for all to see.
            await self._remove_original()
        await self._follow_up(text, private=True)

    async def untouched(self) -> bool:
        """Whether the first response still shows "thinking" only, and is therefore to be filled first."""
        if self._token.anchored:
            return False
        known = await self._deferrals.untouched(self._token.interaction)
        if known is not None:
            return known
        original = await self._call(
            lambda api, speaker: api.get_original_interaction_response(
                self._token.application, self._token.secret, session=speaker.webhooks
            )
        )
        return bool(int(original.get("flags", 0)) & _LOADING)

    async def fill(self, text: str) -> PostId:
        """Make the first response show a text."""
        message = await self._call(
            lambda api, speaker: api.edit_original_interaction_response(
                self._token.application, self._token.secret, session=speaker.webhooks, payload=_body(text)
            )
        )
        self._deferrals.touch(self._token.interaction)
        return PostId(str(message["id"]))

    async def _follow_up(self, text: str, *, private: bool) -> PostId:
        body = _body(text, _EPHEMERAL if private else _PLAIN)
        message = await self._call(
            lambda api, speaker: api.execute_webhook(
                self._token.application, self._token.secret, session=speaker.webhooks, payload=body, wait=True
            )
        )
        return PostId(str(message["id"]))

    async def _remove_original(self) -> None:
        await self._call(
            lambda api, speaker: api.delete_original_interaction_response(
                self._token.application, self._token.secret, session=speaker.webhooks
            )
        )
        self._deferrals.touch(self._token.interaction)

    async def _call(self, call: Call) -> Any:
        speaker = self._speaking()
        if not self._token.left or not await self._deferrals.usable(self._token.interaction):
            raise ChannelGone("the interaction's token has run out")
        try:
            with failures.translated():
                async with asyncio.timeout(min(self._token.left, CALL_S)):
                    return await call(async_context.get(), speaker)
        except ChannelGone as error:
            if self._token.age < _YOUNG_S and _not_yet_deferred(error.__cause__):
                raise ChannelBusy("another process has not deferred the interaction yet", _SOON_S) from error
            raise


def _body(text: str, flags: discord.MessageFlags = discord.utils.MISSING) -> dict[str, Any]:
    payload = handle_message_parameters(text, flags=flags, allowed_mentions=SILENT).payload
    return payload or {}


def _not_yet_deferred(cause: BaseException | None) -> bool:
    return isinstance(cause, discord.HTTPException) and cause.code == failures.UNKNOWN_WEBHOOK
