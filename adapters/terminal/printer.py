"""Standard output: posts that grow by what is added to them, notices, and the prompt."""

import os
from typing import TextIO

from adapters.terminal.markup import addition, plain

_ERASE_LINE = "\r\x1b[K"


class Printer:
    """What was printed stays. `gone` is True once nobody reads any more; a write then raises BrokenPipeError."""

    def __init__(self, stream: TextIO, *, interactive: bool) -> None:
        self.interactive = interactive
        self.gone = False
        self._stream = stream
        self._printed: dict[str, str] = {}
        self._open: str | None = None
        self._fleeting = False

    def grow(self, post: str, text: str, *, final: bool) -> None:
        """Print what is new in a post; a final one ends its line and is forgotten."""
        shown, printed = plain(text), self._printed.pop(post, "")
        more = addition(printed, shown)
        if self._open is not None and self._open != post:
            more = "\n" + more
        self._write(more + ("\n" if final else ""))
        self._open = None if final else post
        if not final:
            self._printed[post] = printed if printed.startswith(shown) else shown

    def line(self, text: str) -> None:
        """Print a whole text by itself."""
        self._write(("\n" if self._open is not None else "") + plain(text) + "\n")
        self._open = None

    def fleeting(self, text: str) -> None:
        """Show a few words that vanish with the next ones; nothing where no person looks."""
        if self.interactive and self._open is None and text:
            self._write(plain(text).replace("\n", " "))
            self._fleeting = True

    def settle(self) -> None:
        """Take the fleeting words away, so that what comes after us begins a line."""
        if self._fleeting:
            self._write("")

    def _write(self, text: str) -> None:
        if self.gone:
            raise BrokenPipeError
        encoding = self._stream.encoding or "utf-8"
        begin = _ERASE_LINE if self._fleeting else ""
        self._fleeting = False
        try:
            self._stream.write(begin + text.encode(encoding, "replace").decode(encoding))
            self._stream.flush()
        except (OSError, ValueError) as error:  # a pipe without a reader, a terminal that hung up, a closed stream
            self._leave()
            raise BrokenPipeError from error

    def _leave(self) -> None:
        """Nobody reads: give the stream another end, or the interpreter's last flush would fail loudly."""
        self.gone = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, self._stream.fileno())
        except (OSError, ValueError):
            return
        finally:
            os.close(nowhere)
