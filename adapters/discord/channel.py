"""The Channel on Discord: posts by whichever route the origin leaves open."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from adapters.discord import failures, looks, markup
from adapters.discord.deferral import Deferrals
from adapters.discord.downloads import Downloads
from adapters.discord.drafts import Drafts
from adapters.discord.failures import VoiceStays
from adapters.discord.finding import Finder
from adapters.discord.looks import Look
from adapters.discord.routes import BotRoute, EitherRoute, Route, Speaking
from adapters.discord.token import Token
from adapters.discord.token_route import TokenRoute
from bot.contract import Attachment, Capabilities, Download, Origin, Post, PostId
from bot.errors import ChannelError, ChannelGone, PostRejected

EDIT_INTERVAL_S = 1.3
"""Five edits in five seconds are commonly allowed in one channel, and sends count for themselves."""
TYPING_INTERVAL_S = 8.0
"""The sign stays for about ten seconds (https://discord.com/developers/docs/resources/channel#trigger-typing-indicator)."""


class DiscordChannel:
    """One origin's place to speak in. An intermediate edit returns at once and is made beside the caller."""

    def __init__(
        self, origin: Origin, speaking: Speaking, deferrals: Deferrals, downloads: Downloads, file_limit: int
    ) -> None:
        self._origin = origin
        self._speaking = speaking
        self._downloads = downloads
        self._token = Token.restored(origin.address, origin.state)
        self._by_token = None if self._token is None else TokenRoute(speaking, deferrals, self._token)
        self._bot = BotRoute(speaking, _place(origin), _answered(origin), origin.asker.id)
        self._route = self._preferred()
        self._gone: ChannelGone | None = None
        self._met: set[PostId] = set()
        self._capabilities = Capabilities(
            text_limit=markup.TEXT_LIMIT,
            measure=markup.measure,
            edit_interval=EDIT_INTERVAL_S,
            post_lifetime=self._lifetime(),
            typing_interval=TYPING_INTERVAL_S,
            buttons=True,
            file_limit=file_limit if self._token is None or self._may_post else self._token.file_limit,
            voice=True,
        )

    @property
    def capabilities(self) -> Capabilities:
        """Posts by the bot's token can be edited for ever, those by an interaction's until it ends."""
        return self._capabilities

    async def anchor(self, question: str, *, key: str = "question", again: bool = False) -> Origin:
        """The deferred response becomes the question; the answer is a message that replies to it."""
        token = self._token
        if token is None or self._by_token is None or token.anchored:
            return self._origin
        # An earlier run that could not use the token has shown it without.
        own = f"anchor-{token.interaction}"[:25]
        shown = await self._finder().keyed(own) if again and token.may_post else None
        if shown is None:
            shown = await self._asked(self._by_token, Look(markup.quote(self._origin.asker.name, question)), own)
        return replace(self._origin, message_id=str(shown), state=token.under_question().stored())

    async def _asked(self, by_token: TokenRoute, look: Look, key: str) -> PostId:
        try:
            return await by_token.fill(look)
        except ChannelGone:
            if self._token is None or not self._token.may_post:
                raise
            return await self._bot.send(look, key)

    async def send(self, post: Post) -> PostId:
        look = looks.whole(post, self._capabilities.file_limit)
        try:
            sent = await self._route.send(look, post.key)
        except ChannelGone as error:
            if look.files and failures.lacks_a_right(error):
                # Perhaps only files are not allowed, and words would be.
                raise PostRejected(f"no files may be sent here: {error}") from error
            raise
        self._met.add(sent)
        return sent

    async def edit(self, post_id: PostId, post: Post) -> None:
        look = looks.of(post)
        if self._gone is not None:
            raise self._gone
        drafts = self._drafts()
        if not post.final and post_id in self._met:
            drafts.offer(post_id, lambda: self._draft(post_id, look))
            return
        # The first edit of a post that another run has left tells if it stands there: too late beside the caller.
        await drafts.settle(post_id)
        with suppress(VoiceStays):
            await self._route.edit(post_id, look)
        self._met.add(post_id)

    async def delete(self, post_id: PostId) -> None:
        await self._drafts().settle(post_id)
        with suppress(ChannelGone):
            await self._route.delete(post_id)

    async def find(self, keys: Sequence[str], known: Collection[PostId]) -> Mapping[str, PostId]:
        """By what Discord shows of a key for some minutes, else by what a post answers, in order."""
        self._bot.doubt()
        return await self._finder().find(keys, known) if keys else {}

    async def locate(self, attachment: Attachment) -> Download:
        return await self._downloads.locate(attachment)

    async def notify(self, text: str) -> None:
        shown = markup.fitted(text)
        if self._by_token is None:
            await self._bot.whisper(shown)
        elif self._may_post:
            await EitherRoute(self._by_token, self._bot).whisper(shown)
        else:
            await self._by_token.whisper(shown)

    async def typing(self, status: str) -> None:
        """Discord shows no words here; a deferred command shows that it is thinking by itself."""
        if self._by_bot_first:
            await self._bot.typing()

    def _finder(self) -> Finder:
        return Finder(self._speaking, self._by_token, self._token, _place(self._origin), _answered(self._origin))

    @property
    def _may_post(self) -> bool:
        return self._token is None or (self._token.may_post and not self._token.private)

    @property
    def _by_bot_first(self) -> bool:
        return self._token is None or (self._token.anchored and self._may_post)

    def _preferred(self) -> Route:
        if self._by_token is None:
            return self._bot
        if not self._may_post:
            return self._by_token
        ways = (self._bot, self._by_token) if self._by_bot_first else (self._by_token, self._bot)
        return EitherRoute(*ways)

    def _lifetime(self) -> float | None:
        return None if self._token is None or self._may_post else self._token.left

    def _drafts(self) -> Drafts:
        """Those of the channel, whose posts share a rate limit; an interaction's posts have their own."""
        token = self._token
        own = token is not None and not self._by_bot_first
        return self._speaking().drafts(f"token-{token.interaction}" if own and token else str(_place(self._origin)))

    async def _draft(self, post_id: PostId, look: Look) -> None:
        try:
            await self._route.draft(post_id, look)
        except ChannelGone as error:
            self._gone = error
        except ChannelError:
            pass  # a newer text comes soon, and the final edit tells its own failure


def _place(origin: Origin) -> int:
    return int(origin.address.thread or origin.address.channel)


def _answered(origin: Origin) -> int | None:
    return None if origin.message_id is None else int(origin.message_id)
