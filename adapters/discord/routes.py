"""The ways in which a post can reach Discord: by the bot's token, by an interaction's, or by one after the other."""

import logging
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from time import monotonic
from typing import Protocol

import discord

from adapters.discord import failures, looks
from adapters.discord.failures import VoiceRefused, VoiceStays
from adapters.discord.looks import Look, Message
from adapters.discord.speaker import Speaker
from bot.contract import PostId
from bot.errors import ChannelBusy, ChannelGone, PostGone, PostRejected

log = logging.getLogger("parley.discord")

NONCE_LIMIT = 25
_SENDS = 3
"""Posts that a key may have: one that was taken away still holds its nonce."""
_FRESH_S = 1.0
"""A send that took longer may have been overtaken by another run of its answer, who was given the same post."""

PLAIN = discord.MessageFlags()
NOTICE = discord.MessageFlags(suppress_embeds=True)
"""What tells a notice from an answer's post for ever, and a notice has no links to preview."""

Speaking = Callable[[], Speaker]
"""The speaker of this moment. Raises `ChannelBusy` while the platform is left."""


class Route(Protocol):
    """Shows, alters and takes away messages. All raise `ChannelError`."""

    async def send(self, look: Look, key: str) -> PostId: ...

    async def edit(self, post_id: PostId, look: Look) -> None:
        """A look without files leaves those that stand there."""
        ...

    async def draft(self, post_id: PostId, look: Look) -> None:
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
        self._doubts = False
        self._owed: dict[str, Message] = {}
        self._taken: set[PostId] = set()

    def doubt(self) -> None:
        """Another run may have sent, and taken away, what is sent now: what Discord gives back need not stand."""
        self._doubts = True

    async def send(self, look: Look, key: str) -> PostId:
        """A send whose reply was lost has arrived: by its nonce Discord gives it back as it was then.

        It gives back what was taken away since, too; that is found out by an edit.
        """
        for unique in nonces(self._channel, self._answered, key):
            sent = await self._given(look, unique)
            if _id(sent) in self._taken:
                continue
            if not self._doubts and unique not in self._owed and _wanted(sent, look):
                return _id(sent)
            with suppress(PostGone):
                await self._mend(sent, look)
                self._owed.pop(unique, None)
                return _id(sent)
        return _id(await self._post(look, None))

    async def _given(self, look: Look, unique: str) -> Message:
        """Raises `ChannelBusy` where the post looks otherwise and the caller has to ask again if it may speak."""
        if unique in self._owed:
            return self._owed[unique]
        began = monotonic()
        sent = await self._post(look, unique)
        if monotonic() - began > _FRESH_S and not _wanted(sent, look):
            self._owed[unique] = sent
            raise ChannelBusy("it stands there already, with another look", 0.0)
        return sent

    async def _mend(self, sent: Message, look: Look) -> None:
        with suppress(VoiceStays):
            await self._edit(_id(sent), look.without_files if looks.holds_files(sent, look) else look.ordinary)

    async def edit(self, post_id: PostId, look: Look) -> None:
        await self._edit(post_id, look)

    async def draft(self, post_id: PostId, look: Look) -> None:
        speaker = self._speaking()
        with look.parameters() as body:
            await speaker.try_call(lambda: speaker.client.http.edit_message(self._channel, int(post_id), params=body))

    async def delete(self, post_id: PostId) -> None:
        speaker = self._speaking()
        await speaker.call(lambda: self._place(speaker).get_partial_message(int(post_id)).delete())

    async def whisper(self, text: str) -> None:
        # Without a message to reply to, the name says for whom it is; silenced, it alerts nobody.
        await self._post(Look(text if self._answered else f"<@{self._asker}> {text}"), None, NOTICE)

    async def typing(self) -> None:
        """Show the typing sign, unless the budget is short."""
        speaker = self._speaking()
        await speaker.try_call(lambda: _typed(self._place(speaker)))

    async def _post(self, look: Look, unique: str | None, flags: discord.MessageFlags = PLAIN) -> Message:
        try:
            return await self._replied(look, unique, flags)
        except VoiceRefused as error:
            log.info("discord_voice_refused channel=%d reason=%r", self._channel, str(error))
            return await self._replied(look.ordinary, unique, flags)

    async def _replied(self, look: Look, unique: str | None, flags: discord.MessageFlags) -> Message:
        try:
            return await self._posted(look, unique, self._reference(), flags)
        except (PostRejected, ChannelGone) as error:
            if self._answered is None or not _about_the_reply(error.__cause__):
                raise
            return await self._posted(look, unique, None, flags)

    async def _posted(
        self,
        look: Look,
        unique: str | None,
        reference: discord.MessageReference | None,
        flags: discord.MessageFlags,
    ) -> Message:
        speaker = self._speaking()
        with look.parameters(nonce=unique, reference=reference, flags=flags) as body:
            return await speaker.call(
                lambda: speaker.client.http.send_message(self._channel, params=body), look.patience
            )

    async def _edit(self, post_id: PostId, look: Look) -> None:
        """With the look's files in place of those that stand there, or with none to leave them."""
        speaker = self._speaking()
        with look.parameters() as body:
            try:
                await speaker.call(
                    lambda: speaker.client.http.edit_message(self._channel, int(post_id), params=body), look.patience
                )
            except PostGone:
                self._taken.add(post_id)
                raise

    def _reference(self) -> discord.MessageReference | None:
        if self._answered is None:
            return None
        return discord.MessageReference(message_id=self._answered, channel_id=self._channel, fail_if_not_exists=False)

    def _place(self, speaker: Speaker) -> discord.PartialMessageable:
        return speaker.client.get_partial_messageable(self._channel)


class EitherRoute:
    """The first way as long as it is open, else the second."""

    def __init__(self, first: Route, second: Route) -> None:
        self._first = first
        self._second = second

    async def send(self, look: Look, key: str) -> PostId:
        try:
            return await self._first.send(look, key)
        except ChannelGone:
            return await self._second.send(look, key)

    async def edit(self, post_id: PostId, look: Look) -> None:
        try:
            await self._first.edit(post_id, look)
        except ChannelGone:
            await self._second.edit(post_id, look)

    async def draft(self, post_id: PostId, look: Look) -> None:
        try:
            await self._first.draft(post_id, look)
        except ChannelGone:
            await self._second.draft(post_id, look)

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


def nonce(place: int, answered: int | None, key: str) -> str:
    """Of the key and the place: Discord compares nonces over all that a bot has said anywhere in some minutes."""
    return sha256(f"{place}/{answered}/{key}".encode()).hexdigest()[:NONCE_LIMIT]


def nonces(place: int, answered: int | None, key: str) -> tuple[str, ...]:
    """The nonces under which a post with this key may have been sent."""
    return tuple(nonce(place, answered, key if at == 0 else f"{key}~{at}") for at in range(_SENDS))


def _wanted(message: Message, look: Look) -> bool:
    return looks.holds_files(message, look) and looks.shows(message, look)


def _id(message: Message) -> PostId:
    return PostId(str(message["id"]))


async def _typed(place: discord.PartialMessageable) -> None:
    await place.typing()


def _about_the_reply(cause: BaseException | None) -> bool:
    """Whether only the reply mark was refused: no right to read history, or the answered message is no such thing."""
    if not isinstance(cause, discord.HTTPException):
        return False
    return cause.code == failures.CANNOT_READ_HISTORY or "message_reference" in cause.text
