"""Posts that are still being written: natively streamed where they can be, else updated as a whole.

A stream only grows: `chat.appendStream` adds what is new. It may end under our hands (after five minutes, or
because somebody pressed stop), and after a restart nobody here knows whether a post still streams. Every way
out of that leads to one `chat.update` of the whole post, which Slack takes once the stream is closed. An update
always sends blocks: without them Slack leaves earlier ones standing, buttons and all.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.slack import blocks, markup, pictures
from adapters.slack.api import Api
from adapters.slack.blocks import Picture
from adapters.slack.faults import NotStreaming, Unsure
from adapters.slack.values import Keepsake
from bot.contract import Address, Button, Origin, Post, PostId
from bot.errors import ChannelBusy, PostRejected, StoppedByReader

_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Shown:
    """The look of a post: its text as Slack has it, mentions made harmless, and its buttons."""

    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(slots=True)
class Standing:
    """What Slack shows of a post of ours now; `shown` is None when that is not known for certain.

    `pictures` stand in it for good: each update has to repeat them.
    """

    shown: Shown | None
    streams: bool
    pictures: tuple[Picture, ...] = ()


class Posts:
    """What stands where, for the posts that this process has touched lately."""

    def __init__(self) -> None:
        self._standing: OrderedDict[tuple[str, str], Standing] = OrderedDict()

    def find(self, address: Address, post_id: PostId) -> Standing | None:
        """What is known of a post; None after a restart."""
        return self._standing.get((address.channel, post_id))

    def in_channel(self, address: Address) -> frozenset[PostId]:
        """All posts that are known in an address's channel."""
        return frozenset(PostId(post_id) for channel, post_id in self._standing if channel == address.channel)

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

    async def post(self, post: Post, shows: tuple[Picture, ...] = ()) -> PostId:
        """An ordinary post; `shows` are pictures that Slack has. Raises `Unsure` when nobody knows if it stands."""
        shown = _look(post)
        bare = not (shown.buttons or shows)
        words = {"markdown_text": shown.text} if bare else blocks.content(shown.text, shown.buttons, shows)
        told = await self._api.call(
            "chat.postMessage",
            self._at,
            channel=self._at.channel,
            thread_ts=self._at.thread,
            metadata=_metadata(post.key, shows),
            # What a model links to is not fetched by Slack: the address may carry what was said here.
            unfurl_links=False,
            unfurl_media=False,
            **words,
        )
        post_id = PostId(str(told["ts"]))
        self._posts.note(self._at, post_id, Standing(shown, streams=False, pictures=shows))
        return post_id

    async def dress(self, post_id: PostId, post: Post) -> None:
        """What Slack itself has posted with files and bare words gets its Markdown, its buttons and its key."""
        plain = markup.plain(post.text) == post.text
        standing = Standing(Shown(markup.neutral(post.text)) if plain else None, streams=False)
        await self._update(post_id, self._posts.note(self._at, post_id, standing), post)

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
        self._posts.note(self._at, post_id, Standing(Shown(shown), streams=True))
        return post_id

    async def grow(self, post_id: PostId, post: Post) -> None:
        """Show more, if the budgets allow it now. A stream has no buttons before its end."""
        standing = await self._known(post_id)
        if standing.streams:
            await self._append(post_id, standing, markup.settled(post.text))
        elif self._api.limits.spare("chat.update", self._at):
            await self._update(post_id, standing, post)

    async def finish(self, post_id: PostId, post: Post) -> None:
        """Show the whole post; a stream ends with it."""
        standing = await self._known(post_id)
        if standing.streams:
            await self._stop(post_id, standing, post)
        await self._update(post_id, standing, post)

    async def close(self, post_id: PostId) -> None:
        """End the stream, if it is one, as it stands."""
        standing = await self._known(post_id)
        if standing.streams:
            await self._stop(post_id, standing, None)

    async def _known(self, post_id: PostId) -> Standing:
        standing = self._posts.find(self._at, post_id)
        if standing is None:
            streamed = self._at.thread is not None and await self._was_open(post_id)
            shows = () if streamed else await pictures.standing(self._api, self._at, post_id)
            standing = Standing(None, streams=False, pictures=shows)
        return self._posts.note(self._at, post_id, standing)

    async def _was_open(self, post_id: PostId) -> bool:
        """Written by an earlier process: a stream that it left open refuses updates until it is stopped."""
        try:
            await self._call("chat.stopStream", post_id)
        except (PostRejected, StoppedByReader):
            return False
        return True

    async def _append(self, post_id: PostId, standing: Standing, text: str) -> None:
        more = _addition(standing.shown, text)
        if not more or not self._api.limits.spare("chat.appendStream", self._at):
            return
        try:
            await self._call("chat.appendStream", post_id, markdown_text=more)
        except ChannelBusy:
            return
        except (Unsure, NotStreaming, StoppedByReader) as error:
            standing.shown, standing.streams = None, isinstance(error, Unsure)
            if isinstance(error, StoppedByReader):
                raise
        else:
            standing.shown = Shown(text)

    async def _stop(self, post_id: PostId, standing: Standing, post: Post | None) -> None:
        """One call brings the rest of the words, the buttons under them, and the key that a stream begins without."""
        more = _addition(standing.shown, markup.neutral(post.text)) if post is not None else None
        rest = {} if post is None or more is None else _end(more, post)
        try:
            await self._call("chat.stopStream", post_id, **rest)
        except (NotStreaming, StoppedByReader) as error:
            standing.shown, standing.streams = None, False
            if isinstance(error, StoppedByReader):
                raise
        else:
            standing.shown, standing.streams = _look(post) if post is not None and more is not None else None, False

    async def _update(self, post_id: PostId, standing: Standing, post: Post) -> None:
        look = _look(post)
        if standing.shown != look:
            words = blocks.content(look.text, look.buttons, standing.pictures)
            await self._call("chat.update", post_id, metadata=_metadata(post.key, standing.pictures), **words)
            standing.shown = look

    async def _call(self, method: str, post_id: PostId, **arguments: object) -> None:
        await self._api.call(method, self._at, channel=self._at.channel, ts=post_id, **arguments)


def _look(post: Post) -> Shown:
    return Shown(markup.neutral(post.text), post.buttons)


def _end(more: str, post: Post) -> dict[str, object]:
    return {
        "markdown_text": more or None,
        "blocks": blocks.row(post.buttons) or None,
        "metadata": _metadata(post.key),
    }


def _metadata(key: str, shows: Sequence[Picture] = ()) -> dict[str, object] | None:
    """By which a post and its pictures are found again; where there is no key, what stands there stays."""
    listed = {"pictures": " ".join(picture.id for picture in shows)} if shows else {}
    return {"event_type": "parley_post", "event_payload": {"key": key, **listed}} if key else None


def _addition(stands: Shown | None, wanted: str) -> str | None:
    """What is to be added to what stands; None where adding cannot make it so."""
    return wanted[len(stands.text) :] if stands is not None and wanted.startswith(stands.text) else None
