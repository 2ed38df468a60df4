"""The files of a message, its own and those of messages that it shows again (pure).

https://docs.slack.dev/reference/objects/file-object
"""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.contract import Attachment

Payload = Mapping[str, Any]

_GONE = frozenset({"tombstone", "hidden_by_limit"})
_KEPT_BACK = "check_file_info"
"""Of a file from another organization an event says no more than that it is there."""

_UNKNOWN = "application/octet-stream"


def attachments(message: Payload) -> tuple[Attachment, ...]:
    """The files that came with a message."""
    return tuple(_attachment(file) for file in _standing(message.get("files")))


def quoted(message: Payload) -> tuple[Attachment, ...]:
    """The files of the messages that it forwards, or links to."""
    own = {file["id"] for file in _standing(message.get("files"))}
    found = {file["id"]: file for shown in _again(message) for file in _standing(shown.get("files"))}
    return tuple(_attachment(file) for id, file in found.items() if id not in own)


def kept_back(message: Payload) -> frozenset[str]:
    """The ids of files that `files.info` knows more about."""
    holders = (message, *_again(message))
    files = [file for holder in holders for file in _standing(holder.get("files"))]
    return frozenset(str(file["id"]) for file in files if file.get("file_access") == _KEPT_BACK)


def filled(message: Payload, known: Mapping[str, Payload]) -> Payload:
    """The message with these files in place of what it says of them."""
    if not known:
        return message
    shown = [_filled(each, known) for each in message.get("attachments") or ()]
    return {**_filled(message, known), "attachments": shown}


def _filled(holder: Payload, known: Mapping[str, Payload]) -> Payload:
    return {**holder, "files": [known.get(str(file.get("id")), file) for file in holder.get("files") or ()]}


def _again(message: Payload) -> list[Payload]:
    return [shown for shown in message.get("attachments") or () if isinstance(shown, Mapping)]


def _standing(files: Iterable[Payload] | None) -> list[Payload]:
    return [file for file in files or () if file.get("mode") not in _GONE and file.get("id")]


def _attachment(file: Payload) -> Attachment:
    voice = file.get("subtype") == "slack_audio"
    name = str(file.get("name") or file["id"])
    return Attachment(name, _media_type(file), int(file.get("size") or 0), str(file["id"]), voice)


def _media_type(file: Payload) -> str:
    """Slack calls some voice clips video/mp4 or video/webm although there is only sound in them."""
    kind = str(file.get("mimetype") or _UNKNOWN)
    match file.get("subtype"):
        case "slack_audio":
            return kind.replace("video/", "audio/", 1)
        case "slack_video":
            return kind.replace("audio/", "video/", 1)
        case _:
            return kind
