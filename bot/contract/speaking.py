"""What is shown, and the place where it is."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NewType, Protocol

from bot.contract.files import Attachment, Download, File
from bot.contract.places import Origin

PostId = NewType("PostId", str)
"""What a platform calls one post of ours; unique inside an `Address`'s channel."""


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press under a post. `id` is what comes back, at most 64 ASCII characters and no secret.

    `label` is in the asker's words, at most 75 characters.
    """

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Post:
    """A whole post as it should look now. `text` is CommonMark; `key` is known before the first send.

    `buttons` (at most five) stand under it in one row; where an unfinished post can have none they are left out.
    `files` (at most ten) come with a post that is sent final, whose text may then be blank. An edit leaves them as
    they are, whatever it says of them. A voice message stands alone: its post has one file and no text.
    """

    text: str
    final: bool
    key: str
    buttons: tuple[Button, ...] = ()
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, read by `Reply` and by nobody else.

    `text_limit` is the most one post holds, counted by `measure` in the platform's own units, after its
    escaping. `edit_interval` (seconds) is the least time between two edits, None where a post cannot be
    edited. `post_lifetime` (seconds) is how long an unfinished post can be kept open, None for ever.
    `typing_interval` (seconds) is how often the typing sign must be renewed, None where there is none.
    `buttons` says that a finished post can have them; `rewrites` that it can be made to look otherwise later.
    `file_limit` (bytes) is the most that one file may have, 0 where posts have no files; `voice` says that voice
    messages (Ogg with Opus) are played as such.
    """

    text_limit: int
    measure: Callable[[str], int]
    edit_interval: float | None
    post_lifetime: float | None = None
    typing_interval: float | None = None
    buttons: bool = False
    rewrites: bool = True
    file_limit: int = 0
    voice: bool = False


class Channel(Protocol):
    """A place to speak in, opened on an `Origin`. Each verb is one step; each may raise `ChannelError`.

    A rate limit that asks for more than a second is `ChannelBusy`; nothing was done then.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What this place can do; fixed for the channel's life."""
        ...

    async def anchor(self, question: str, *, key: str = "question", again: bool = False) -> Origin:
        """Show a command's question as a visible post and return the origin under which its answer lives.

        The post is sent with this key; `again` says that an earlier run may have sent it already.
        """
        ...

    async def send(self, post: Post) -> PostId:
        """Show a new post; one with `final=False` will be edited until a final edit."""
        ...

    async def edit(self, post_id: PostId, post: Post) -> None:
        """Make a post look so. With `final=False` it may be skipped when a budget is short, else never."""
        ...

    async def delete(self, post_id: PostId) -> None:
        """Take a post of ours away; nothing happens if it is gone already."""
        ...

    async def find(self, keys: Sequence[str], known: Collection[PostId]) -> Mapping[str, PostId]:
        """Posts of ours under the question that were sent with these keys, by key; those not found are absent.

        Asked after a crash, when nobody knows what was shown. `known` are our posts there that belong to other
        answers: where a post does not show its key, one that is not among them is taken for the first missing.
        """
        ...

    async def locate(self, attachment: Attachment) -> Download:
        """Where the bytes of a file that came in here can be had now. Raises `FileLost` where they are gone."""
        ...

    async def notify(self, text: str) -> None:
        """Tell the asker alone, as privately as the place allows."""
        ...

    async def typing(self, status: str) -> None:
        """Show that an answer is being made; `status` in the asker's words where the place shows words."""
        ...
