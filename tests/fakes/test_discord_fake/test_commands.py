"""Registering commands: every limit, what a sync changes, and the budget of creates."""

from typing import Any

import discord
import pytest
from discord import app_commands

from tests.fakes.discord import FakeDiscord, Limits, Sync
from tests.fakes.discord.commands import LOCALES
from tests.fakes.discord_bot import Bot, running
from tests.fakes.test_discord_fake.conftest import Scene

Body = dict[str, Any]


def command(name: str = "ask", **fields: object) -> Body:
    """A command that is right but for the fields."""
    return {"name": name, "description": "Ask it", "type": 1} | fields


def option(name: str = "question", **fields: object) -> Body:
    """A text option that is right but for the fields."""
    return {"name": name, "description": "What", "type": 3} | fields


async def put(bot: Bot, *commands: Body) -> Any:
    """Bulk PUT of the global commands."""
    return await bot.raw("PUT", f"/applications/{bot.application_id}/commands", list(commands))


async def test_a_sync_says_what_it_changed(scene: Scene) -> None:
    await put(scene.bot, command("ask"), command("draw"))
    await put(scene.bot, command("ask", description="Other words"), command("new"))
    assert scene.fake.commands.syncs == [
        Sync(None, ("ask", "draw"), (), ()),
        Sync(None, ("new",), ("ask",), ("draw",)),
    ]


async def test_an_update_keeps_the_id(scene: Scene) -> None:
    before = await put(scene.bot, command("ask"))
    after = await put(scene.bot, command("ask", description="Other words"))
    assert before[0]["id"] == after[0]["id"]
    assert before[0]["version"] != after[0]["version"]


async def test_the_library_reads_its_commands_back(scene: Scene) -> None:
    async def callback(interaction: discord.Interaction, question: str) -> None:
        raise AssertionError("nobody calls it")

    scene.bot.tree.add_command(app_commands.Command(name="ask", description="Ask it", callback=callback))
    synced = await scene.bot.tree.sync()
    fetched = await scene.bot.tree.fetch_commands()
    assert [found.name for found in synced] == [found.name for found in fetched] == ["ask"]
    assert [part.name for part in fetched[0].options] == ["question"]


async def test_localizations_are_left_out_unless_asked_for(scene: Scene) -> None:
    await put(scene.bot, command(description_localizations={"zh-CN": "提问"}))
    path = f"/applications/{scene.bot.application_id}/commands"
    plain = await scene.bot.raw("GET", path)
    full = await scene.bot.raw("GET", f"{path}?with_localizations=true")
    assert "description_localizations" not in plain[0]
    assert full[0]["description_localizations"] == {"zh-CN": "提问"}


@pytest.mark.parametrize(
    "body",
    [
        command("模型"),
        command("a" * 32),
        command("a-b_c"),
        command(description="x" * 100),
        command(options=[option(f"o{number}") for number in range(25)]),
        command(options=[option(choices=[{"name": "n" * 100, "value": "v" * 100}] * 25)]),
        command(options=[option("a", required=True), option("b")]),
        command(name_localizations=dict.fromkeys(LOCALES, "ask")),
        command(options=[option(f"o{number}", description="x" * 97) for number in range(25)]),
    ],
)
async def test_what_is_just_within_the_limits_is_taken(scene: Scene, body: Body) -> None:
    assert (await put(scene.bot, body))[0]["name"] == body["name"]


LONG_CHOICES = [{"name": "n" * 100, "value": "v" * 100}] * 25


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (command("Ask"), "0.name"),
        (command("a b"), "0.name"),
        (command("a" * 33), "0.name"),
        (command(""), "0.name"),
        (command(description=""), "0.description"),
        (command(description="x" * 101), "0.description"),
        (command(description_localizations={"zh": "x"}), "0.description_localizations.zh"),
        (command(description_localizations={"de": "x" * 101}), "0.description_localizations.de"),
        (command(name_localizations={"de": "Frage"}), "0.name_localizations.de"),
        (command(options=[option(f"o{number}") for number in range(26)]), "0.options"),
        (command(options=[option(), option()]), "0.options.1.name"),
        (command(options=[option("a"), option("b", required=True)]), "0.options.1"),
        (command(options=[option(type=99)]), "0.options.0.type"),
        (command(options=[option(choices=[{"name": "a", "value": "b"}] * 26)]), "0.options.0.choices"),
        (command(options=[option(choices=[{"name": "a", "value": "b" * 101}])]), "0.options.0.choices.0.value"),
        (
            command(options=[option(choices=[{"name": "a", "value": "b"}], autocomplete=True)]),
            "0.options.0.autocomplete",
        ),
        (command(options=[option(f"o{number}", choices=LONG_CHOICES) for number in range(2)]), "0"),
        (command("ask", type=2, description="x"), "0.description"),
    ],
)
async def test_what_breaks_a_limit_is_refused_with_its_path(scene: Scene, body: Body, path: str) -> None:
    with pytest.raises(discord.HTTPException, match=f"In {path}:") as caught:
        await put(scene.bot, body)
    assert (caught.value.status, caught.value.code) == (400, 50035)
    assert scene.fake.commands.all() == []


async def test_only_the_longest_translation_counts_towards_the_whole(scene: Scene) -> None:
    options = [option(f"o{number}", description="x", description_localizations={}) for number in range(25)]
    for entry in options:
        entry["description_localizations"] = dict.fromkeys(LOCALES, "x" * 100)
    await put(scene.bot, command(options=options))


async def test_two_commands_of_one_name_are_refused(scene: Scene) -> None:
    with pytest.raises(discord.HTTPException, match=r"In 1\.name"):
        await put(scene.bot, command(), command())


async def test_a_hundred_slash_commands_fit(scene: Scene) -> None:
    many = [command(f"c{number}") for number in range(101)]
    assert len(await put(scene.bot, *many[:100])) == 100
    with pytest.raises(discord.HTTPException):
        await put(scene.bot, *many)


async def test_the_201st_create_of_a_day_is_refused_but_updates_are_free() -> None:
    async with FakeDiscord(limits=Limits(enabled=False)) as fake, running(fake) as bot:
        first = [command(f"a{number}") for number in range(100)]
        await put(bot, *first)
        await put(bot, *first)
        await put(bot, *(command(f"b{number}") for number in range(100)))
        bot.http.max_ratelimit_timeout = 30.0
        with pytest.raises(discord.RateLimited):
            await put(bot, command("one-too-many"))
        fake.clock.skip(86_401)
        await put(bot, command("tomorrow"))


async def test_single_commands_are_made_and_removed(scene: Scene) -> None:
    path = f"/applications/{scene.bot.application_id}/guilds/{scene.guild.id}/commands"
    made = await scene.bot.raw("POST", path, command())
    assert made["guild_id"] == str(scene.guild.id)
    await scene.bot.raw("DELETE", f"{path}/{made['id']}")
    assert scene.fake.commands.all(scene.guild.id) == []
    with pytest.raises(discord.NotFound) as caught:
        await scene.bot.raw("DELETE", f"{path}/{made['id']}")
    assert caught.value.code == 10063


async def test_another_applications_commands_are_out_of_reach(scene: Scene) -> None:
    with pytest.raises(discord.NotFound) as caught:
        await scene.bot.raw("PUT", "/applications/1/commands", [])
    assert caught.value.code == 10002
