"""Discord: channels, threads, direct messages and slash commands, over the gateway and REST."""

from collections.abc import Callable
from pkgutil import resolve_name

from adapters.discord.settings import DiscordSettings, read
from bot.contract import Host, Platform

__all__ = ["connect"]

# Loaded by name once a token is set: the SDK takes half a second and 30 MB, which other starts need not pay.
_PLATFORM = "adapters.discord.platform:DiscordPlatform"


def connect(host: Host) -> Platform | None:
    """Discord, if a bot token is set. Raises `SettingsError`."""
    settings = read()
    if settings.token is None:
        return None
    make: Callable[[DiscordSettings, Host], Platform] = resolve_name(_PLATFORM)
    return make(settings, host)
