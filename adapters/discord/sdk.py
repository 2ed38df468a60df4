"""discord.py, set up for this house: small caches, silent mentions, and where Discord is."""

import logging
from typing import Any

import discord
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

LONGEST_WAIT_S = 30.0
"""A bucket that is closed for longer raises instead; the SDK takes no smaller number."""

OPTIONS: dict[str, Any] = {
    "max_messages": None,
    "member_cache_flags": discord.MemberCacheFlags.none(),
    "chunk_guilds_at_startup": False,
    "allowed_mentions": discord.AllowedMentions.none(),
    "max_ratelimit_timeout": LONGEST_WAIT_S,
}


def prepare(api_base: str | None) -> None:
    """Set what the SDK keeps for the whole process; it reads all of it at the time of a call."""
    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False
    # At DEBUG the SDK writes down every message that comes or goes.
    logging.getLogger("discord").setLevel(logging.INFO)
    if api_base:
        Route.BASE = f"{api_base}/api/v10"
        DiscordWebSocket.DEFAULT_GATEWAY = URL(f"{api_base.replace('http', 'ws', 1)}/gateway")
        Asset.BASE = api_base


def speaking_client() -> discord.Client:
    """A client for REST calls only."""
    return discord.Client(intents=discord.Intents(guilds=True), **OPTIONS)
