"""`python -m bot.media MEMORY`: does jobs until its standard input closes, as it does when the bot is gone."""

import os
import sys
import threading
from queue import SimpleQueue
from typing import BinaryIO

from bot.media import fences, jobs


def main() -> None:
    """Take one line after another and answer each, within the memory named on the command line."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever a decoder prints is no answer
    lines: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, lines), daemon=True).start()
    fences.enclose(int(sys.argv[1]))
    while True:
        answer = jobs.do(lines.get(), fences.allow)
        answers.write(answer.line)
        if answer.ends:
            os._exit(0)


def _read(stdin: BinaryIO, lines: SimpleQueue[bytes]) -> None:
    """In a thread of its own, so that the end of the bot is noticed in the midst of a job."""
    while line := stdin.readline():
        lines.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
