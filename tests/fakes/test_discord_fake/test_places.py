"""Channels, servers and people coming and going, and what can be looked up about them."""

import asyncio

import aiohttp
import discord
import pytest
from discord.http import Route

from tests.fakes.discord import FakeDiscord, Limits, Permission
from tests.fakes.discord_bot import INTENTS, pointed_at
from tests.fakes.test_discord_fake.conftest import Scene


async def test_a_removed_channel_is_unknown(scene: Scene) -> None:
    await scene.fake.remove_channel(scene.channel)
    await scene.fake.until(lambda: scene.bot.get_channel(scene.channel.id) is None)
    with pytest.raises(discord.NotFound) as caught:
        await scene.place.send("x")
    assert caught.value.code == 10003


async def test_a_bot_thrown_out_has_no_access(scene: Scene) -> None:
    await scene.fake.remove_bot(scene.guild)
    await scene.fake.until(lambda: not scene.bot.guilds)
    await scene.fake.say(scene.ann, scene.channel, "unheard")
    with pytest.raises(discord.Forbidden) as caught:
        await scene.place.send("x")
    assert caught.value.code == 50001
    assert scene.bot.heard == []


async def test_a_reset_token_ends_everything(scene: Scene) -> None:
    await scene.fake.revoke_token()
    headers = {"Authorization": f"Bot {scene.fake.token}", "User-Agent": "DiscordBot (test, 1)"}
    async with aiohttp.ClientSession(headers=headers) as session:
        answer = await session.get(f"{scene.fake.base_url}/api/v10/users/@me")
        assert answer.status == 401
    await scene.fake.until(lambda: 4004 in scene.fake.gateway.closed)
    await scene.fake.until(scene.bot.is_closed)


async def test_a_new_guild_arrives_on_the_fly(scene: Scene) -> None:
    guild = scene.fake.guild("Second")
    channel = scene.fake.channel(guild, "late")
    await scene.fake.say(scene.ann, channel, "here too")
    await scene.fake.until(lambda: bool(scene.bot.messages))
    assert scene.bot.messages[0].guild is not None
    assert scene.bot.messages[0].guild.name == "Second"


async def test_people_guilds_and_channels_can_be_looked_up(scene: Scene) -> None:
    user = await scene.bot.fetch_user(scene.ann.id)
    guild = await scene.bot.fetch_guild(scene.guild.id, with_counts=False)
    channel = await scene.bot.fetch_channel(scene.channel.id)
    member = await guild.fetch_member(scene.ann.id)
    application = await scene.bot.application_info()
    assert (user.display_name, guild.name, member.id) == ("Ann", "Guild", scene.ann.id)
    assert isinstance(channel, discord.TextChannel)
    assert application.id == scene.fake.application_id
    assert application.id != scene.fake.bot_user_id
    assert [found.id for found in await guild.fetch_channels()] == [scene.channel.id]


@pytest.mark.parametrize(
    ("path", "code"),
    [("/users/1", 10013), ("/guilds/1", 10004), ("/channels/1", 10003), ("/channels/none", 50035)],
)
async def test_what_is_not_there_has_its_number(scene: Scene, path: str, code: int) -> None:
    with pytest.raises(discord.HTTPException) as caught:
        await scene.bot.raw("GET", path)
    assert caught.value.code == code


async def test_a_guilds_roles_say_which_is_the_bots(scene: Scene) -> None:
    roles = await scene.bot.http.get_roles(scene.guild.id)
    tagged = [int(role["id"]) for role in roles if role.get("tags", {}).get("bot_id") == str(scene.fake.bot_user_id)]
    assert tagged == [scene.guild.bot_role_id]
    assert {role["name"] for role in roles} == {"@everyone", "Parley", "Moderators"}


async def test_a_stranger_is_no_member(scene: Scene) -> None:
    with pytest.raises(discord.NotFound) as caught:
        await scene.bot.http.request(Route("GET", f"/guilds/{scene.guild.id}/members/1"))
    assert caught.value.code == 10007


async def test_messages_of_others_are_deleted_with_the_right_only(scene: Scene) -> None:
    message = await scene.mention()
    with pytest.raises(discord.Forbidden) as caught:
        await message.delete()
    assert caught.value.code == 50013
    scene.channel.bot_permissions = int(Permission.VIEW_CHANNEL | Permission.MANAGE_MESSAGES)
    await message.delete()
    assert scene.contents() == []


async def test_the_bots_own_message_can_be_deleted_once(scene: Scene) -> None:
    sent = await scene.place.send("oops")
    await sent.delete()
    with pytest.raises(discord.NotFound) as caught:
        await sent.delete()
    assert caught.value.code == 10008


async def test_the_bot_archives_its_own_thread_but_locks_none(scene: Scene) -> None:
    thread = await (await scene.mention()).create_thread(name="mine")
    await thread.edit(archived=True)
    assert scene.fake.world.channels[thread.id].archived
    with pytest.raises(discord.Forbidden):
        await thread.edit(locked=True)


async def test_a_sharded_client_asks_where_the_gateway_is() -> None:
    async with FakeDiscord(limits=Limits(enabled=False)) as fake:
        with pointed_at(fake.base_url):
            intents = discord.Intents._from_value(INTENTS)
            client = discord.AutoShardedClient(intents=intents, guild_ready_timeout=0.02)
            task = asyncio.create_task(client.start(fake.token))
            await fake.until(lambda: bool(fake.hub.sessions))
            await client.close()
            await asyncio.gather(task, return_exceptions=True)
        assert "GET /gateway/bot" in [call.route for call in fake.calls]
