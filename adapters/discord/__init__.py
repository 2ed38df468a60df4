"""The Discord adapter."""

from adapters.discord.platform import DiscordPlatform
from adapters.discord.settings import read
from bot.contract import Host, Platform

__all__ = ["connect"]


def connect(host: Host) -> Platform | None:
    """Discord, if a bot token is set. Raises `SettingsError`."""
    settings = read()
    return None if settings.token is None else DiscordPlatform(settings, host)
