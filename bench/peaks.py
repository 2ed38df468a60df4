"""The most memory that the bot and its children have had, as the kernel counts it."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_FORGET = "5"
"""What makes the kernel begin the peak of a process anew, written to its `clear_refs`."""
_LOOK_S = 0.002


@dataclass(slots=True)
class Peaks:
    """Bytes: of the bot, and of that child of it which had the most."""

    bot: int = 0
    child: int = 0


@contextmanager
def peaks(bot: psutil.Process) -> Iterator[Peaks]:
    """What is reached within the block. Linux alone keeps such a count."""
    found, stop = Peaks(), threading.Event()
    _files(bot).joinpath("clear_refs").write_text(_FORGET)
    # A thread, since the fakes keep this process's event loop busy; a child takes its count with it when it goes.
    watching = threading.Thread(target=_watch, args=(bot, found, stop), daemon=True)
    watching.start()
    try:
        yield found
    finally:
        stop.set()
        watching.join()
        found.bot = _peak(bot)


def _watch(bot: psutil.Process, found: Peaks, stop: threading.Event) -> None:
    while not stop.wait(_LOOK_S):
        with suppress(psutil.Error, OSError):
            found.child = max([found.child, *(_peak(child) for child in bot.children(recursive=True))])


def _peak(process: psutil.Process) -> int:
    with suppress(OSError):
        counted = _PEAK.search(_files(process).joinpath("status").read_text())
        return 1024 * int(counted[1]) if counted else 0
    return 0


def _files(process: psutil.Process) -> Path:
    return Path(f"/proc/{process.pid}")
