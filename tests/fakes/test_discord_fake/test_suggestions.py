"""Autocomplete, buttons and forms."""

import asyncio
from collections.abc import Callable
from typing import Any

import discord
import pytest
from discord import app_commands

from tests.fakes.discord import NotAnswered
from tests.fakes.test_discord_fake.conftest import Scene


def suggesting(scene: Scene, suggest: Callable[[str], list[str]], delay_s: float = 0.0) -> None:
    """Register /model with an autocompleted option."""

    async def model(interaction: discord.Interaction, name: str) -> None:
        await interaction.response.send_message(name)

    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name="model", description="Choose", callback=model
    )

    async def complete(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        await asyncio.sleep(delay_s)
        return [app_commands.Choice(name=found, value=found) for found in suggest(typed)]

    command.autocomplete("name")(complete)
    scene.bot.tree.add_command(command)


async def test_autocomplete_gives_suggestions_for_what_was_typed(scene: Scene) -> None:
    suggesting(scene, lambda typed: [f"{typed}-1", f"{typed}-2"])
    await scene.bot.tree.sync()
    found = await scene.fake.autocomplete(scene.ann, scene.channel, "model", "name", "gpt")
    assert [(choice.name, choice.value) for choice in found] == [("gpt-1", "gpt-1"), ("gpt-2", "gpt-2")]
    assert scene.contents() == []


async def test_more_than_25_suggestions_are_none(scene: Scene) -> None:
    suggesting(scene, lambda typed: [str(number) for number in range(26)])
    await scene.bot.tree.sync()
    scene.fake.clock.speed = 60
    with pytest.raises(NotAnswered):
        await scene.fake.autocomplete(scene.ann, scene.channel, "model", "name", "")


async def test_slow_suggestions_are_none(scene: Scene) -> None:
    suggesting(scene, lambda typed: ["late"], delay_s=0.1)
    await scene.bot.tree.sync()
    scene.fake.clock.speed = 60
    with pytest.raises(NotAnswered):
        await scene.fake.autocomplete(scene.ann, scene.channel, "model", "name", "")
    await asyncio.sleep(0.1)


class Buttons(discord.ui.View):
    """One button that edits its message, one that opens a form."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="again", custom_id="again")
    async def again(self, interaction: discord.Interaction, button: discord.ui.Button[discord.ui.View]) -> None:
        """Edit the message."""
        await interaction.response.edit_message(content="pressed")

    @discord.ui.button(label="form", custom_id="form")
    async def form(self, interaction: discord.Interaction, button: discord.ui.Button[discord.ui.View]) -> None:
        """Open a form."""
        modal = discord.ui.Modal(title="Tell", custom_id="tell")
        modal.add_item(discord.ui.TextInput(label="What", custom_id="what"))
        await interaction.response.send_modal(modal)


async def test_buttons_edit_their_message_and_open_forms(scene: Scene) -> None:
    sent = await scene.place.send("press", view=Buttons())
    assert scene.fake.screen(scene.channel)[-1].buttons == ("again", "form")
    pressed = await scene.fake.press(scene.ann, sent.id, "again")
    await pressed.acknowledgement()
    assert scene.contents() == ["pressed"]
    asked = await scene.fake.press(scene.ann, sent.id, "form")
    await asked.acknowledgement()
    assert asked.modal is not None
    assert asked.modal["title"] == "Tell"
    with pytest.raises(LookupError):
        await scene.fake.press(scene.ann, sent.id, "gone")
