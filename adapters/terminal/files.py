"""Files of a terminal: paths in what is typed become attachments, files of posts are copied into a folder."""

import mimetypes
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from adapters.terminal.markup import plain
from bot.contract import Attachment, Command, File
from bot.errors import FileLost, PostRejected

FILE_LIMIT = 1024**3

# The system's own tables differ from machine to machine.
_TYPES = mimetypes.MimeTypes()
for _ending, _type in {
    ".flac": "audio/flac",
    ".heic": "image/heic",
    ".m4a": "audio/mp4",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".webm": "video/webm",
    ".webp": "image/webp",
}.items():
    _TYPES.add_type(_type, _ending)

_WORD = re.compile(r"""(?P<mark>@?)(?:"(?P<double>[^"]+)"|'(?P<single>[^']+)'|(?P<bare>(?:\\.|[^\s\\])+))(?:\s+|$)""")
_ENDING = re.compile(r"\.[A-Za-z]\w{0,4}$")


@dataclass(frozen=True, slots=True)
class Typed:
    """A line as it is meant: its words, commands and their options among them, and the files that it names."""

    text: str
    attachments: tuple[Attachment, ...] = ()


def read(line: str, commands: Sequence[Command]) -> Typed:
    """What a typed line means. Raises `FileLost` where it names a file that is not there."""
    name, _, rest = line.removeprefix("/").partition(" ")
    taking = (each for each in commands if each.name == name.lower() and any(option.file for option in each.options))
    command = next(taking, None) if line.startswith("/") else None
    return _question(line) if command is None else _command(command, rest.strip())


def copy(files: Sequence[File], folder: Path) -> list[Path]:
    """Put the files into the folder, over no other, and say where they are. Raises `PostRejected`."""
    if any(file.size > FILE_LIMIT for file in files):
        raise PostRejected("a file is larger than a terminal takes")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_copy(file, folder) for file in files]
    except OSError as error:
        raise PostRejected(f"a file cannot be put into the folder: {error.strerror}") from error


def _command(command: Command, rest: str) -> Typed:
    """Its first word is a file where there is such a file; where it only looks like one, that is a mistake."""
    word = _WORD.match(rest)
    path = None if word is None else _path(word)
    if word is not None and path is not None and path.is_file():
        return Typed(f"/{command.name} {rest[word.end() :]}".strip(), (_attachment(path),))
    if word is not None and (_meant(word) or any(option.file and option.required for option in command.options)):
        raise FileLost("no such file", _named(word))
    return Typed(f"/{command.name} {rest}".strip())


def _question(line: str) -> Typed:
    """Words that begin with @ name files, as long as they stand before all others."""
    rest, found = line, list[Attachment]()
    while (word := _WORD.match(rest)) is not None and word["mark"]:
        path = _path(word)
        if path.is_file():
            found.append(_attachment(path, spoken=True))
        elif _meant(word):
            raise FileLost("no such file", _named(word))
        else:
            break
        rest = rest[word.end() :]
    return Typed(rest, tuple(found))


def _path(word: re.Match[str]) -> Path:
    """As it stands there, or as a shell would read it, which is how files are dropped into a terminal."""
    named = _named(word)
    path = Path(named).expanduser()
    if word["bare"] and "\\" in named and not path.is_file():
        path = Path(re.sub(r"\\(.)", r"\1", named)).expanduser()
    return Path(os.path.abspath(path))


def _meant(word: re.Match[str]) -> bool:
    """Does it look like the name of a file more than like a word?"""
    bare = word["bare"]
    return bare is None or "/" in bare or bare.startswith("~") or _ENDING.search(bare) is not None


def _named(word: re.Match[str]) -> str:
    return str(word["double"] or word["single"] or word["bare"])


def _attachment(path: Path, *, spoken: bool = False) -> Attachment:
    kind = _TYPES.guess_type(path.name)[0] or "application/octet-stream"
    voice = spoken and kind.startswith("audio/")
    return Attachment(path.name, kind, path.stat().st_size, str(path), voice)


def _copy(file: File, folder: Path) -> Path:
    """Two programs may fill one folder: whoever makes a name has it."""
    wanted = Path(plain(file.name).replace("\n", " ").replace("\\", "/")).name or "file"
    stem, ending = os.path.splitext(wanted)
    for number in count(2):
        path = folder / wanted
        try:
            with path.open("xb") as target, file.path.open("rb") as source:
                shutil.copyfileobj(source, target)
        except FileExistsError:
            wanted = f"{stem}-{number}{ending}"
        except OSError:
            path.unlink(missing_ok=True)
            raise
        else:
            return path
    raise AssertionError("numbers do not end")
