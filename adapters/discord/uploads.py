"""Files that go out: the parts of a multipart call, read from disk while they are sent."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord.http import MultipartParameters

from bot.contract import File
from bot.errors import PostRejected

MOST = 10
"""Files of one message (https://discord.com/developers/docs/reference#uploading-files)."""
SLOWEST = 128 * 1024
"""Bytes a second that an upload is given time for."""

_ALT_LIMIT = 1024
_WAVEFORM_LIMIT = 256
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"\\/]')
"""What would end the field of a multipart header that the SDK writes unquoted, or name a folder."""
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
_OCTETS = "application/octet-stream"


def checked(files: Sequence[File], most_bytes: int) -> tuple[File, ...]:
    """The files, if one message can take them; a body that is too large may end in a cut connection, not in a no.

    Raises `PostRejected`.
    """
    if len(files) > MOST:
        raise PostRejected("too many files for one post")
    if any(file.size > most_bytes for file in files):
        raise PostRejected("a file is larger than this place takes")
    return tuple(files)


def patience(files: Sequence[File]) -> float:
    """Seconds that the upload may take."""
    return sum(file.size for file in files) / SLOWEST


def with_files(payload: Mapping[str, Any], files: Sequence[File]) -> MultipartParameters:
    """A call's body with files, to be left with `with` so that they are closed. Raises `PostRejected`."""
    opened = _opened(files)
    listed = [_listed(index, file) for index, file in enumerate(files)]
    form = [{"name": "payload_json", "value": json.dumps({**payload, "attachments": listed})}]
    form += [_part(index, file, opened[index]) for index, file in enumerate(files)]
    return MultipartParameters(payload=None, multipart=form, files=opened)


def _opened(files: Sequence[File]) -> list[discord.File]:
    opened: list[discord.File] = []
    try:
        for file in files:
            opened.append(discord.File(file.path, filename=_name(file)))
    except OSError as error:
        for each in opened:
            each.close()
        raise PostRejected(f"a file of the post cannot be read: {type(error).__name__}") from error
    return opened


def _listed(index: int, file: File) -> dict[str, Any]:
    """What is said about a file (https://discord.com/developers/docs/resources/message#attachment-object)."""
    said: dict[str, Any] = {"id": index, "filename": _name(file)}
    if file.alt:
        said["description"] = file.alt[:_ALT_LIMIT]
    if file.voice is not None:
        said["duration_secs"] = file.voice.duration_s
        said["waveform"] = b64encode(file.voice.waveform[:_WAVEFORM_LIMIT] or b"\0").decode()
    return said


def _part(index: int, file: File, opened: discord.File) -> dict[str, Any]:
    """The SDK says octet-stream of everything; Discord forgets length and waveform of what is not sent as a sound."""
    kind = "audio/ogg" if file.voice is not None else file.media_type
    return {
        "name": f"files[{index}]",
        "value": opened.fp,
        "filename": _name(file),
        "content_type": kind if _TYPE.fullmatch(kind) else _OCTETS,
    }


def _name(file: File) -> str:
    return _UNSAFE.sub("_", file.name) or "file"
