"""Native streams: `chat.startStream`, `chat.appendStream`, `chat.stopStream`."""

from tests.fakes.slack.args import Args
from tests.fakes.slack.blocks import MARKDOWN_LIMIT, checked
from tests.fakes.slack.chat import metadata_of
from tests.fakes.slack.reading import session_status
from tests.fakes.slack.stage import Stage
from tests.fakes.slack.values import ApiError, Channel, Json, Message, Stream
from tests.fakes.slack.workspace import Workspace, measure

CHUNKS = {"markdown_text", "task_update", "plan_update", "blocks"}
"""Kinds of chunks (slack_sdk, models/messages/chunk.py)."""


def start(stage: Stage, args: Args) -> Json:
    """`chat.startStream`. A thread is demanded everywhere: slack_sdk does so, and a direct message has no other way."""
    channel = stage.workspace.channel(args.need("channel"))
    thread_ts = args.need("thread_ts")
    stage.workspace.parent(channel, thread_ts)
    _check_recipient(stage.workspace, channel, args)
    message = Message(stage.workspace.next_ts(), stage.workspace.identity.bot_user_id, "", thread_ts, markdown=True)
    seen = args.text("recipient_user_id") != stage.workspace.identity.bot_user_id
    message.stream = Stream(stage.workspace.clock.now(), seen)
    _grow(message, args)
    stage.posted(channel, message)
    stage.workspace.session(channel.id, thread_ts, "processing")
    return {"channel": channel.id, "ts": message.ts}


def append(stage: Stage, args: Args) -> Json:
    """`chat.appendStream`."""
    channel, message = _running(stage.workspace, args)
    if args.text("markdown_text") is None and not args.objects("chunks", "invalid_chunks"):
        raise ApiError("no_text")
    _grow(message, args)
    stage.workspace.changed(channel, message)
    return {"channel": channel.id, "ts": message.ts}


def stop(stage: Stage, args: Args) -> Json:
    """`chat.stopStream`; its blocks come under the text."""
    channel, message = _running(stage.workspace, args)
    status = session_status(args, "session_status", "active")
    blocks = checked(args.objects("blocks", "invalid_blocks") or (), stage.workspace.library)
    metadata = metadata_of(args) or {}
    before = stage.payloads.stored(channel, message)
    stream = _grow(message, args)
    message.blocks = tuple(blocks)
    message.metadata = metadata
    stream.open = False
    stage.workspace.session(channel.id, message.thread_ts, status)
    stage.altered(channel, message, before)
    return {"channel": channel.id, "ts": message.ts, "message": stage.payloads.stored(channel, message)}


def _running(workspace: Workspace, args: Args) -> tuple[Channel, Message]:
    channel = workspace.channel(args.need("channel"))
    message = workspace.own(channel, args.need("ts"), "message_not_owned_by_app")
    if message.stream is not None and message.stream.stopped_by_user:
        raise ApiError("stopped_by_user")
    if not workspace.streaming(message.stream):
        raise ApiError("message_not_in_streaming_state")
    return channel, message


def _check_recipient(workspace: Workspace, channel: Channel, args: Args) -> None:
    if channel.kind == "im":
        return
    user, team = args.text("recipient_user_id"), args.text("recipient_team_id")
    if user is None:
        raise ApiError("missing_recipient_user_id")
    if team is None:
        raise ApiError("missing_recipient_team_id")
    if user not in workspace.users:
        raise ApiError("user_not_found")
    if team != workspace.identity.team_id:
        raise ApiError("team_not_found")


def _grow(message: Message, args: Args) -> Stream:
    """Add the words of a call; a stream keeps the shape, words or chunks, of the first that came."""
    markdown, chunks = args.text("markdown_text"), args.objects("chunks", "invalid_chunks")
    stream = message.stream
    assert stream is not None
    if markdown is not None and chunks is not None:
        raise ApiError("cannot_provide_both_markdown_text_and_chunks")
    if markdown is None and chunks is None:
        return stream
    if stream.chunked not in (None, chunks is not None):
        raise ApiError("streaming_mode_mismatch")
    words = markdown or _words(chunks or [])
    # One call, and by observation the whole message: https://github.com/CopilotKit/CopilotKit/issues/6064
    if measure(message.text + words) > MARKDOWN_LIMIT:
        raise ApiError("msg_too_long")
    stream.chunked = chunks is not None
    message.text += words
    message.tasks.update(_tasks(chunks or []))
    return stream


def _words(chunks: list[Json]) -> str:
    if any(chunk.get("type") not in CHUNKS for chunk in chunks):
        raise ApiError("invalid_chunks")
    return "".join(str(chunk.get("text", "")) for chunk in chunks if chunk["type"] == "markdown_text")


def _tasks(chunks: list[Json]) -> dict[str, str]:
    tasks = {str(chunk.get("id")): str(chunk.get("title")) for chunk in chunks if chunk["type"] == "task_update"}
    if any(measure(title) > 256 for title in tasks.values()):
        raise ApiError("invalid_chunks")
    return tasks
