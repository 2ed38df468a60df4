"""Files that came in: Discord's attachments as the contract's, under references that last."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import discord

from bot.contract import Attachment

_UNKNOWN = "application/octet-stream"

OPTION = discord.AppCommandOptionType.attachment.value
"""The type of a command's option that takes a file."""


def of(message: discord.Message) -> tuple[Attachment, ...]:
    """The message's own files."""
    return _shared(message, message.attachments, message.flags)


def quoted(message: discord.Message) -> tuple[Attachment, ...]:
    """The files of what it forwards and of the message that it answers.

    The gateway and the history bring an answered message along, one level deep; nothing more is asked for.
    """
    other = message.reference.resolved if message.reference else None
    answered = (*of(other), *_forwarded(other)) if isinstance(other, discord.Message) else ()
    return (*_forwarded(message), *answered)


def given(
    options: Mapping[str, Mapping[str, Any]], resolved: Mapping[str, Any], order: Sequence[str]
) -> tuple[Attachment, ...]:
    """The files given to a command, in the order in which it declares its options.

    They belong to no message, so there is nothing but their link to find them by, for as long as it holds.
    """
    files: Mapping[str, Any] = resolved.get("attachments") or {}
    ids = {name: str(option["value"]) for name, option in options.items() if option.get("type") == OPTION}
    named = [ids[name] for name in (*order, *(name for name in ids if name not in order)) if name in ids]
    return tuple(_option(files[file]) for file in named if file in files)


def reference(channel: int, message: int, file: int) -> str:
    """What finds a message's file for as long as the message stands."""
    return f"{channel}/{message}/{file}"


def _forwarded(message: discord.Message) -> tuple[Attachment, ...]:
    """Of a forward the forwarding message is all that is sure to be open to us."""
    found = [_shared(message, snapshot.attachments, snapshot.flags) for snapshot in message.message_snapshots]
    return tuple(file for files in found for file in files)


def _shared(
    message: discord.Message, files: Iterable[discord.Attachment], flags: discord.MessageFlags
) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            name=_name(file.filename, file.title),
            media_type=file.content_type or _UNKNOWN,
            size=file.size,
            ref=reference(message.channel.id, message.id, file.id),
            voice=flags.voice or file.is_voice_message(),
        )
        for file in files
    )


def _option(file: Mapping[str, Any]) -> Attachment:
    return Attachment(
        name=_name(str(file["filename"]), file.get("title")),
        media_type=str(file.get("content_type") or _UNKNOWN),
        size=int(file["size"]),
        ref=str(file["url"]),
    )


def _name(kept: str, title: str | None) -> str:
    """What its sender called it: the title holds what Discord's own file names cannot, without the ending."""
    suffix = PurePosixPath(kept).suffix
    return kept if not title else title if title.endswith(suffix) else f"{title}{suffix}"
