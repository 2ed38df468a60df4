"""Files: how they are listed, how large they may be, what a voice message is, and for how long a link holds."""

import io
from typing import Any

import aiohttp
import discord
import pytest
from discord.http import Route

from tests.fakes.discord import File, Permission
from tests.fakes.discord.files import cleansed
from tests.fakes.test_discord_fake.conftest import Scene

VOICE = 1 << 13
SPOKEN = {"id": 0, "filename": "voice.ogg", "duration_secs": 1.5, "waveform": "AAEC"}
MIB = 1024 * 1024

Body = dict[str, Any]


async def upload(scene: Scene, body: Body, *kinds: str, content: bytes = b"OggS", path: str = "") -> Any:
    """A message with files of these media types, as raw as can be."""
    files = [discord.File(io.BytesIO(content), "voice.ogg") for _ in kinds]
    form: list[Body] = [{"name": "payload_json", "value": discord.utils._to_json(body)}]
    for index, (file, kind) in enumerate(zip(files, kinds, strict=True)):
        form.append({"name": f"files[{index}]", "value": file.fp, "filename": "voice.ogg", "content_type": kind})
    verb = "PATCH" if path else "POST"
    return await scene.bot.http.request(
        Route(verb, f"/channels/{scene.channel.id}/messages{path}"), files=files, form=form
    )


async def refusal(scene: Scene, body: Body, *kinds: str) -> int:
    """The code with which an upload is refused."""
    with pytest.raises(discord.HTTPException) as caught:
        await upload(scene, body, *kinds)
    return caught.value.code


async def fetched(url: str) -> int:
    """The status with which a link is answered."""
    async with aiohttp.ClientSession() as session, session.get(url) as reply:
        return reply.status


@pytest.mark.parametrize(
    ("name", "kept", "title"),
    [
        ("cat.png", "cat.png", None),
        ("my cat (2).png", "my_cat_2.png", "my cat (2)"),
        ("_cat.png", "cat.png", "_cat"),
        ("Köln.png", "Koln.png", "Köln"),
        ("../../etc/passwd", "etc_passwd", "passwd"),
        ("图.png", "7.png", "图"),
    ],
)
def test_a_name_is_kept_as_far_as_discord_can(name: str, kept: str, title: str | None) -> None:
    assert cleansed(name, "7") == (kept, title)


@pytest.mark.parametrize("listed", [[{"id": 1}], [{"id": 0}, {"id": 0}], [{"id": "12345"}], []])
async def test_what_is_said_about_files_must_fit_them(scene: Scene, listed: list[Body]) -> None:
    assert await refusal(scene, {"content": "x", "attachments": listed}, "image/png") == 50035
    assert scene.contents() == []


async def test_a_description_has_its_limit(scene: Scene) -> None:
    listed = {"id": 0, "filename": "a.png", "description": "x" * 1025}
    assert await refusal(scene, {"attachments": [listed]}, "image/png") == 50035
    await upload(scene, {"attachments": [{**listed, "description": "x" * 1024}]}, "image/png")
    assert scene.fake.screen(scene.channel)[0].alts == ("x" * 1024,)


async def test_a_boosted_server_takes_larger_files(scene: Scene) -> None:
    large = b"x" * (10 * MIB + 1)
    with pytest.raises(discord.HTTPException) as caught:
        await upload(scene, {}, "image/png", content=large)
    assert (caught.value.status, caught.value.code) == (413, 40005)
    await scene.fake.boost(scene.guild, 2)
    await upload(scene, {}, "image/png", content=large)
    assert len(scene.fake.screen(scene.channel)) == 1


async def test_a_voice_message_is_played_as_one(scene: Scene) -> None:
    sent = await upload(scene, {"flags": VOICE, "attachments": [SPOKEN]}, "audio/ogg")
    assert sent["attachments"][0]["duration_secs"] == 1.5
    assert sent["attachments"][0]["waveform"] == "AAEC"
    assert scene.fake.screen(scene.channel)[0].voice


async def test_a_sound_that_is_sent_as_bytes_loses_what_makes_it_a_voice_message(scene: Scene) -> None:
    sent = await upload(scene, {"flags": VOICE, "attachments": [SPOKEN]}, "application/octet-stream")
    assert "duration_secs" not in sent["attachments"][0]
    assert not scene.fake.screen(scene.channel)[0].voice


@pytest.mark.parametrize(
    ("more", "kinds", "code"),
    [
        ({"content": "listen"}, ["audio/ogg"], 50159),
        ({"embeds": [{"title": "t"}]}, ["audio/ogg"], 50159),
        ({}, ["image/png"], 50160),
        ({"attachments": [SPOKEN, {"id": 1, "filename": "b.ogg"}]}, ["audio/ogg", "audio/ogg"], 50160),
        ({"attachments": [{"id": 0, "filename": "voice.ogg"}]}, ["audio/ogg"], 50161),
        ({"attachments": [{**SPOKEN, "waveform": "?"}]}, ["audio/ogg"], 50161),
    ],
)
async def test_a_voice_message_has_one_sound_and_nothing_else(
    scene: Scene, more: Body, kinds: list[str], code: int
) -> None:
    assert await refusal(scene, {"flags": VOICE, "attachments": [SPOKEN]} | more, *kinds) == code
    assert scene.contents() == []


async def test_a_voice_message_has_a_right_of_its_own(scene: Scene) -> None:
    speak = Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES
    scene.channel.bot_permissions = int(speak | Permission.ATTACH_FILES)
    assert await refusal(scene, {"flags": VOICE, "attachments": [SPOKEN]}, "audio/ogg") == 50173
    scene.channel.bot_permissions = int(speak | Permission.SEND_VOICE_MESSAGES)
    await upload(scene, {"flags": VOICE, "attachments": [SPOKEN]}, "audio/ogg")


async def test_a_voice_message_cannot_be_edited_and_none_is_made_by_an_edit(scene: Scene) -> None:
    sent = await upload(scene, {"flags": VOICE, "attachments": [SPOKEN]}, "audio/ogg")
    with pytest.raises(discord.HTTPException) as caught:
        await scene.place.get_partial_message(int(sent["id"])).edit(content="x")
    assert caught.value.code == 50162
    plain = await scene.place.send("x")
    edited = await upload(
        scene, {"content": "", "flags": VOICE, "attachments": [SPOKEN]}, "audio/ogg", path=f"/{plain.id}"
    )
    assert not edited["flags"] & VOICE


async def test_a_link_holds_as_it_was_given_and_for_a_day(scene: Scene) -> None:
    said = await scene.fake.say(scene.ann, scene.channel, "", attachments=[File("a.png", b"1")])
    message = await scene.place.fetch_message(said)
    url = message.attachments[0].url
    assert await fetched(url) == 200
    assert await fetched(url.replace("ex=", "ex=f")) == 404
    assert await fetched(url.partition("?")[0]) == 404
    scene.fake.clock.skip(25 * 3600)
    assert await fetched(url) == 404
    assert await fetched((await scene.place.fetch_message(said)).attachments[0].url) == 200
    await scene.fake.delete(said)
    assert await fetched(url) == 404


async def test_a_forward_shows_the_files_again(scene: Scene) -> None:
    said = await scene.fake.say(scene.ann, scene.channel, "look", attachments=[File("a.png", b"1")])
    await scene.fake.forward(scene.ann, scene.channel, said)
    await scene.fake.until(lambda: len(scene.bot.messages) == 2)
    [snapshot] = scene.bot.messages[1].message_snapshots
    assert (snapshot.content, [file.filename for file in snapshot.attachments]) == ("look", ["a.png"])
    await scene.fake.delete(said)
    assert await fetched(snapshot.attachments[0].url) == 200


async def test_a_command_takes_a_file_where_it_declares_one(scene: Scene) -> None:
    option = {"type": 11, "name": "file", "description": "A file", "required": True}
    await scene.bot.raw(
        "PUT",
        f"/applications/{scene.fake.application_id}/commands",
        [{"name": "see", "description": "Look", "options": [option]}],
    )
    seen: list[Any] = []
    scene.bot.on_interaction = _keeping(seen)  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        await scene.fake.command(scene.ann, scene.channel, "see", {"file": "no file"})
    await scene.fake.command(scene.ann, scene.channel, "see", {"file": File("a.png", b"1", "image/png")})
    await scene.fake.until(lambda: bool(seen))
    [chosen] = seen[0]["options"]
    given = seen[0]["resolved"]["attachments"][chosen["value"]]
    assert (given["filename"], given["ephemeral"], chosen["type"]) == ("a.png", True, 11)
    assert await fetched(given["url"]) == 200


def _keeping(seen: list[Any]) -> Any:
    async def keep(interaction: discord.Interaction[Any]) -> None:
        seen.append(interaction.data)

    return keep
