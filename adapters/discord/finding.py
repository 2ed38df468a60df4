"""Our own posts after a crash, when nobody wrote down what was shown.

Discord gives a message's nonce back for some minutes; what is lasting is a file's name, the message that a reply
names, and the interaction that a response or a follow-up came from (`interaction_metadata`,
https://discord.com/developers/docs/resources/message#message-interaction-metadata-object).
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

import discord

from adapters.discord import history
from adapters.discord.routes import Speaking, nonces
from adapters.discord.token import Token
from adapters.discord.token_route import TokenRoute
from bot.contract import PostId
from bot.errors import ChannelGone

_POSTS = (discord.MessageType.default, discord.MessageType.reply, discord.MessageType.chat_input_command)


class Finder:
    """Looks under one question: a message (`answered`), or an interaction whose token is given."""

    def __init__(
        self, speaking: Speaking, by_token: TokenRoute | None, token: Token | None, place: int, answered: int | None
    ) -> None:
        self._speaking = speaking
        self._by_token = by_token
        self._token = token
        self._place = place
        self._answered = answered

    async def find(self, keys: Sequence[str], known: Collection[PostId]) -> Mapping[str, PostId]:
        """Posts by key: those that show it first, then what else answers the question, in order."""
        others = {int(post_id) for post_id in known}
        posts = [message for message in await self._posts() if message.id not in others]
        found = self._named(keys, posts)
        nameless = {message.id for message in posts if message.nonce is None and self._answers(message)}
        nameless |= await self._original() - others
        # A post with files says its key in their names, so it is not one that shows none.
        nameless -= {message.id for message in posts if message.attachments}
        missing = [key for key in keys if key not in found]
        return {
            key: PostId(str(at)) for key, at in (found | dict(zip(missing, sorted(nameless), strict=False))).items()
        }

    async def keyed(self, key: str) -> PostId | None:
        """The post that shows this key, and no other."""
        at = self._named([key], await self._posts()).get(key)
        return None if at is None else PostId(str(at))

    def _named(self, keys: Sequence[str], posts: Sequence[discord.Message]) -> dict[str, int]:
        """Posts that show their key: by the nonce for some minutes, by the name of a file for ever."""
        shown = {message.nonce: message.id for message in posts if message.nonce is not None}
        names = {key: nonces(self._place, self._answered, key) for key in keys}
        found = {key: shown[name] for key in keys for name in reversed(names[key]) if name in shown}
        filed = {key: _filed(key, posts) for key in keys if key not in found}
        return found | {key: message for key, message in filed.items() if message is not None}

    def _answers(self, message: discord.Message) -> bool:
        """Whether a post that shows no key is about the question.

        A plain one is where there was nothing to reply to: after a command, and in a thread under the question.
        """
        if message.interaction_metadata is not None:
            return self._token is not None and message.interaction_metadata.id == self._token.interaction
        if message.reference is not None:
            return message.reference.message_id == self._answered
        return self._answered in (None, self._place)

    async def _posts(self) -> Sequence[discord.Message]:
        """Our own messages after the question: the first that came after it and the newest, oldest first."""
        if self._token is not None and self._token.private:
            return []
        try:
            read = await self._read()
        except ChannelGone:
            if self._token is None:
                raise
            return []  # a token speaks where the bot itself cannot look
        me = self._speaking().client.user
        return [message for message in read if me is not None and message.author.id == me.id and _stands(message)]

    async def _read(self) -> list[discord.Message]:
        speaker, since = self._speaking(), self._since
        read = await history.first(speaker, self._place, since) if since else []
        if since and len(read) < history.PAGE:
            return read
        newest = await history.newest(speaker, self._place, since, history.PAGE)
        seen = {message.id for message in read}
        return read + [message for message in reversed(newest) if message.id not in seen]

    @property
    def _since(self) -> int:
        """The question's id, which tells its time; that of an interaction comes from the same clock."""
        if self._answered is not None:
            return self._answered
        return 0 if self._token is None else self._token.interaction

    async def _original(self) -> set[int]:
        """The first response where it is the answer's and shows something: only its token can see a private one."""
        if self._by_token is None or self._token is None or self._token.anchored:
            return set()
        try:
            filled = await self._by_token.filled()
        except ChannelGone:
            return set()
        return set() if filled is None else {int(filled)}


def _filed(key: str, posts: Iterable[discord.Message]) -> int | None:
    """The first post with a file whose name holds the key, and not a longer one."""
    whole = re.compile(rf"(?<![A-Za-z0-9]){re.escape(key)}(?![A-Za-z0-9])")
    return next((post.id for post in posts if any(whole.search(file.filename) for file in post.attachments)), None)


def _stands(message: discord.Message) -> bool:
    """Whether it shows something, and is no notice."""
    return message.type in _POSTS and not message.flags.loading and not message.flags.suppress_embeds
