"""The terminal as a platform: for trying Parley out, and for pipes."""

import sys

from adapters.terminal.lines import Lines
from adapters.terminal.platform import TerminalPlatform
from adapters.terminal.printer import Printer
from adapters.terminal.settings import read
from bot.contract import Host, Platform

__all__ = ["connect"]


def connect(host: Host) -> Platform | None:
    """The terminal, when no other platform is configured."""
    if not host.alone:
        return None
    lines = Lines.of(sys.stdin)
    printer = Printer(sys.stdout, interactive=lines.interactive and sys.stdout.isatty())
    return TerminalPlatform(read(), lines, printer, host.text)
