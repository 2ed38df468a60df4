"""What Discord adds to the program's command line."""

from collections.abc import Callable, Sequence
from pkgutil import resolve_name

from bot.contract import Command, CommandLine

# Loaded by name when it is called: every start of the program passes here, and few want the SDK.
_INVITE = "adapters.discord.invite:invite"


def commands(table: Sequence[Command]) -> Sequence[CommandLine]:
    """The command lines of this platform; the table of slash commands registers itself at every start."""
    return [CommandLine("invite", "Print the address that adds the bot to a server.", _invite)]


def _invite() -> str:
    invite: Callable[[], str] = resolve_name(_INVITE)
    return invite()
