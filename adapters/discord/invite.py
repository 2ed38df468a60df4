"""The address that adds the bot to a server, and what it asks for there."""

import discord

from adapters.discord.settings import read

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    embed_links=True,
    attach_files=True,
    send_voice_messages=True,
    read_message_history=True,
    add_reactions=True,
)
"""All that the bot asks a server for; it never asks for Mention Everyone."""


def invite() -> str:
    """The address, with the exact permissions. Raises `SettingsError`."""
    return discord.utils.oauth_url(
        read().application_id, permissions=PERMISSIONS, scopes=("bot", "applications.commands")
    )
