"""The ways in which a post can reach Discord: by the bot's token, by an interaction's, or by one after the other."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Protocol

import discord

from adapters.discord import failures
from adapters.discord.speaker import Speaker
from bot.contract import PostId
from bot.errors import ChannelGone, PostRejected

NONCE_LIMIT = 25
SILENT = discord.AllowedMentions.none()

Speaking = Callable[[], Speaker]
"""The speaker of this moment. Raises `ChannelBusy` while the platform is left."""


class Route(Protocol):
    """Shows, alters and takes away texts that are Discord's Markdown already. All raise `ChannelError`."""

    async def send(self, text: str, key: str) -> PostId: ...

    async def edit(self, post_id: PostId, text: str) -> None: ...

    async def draft(self, post_id: PostId, text: str) -> None:
        """An edit that may be left out."""
        ...

    async def delete(self, post_id: PostId) -> None:
        """Raises `ChannelGone` also where the post is not there any more."""
        ...

    async def whisper(self, text: str) -> None:
        """Tell the asker, as privately as this way allows."""
        ...


class BotRoute:
    """Ordinary messages by the bot's token, as replies where there is something to reply to."""

    def __init__(self, speaking: Speaking, channel: int, answered: int | None, asker: str) -> None:
        self._speaking = speaking
        self._channel = channel
        self._answered = answered
        self._asker = asker

    async def send(self, text: str, key: str) -> PostId:
        return await self._post(text, self._nonce(key))

    async def edit(self, post_id: PostId, text: str) -> None:
        speaker = self._speaking()
        await speaker.call(lambda: self._message(speaker, post_id).edit(content=text, allowed_mentions=SILENT))

    async def draft(self, post_id: PostId, text: str) -> None:
        speaker = self._speaking()
        await speaker.try_call(lambda: self._message(speaker, post_id).edit(content=text, allowed_mentions=SILENT))

    async def delete(self, post_id: PostId) -> None:
        speaker = self._speaking()
        await speaker.call(lambda: self._message(speaker, post_id).delete())

    async def whisper(self, text: str) -> None:
        # Without a message to reply to, the name says for whom it is; silenced, it alerts nobody.
        await self._post(text if self._answered else f"<@{self._asker}> {text}", None)

    async def typing(self) -> None:
        """Show the typing sign, unless the budget is short."""
        speaker = self._speaking()
        await speaker.try_call(lambda: _typed(self._place(speaker)))

    async def _post(self, text: str, nonce: str | None) -> PostId:
        try:
            return await self._posted(text, nonce, self._reference())
        except (PostRejected, ChannelGone) as error:
            if self._answered is None or not _about_the_reply(error.__cause__):
                raise
            return await self._posted(text, nonce, None)

    async def _posted(self, text: str, nonce: str | None, reference: discord.MessageReference | None) -> PostId:
        speaker = self._speaking()
        place = self._place(speaker)
        # The SDK's annotations know no send with None for these; its code takes None as "without".
        words: dict[str, Any] = {"nonce": nonce, "reference": reference, "mention_author": False}
        message = await speaker.call(lambda: place.send(text, **words, allowed_mentions=SILENT))
        return PostId(str(message.id))

    def _nonce(self, key: str) -> str:
        """Of the key and the place: Discord compares nonces over all that a bot has said anywhere in some minutes."""
        whole = f"{self._channel}/{self._answered}/{key}"
        return sha256(whole.encode()).hexdigest()[:NONCE_LIMIT]

    def _reference(self) -> discord.MessageReference | None:
        if self._answered is None:
            return None
        return discord.MessageReference(message_id=self._answered, channel_id=self._channel, fail_if_not_exists=False)

    def _place(self, speaker: Speaker) -> discord.PartialMessageable:
        return speaker.client.get_partial_messageable(self._channel)

    def _message(self, speaker: Speaker, post_id: PostId) -> discord.PartialMessage:
        return self._place(speaker).get_partial_message(int(post_id))


class EitherRoute:
    """The first way as long as it is open, else the second."""

    def __init__(self, first: Route, second: Route) -> None:
        self._first = first
        self._second = second

    async def send(self, text: str, key: str) -> PostId:
        try:
            return await self._first.send(text, key)
        except ChannelGone:
            return await self._second.send(text, key)

    async def edit(self, post_id: PostId, text: str) -> None:
        try:
            await self._first.edit(post_id, text)
        except ChannelGone:
            await self._second.edit(post_id, text)

    async def draft(self, post_id: PostId, text: str) -> None:
        try:
            await self._first.draft(post_id, text)
        except ChannelGone:
            await self._second.draft(post_id, text)

    async def delete(self, post_id: PostId) -> None:
        try:
            await self._first.delete(post_id)
        except ChannelGone:
            await self._second.delete(post_id)

    async def whisper(self, text: str) -> None:
        try:
            await self._first.whisper(text)
        except ChannelGone:
            await self._second.whisper(text)


async def _typed(place: discord.PartialMessageable) -> None:
    await place.typing()


def _about_the_reply(cause: BaseException | None) -> bool:
    """Whether only the reply mark was refused: no right to read history, or the answered message is no such thing."""
    if not isinstance(cause, discord.HTTPException):
        return False
    return cause.code == failures.CANNOT_READ_HISTORY or "message_reference" in cause.text
