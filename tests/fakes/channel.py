"""A channel whose screen a test can read, as strict as a platform."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Literal

from bot.contract import Address, Attachment, Button, Capabilities, Download, File, Origin, Person, Post, PostId
from bot.errors import BotError, FileLost, PostGone, PostRejected

Verb = Literal["anchor", "send", "edit", "delete", "find", "locate", "notify", "typing"]

KEY_LIMIT = 25
"""Discord's limit of a nonce, the tightest of all platforms."""

MOST_BUTTONS = 5
BUTTON_ID_LIMIT = 64
LABEL_LIMIT = 75
MOST_FILES = 10

ADDRESS = Address("fake", "W1", "C1")
ASKER = Person("U1", "Ann")
ORIGIN = Origin(ADDRESS, ASKER, message_id="M1", locale="en")

ROOMY = Capabilities(text_limit=2000, measure=len, edit_interval=1.0, buttons=True)


@dataclass(slots=True)
class ShownPost:
    """One post as it stands on the screen; `history` holds every text it ever showed."""

    id: PostId
    text: str
    final: bool
    key: str
    born: float
    buttons: tuple[Button, ...] = ()
    files: tuple[File, ...] = ()
    deleted: bool = False
    history: list[str] = field(default_factory=list)

    @property
    def edits(self) -> int:
        """How often its look was changed."""
        return len(self.history) - 1


@dataclass(frozen=True, slots=True)
class Call:
    """One verb that was called, and when; `text` is a post's or a notice's text, `failed` says it was refused."""

    verb: Verb
    at: float
    text: str = ""
    final: bool = False
    post_id: PostId | None = None
    failed: bool = False


class FakeChannel:
    """Implements `bot.contract.Channel`.

    `elsewhere` are the posts that were sent through other channels of the same platform, and `ids` numbers them all.
    `latency` is how long each verb takes by the given clock. Two verbs that write posts at once are a
    failure of the caller and raise AssertionError: a reply has one writer.
    """

    def __init__(
        self,
        capabilities: Capabilities = ROOMY,
        *,
        clock: Callable[[], float] = lambda: 0.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        latency: float = 0.0,
        origin: Origin = ORIGIN,
        elsewhere: Callable[[], Iterable["ShownPost"]] = tuple,
        ids: Iterator[int] | None = None,
    ) -> None:
        self._capabilities = capabilities
        self._clock = clock
        self._sleep = sleep
        self._latency = latency
        self._origin = origin
        self._elsewhere = elsewhere
        self._ids = ids or count(1)
        self._failures: dict[Verb, list[BotError]] = {}
        self._writing = False
        self.posts: list[ShownPost] = []
        self.notices: list[str] = []
        self.statuses: list[str] = []
        self.downloads: dict[str, Download] = {}
        self.calls: list[Call] = []

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    # What a test does and sees.

    def fail(self, verb: Verb, error: BotError, *, times: int = 1) -> None:
        """The next `times` calls of a verb raise this error, and nothing is done then."""
        self._failures.setdefault(verb, []).extend([error] * times)

    def shown(self) -> list[str]:
        """The texts of the posts that stand on the screen, oldest first."""
        return [post.text for post in self.posts if not post.deleted]

    def unfinished(self) -> list[PostId]:
        """Posts that still wait for their final edit."""
        return [post.id for post in self.posts if not (post.deleted or post.final)]

    def verbs(self) -> list[Verb]:
        """The verbs that wrote posts and were not refused, in order."""
        return [call.verb for call in self.calls if call.verb in ("send", "edit", "delete") and not call.failed]

    def seed(self, text: str, *, final: bool = False, key: str = "") -> PostId:
        """A post of ours that stands there from an earlier attempt."""
        return self._show(Post(text, final, key)).id

    # The contract.

    async def anchor(self, question: str, *, key: str = "question", again: bool = False) -> Origin:
        await self._step(Call("anchor", self._clock(), question))
        shown = [post for post in self._all() if again and post.key == key and not post.deleted]
        return replace(self._origin, message_id=(shown or [self._show(Post(question, True, key))])[0].id)

    async def send(self, post: Post) -> PostId:
        with self._one_writer():
            await self._step(Call("send", self._clock(), post.text, post.final))
            self._inspect(post)
            known = [shown for shown in self.posts if shown.key == post.key and post.key]
            return known[0].id if known else self._show(post).id

    async def edit(self, post_id: PostId, post: Post) -> None:
        with self._one_writer():
            await self._step(Call("edit", self._clock(), post.text, post.final, post_id))
            self._inspect(post)
            shown = self._alive(post_id, final=post.final)
            shown.text, shown.final, shown.buttons = post.text, post.final, post.buttons
            shown.history.append(post.text)

    async def delete(self, post_id: PostId) -> None:
        with self._one_writer():
            await self._step(Call("delete", self._clock(), post_id=post_id))
            for shown in self._all():
                shown.deleted = shown.deleted or shown.id == post_id

    async def find(self, keys: Sequence[str], known: Collection[PostId]) -> Mapping[str, PostId]:
        await self._step(Call("find", self._clock()))
        standing = [post for post in self._all() if not post.deleted and post.id not in known]
        return {post.key: post.id for post in standing if post.key in keys}

    async def locate(self, attachment: Attachment) -> Download:
        await self._step(Call("locate", self._clock(), attachment.ref))
        if attachment.ref not in self.downloads:
            raise FileLost("no such file", attachment.name)
        return self.downloads[attachment.ref]

    async def notify(self, text: str) -> None:
        await self._step(Call("notify", self._clock(), text))
        self.notices.append(text)

    async def typing(self, status: str) -> None:
        await self._step(Call("typing", self._clock(), status))
        self.statuses.append(status)

    # The platform's own rules.

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        if self._writing:
            raise AssertionError("two writers in one channel at the same time")
        self._writing = True
        try:
            yield
        finally:
            self._writing = False

    async def _step(self, call: Call) -> None:
        waiting = self._failures.get(call.verb)
        error = waiting.pop(0) if waiting else None
        self.calls.append(replace(call, failed=error is not None))
        if self._latency:
            await self._sleep(self._latency)
        if error is not None:
            raise error

    def _inspect(self, post: Post) -> None:
        if not (post.text.strip() or post.files):
            raise PostRejected("empty post")
        if post.files and not self._takes(post):
            raise PostRejected("bad files")
        if self._capabilities.measure(post.text) > self._capabilities.text_limit:
            raise PostRejected("too long")
        if len(post.buttons) > MOST_BUTTONS or not all(_pressable(button) for button in post.buttons):
            raise PostRejected("bad buttons")
        if not (post.key.isascii() and len(post.key) <= KEY_LIMIT):
            raise PostRejected("bad key")

    def _takes(self, post: Post) -> bool:
        spoken = any(file.voice for file in post.files)
        alone = len(post.files) == 1 and not (post.text or post.buttons)
        fits = all(file.path.stat().st_size == file.size <= self._capabilities.file_limit for file in post.files)
        named = all(post.key in file.name for file in post.files)
        return post.final and fits and named and (alone or not spoken) and len(post.files) <= MOST_FILES

    def _alive(self, post_id: PostId, *, final: bool) -> ShownPost:
        found = [post for post in self._all() if post.id == post_id and not post.deleted]
        if not found:
            raise PostGone("unknown post")
        if self._capabilities.edit_interval is None:
            raise PostRejected("posts cannot be edited here")
        lifetime = self._capabilities.post_lifetime
        if lifetime is not None and not final and self._clock() - found[0].born > lifetime:
            raise PostRejected("the post is no longer open")
        return found[0]

    def _all(self) -> list[ShownPost]:
        return [*self.posts, *(post for post in self._elsewhere() if post not in self.posts)]

    def _show(self, post: Post) -> ShownPost:
        shown = ShownPost(
            PostId(f"P{next(self._ids)}"),
            post.text,
            post.final,
            post.key,
            self._clock(),
            post.buttons,
            post.files,
            history=[post.text],
        )
        self.posts.append(shown)
        return shown


def _pressable(button: Button) -> bool:
    return button.id.isascii() and 0 < len(button.id) <= BUTTON_ID_LIMIT and 0 < len(button.label) <= LABEL_LIMIT
