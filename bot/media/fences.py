"""What the system holds the child to: memory, processor time, files; where it has such bounds."""

import os
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

# Windows has none of these; the clock and the checks of headers are left there.
resource: Any = resolve_name("resource") if find_spec("resource") else None

MOST_WRITTEN = 1_000_000_000
MOST_OPEN = 64
NICER = 5


def enclose(memory: int) -> None:
    """Once the decoders are loaded, since `memory` is counted from there."""
    if resource is None:
        return
    with suppress(OSError):
        os.nice(NICER)  # the bot itself goes first
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_FSIZE, MOST_WRITTEN)
    _bound(resource.RLIMIT_NOFILE, MOST_OPEN)
    if taken := _taken():
        _bound(resource.RLIMIT_DATA, taken + memory)


def allow(seconds: float) -> None:
    """Give the next job its processor time, besides the clock that the bot looks at."""
    if resource is not None:
        _bound(resource.RLIMIT_CPU, int(time.process_time() + seconds) + 1)


def _taken() -> int:
    """Writable memory of its own that this process has reserved (what RLIMIT_DATA counts), 0 where none can say."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    return 0


def _bound(kind: int, most: int) -> None:
    """Lower the soft limit; the hard one stays, since processor time is granted anew for each job."""
    hard = resource.getrlimit(kind)[1]
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
