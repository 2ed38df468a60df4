"""The `chat.*` methods that write whole messages."""

import json
from dataclasses import dataclass

from tests.fakes.slack.args import Args
from tests.fakes.slack.blocks import MARKDOWN_LIMIT, checked
from tests.fakes.slack.stage import Stage
from tests.fakes.slack.values import ApiError, Json, Message
from tests.fakes.slack.workspace import measure

POST_CUT = 40_000
"""Characters of `text` after which chat.postMessage cuts (https://docs.slack.dev/reference/methods/chat.postMessage)."""

UPDATE_LIMIT = 4_000
"""Characters of `text` that chat.update takes (https://docs.slack.dev/reference/methods/chat.update)."""


METADATA_LIMIT = 8_000
"""Bytes of metadata, about."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a call wants to show; `blocks` None where it said nothing about them."""

    text: str
    blocks: list[Json] | None
    markdown: bool
    names_linked: bool


def post_message(stage: Stage, args: Args) -> Json:
    """`chat.postMessage`."""
    channel = stage.workspace.channel(args.need("channel"))
    content = content_of(stage, args)
    thread_ts = args.text("thread_ts")
    if thread_ts is not None:
        stage.workspace.parent(channel, thread_ts)
    text, cut = _cut(content.text)
    message = _message(stage, text, content, thread_ts)
    message.metadata = metadata_of(args) or {}
    stage.posted(channel, message)
    warnings: Json = {"response_metadata": {"warnings": ["message_truncated"]}} if cut else {}
    return {"channel": channel.id, "ts": message.ts, "message": stage.payloads.stored(channel, message), **warnings}


def post_ephemeral(stage: Stage, args: Args) -> Json:
    """`chat.postEphemeral`: seen by one member of the channel, never stored."""
    channel = stage.workspace.channel(args.need("channel"))
    user = args.need("user")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    content = content_of(stage, args)
    thread_ts = args.text("thread_ts")
    if thread_ts is not None:
        stage.workspace.parent(channel, thread_ts)
    message = _message(stage, _cut(content.text)[0], content, thread_ts)
    message.ephemeral_to = user
    stage.posted(channel, message)
    return {"message_ts": message.ts}


def update(stage: Stage, args: Args) -> Json:
    """`chat.update`: only the bot's own message, and not while it streams."""
    channel = stage.workspace.channel(args.need("channel"))
    message = stage.workspace.own(channel, args.need("ts"), "cant_update_message")
    if stage.workspace.streaming(message.stream):
        raise ApiError("streaming_state_conflict")
    content = content_of(stage, args)
    if not content.markdown and measure(content.text) > UPDATE_LIMIT:
        raise ApiError("msg_too_long")
    metadata = metadata_of(args)
    before = stage.payloads.stored(channel, message)
    replace(message, content)
    message.edited_ts = stage.workspace.next_ts()
    message.metadata = message.metadata if metadata is None else metadata
    stage.altered(channel, message, before)
    return {"channel": channel.id, "ts": message.ts, "text": message.text}


def delete(stage: Stage, args: Args) -> Json:
    """`chat.delete`: only the bot's own message."""
    channel = stage.workspace.channel(args.need("channel"))
    message = stage.workspace.own(channel, args.need("ts"), "cant_delete_message")
    before = stage.payloads.stored(channel, message)
    stage.workspace.remove(channel, message.ts)
    if stage.echoes:
        stage.tell(stage.payloads.deleted(channel, before))
    return {"channel": channel.id, "ts": message.ts}


def permalink(stage: Stage, args: Args) -> Json:
    """`chat.getPermalink`."""
    channel = stage.workspace.channel(args.need("channel"))
    ts = args.need("message_ts")
    if ts not in channel.messages:
        raise ApiError("message_not_found")
    return {"channel": channel.id, "permalink": f"https://fake.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"}


def metadata_of(args: Args) -> Json | None:
    """The metadata of a call, None where it has none (https://docs.slack.dev/messaging/message-metadata)."""
    metadata = args.object("metadata", "invalid_metadata_format")
    if not metadata:
        return metadata
    named = isinstance(metadata.get("event_type"), str) and metadata["event_type"]
    if not named or not isinstance(metadata.get("event_payload"), dict):
        raise ApiError("invalid_metadata_format")
    if len(json.dumps(metadata)) > METADATA_LIMIT:
        raise ApiError("metadata_too_large")
    return metadata


def content_of(stage: Stage, args: Args) -> Content:
    """The words of a call, within the limits that all writing methods share."""
    text, markdown, blocks = args.text("text"), args.text("markdown_text"), args.objects("blocks", "invalid_blocks")
    if markdown is not None and (text is not None or blocks is not None):
        raise ApiError("markdown_text_conflict")
    if markdown is not None and measure(markdown) > MARKDOWN_LIMIT:
        raise ApiError("msg_too_long")
    if not (text or "").strip() and not (markdown or "").strip() and not blocks:
        raise ApiError("no_text")
    checked(blocks or (), stage.workspace.library)
    linked = args.flag("link_names") or args.text("parse") == "full"
    return Content(text or markdown or "", blocks, markdown is not None, linked)


def replace(message: Message, content: Content) -> None:
    """Show something else.

    Earlier blocks stay, and go on hiding the text, unless the call sends `blocks`; an empty list removes them.

    By the letter of https://docs.slack.dev/reference/methods/chat.update they may go when only `text` is sent; of
    `markdown_text` it says nothing. Whoever sends `blocks` is right either way.
    """
    message.text, message.edited = content.text, True
    message.names_linked, message.markdown = content.names_linked, content.markdown
    if content.blocks is not None:
        message.blocks = tuple(content.blocks)
        message.stream = None


def _message(stage: Stage, text: str, content: Content, thread_ts: str | None) -> Message:
    me = stage.workspace.identity.bot_user_id
    message = Message(stage.workspace.next_ts(), me, text, thread_ts, tuple(content.blocks or ()))
    message.names_linked, message.markdown = content.names_linked, content.markdown
    return message


def _cut(text: str) -> tuple[str, bool]:
    if measure(text) <= POST_CUT:
        return text, False
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * POST_CUT]
    return units.decode("utf-16-le", "ignore"), True
