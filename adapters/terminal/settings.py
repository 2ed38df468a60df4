"""Trifles of the terminal, read from the environment."""

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_STANDARD = ("", "C", "POSIX")


@dataclass(frozen=True, slots=True)
class TerminalSettings:
    """Who sits there, in which language (BCP 47, None where the system does not say), and what invites to type.

    `files` is the folder for files that answers bring, made when the first one comes.
    """

    user: str
    locale: str | None
    prompt: str
    files: Path = Path("parley-files")


def read(environment: Mapping[str, str] = os.environ) -> TerminalSettings:
    """TERMINAL_USER, TERMINAL_PROMPT and TERMINAL_FILES, else the system's user, "> " and `parley-files` here."""
    return TerminalSettings(
        user=environment.get("TERMINAL_USER") or _user(),
        locale=_locale(environment),
        prompt=environment.get("TERMINAL_PROMPT", "> "),
        files=Path(environment.get("TERMINAL_FILES") or "parley-files").expanduser(),
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user id without a name
        return "you"


def _locale(environment: Mapping[str, str]) -> str | None:
    named = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    first = next((name for name in named if name), "")
    tag = first.split(".")[0].split("@")[0]
    return None if tag in _STANDARD else tag.replace("_", "-")
