"""Posts by an interaction's token: the deferred first response, and follow-ups under it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord.http import MultipartParameters
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from adapters.discord import failures
from adapters.discord.deferral import Deferrals
from adapters.discord.failures import VoiceRefused
from adapters.discord.looks import Look
from adapters.discord.routes import PLAIN, Speaking
from adapters.discord.speaker import CALL_S, Speaker
from adapters.discord.token import Token
from bot.contract import PostId
from bot.errors import ChannelBusy, ChannelGone, PostGone

log = logging.getLogger("parley.discord")

_LOADING = discord.MessageFlags(loading=True).value
_EPHEMERAL = discord.MessageFlags(ephemeral=True)
_YOUNG_S = 10.0
_SOON_S = 0.5

Call = Callable[[AsyncWebhookAdapter, Speaker], Awaitable[Any]]


class TokenRoute:
    """Works without any right in the channel, until the token's end; then everything is `ChannelGone`."""

    def __init__(self, speaking: Speaking, deferrals: Deferrals, token: Token) -> None:
        self._speaking = speaking
        self._deferrals = deferrals
        self._token = token

    async def send(self, look: Look, key: str) -> PostId:
        if look.voice:
            return await self._speak(look)
        if await self.untouched():
            return await self.fill(look)
        return await self._follow_up(look, private=self._token.private)

    async def edit(self, post_id: PostId, look: Look) -> None:
        if self._is_pressed(post_id):
            await self._edit_original(look)
            return
        with look.parameters() as body:
            await self._call(
                lambda api, speaker: api.edit_webhook_message(
                    *self._names, int(post_id), session=speaker.webhooks, payload=body.payload
                )
            )

    async def draft(self, post_id: PostId, look: Look) -> None:
        await self.edit(post_id, look)

    async def delete(self, post_id: PostId) -> None:
        if self._is_pressed(post_id):
            await self._delete_original()
            return
        await self._call(
            lambda api, speaker: api.delete_webhook_message(*self._names, int(post_id), session=speaker.webhooks)
        )

    async def whisper(self, text: str) -> None:
        if self._token.private:
            await self.send(Look(text), "")
            return
        if await self.untouched():
            # A public "thinking" would stay, and the first follow-up would only fill it, for all to see.
            await self._remove_original()
        await self._follow_up(Look(text), private=True)

    async def untouched(self) -> bool:
        """Whether the first response still shows "thinking" only, and is therefore to be filled first."""
        if self._token.anchored:
            return False
        known = await self._deferrals.untouched(self._token.interaction)
        if known is not None:
            return known
        try:
            return await self.filled() is None
        except PostGone:  # it has made room for something else
            return False

    async def filled(self) -> PostId | None:
        """The first response's id; None while it shows "thinking" only."""
        original = await self._call(
            lambda api, speaker: api.get_original_interaction_response(*self._names, session=speaker.webhooks)
        )
        return None if int(original.get("flags", 0)) & _LOADING else PostId(str(original["id"]))

    async def fill(self, look: Look) -> PostId:
        """Make the first response show something."""
        shown = await self._edit_original(look)
        self._deferrals.touch(self._token.interaction)
        return shown

    async def _speak(self, look: Look) -> PostId:
        """A deferred response can't become a voice message, and would swallow one: it makes room."""
        if await self.untouched():
            await self._remove_original()
        try:
            return await self._follow_up(look, private=self._token.private)
        except VoiceRefused as error:
            log.info("discord_voice_refused interaction=%d reason=%r", self._token.interaction, str(error))
            return await self._follow_up(look.ordinary, private=self._token.private)

    async def _follow_up(self, look: Look, *, private: bool) -> PostId:
        with look.parameters(flags=_EPHEMERAL if private else PLAIN) as body:
            message = await self._call(
                lambda api, speaker: api.execute_webhook(
                    *self._names, session=speaker.webhooks, wait=True, **_parts(body)
                ),
                look.patience,
            )
        return PostId(str(message["id"]))

    async def _remove_original(self) -> None:
        await self._delete_original()
        self._deferrals.touch(self._token.interaction)

    async def _edit_original(self, look: Look) -> PostId:
        with look.parameters() as body:
            message = await self._call(
                lambda api, speaker: api.edit_original_interaction_response(
                    *self._names, session=speaker.webhooks, **_parts(body)
                ),
                look.patience,
            )
        return PostId(str(message["id"]))

    async def _delete_original(self) -> None:
        await self._call(
            lambda api, speaker: api.delete_original_interaction_response(*self._names, session=speaker.webhooks)
        )

    @property
    def _names(self) -> tuple[int, str]:
        return self._token.application, self._token.secret

    def _is_pressed(self, post_id: PostId) -> bool:
        """A press's own message is its first response, and cannot be had otherwise where it is private."""
        return self._token.pressed == int(post_id)

    async def _call(self, call: Call, extra_s: float = 0.0) -> Any:
        speaker = self._speaking()
        if not self._token.left or not await self._deferrals.usable(self._token.interaction):
            raise ChannelGone("the interaction's token has run out")
        try:
            with failures.translated():
                async with asyncio.timeout(min(self._token.left, CALL_S + extra_s)):
                    return await call(async_context.get(), speaker)
        except ChannelGone as error:
            if self._token.age < _YOUNG_S and _not_yet_deferred(error.__cause__):
                raise ChannelBusy("another process has not deferred the interaction yet", _SOON_S) from error
            raise


def _parts(body: MultipartParameters) -> dict[str, Any]:
    """A body as the SDK's webhook calls take it."""
    return {"payload": body.payload, "multipart": body.multipart, "files": body.files or None}


def _not_yet_deferred(cause: BaseException | None) -> bool:
    return isinstance(cause, discord.HTTPException) and cause.code == failures.UNKNOWN_WEBHOOK
