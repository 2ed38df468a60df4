"""The files of the workspace: who has them, where they were shared, and how far Slack is with them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from uuid import uuid4

from tests.fakes.slack.values import ApiError, Channel, Json, Message, SharedFile

ID = re.compile(r"F[A-Z0-9]{8,}")
"""What Block Kit takes for a file's id (https://github.com/slackapi/python-slack-sdk/issues/1521)."""

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")
"""How the pictures begin that a block shows
(https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object)."""


@dataclass(frozen=True, slots=True)
class Share:
    """One message that shows a file."""

    channel: str
    ts: str
    thread_ts: str | None = None


@dataclass(slots=True)
class Kept:
    """One file. `ticket` is where its bytes are still to be sent; `processing` counts the looks before it is ready."""

    file: SharedFile
    owner: str
    length: int = 0
    ticket: str = ""
    arrived: bool = True
    complete: bool = True
    deleted: bool = False
    processing: int = 0
    shares: list[Share] = field(default_factory=list)


@dataclass(slots=True)
class Coming:
    """A message with files that Slack has taken and will show after so many looks at one of them."""

    channel: Channel
    message: Message
    ids: list[str]
    looks: int


@dataclass(slots=True)
class Library:
    """All files by id.

    `slow_pictures` is how often a block with a new picture is refused before Slack is done with it, `slow_shares` how
    often `files.info` is asked before an upload stands in its channel.
    """

    kept: dict[str, Kept] = field(default_factory=dict)
    slow_pictures: int = 0
    slow_shares: int = 0
    coming: list[Coming] = field(default_factory=list)

    def add(self, owner: str, files: Iterable[SharedFile]) -> tuple[SharedFile, ...]:
        """Files of a person, with new ids."""
        named = tuple(replace(file, id=new_id()) for file in files)
        self.kept.update({file.id: Kept(file, owner) for file in named})
        return named

    def begin(self, owner: str, file: SharedFile, length: int) -> Kept:
        """A file whose bytes are to come."""
        kept = Kept(replace(file, id=new_id()), owner, length, uuid4().hex, arrived=False, complete=False)
        self.kept[kept.file.id] = kept
        return kept

    def find(self, id: str) -> Kept:
        """A file that is there: `file_not_found`, `file_deleted`."""
        kept = self.kept.get(id)
        if kept is None or not kept.complete:
            raise ApiError("file_not_found")
        if kept.deleted:
            raise ApiError("file_deleted")
        return kept

    def awaited(self, ticket: str) -> Kept | None:
        """The file whose bytes go to this address."""
        return next((kept for kept in self.kept.values() if kept.ticket == ticket and not kept.arrived), None)

    def uploaded(self, id: str) -> Kept:
        """A file whose bytes have come and that nobody has completed yet."""
        kept = self.kept.get(id)
        if kept is None or not kept.arrived or kept.complete:
            raise ApiError("file_not_found")
        return kept

    def show(self, reference: Json) -> None:
        """`invalid_blocks` unless a block may show this file now."""
        kept = self.kept.get(str(reference.get("id", "")))
        if kept is None or kept.deleted or not kept.complete or not kept.file.content.startswith(_PICTURES):
            raise _invalid_file()
        if kept.processing:
            kept.processing -= 1
            raise _invalid_file()


def new_id() -> str:
    """An id that no file had before."""
    return f"F{uuid4().hex[:10].upper()}"


def _invalid_file() -> ApiError:
    said = "invalid slack file [json-pointer:/blocks/0/slack_file]"
    return ApiError("invalid_blocks", errors=[said], response_metadata={"messages": [f"[ERROR] {said}"]})
