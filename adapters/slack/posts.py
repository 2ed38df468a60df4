"""Posts that are still being written: natively streamed where they can be, else updated as a whole.

A stream only grows: `chat.appendStream` adds what is new. It may end under our hands (after five minutes, or
because somebody pressed stop), and after a restart nobody here knows whether a post still streams. Every way
out of that leads to one `chat.update` of the whole text, which Slack takes once the stream is closed.
"""

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass

from adapters.slack import markup
from adapters.slack.api import Api
from adapters.slack.faults import NotStreaming, Unsure
from adapters.slack.values import Keepsake
from bot.contract import Address, Origin, PostId
from bot.errors import ChannelBusy, PostRejected, StoppedByReader

_MOST = 2_000


@dataclass(slots=True)
class Standing:
    """What Slack shows of a post of ours now; `text` is None when that is not known for certain."""

    text: str | None
    streams: bool


class Posts:
    """What stands where, for the posts that this process has touched lately."""

    def __init__(self) -> None:
        self._standing: OrderedDict[tuple[str, str], Standing] = OrderedDict()

    def find(self, address: Address, post_id: PostId) -> Standing | None:
        """What is known of a post; None after a restart."""
        return self._standing.get((address.channel, post_id))

    def note(self, address: Address, post_id: PostId, standing: Standing) -> Standing:
        """Remember a post; the oldest are forgotten, which costs them one more call and no more."""
        self._standing[address.channel, post_id] = standing
        while len(self._standing) > _MOST:
            self._standing.popitem(last=False)
        return standing


class Writer:
    """Writes the posts of one place."""

    def __init__(self, api: Api, posts: Posts, address: Address) -> None:
        self._api = api
        self._posts = posts
        self._at = address

    async def post(self, text: str, key: str) -> PostId:
        """An ordinary post. Raises `Unsure` when nobody knows whether it stands."""
        shown = markup.neutral(text)
        told = await self._api.call(
            "chat.postMessage",
            self._at,
            channel=self._at.channel,
            thread_ts=self._at.thread,
            markdown_text=shown,
            metadata={"event_type": "parley_post", "event_payload": {"key": key}},
            # What a model links to is not fetched by Slack: the address may carry what was said here.
            unfurl_links=False,
            unfurl_media=False,
        )
        post_id = PostId(str(told["ts"]))
        self._posts.note(self._at, post_id, Standing(shown, streams=False))
        return post_id

    async def open(self, origin: Origin, text: str) -> PostId:
        """A stream, to be grown. Raises `Unsure`, and `PostRejected` where only an ordinary post may do."""
        shown = markup.settled(text)
        told = await self._api.call(
            "chat.startStream",
            self._at,
            channel=self._at.channel,
            thread_ts=self._at.thread,
            recipient_user_id=origin.asker.id,
            recipient_team_id=Keepsake.load(origin.state).team or self._at.workspace,
            markdown_text=shown or None,
        )
        post_id = PostId(str(told["ts"]))
        self._posts.note(self._at, post_id, Standing(shown, streams=True))
        return post_id

    async def grow(self, post_id: PostId, text: str) -> None:
        """Show more, if the budgets allow it now."""
        standing = await self._known(post_id)
        if standing.streams:
            await self._append(post_id, standing, markup.settled(text))
        elif self._api.limits.spare("chat.update", self._at):
            await self._update(post_id, standing, markup.neutral(text))

    async def finish(self, post_id: PostId, text: str) -> None:
        """Show the whole text; a stream ends with it."""
        standing, shown = await self._known(post_id), markup.neutral(text)
        if standing.streams:
            await self._stop(post_id, standing, shown)
        await self._update(post_id, standing, shown)

    async def close(self, post_id: PostId) -> None:
        """End the stream, if it is one, as it stands."""
        standing = await self._known(post_id)
        if standing.streams:
            await self._stop(post_id, standing, None)

    async def _known(self, post_id: PostId) -> Standing:
        standing = self._posts.find(self._at, post_id)
        if standing is None:
            # Written by an earlier process: a stream that it left open refuses updates until it is stopped.
            standing = Standing(None, streams=True)
            with suppress(PostRejected, StoppedByReader):
                await self._stop(post_id, standing, None)
            standing.streams = False
        return self._posts.note(self._at, post_id, standing)

    async def _append(self, post_id: PostId, standing: Standing, shown: str) -> None:
        more = _addition(standing.text, shown)
        if not more or not self._api.limits.spare("chat.appendStream", self._at):
            return
        try:
            await self._call("chat.appendStream", post_id, markdown_text=more)
        except ChannelBusy:
            return
        except (Unsure, NotStreaming, StoppedByReader) as error:
            standing.text, standing.streams = None, isinstance(error, Unsure)
            if isinstance(error, StoppedByReader):
                raise
        else:
            standing.text = shown

    async def _stop(self, post_id: PostId, standing: Standing, shown: str | None) -> None:
        more = _addition(standing.text, shown) if shown is not None else None
        try:
            await self._call("chat.stopStream", post_id, markdown_text=more or None)
        except (NotStreaming, StoppedByReader) as error:
            standing.text, standing.streams = None, False
            if isinstance(error, StoppedByReader):
                raise
        else:
            standing.text, standing.streams = shown if more is not None else None, False

    async def _update(self, post_id: PostId, standing: Standing, shown: str) -> None:
        if standing.text == shown:
            return
        await self._call("chat.update", post_id, markdown_text=shown)
        standing.text = shown

    async def _call(self, method: str, post_id: PostId, *, markdown_text: str | None) -> None:
        await self._api.call(method, self._at, channel=self._at.channel, ts=post_id, markdown_text=markdown_text)


def _addition(stands: str | None, wanted: str) -> str | None:
    """What is to be added to what stands; None where adding cannot make it so."""
    return wanted[len(stands) :] if stands is not None and wanted.startswith(stands) else None
