"""The child's one table of jobs: a line in, a line out, whatever a file does to the decoders."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import FileBroken, FileError, FileLost, FileTooLarge
from bot.media import cutting, fitting, joining, pictures, sounds, wire

JOBS: Mapping[str, Callable[..., object]] = {
    "probe": sounds.probe,
    "split": cutting.split,
    "join": joining.join,
    "picture": pictures.picture,
    "fit": fitting.fit,
}
# What is taken in any case; a file that uses up the memory may have had less than this, in a form that costs more.
MOST = "20 MB"
HERE = Path(__file__).parent
PATHS = ("path", "folder", "to")


@dataclass(frozen=True, slots=True)
class Answer:
    """The line for the bot; `ends` says that this process should not go on."""

    line: bytes
    ends: bool = False


def do(line: bytes, allow: Callable[[float], None]) -> Answer:
    """Do one job within the time that `allow` is told.

    A broad catch stands here: a decoder's surprise is a broken file, and the next job is another.
    """
    try:
        asked = wire.found(line)
        allow(asked["seconds"])
        return Answer(wire.done(JOBS[asked["job"]](**_arguments(asked["arguments"]))))
    except FileError as error:
        return Answer(wire.failed(error))
    except FileNotFoundError:
        return Answer(wire.failed(FileLost("a file of this job is not there")))
    except MemoryError:
        # What is left of the heap after this is nobody's guess: a new process takes the next job.
        return Answer(wire.failed(FileTooLarge("out of memory", most=MOST), ends=True), ends=True)
    except Exception as error:
        return Answer(wire.failed(FileBroken(_where(error))))


def _arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Path(value) if name in PATHS else value for name, value in given.items()}


def _where(error: Exception) -> str:
    """Kind and place of an error: its words may quote the file."""
    frames = traceback.extract_tb(error.__traceback__)
    last = [frame for frame in frames if Path(frame.filename).parent == HERE][-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
