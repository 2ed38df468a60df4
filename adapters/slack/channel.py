"""The Channel: our verbs as Slack's calls."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import time

from adapters.slack import markup
from adapters.slack.connection import Connection
from adapters.slack.doubts import Doubts
from adapters.slack.faults import MessageMissing, Unsure
from adapters.slack.posts import Posts, Writer
from adapters.slack.responses import Responses
from adapters.slack.shares import FILE_LIMIT, Sharer, Uploads
from adapters.slack.values import Keepsake, is_direct
from bot.contract import Attachment, Capabilities, Download, Host, Origin, Post, PostId
from bot.errors import ChannelBusy, ChannelError, ChannelGone, PostGone, PostRejected

log = logging.getLogger("parley.slack")

_STREAMED = Capabilities(
    markup.TEXT_LIMIT,
    markup.measure,
    edit_interval=1.0,
    # A stream ends by itself about 300 s after it began, even while it is fed.
    post_lifetime=270.0,
    # The status line vanishes after 120 s.
    typing_interval=90.0,
    buttons=True,
    file_limit=FILE_LIMIT,
)
_UPDATED = Capabilities(markup.TEXT_LIMIT, markup.measure, edit_interval=2.5, buttons=True, file_limit=FILE_LIMIT)
"""Where there is no thread there is no stream: few updates, as a workspace has 50 a minute in all."""

_SINCE_S = 120.0
"""How far back to look for a post that may have arrived, where there is no question to look behind."""


_LONG_S = 3600.0
"""How far back a command's question may stand, which has no message that names a moment."""


@dataclass(slots=True)
class Line:
    """What all channels share; `connection` is None while the platform is left."""

    host: Host
    posts: Posts
    responses: Responses
    uploads: Uploads
    connection: Connection | None = None
    doubts: Doubts = field(default_factory=Doubts)

    def need(self) -> Connection:
        """The way out. Raises `ChannelBusy` while the platform is left."""
        if self.connection is None:
            raise ChannelBusy("slack is not connected", 2.0)
        return self.connection


class SlackChannel:
    """Speaks at one origin."""

    def __init__(self, line: Line, origin: Origin) -> None:
        self._line = line
        self._origin = origin
        self._at = origin.address

    @property
    def capabilities(self) -> Capabilities:
        """Streams in threads, updates elsewhere."""
        return _STREAMED if self._at.thread is not None else _UPDATED

    async def anchor(self, question: str, *, key: str = "question", again: bool = False) -> Origin:
        """Slack shows nobody what was asked with a slash command: post it, and answer in the thread under it.

        In a direct message the answer stays flat, as the conversation does.
        """
        name = markup.plain(self._origin.asker.name)
        quoted = question.replace("\n", "\n> ")
        asked = self._line.host.text("question-asked", self._origin.locale, name=name, question=quoted)
        ts = await self._shown_once(Post(markup.clip(asked), final=True, key=key), again=again)
        thread = self._at.thread if is_direct(self._at) else ts
        state = Keepsake(team=Keepsake.load(self._origin.state).team).dump()
        return replace(self._origin, address=replace(self._at, thread=thread), message_id=ts, state=state)

    async def _shown_once(self, post: Post, *, again: bool) -> PostId:
        """The question's post, sent if it does not stand there already."""
        shown = await self._keyed(post.key) if again or self._line.doubts.about(self._at, post.key) else None
        self._line.doubts.settle(self._at, post.key)
        if shown is not None:
            return shown
        try:
            return await self._writer().post(post)
        except Unsure as error:
            return await self._found(post, error)

    async def _keyed(self, key: str) -> PostId | None:
        history = await self._line.need().history()
        return await history.keyed(self._at, self._origin.message_id or f"{time() - _LONG_S:.6f}", key)

    async def send(self, post: Post) -> PostId:
        """A stream where one is to grow, else an ordinary post.

        When no stream can begin now it is `ChannelBusy`: the whole answer in one post then takes one call, while a
        post that grows would queue with all others for `chat.update`, of which a workspace has 50 a minute.
        """
        _fit(post.text)
        if self._line.doubts.about(self._at, post.key) and (stands := await self._cleared(post)) is not None:
            return stands
        try:
            return await self._sent(post)
        except Unsure as error:
            return await self._found(post, error)

    async def _sent(self, post: Post) -> PostId:
        api = self._line.need().api
        if not post.final and self._at.thread is not None:
            if (wait := api.limits.budget("chat.startStream", self._at).wait()) > 0:
                raise ChannelBusy("no stream can begin now", wait)
            try:
                return await self._writer().open(self._origin, post.text)
            except PostRejected as error:
                # Whatever Slack has against a stream here, an ordinary post may still do.
                log.info("slack_stream_refused workspace=%s reason=%s", self._at.workspace, error)
        try:
            return await (self._sharer() if post.files else self._writer()).post(post)
        except ChannelGone:
            # A command can be called where we are no member: its reply address still reaches the asker.
            if post.final and post.text.strip() and await self._reply(post.text):
                return PostId(f"reply-{post.key}")
            raise

    async def edit(self, post_id: PostId, post: Post) -> None:
        """Grow or finish a post; raises `StoppedByReader` when somebody ended its stream."""
        _fit(post.text)
        write = self._writer().finish if post.final else self._writer().grow
        try:
            await write(post_id, post)
        except MessageMissing as error:
            raise PostGone(str(error)) from error

    async def delete(self, post_id: PostId) -> None:
        """Take a post away; its stream is ended first."""
        api = self._line.need().api
        standing = self._line.posts.find(self._at, post_id)
        try:
            if standing is not None and standing.streams:
                await self._writer().close(post_id)
            await api.call("chat.delete", self._at, channel=self._at.channel, ts=post_id)
        except MessageMissing:
            return

    async def find(self, keys: Sequence[str], known: Collection[PostId]) -> Mapping[str, PostId]:
        """Looked up behind the question.

        Ordinary posts and finished streams carry their key, a stream that was left open carries none.
        """
        if not keys:
            return {}
        history = await self._line.need().history()
        return await history.ours(self._at, self._origin.message_id or _lately(), keys, known)

    async def locate(self, attachment: Attachment) -> Download:
        """By the id of the file, whichever channel it came in by."""
        return await self._line.need().files.locate(self._at, attachment)

    async def notify(self, text: str) -> None:
        """Through the reply address of a command or a press while it serves; else to the asker alone in the thread.

        A direct message is private anyway, and there a lasting post is worth more than one that is lost when
        the asker is away.
        """
        api = self._line.need().api
        words = markup.clip(text)
        if await self._reply(words):
            return
        if is_direct(self._at):
            await self._writer().post(Post(words, final=True, key="notice"))
            return
        await api.call(
            "chat.postEphemeral",
            self._at,
            channel=self._at.channel,
            user=self._origin.asker.id,
            thread_ts=self._at.thread,
            markdown_text=markup.neutral(words),
        )

    async def typing(self, status: str) -> None:
        """The status line of the thread; a courtesy, so whatever is wrong with it is only logged."""
        api = self._line.need().api
        if self._at.thread is None or not api.limits.spare("assistant.threads.setStatus", self._at):
            return
        where = {"channel_id": self._at.channel, "thread_ts": self._at.thread}
        try:
            await api.call("assistant.threads.setStatus", self._at, **where, status=status)
        except ChannelError as error:
            log.info("slack_status_not_shown channel=%s reason=%s", self._at.channel, error)

    async def _reply(self, text: str) -> bool:
        """Answer through the reply address, where there is one that still serves."""
        respond, url = self._line.need().api.respond, Keepsake.load(self._origin.state).response_url
        return await self._line.responses.say(respond, url, text, self._at.thread)

    async def _found(self, post: Post, doubt: Unsure) -> PostId:
        """Slack has no keys against doubles: before anything is sent again, look whether it stands there."""
        self._line.doubts.open(self._at, post.key)
        found = await self._looked_for(post, doubt)
        self._line.doubts.settle(self._at, post.key)
        if found is None:
            raise ChannelBusy(str(doubt), 1.0) from doubt
        return found

    async def _cleared(self, post: Post) -> PostId | None:
        """A post whose fate is unknown, found and made what it should be now; None where it does not stand."""
        doubts = self._line.doubts
        found = doubts.found(self._at, post.key) or await self._looked_for(post, Unsure("nobody can look for it"))
        if found is not None and post.final and not post.files:
            # Another text may be wanted by now. From here on it is known, so that no look would find it again.
            doubts.open(self._at, post.key, found)
            await self.edit(found, post)
        doubts.settle(self._at, post.key)
        return found

    async def _looked_for(self, post: Post, doubt: Unsure) -> PostId | None:
        """Raises `ChannelBusy` while Slack has no time, and the doubt where it does not let us look at all."""
        try:
            return await self._lost(post)
        except ChannelBusy:
            raise
        except ChannelError:
            self._line.doubts.settle(self._at, post.key)
            raise doubt from None

    async def _lost(self, post: Post) -> PostId | None:
        """By Slack's own clock where the question has told it, which may be far behind ours.

        What shows no key is a stream, and never a post with files: it would be one that an earlier process has begun.
        """
        if self._origin.message_id is None or post.files:
            return await self._keyed(post.key)
        history = await self._line.need().history()
        known = self._line.posts.in_channel(self._at)
        return (await history.ours(self._at, self._origin.message_id, [post.key], known)).get(post.key)

    def _sharer(self) -> Sharer:
        connection = self._line.need()
        return Sharer(connection.api, self._writer(), self._line.uploads, self._at, connection.file_waits)

    def _writer(self) -> Writer:
        api = self._line.need().api
        return Writer(api, self._line.posts, self._at)


def _lately() -> str:
    return f"{time() - _SINCE_S:.6f}"


def _fit(text: str) -> None:
    if (length := markup.measure(text)) > markup.TEXT_LIMIT:
        raise PostRejected(f"a text of {length} characters is longer than {markup.TEXT_LIMIT}")
