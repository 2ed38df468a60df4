"""The `files.*` methods: what is known of a file, and the three steps of an upload."""

import mimetypes
from collections.abc import Sequence

from tests.fakes.slack.args import Args
from tests.fakes.slack.blocks import checked
from tests.fakes.slack.library import Coming, Kept, Share
from tests.fakes.slack.stage import Stage
from tests.fakes.slack.values import ApiError, Channel, Json, Message, SharedFile
from tests.fakes.slack.workspace import measure

ALT_LIMIT = 1_000
MOST_BYTES = 2**30
_HIGHLIGHTS = {"png", "jpg", "jpeg", "gif"}


def info(stage: Stage, args: Args) -> Json:
    """`files.info`: a file of the bot's own, or one that was shared where the bot is."""
    kept = stage.workspace.library.find(args.need("file"))
    if not _visible(stage, kept):
        raise ApiError("file_not_found")
    _bring(stage, kept)
    return {"file": {**stage.payloads.file(kept.file, whole=True), **_shares(stage, kept)}}


def upload_url(stage: Stage, args: Args) -> Json:
    """`files.getUploadURLExternal`: the address for the bytes, and the id that the file will have."""
    name, length, alt = args.need("filename"), args.number("length", 0), args.text("alt_txt") or ""
    if not length:
        raise ApiError("invalid_arguments")
    if length > MOST_BYTES:
        raise ApiError("file_upload_size_restricted")
    if measure(alt) > ALT_LIMIT:
        raise ApiError("alt_txt_too_large")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    me = stage.workspace.identity.bot_user_id
    kept = stage.workspace.library.begin(me, SharedFile(name, kind, b"", alt=alt), length)
    return {"upload_url": f"{stage.payloads.upload_url}{kept.ticket}", "file_id": kept.file.id}


def complete_upload(stage: Stage, args: Args) -> Json:
    """`files.completeUploadExternal`: without a channel the files stay private to the bot."""
    asked = args.objects("files", "invalid_arguments")
    if not asked or any(each.get("highlight_type", "png") not in _HIGHLIGHTS for each in asked):
        raise ApiError("invalid_arguments")
    library = stage.workspace.library
    uploads = [library.uploaded(str(each.get("id", ""))) for each in asked]
    place = args.text("channel_id")
    message = _message(stage, stage.workspace.channel(place), uploads, args) if place else None
    for kept in uploads:
        kept.complete, kept.processing = True, library.slow_pictures
    if place and message is not None:
        _share(stage, stage.workspace.channel(place), message, uploads)
    return {"files": [{**stage.payloads.file(kept.file, whole=True), "shares": {}} for kept in uploads]}


def _message(stage: Stage, channel: Channel, uploads: Sequence[Kept], args: Args) -> Message:
    thread_ts, comment = args.text("thread_ts"), args.text("initial_comment")
    if thread_ts is not None:
        stage.workspace.parent(channel, thread_ts)
    # With a comment the blocks are ignored.
    blocks = [] if comment else args.objects("blocks", "invalid_blocks") or []
    if any(block.get("type") == "markdown" for block in blocks):
        # https://github.com/slackapi/python-slack-sdk/issues/1756
        raise ApiError("internal_error")
    checked(blocks, stage.workspace.library)
    me = stage.workspace.identity.bot_user_id
    message = Message("", me, comment or "", thread_ts, tuple(blocks), tuple(kept.file for kept in uploads))
    message.subtype = "file_share"
    return message


def _share(stage: Stage, channel: Channel, message: Message, uploads: Sequence[Kept]) -> None:
    library = stage.workspace.library
    if library.slow_shares:
        library.coming.append(Coming(channel, message, [kept.file.id for kept in uploads], library.slow_shares))
    else:
        _stand(stage, channel, message, uploads)


def _stand(stage: Stage, channel: Channel, message: Message, uploads: Sequence[Kept]) -> None:
    message.ts = stage.workspace.next_ts()
    for kept in uploads:
        kept.shares.append(Share(channel.id, message.ts, message.thread_ts))
    stage.posted(channel, message)


def _bring(stage: Stage, kept: Kept) -> None:
    """A share that is still being worked at comes a look nearer."""
    library = stage.workspace.library
    for coming in [each for each in library.coming if kept.file.id in each.ids]:
        coming.looks -= 1
        if coming.looks <= 0:
            library.coming.remove(coming)
            _stand(stage, coming.channel, coming.message, [library.kept[id] for id in coming.ids])


def _visible(stage: Stage, kept: Kept) -> bool:
    me = stage.workspace.identity.bot_user_id
    places = [stage.workspace.channels[share.channel] for share in kept.shares]
    return kept.owner == me or any(me in place.members for place in places)


def _shares(stage: Stage, kept: Kept) -> Json:
    told: dict[str, dict[str, list[Json]]] = {}
    for share in kept.shares:
        side = "public" if stage.workspace.channels[share.channel].kind == "channel" else "private"
        thread: Json = {"thread_ts": share.thread_ts} if share.thread_ts else {}
        told.setdefault(side, {}).setdefault(share.channel, []).append({"ts": share.ts, **thread})
    return {"shares": told}
