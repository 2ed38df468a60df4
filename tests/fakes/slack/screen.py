"""What a person sees."""

from tests.fakes.slack import blocks
from tests.fakes.slack.values import Channel, Message, ShownMessage
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
    )


def _text(workspace: Workspace, message: Message) -> str:
    """Blocks hide the text, but those of a stream stand under it."""
    if message.stream is not None and not message.stream.seen and workspace.streaming(message.stream):
        return ""
    words = [word for block in message.blocks if (word := blocks.words(block))]
    if message.stream is not None:
        return "\n".join([message.text, *words])
    return "\n".join(words) if message.blocks else message.text
