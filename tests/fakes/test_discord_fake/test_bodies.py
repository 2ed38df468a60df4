"""What a message may be made of: embeds, components, files, flags, allowed mentions."""

from typing import Any

import discord
import pytest

from tests.fakes.discord import Permission
from tests.fakes.test_discord_fake.conftest import Scene

Body = dict[str, Any]

BUTTON = {"type": 2, "style": 1, "label": "go", "custom_id": "go"}


def row(*items: Body) -> Body:
    """A message with one row of components."""
    return {"content": "x", "components": [{"type": 1, "components": list(items)}]}


def embed(**fields: object) -> Body:
    """A message with one embed."""
    return {"embeds": [fields]}


async def post(scene: Scene, body: Body) -> Any:
    """Send a raw body."""
    return await scene.bot.raw("POST", f"/channels/{scene.channel.id}/messages", body)


@pytest.mark.parametrize(
    "body",
    [
        embed(title="t" * 256, description="d" * 4096),
        embed(fields=[{"name": "n" * 100, "value": "v" * 100}] * 25),
        {"embeds": [{"description": "d" * 600}] * 10},
        row(*({**BUTTON, "custom_id": f"{number}"} for number in range(5))),
        row({**BUTTON, "custom_id": "c" * 100, "label": "l" * 80}),
        row({"type": 2, "style": 5, "label": "link", "url": "https://example.com"}),
        {"content": "x", "components": []},
        {"content": "x", "flags": 4},
        {"content": "x", "nonce": 12, "allowed_mentions": {"parse": [], "users": ["1"] * 100}},
    ],
)
async def test_what_is_just_within_the_limits_is_sent(scene: Scene, body: Body) -> None:
    await post(scene, body)
    assert len(scene.fake.screen(scene.channel)) == 1


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"content": 5}, "content"),
        (embed(title="t" * 257), r"embeds\.0\.title"),
        (embed(description="d" * 4097), r"embeds\.0\.description"),
        (embed(footer={"text": "f" * 2049}), r"embeds\.0\.footer\.text"),
        (embed(author={"name": "a" * 257}), r"embeds\.0\.author\.name"),
        (embed(fields=[{"name": "n", "value": "v"}] * 26), r"embeds\.0\.fields"),
        (embed(fields=[{"name": "n", "value": ""}]), r"embeds\.0\.fields\.0\.value"),
        ({"embeds": [{"title": "t"}] * 11}, "embeds"),
        ({"embeds": [{"description": "d" * 3001}] * 2}, "embeds"),
        (row(*({**BUTTON, "custom_id": f"{number}"} for number in range(6))), r"components\.0\.components"),
        (row(BUTTON, BUTTON), r"components\.0\.components\.1\.custom_id"),
        (row({**BUTTON, "custom_id": "c" * 101}), r"components\.0\.components\.0\.custom_id"),
        (row({**BUTTON, "label": "l" * 81}), r"components\.0\.components\.0\.label"),
        ({"content": "x", "components": row(BUTTON)["components"] * 6}, "components"),
        ({"content": "x", "components": {"type": 1}}, "components"),
        ({"content": "x", "components": [BUTTON]}, r"components\.0\.type"),
        (row(), r"components\.0\.components"),
        (row({"type": 2, "style": 1, "label": "go"}), r"components\.0\.components\.0\.custom_id"),
        (row({**BUTTON, "custom_id": ""}), r"components\.0\.components\.0\.custom_id"),
        (row({**BUTTON, "style": 9}), r"components\.0\.components\.0\.style"),
        (row({**BUTTON, "label": ""}), r"components\.0\.components\.0"),
        (row({**BUTTON, "style": 5, "url": "https://example.com"}), r"components\.0\.components\.0\.custom_id"),
        (row({**BUTTON, "url": "https://example.com"}), r"components\.0\.components\.0\.url"),
        ({"content": "x", "flags": 64}, "flags"),
        ({"content": "x", "flags": 1 << 15}, "content"),
        ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, r"allowed_mentions\.parse\.0"),
        ({"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}, "allowed_mentions"),
        ({"content": "x", "allowed_mentions": {"users": ["1"] * 101}}, r"allowed_mentions\.users"),
        ({"content": "x", "nonce": []}, "nonce"),
    ],
)
async def test_what_breaks_a_limit_is_refused_with_its_path(scene: Scene, body: Body, path: str) -> None:
    with pytest.raises(discord.HTTPException, match=f"In {path}:") as caught:
        await post(scene, body)
    assert (caught.value.status, caught.value.code) == (400, 50035)
    assert scene.contents() == []


async def test_too_big_files_are_refused(scene: Scene, tmp_path: Any) -> None:
    big = tmp_path / "big"
    big.write_bytes(b"x" * (10 * 1024 * 1024 + 1))
    with pytest.raises(discord.HTTPException) as caught:
        await scene.place.send(file=discord.File(big))
    assert (caught.value.status, caught.value.code) == (413, 40005)


async def test_an_edit_keeps_the_files_that_it_lists(scene: Scene) -> None:
    sent = await scene.place.send("two", files=[discord.File(__file__, name) for name in ("a.py", "b.py")])
    await sent.edit(attachments=[sent.attachments[1]])
    assert scene.fake.screen(scene.channel)[0].files == ("b.py",)
    await sent.edit(content="same files")
    assert scene.fake.screen(scene.channel)[0].files == ("b.py",)


async def test_files_need_a_right_and_embeds_vanish_without_theirs(scene: Scene) -> None:
    scene.channel.bot_permissions = int(Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES)
    with pytest.raises(discord.Forbidden):
        await scene.place.send("x", file=discord.File(__file__))
    await scene.place.send("text", embed=discord.Embed(title="gone"))
    assert scene.fake.screen(scene.channel)[0].embeds == 0
    with pytest.raises(discord.HTTPException) as caught:
        await scene.place.send(embed=discord.Embed(title="gone"))
    assert caught.value.code == 50006


async def test_single_allowed_people_are_pinged_and_roles_too(scene: Scene) -> None:
    lei = scene.fake.user("Lei")
    role = scene.guild.bot_role_id
    body = {"content": f"<@{scene.ann.id}> <@{lei.id}> <@&{role}>", "allowed_mentions": {"users": [str(lei.id)]}}
    await post(scene, body)
    assert [ping.target for ping in scene.fake.pinged] == [lei.id]
    await post(scene, {"content": f"<@&{role}>", "allowed_mentions": {"parse": ["roles"]}})
    assert [ping.target for ping in scene.fake.pinged] == [lei.id, role]


async def test_an_edit_that_names_somebody_new_is_noticed(scene: Scene) -> None:
    sent = await scene.place.send("quiet")
    await sent.edit(content=f"<@{scene.ann.id}>")
    assert [(ping.target, ping.by_edit) for ping in scene.fake.pinged] == [(scene.ann.id, True)]
