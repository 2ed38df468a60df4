"""Slack: threads with native streams, direct messages and slash commands, over Socket Mode or signed HTTP."""

from collections.abc import Callable
from pkgutil import resolve_name

from adapters.slack import settings
from bot.contract import Host, Platform

__all__ = ["connect"]

# Loaded by name once a token is set: the SDK takes half a second and 30 MB, which other starts need not pay.
_PLATFORM = "adapters.slack.platform:SlackPlatform"


def connect(host: Host) -> Platform | None:
    """The platform; None when nothing is set for Slack. Raises `SettingsError` when it is set by halves."""
    found = settings.read()
    if found is None:
        return None
    make: Callable[[Host, settings.SlackSettings], Platform] = resolve_name(_PLATFORM)
    return make(host, found)
