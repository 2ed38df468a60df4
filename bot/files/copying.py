"""Reading a file of this machine piece by piece, with a limit, and only where it is an ordinary one."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from bot.errors import FileLost, FileTooLarge, FileUnsupported
from bot.files.draft import PIECE

_UNWAITING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
"""To open a pipe that nobody writes into would wait for ever."""


def pieces(path: Path, most: int | None = None) -> Iterator[bytes]:
    """What the file holds; blocks. Raises `FileError`, also once it turns out to hold more than `most` bytes."""
    try:
        with open(os.open(path, _UNWAITING), "rb", buffering=0) as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise FileUnsupported("it is no ordinary file")
            bound(state.st_size, most)
            size = 0
            while piece := file.read(PIECE):
                bound(size := size + len(piece), most)
                yield piece
    except (OSError, ValueError) as error:
        raise FileLost(f"it cannot be read: {type(error).__name__}") from error


def bound(size: int, most: int | None) -> None:
    """Raises `FileTooLarge` where so many bytes are more than `most`."""
    if most is not None and size > most:
        raise FileTooLarge(f"more than {most} bytes", most=in_words(most))


def in_words(size: int) -> str:
    """A limit as people know it, rounded down."""
    for unit, name in ((1_000_000, "MB"), (1_000, "kB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} B"
