"""Interactions as they come: commands and presses to be saved and deferred in time, and options to be completed."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from time import time
from typing import Any

import aiohttp
import discord
from discord import app_commands

from adapters.discord import commands as table
from adapters.discord import events
from adapters.discord.deferral import Deferral
from adapters.discord.ears import Ears
from adapters.discord.me import Me
from adapters.discord.token import LIFETIME, Token
from bot.contract import ButtonPressed, CommandInvoked

log = logging.getLogger("parley.discord")

_ASKING_S = 10.0


class Interactions:
    """Takes each interaction of a listener."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._commands = {command.name: command for command in ears.commands}

    async def take(self, interaction: discord.Interaction[Any], me: Me) -> None:
        """Returns once it is saved and answered, or given up."""
        if interaction.type is discord.InteractionType.autocomplete:
            await self._complete(interaction)
        elif interaction.type is discord.InteractionType.application_command:
            await self._invoked(interaction, me)
        elif interaction.type is discord.InteractionType.component:
            await self._pressed(interaction, me)

    async def _complete(self, interaction: discord.Interaction[Any]) -> None:
        command = self._commands.get(events.command_name(interaction))
        for name, option in events.options(interaction).items():
            if option.get("focused"):
                found = table.choices(command, name, str(option["value"]))
                await _suggest(interaction, found)

    async def _invoked(self, interaction: discord.Interaction[Any], me: Me) -> None:
        command = self._commands.get(events.command_name(interaction))
        token = _token(interaction, private=command is None or command.private)
        order = [] if command is None else [option.name for option in command.options]
        await self._save(interaction, events.command_invoked(interaction, token, me, order), private=token.private)

    async def _pressed(self, interaction: discord.Interaction[Any], me: Me) -> None:
        post = interaction.message
        private = post is not None and post.flags.ephemeral
        if post is None or not events.component(interaction):
            await asyncio.wait({self._ears.deferrals.add(interaction, private=private).begin()})
            return
        token = replace(_token(interaction, private=private), anchored=True, pressed=post.id)
        await self._save(interaction, events.button_pressed(interaction, token, me), private=private)

    async def _save(
        self, interaction: discord.Interaction[Any], event: CommandInvoked | ButtonPressed, *, private: bool
    ) -> None:
        deferral = self._ears.deferrals.add(interaction, private=private)
        timer = asyncio.get_running_loop().call_later(self._ears.defer_after, deferral.begin)
        try:
            await self._accept(event, deferral)
        finally:
            timer.cancel()

    async def _accept(self, event: CommandInvoked | ButtonPressed, deferral: Deferral) -> None:
        try:
            await self._ears.accept(event)
        except Exception:  # the rim of receiving: whatever kept it from being saved, the asker is told
            log.exception("discord_interaction_not_saved kind=%s key=%s", type(event).__name__, event.keys.event)
            await deferral.refuse(self._ears.host.text("not-saved", event.origin.locale))
        else:
            await asyncio.wait({deferral.begin()})


def _token(interaction: discord.Interaction[Any], *, private: bool) -> Token:
    return Token(
        address=events.interaction_address(interaction),
        application=interaction.application_id,
        interaction=interaction.id,
        secret=interaction.token,
        until=time() + LIFETIME,
        private=private,
        may_post=events.may_post(interaction),
        file_limit=interaction.filesize_limit,
    )


async def _suggest(interaction: discord.Interaction[Any], values: Sequence[str]) -> None:
    choices = [app_commands.Choice(name=value, value=value) for value in values]
    try:
        async with asyncio.timeout(_ASKING_S):
            await interaction.response.autocomplete(choices)
    except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
        # The person has typed on meanwhile: nobody waits for this any more.
        log.debug("discord_suggestions_late error=%s", type(error).__name__)
