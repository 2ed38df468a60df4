"""Slash commands, autocomplete, buttons and modals: deadlines, tokens, who sees what."""

import asyncio
from collections.abc import Awaitable, Callable

import discord
import pytest
from discord import app_commands

from tests.fakes.discord import Interaction, MessageKind, NotAnswered, Permission
from tests.fakes.test_discord_fake.conftest import Scene

Handler = Callable[[discord.Interaction], Awaitable[None]]


async def ask(scene: Scene, handler: Handler) -> Interaction:
    """Register /ask with that handler, and let Ann call it; returns when the handler has ended."""
    done = asyncio.Event()

    async def callback(interaction: discord.Interaction, question: str) -> None:
        try:
            await handler(interaction)
        finally:
            done.set()

    scene.bot.tree.add_command(app_commands.Command(name="ask", description="Ask it", callback=callback))
    await scene.bot.tree.sync()
    made = await scene.fake.command(scene.ann, scene.channel, "ask", {"question": "why?"})
    async with asyncio.timeout(5):
        await done.wait()
    return made


async def refusal(awaitable: Awaitable[object]) -> tuple[int, int]:
    """Status and number with which a call is refused."""
    with pytest.raises(discord.HTTPException) as caught:
        await awaitable
    return caught.value.status, caught.value.code


async def test_a_command_brings_its_options_and_its_asker(scene: Scene) -> None:
    heard: list[discord.Interaction] = []

    async def handler(interaction: discord.Interaction) -> None:
        heard.append(interaction)
        await interaction.response.send_message("because")

    made = await ask(scene, handler)
    interaction = heard[0]
    assert (interaction.user.id, interaction.channel_id) == (scene.ann.id, scene.channel.id)
    assert interaction.namespace.question == "why?"
    assert str(interaction.locale) == "en-US"
    assert interaction.app_permissions.send_messages
    shown = scene.fake.screen(scene.channel)[-1]
    assert (shown.content, shown.kind, shown.ephemeral) == ("because", MessageKind.COMMAND, False)
    assert (made.answer, made.deferred) == (4, False)


async def test_a_deferral_thinks_until_it_is_edited(scene: Scene) -> None:
    screens: list[bool] = []

    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        screens.append(scene.fake.screen(scene.channel)[-1].thinking)
        await interaction.edit_original_response(content="because")
        screens.append(scene.fake.screen(scene.channel)[-1].thinking)

    made = await ask(scene, handler)
    assert made.deferred
    assert screens == [True, False]
    assert scene.contents() == ["because"]


async def test_an_ephemeral_answer_is_for_its_asker_alone(scene: Scene) -> None:
    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True, ephemeral=True)
        await interaction.edit_original_response(content="psst")

    made = await ask(scene, handler)
    assert made.ephemeral
    assert scene.contents() == []
    assert scene.fake.screen(scene.channel, scene.fake.user("Lei")) == []
    assert [shown.content for shown in scene.fake.screen(scene.channel, scene.ann)] == ["psst"]
    assert [message async for message in scene.place.history()] == []
    assert made.first is not None
    assert await refusal(scene.place.fetch_message(made.first.id)) == (404, 10008)
    await scene.mention("what comes next is heard")
    assert scene.bot.edits == []


async def test_what_a_deferral_said_stays(scene: Scene) -> None:
    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.followup.send("public still", ephemeral=True)
        await interaction.followup.send("secret", ephemeral=True)

    await ask(scene, handler)
    assert scene.contents() == ["public still"]
    assert [shown.content for shown in scene.fake.screen(scene.channel, scene.ann)] == ["public still", "secret"]


async def test_an_answer_after_three_seconds_is_too_late(scene: Scene) -> None:
    refused: list[tuple[int, int]] = []

    async def handler(interaction: discord.Interaction) -> None:
        scene.fake.clock.skip(3.1)
        refused.append(await refusal(interaction.response.defer()))

    made = await ask(scene, handler)
    assert refused == [(404, 10062)]
    with pytest.raises(NotAnswered):
        await made.acknowledgement()


async def test_a_second_answer_is_refused(scene: Scene) -> None:
    refused: list[tuple[int, int]] = []

    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        refused.append(await refusal(scene.bot.raw("POST", path, {"type": 4, "data": {"content": "again"}})))

    await ask(scene, handler)
    assert refused == [(400, 40060)]


async def test_a_token_dies_after_fifteen_minutes(scene: Scene) -> None:
    refused: list[tuple[int, int]] = []

    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        scene.fake.clock.skip(890)
        await interaction.edit_original_response(content="in time")
        scene.fake.clock.skip(11)
        refused.append(await refusal(interaction.edit_original_response(content="late")))
        refused.append(await refusal(interaction.followup.send("late")))

    await ask(scene, handler)
    assert refused == [(401, 50027)] * 2
    assert scene.contents() == ["in time"]


async def test_no_follow_up_before_the_first_answer(scene: Scene) -> None:
    refused: list[tuple[int, int]] = []

    async def handler(interaction: discord.Interaction) -> None:
        refused.append(await refusal(interaction.followup.send("too early")))
        await interaction.response.send_message("now")

    await ask(scene, handler)
    assert refused == [(404, 10015)]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"type": 5, "data": {"flags": 4}}, "data.flags"),
        ({"type": 8, "data": {"choices": []}}, "type"),
        ({"type": 1}, "type"),
        ({"type": 6}, "type"),
        ({"type": 7, "data": {"content": "x"}}, "type"),
        ({"type": 4, "data": {"content": "x" * 2001}}, "content"),
        ({"type": 9, "data": {"title": "t" * 46, "custom_id": "m", "components": [{}]}}, "data.title"),
    ],
)
async def test_a_wrong_answer_is_refused_and_a_right_one_still_possible(
    scene: Scene, body: dict[str, object], path: str
) -> None:
    async def handler(interaction: discord.Interaction) -> None:
        with pytest.raises(discord.HTTPException, match=f"In {path}:"):
            await scene.bot.raw("POST", f"/interactions/{interaction.id}/{interaction.token}/callback", body)
        await interaction.response.send_message("right")

    await ask(scene, handler)
    assert scene.contents() == ["right"]


async def test_the_answer_can_be_read_and_taken_away(scene: Scene) -> None:
    read: list[str] = []

    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("here")
        read.append((await interaction.original_response()).content)
        await interaction.delete_original_response()
        with pytest.raises(discord.NotFound):
            await interaction.original_response()

    await ask(scene, handler)
    assert read == ["here"]
    assert scene.contents() == []


async def test_an_answer_can_be_edited_with_the_bots_token_where_the_bot_may_post(scene: Scene) -> None:
    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("one")
        message = await interaction.original_response()
        await scene.place.get_partial_message(message.id).edit(content="two")

    await ask(scene, handler)
    assert scene.contents() == ["two"]


async def test_a_command_is_answered_where_the_bot_may_not_post(scene: Scene) -> None:
    mute = scene.fake.channel(scene.guild, "mute", permissions=int(Permission.VIEW_CHANNEL))

    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(str(interaction.app_permissions.send_messages))

    await ask(scene, handler)
    made = await scene.fake.command(scene.ann, mute, "ask", {"question": "here?"})
    await made.acknowledgement()
    assert [shown.content for shown in scene.fake.screen(mute)] == ["False"]


async def test_a_command_in_a_dm_has_a_user_and_no_guild(scene: Scene) -> None:
    heard: list[discord.Interaction] = []

    async def handler(interaction: discord.Interaction) -> None:
        heard.append(interaction)
        await interaction.response.send_message("ok")

    await ask(scene, handler)
    made = await scene.fake.command(scene.ann, scene.fake.dm(scene.ann), "ask", {"question": "here?"})
    await made.acknowledgement()
    assert (heard[1].guild_id, heard[1].user.id) == (None, scene.ann.id)
    assert isinstance(heard[1].channel, discord.DMChannel)


async def test_pings_of_an_interaction_are_noticed(scene: Scene) -> None:
    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="@everyone")

    await ask(scene, handler)
    assert [ping.target for ping in scene.fake.pinged] == ["everyone"]


async def test_a_person_cannot_call_what_is_not_registered_or_leave_out_options(scene: Scene) -> None:
    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("ok")

    await ask(scene, handler)
    with pytest.raises(LookupError):
        await scene.fake.command(scene.ann, scene.channel, "draw")
    with pytest.raises(ValueError, match="question"):
        await scene.fake.command(scene.ann, scene.channel, "ask")
    with pytest.raises(TypeError):
        await scene.fake.command(scene.ann, scene.channel, "ask", {"question": 1})
