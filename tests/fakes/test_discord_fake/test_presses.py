"""Buttons under messages: what can be pressed, how a press may be answered, and what is said of whoever pressed."""

from collections.abc import Awaitable, Callable

import discord
import pytest

from tests.fakes.discord import Interaction, NotAnswered
from tests.fakes.test_discord_fake.conftest import Scene

Handler = Callable[[discord.Interaction], Awaitable[None]]

MORE = {"type": 2, "style": 2, "label": "More", "custom_id": "more"}
LINK = {"type": 2, "style": 5, "label": "Elsewhere", "url": "https://example.com"}


async def posted(scene: Scene, *buttons: dict[str, object]) -> int:
    """A message of the bot's with a row of buttons."""
    row = {"type": 1, "components": list(buttons or (MORE,))}
    sent = await scene.bot.raw("POST", f"/channels/{scene.channel.id}/messages", {"content": "x", "components": [row]})
    return int(sent["id"])


async def pressed(scene: Scene, handler: Handler, message: int) -> tuple[Interaction, discord.Interaction]:
    """Ann presses, and a handler answers; what she did, and what the client got of it."""
    heard: list[discord.Interaction] = []

    async def on_interaction(interaction: discord.Interaction) -> None:
        await handler(interaction)
        heard.append(interaction)

    scene.bot.event(on_interaction)
    made = await scene.fake.press(scene.ann, message, "more")
    await scene.fake.until(lambda: bool(heard))
    return made, heard[0]


async def acknowledge(interaction: discord.Interaction) -> None:
    """Change nothing on the screen."""
    await interaction.response.defer()


async def answer(scene: Scene, interaction: discord.Interaction, body: object) -> tuple[int, int]:
    """Answer with a raw body; status and number with which that is refused, zeros where it is taken."""
    try:
        await scene.bot.raw("POST", f"/interactions/{interaction.id}/{interaction.token}/callback", body)
    except discord.HTTPException as refused:
        return refused.status, refused.code
    return 0, 0


async def test_a_press_brings_its_button_its_message_and_its_person(scene: Scene) -> None:
    message = await posted(scene)
    made, heard = await pressed(scene, acknowledge, message)
    assert heard.message is not None
    assert (heard.message.id, heard.user.id, heard.channel_id) == (message, scene.ann.id, scene.channel.id)
    assert heard.data is not None
    assert heard.data.get("custom_id") == "more"
    assert heard.data.get("component_type") == 2
    assert (made.answer, made.thinking) == (6, False)
    assert scene.contents() == ["x"]


async def test_only_a_button_that_stands_there_can_be_pressed(scene: Scene) -> None:
    message = await posted(scene, {**MORE, "disabled": True}, LINK, {**MORE, "custom_id": "other"})
    shown = scene.fake.screen(scene.channel)[0]
    assert (shown.buttons, shown.labels) == (("more", "other"), ("More", "More"))
    for name in ("more", "gone", "https://example.com"):
        with pytest.raises(LookupError):
            await scene.fake.press(scene.ann, message, name)
    await scene.place.get_partial_message(message).edit(view=None)
    with pytest.raises(LookupError):
        await scene.fake.press(scene.ann, message, "other")
    assert scene.fake.screen(scene.channel)[0].buttons == ()


@pytest.mark.parametrize(("kind", "refused"), [(1, True), (4, False), (5, False), (6, False), (7, False), (8, True)])
async def test_a_press_has_its_own_kinds_of_answers(scene: Scene, kind: int, refused: bool) -> None:
    results: list[tuple[int, int]] = []

    async def handler(interaction: discord.Interaction) -> None:
        data = {"content": "y"} if kind in (4, 7) else {}
        results.append(await answer(scene, interaction, {"type": kind, "data": data}))

    await pressed(scene, handler, await posted(scene))
    assert results == [(400, 50035) if refused else (0, 0)]


async def test_a_late_answer_and_a_second_one_are_refused(scene: Scene) -> None:
    results: list[tuple[int, int]] = []

    async def late(interaction: discord.Interaction) -> None:
        scene.fake.clock.skip(3.1)
        results.append(await answer(scene, interaction, {"type": 6}))

    async def twice(interaction: discord.Interaction) -> None:
        results.extend([await answer(scene, interaction, {"type": 6}) for _ in range(2)])

    message = await posted(scene)
    made, _ = await pressed(scene, late, message)
    with pytest.raises(NotAnswered):
        await made.acknowledgement()
    await pressed(scene, twice, message)
    assert results == [(404, 10062), (0, 0), (400, 40060)]


async def test_after_a_silent_deferral_the_pressed_message_is_the_original(scene: Scene) -> None:
    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        assert interaction.message is not None
        with pytest.raises(discord.NotFound):
            await interaction.followup.edit_message(interaction.message.id, content="z")
        await interaction.edit_original_response(content="y", view=None)
        await interaction.followup.send("psst", ephemeral=True)

    message = await posted(scene)
    await pressed(scene, handler, message)
    shown = scene.fake.screen(scene.channel, scene.ann)
    assert [(m.content, m.buttons, m.ephemeral) for m in shown] == [("y", (), False), ("psst", (), True)]
    assert shown[0].id == message
    assert scene.contents() == ["y"]


async def test_nobody_presses_what_they_do_not_see(scene: Scene) -> None:
    async def handler(interaction: discord.Interaction) -> None:
        view = discord.ui.View()
        view.add_item(discord.ui.Button(label="Mine", custom_id="mine"))
        await interaction.response.send_message("psst", ephemeral=True, view=view)

    made, _ = await pressed(scene, handler, await posted(scene))
    assert made.first is not None
    with pytest.raises(LookupError):
        await scene.fake.press(scene.fake.user("Lei"), made.first.id, "mine")
    assert (await scene.fake.press(scene.ann, made.first.id, "mine")).message is made.first


async def test_messages_of_an_interaction_say_where_they_came_from(scene: Scene) -> None:
    async def handler(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("one")
        await interaction.followup.send("two")

    message = await posted(scene)
    made, _ = await pressed(scene, handler, message)
    read = [found async for found in scene.place.history(after=discord.Object(message), oldest_first=True)]
    first, second = (found.interaction_metadata for found in read)
    assert made.first is not None
    assert first is not None
    assert second is not None
    assert (first.id, first.interacted_message_id, first.original_response_message_id) == (made.id, message, None)
    assert (second.id, second.original_response_message_id) == (made.id, made.first.id)
    assert first.type is discord.InteractionType.component


async def test_a_moderator_may_manage_messages_and_others_may_not(scene: Scene) -> None:
    lei = scene.fake.user("Lei")
    scene.fake.promote(lei, scene.guild)
    for user in (lei, scene.ann):
        await scene.fake.say(user, scene.channel, "hi")
    await scene.fake.until(lambda: len(scene.bot.messages) == 2)
    rights = []
    for message in scene.bot.messages:
        assert isinstance(message.author, discord.Member)
        rights.append(message.channel.permissions_for(message.author).manage_messages)
    assert rights == [True, False]
    message_id = await posted(scene)
    seen: list[bool] = []

    async def on_interaction(interaction: discord.Interaction) -> None:
        seen.append(interaction.permissions.manage_messages)
        await interaction.response.defer()

    scene.bot.event(on_interaction)
    for user in (lei, scene.ann):
        await (await scene.fake.press(user, message_id, "more")).acknowledgement()
    assert seen == [True, False]


async def test_many_messages_deleted_at_one_stroke_are_one_event(scene: Scene) -> None:
    heard: list[discord.RawBulkMessageDeleteEvent] = []

    async def on_raw_bulk_message_delete(payload: discord.RawBulkMessageDeleteEvent) -> None:
        heard.append(payload)

    scene.bot.event(on_raw_bulk_message_delete)
    ids = [await scene.fake.say(scene.ann, scene.channel, text) for text in ("one", "two", "three")]
    await scene.fake.purge(scene.channel, ids[:2])
    await scene.fake.until(lambda: bool(heard))
    assert (heard[0].message_ids, heard[0].channel_id) == (set(ids[:2]), scene.channel.id)
    assert scene.contents() == ["three"]
