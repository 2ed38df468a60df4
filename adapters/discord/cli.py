"""What Discord adds to the program's command line."""

from collections.abc import Sequence

import discord

from adapters.discord.settings import read
from bot.contract import Command, CommandLine

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
    add_reactions=True,
)
"""All that the bot asks a server for; it never asks for Mention Everyone."""


def commands(table: Sequence[Command]) -> Sequence[CommandLine]:
    """The command lines of this platform; the table of slash commands registers itself at every start."""
    return [CommandLine("invite", "Print the address that adds the bot to a server.", invite)]


def invite() -> str:
    """The address that adds the bot to a server, with the exact permissions. Raises `SettingsError`."""
    return discord.utils.oauth_url(
        read().application_id, permissions=PERMISSIONS, scopes=("bot", "applications.commands")
    )
