"""The lines between the bot and its child: one JSON object each way a job; paths and figures, never a file's bytes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot.errors import FileBroken, FileError, FileLost, FileTooLarge, FileUnsupported
from bot.media.values import Fitted, Part, Picture, Sound, Spoken

T = TypeVar("T", Sound, Picture, Fitted, Part, Spoken)

Line = Mapping[str, Any]
ERRORS: Mapping[str, type[FileError]] = {"broken": FileBroken, "lost": FileLost, "unsupported": FileUnsupported}


def request(job: str, seconds: float, arguments: Mapping[str, object]) -> bytes:
    """The line that asks for a job; `seconds` of the processor are what it may take."""
    return _line({"job": job, "seconds": seconds, "arguments": arguments})


def done(value: object) -> bytes:
    """The line that says what came of it: one value or several."""
    return _line({"done": [asdict(each) for each in _several(value)]})


def failed(error: FileError, *, ends: bool = False) -> bytes:
    """The line that says why nothing came of it; `ends` that this child takes no other job."""
    if isinstance(error, FileTooLarge):
        return _line({"failed": "too-large", "reason": str(error), "most": error.most, "ends": ends})
    kind = next(name for name, each in ERRORS.items() if isinstance(error, each))
    return _line({"failed": kind, "reason": str(error), "ends": ends})


def found(line: bytes) -> Line:
    """What a line of the other side holds."""
    return dict(json.loads(line))


def error(answer: Line) -> FileError | None:
    """The error that the child tells of, if it does."""
    if "failed" not in answer:
        return None
    if answer["failed"] == "too-large":
        return FileTooLarge(str(answer["reason"]), most=str(answer["most"]))
    return ERRORS[str(answer["failed"])](str(answer["reason"]))


def values(answer: Line, kind: type[T]) -> tuple[T, ...]:
    """The values that came of a job."""
    return tuple(kind(**_revived(each)) for each in answer["done"])


def _several(value: object) -> list[Any]:
    return [value] if is_dataclass(value) else list(value)  # type: ignore[call-overload]  # a tuple of values else


def _line(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, default=_plain).encode() + b"\n"


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else str(value)


def _revived(value: Mapping[str, Any]) -> dict[str, Any]:
    revived = dict(value)
    if "path" in value:
        revived["path"] = Path(value["path"])
    if "waveform" in value:
        revived["waveform"] = bytes.fromhex(value["waveform"])
    return revived
