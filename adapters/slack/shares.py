"""Posts with files. Pictures stand in the post itself; other files are shared by Slack, with the text above them.

https://docs.slack.dev/messaging/working-with-files: the bytes are sent first, and completing the upload shares them
or leaves them to the bot alone, whose blocks may then show them.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from adapters.slack import blocks, markup, transfer
from adapters.slack.api import Answer, Api
from adapters.slack.blocks import Picture
from adapters.slack.faults import BlocksRefused, ScopeMissing, Unsure
from adapters.slack.fixes import lacking
from adapters.slack.posts import Writer
from bot.contract import Address, File, Post, PostId
from bot.errors import ChannelBusy, ChannelError, ChannelGone, PostRejected

log = logging.getLogger("parley.slack")

FILE_LIMIT = 100 * 2**20
"""Slack takes 1 GB; but a person waits for the upload, and no answer that a model makes is longer than this."""

_MOST_FILES = 10
_ALT_LIMIT = 1_000
_SHOWN = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}
"""What an image block shows (https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object)."""

_MOST_UPLOADS = 500
_FIX = "invite the app to the channel: /invite @parley"


@dataclass(slots=True)
class Upload:
    """How far the files of one post are; `post_id` once they stand there.

    `private`: completed for the bot alone; `refused`: Slack does not show them as pictures of a post.
    """

    files: tuple[File, ...]
    ids: list[str] = field(default_factory=list)
    private: bool = False
    refused: bool = False
    shared: bool = False
    post_id: PostId | None = None


class Uploads:
    """Posts with files that are under way, so that one that is sent again goes on where it was."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[Address, str], Upload] = OrderedDict()

    def of(self, address: Address, post: Post) -> Upload:
        """The state of a post; a new one where nothing is known of these files, or where it has no key."""
        upload = self._open.get((address, post.key))
        if upload is None or upload.files != post.files or not post.key:
            upload = self._open[address, post.key] = Upload(post.files)
        while len(self._open) > _MOST_UPLOADS:
            self._open.popitem(last=False)
        return upload

    def done(self, address: Address, key: str) -> None:
        """The post stands."""
        self._open.pop((address, key), None)


class Sharer:
    """Sends posts with files to one place; `waits` are the pauses between looks at what Slack is still doing."""

    def __init__(self, api: Api, writer: Writer, uploads: Uploads, address: Address, waits: Sequence[float]) -> None:
        self._api = api
        self._writer = writer
        self._uploads = uploads
        self._at = address
        self._waits = waits

    async def post(self, post: Post) -> PostId:
        """Raises `Unsure` when nobody knows whether it stands, `PostRejected` where it cannot."""
        await _check(post)
        upload = self._uploads.of(self._at, post)
        try:
            post_id = await self._posted(post, upload)
        except ChannelGone as error:
            log.warning("slack_files_not_shown channel=%s reason=%s fix=%r", self._at.channel, error, _FIX)
            raise
        self._uploads.done(self._at, post.key)
        return post_id

    async def _posted(self, post: Post, upload: Upload) -> PostId:
        if not upload.refused and all(file.media_type in _SHOWN for file in post.files):
            try:
                return await self._pictured(post, upload)
            except BlocksRefused as error:
                log.warning("slack_picture_not_shown channel=%s reason=%s", self._at.channel, error)
                # What was completed for the bot alone cannot be shared any more.
                upload.ids, upload.private, upload.refused = [], False, True
        return await self._shared(post, upload)

    async def _pictured(self, post: Post, upload: Upload) -> PostId:
        """Slack looks through new files for a moment, and refuses blocks that show them until it is done."""
        await self._uploaded(post.files, upload)
        if not upload.private:
            # Whether it was done when nobody knows is told by the post that shows them.
            with suppress(Unsure):
                await self._complete(post.files, upload)
            upload.private = True
        pictures = tuple(_picture(file, id) for file, id in zip(post.files, upload.ids, strict=True))
        for wait in self._waits:
            try:
                return await self._writer.post(post, pictures)
            except BlocksRefused:
                await asyncio.sleep(wait)
        return await self._writer.post(post, pictures)

    async def _shared(self, post: Post, upload: Upload) -> PostId:
        """The message comes into being some time after the call; the words it begins with have no Markdown."""
        await self._uploaded(post.files, upload)
        if not upload.shared:
            await self._share(post, upload)
        upload.post_id = upload.post_id or await self._standing(upload)
        if upload.post_id is None:
            raise ChannelBusy("Slack has not shown the files yet", 2.0)
        await self._dress(upload.post_id, post)
        return upload.post_id

    async def _share(self, post: Post, upload: Upload) -> None:
        where = {"channel_id": self._at.channel, "thread_ts": self._at.thread}
        try:
            await self._complete(post.files, upload, initial_comment=blocks.bare(post.text) or None, **where)
        except Unsure:
            upload.post_id = await self._standing(upload)
            if upload.post_id is None:
                raise
        upload.shared = True

    async def _dress(self, post_id: PostId, post: Post) -> None:
        """Markdown and buttons; without them the files stand there all the same."""
        try:
            await self._writer.dress(post_id, post)
        except ChannelBusy:
            raise
        except ChannelError as error:
            log.warning("slack_share_left_plain channel=%s reason=%s", self._at.channel, error)

    async def _uploaded(self, files: Sequence[File], upload: Upload) -> None:
        for file in files[len(upload.ids) :]:
            alt = markup.clip(file.alt, _ALT_LIMIT) or None
            told = await self._call("files.getUploadURLExternal", filename=file.name, length=file.size, alt_txt=alt)
            await self._api.upload(str(told["upload_url"]), file)
            upload.ids.append(str(told["file_id"]))

    async def _complete(self, files: Sequence[File], upload: Upload, **share: object) -> None:
        named = [_named(file, id) for file, id in zip(files, upload.ids, strict=True)]
        await self._call("files.completeUploadExternal", files=named, **share)

    async def _standing(self, upload: Upload) -> PostId | None:
        for wait in (0.0, *self._waits):
            await asyncio.sleep(wait)
            if (ts := _shown_at(await self._told(upload.ids[0]), self._at)) is not None:
                return PostId(ts)
        return None

    async def _told(self, id: str) -> Mapping[str, Any]:
        try:
            found = (await self._api.call("files.info", self._at, file=id)).get("file")
        except ScopeMissing as error:
            _complain("files:read")
            # The files may stand there by now: the channel itself can be read for them.
            raise Unsure(str(error)) from error
        except PostRejected as error:
            log.info("slack_file_unknown file=%s reason=%s", id, error)
            return {}
        return found if isinstance(found, Mapping) else {}

    async def _call(self, method: str, **arguments: object) -> Answer:
        try:
            return await self._api.call(method, self._at, **arguments)
        except ScopeMissing as error:
            _complain("files:write")
            raise PostRejected(str(error)) from error


def _complain(scope: str) -> None:
    log.error("slack_scope_missing scope=%s fix=%r", scope, lacking([scope]).fix)


async def _check(post: Post) -> None:
    if not post.final or len(post.files) > _MOST_FILES:
        raise PostRejected(f"{len(post.files)} files in a post that is {'' if post.final else 'not '}final")
    for file in post.files:
        if not 0 < file.size <= FILE_LIMIT:
            raise PostRejected(f"a file of {file.size} bytes")
        if not await transfer.whole(file):
            raise PostRejected("a file is not there any more, or not whole")


def _picture(file: File, id: str) -> Picture:
    return Picture(id, file.alt or file.name)


def _named(file: File, id: str) -> Mapping[str, str]:
    """With a picture's type told, people see it before Slack is done with it."""
    kind = _SHOWN.get(file.media_type)
    return {"id": id, "title": file.name, **({"highlight_type": kind} if kind else {})}


def _shown_at(file: Mapping[str, Any], at: Address) -> str | None:
    """Where `files.info` says that a file of ours stands: `shares` holds messages by channel, public or private."""
    sides = (file.get("shares") or {}).values()
    found = [str(share["ts"]) for side in sides for share in side.get(at.channel) or ()]
    return found[0] if found else None
