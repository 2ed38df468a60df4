"""What a person sees."""

from tests.fakes.slack import blocks
from tests.fakes.slack.values import Channel, Message, SharedFile, ShownFile, ShownMessage
from tests.fakes.slack.workspace import Workspace


def screen(workspace: Workspace, channel: Channel, thread_ts: str | None) -> list[ShownMessage]:
    """The channel's own messages, or a thread with its parent, oldest first."""
    everything = [*channel.messages.values(), *channel.ephemeral]
    return [shown(workspace, each) for each in sorted(everything, key=lambda one: one.ts) if _here(each, thread_ts)]


def _here(message: Message, thread_ts: str | None) -> bool:
    if thread_ts is None:
        return message.thread_ts in (None, message.ts)
    return thread_ts in (message.ts, message.thread_ts)


def shown(workspace: Workspace, message: Message) -> ShownMessage:
    """One message, wherever it stands."""
    return ShownMessage(
        ts=message.ts,
        author=message.author,
        text=_text(workspace, message),
        thread_ts=message.thread_ts,
        streaming=workspace.streaming(message.stream),
        ephemeral_to=message.ephemeral_to,
        edited=message.edited,
        buttons=tuple(label for block in message.blocks for label in blocks.buttons(block)),
        actions=tuple(str(each["action_id"]) for block in message.blocks for each in blocks.actions(block)),
        tasks=tuple(message.tasks.values()),
        files=_files(workspace, message),
    )


def _files(workspace: Workspace, message: Message) -> tuple[ShownFile, ...]:
    """The pictures in the message and the files under it."""
    images = [block for block in message.blocks if blocks.pictures([block])]
    shown = [(workspace.library.kept[str(blocks.pictures([block])[0]["id"])].file, block) for block in images]
    pictures = tuple(_seen(file, str(block.get("alt_text", ""))) for file, block in shown)
    return pictures + tuple(_seen(workspace.library.kept[file.id].file, file.alt) for file in message.files)


def _seen(file: SharedFile, alt: str) -> ShownFile:
    return ShownFile(file.id, file.name, file.mimetype, file.content, alt)


def _text(workspace: Workspace, message: Message) -> str:
    """Blocks hide the text, but those of a stream stand under it."""
    if message.stream is not None and not message.stream.seen and workspace.streaming(message.stream):
        return ""
    words = [word for block in message.blocks if (word := blocks.words(block))]
    if message.stream is not None:
        return "\n".join([message.text, *words])
    return "\n".join(words) if message.blocks else message.text
