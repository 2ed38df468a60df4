"""The terminal as a Channel: what was printed stays, a post grows at its end."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from uuid import uuid4

from adapters.terminal import files
from adapters.terminal.files import FILE_LIMIT
from adapters.terminal.printer import Printer
from bot.contract import Attachment, Capabilities, Download, Origin, Post, PostId
from bot.errors import ChannelBusy, ChannelGone, FileLost, PostRejected

TEXT_LIMIT = 1_000_000

TYPED = Capabilities(TEXT_LIMIT, len, edit_interval=0.05, typing_interval=3600.0, rewrites=False, file_limit=FILE_LIMIT)
"""A person looks on: the answer grows."""

PIPED = Capabilities(TEXT_LIMIT, len, edit_interval=None, rewrites=False, file_limit=FILE_LIMIT)
"""A program reads: each answer is printed once."""

_RETRY_S = 1.0


class TerminalChannel:
    """`answered` is told the id of the message that got its final post or a notice; `folder` is for files."""

    def __init__(
        self,
        origin: Origin,
        printer: Printer,
        ready: Callable[[], bool],
        answered: Callable[[str | None], None],
        folder: Path,
    ) -> None:
        self._origin = origin
        self._printer = printer
        self._ready = ready
        self._answered = answered
        self._folder = folder

    @property
    def capabilities(self) -> Capabilities:
        return TYPED if self._printer.interactive else PIPED

    async def anchor(self, question: str, *, key: str = "question", again: bool = False) -> Origin:
        return self._origin

    async def send(self, post: Post) -> PostId:
        post_id = PostId(uuid4().hex)
        self._needs_to_be_open()
        _check(post)
        copies = await asyncio.to_thread(files.copy, post.files, self._folder) if post.files else ()
        self._show(post_id, post, copies)
        return post_id

    async def edit(self, post_id: PostId, post: Post) -> None:
        _check(post)
        self._show(post_id, post)

    async def delete(self, post_id: PostId) -> None:
        """Nothing: what was printed cannot be taken back."""

    async def find(self, keys: Sequence[str], known: Collection[PostId]) -> Mapping[str, PostId]:
        """Nothing: what an earlier run printed cannot be read back."""
        return {}

    async def locate(self, attachment: Attachment) -> Download:
        """A path of this machine: a terminal has no files of its own."""
        if not await asyncio.to_thread(Path(attachment.ref).is_file):
            raise FileLost("no such file", attachment.name)
        return Download(Path(attachment.ref).as_uri(), hosts=("file:",))

    async def notify(self, text: str) -> None:
        self._print(lambda: self._printer.line(text))
        self._answered(self._origin.message_id)

    async def typing(self, status: str) -> None:
        self._print(lambda: self._printer.fleeting(status))

    def _show(self, post_id: PostId, post: Post, copies: Sequence[Path] = ()) -> None:
        if post.text or not copies:
            self._print(lambda: self._printer.grow(post_id, post.text, final=post.final))
        for path in copies:
            self._print(partial(self._printer.line, str(path)))
        if post.final:
            self._answered(self._origin.message_id)

    def _print(self, write: Callable[[], None]) -> None:
        self._needs_to_be_open()
        try:
            write()
        except BrokenPipeError as error:
            self._answered(self._origin.message_id)
            raise ChannelGone("nobody reads the output") from error

    def _needs_to_be_open(self) -> None:
        if not self._ready():
            raise ChannelBusy("the terminal is not open", _RETRY_S)


def _check(post: Post) -> None:
    if len(post.text) > TEXT_LIMIT:
        raise PostRejected("longer than a terminal's post may be")
