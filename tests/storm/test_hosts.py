"""The hosts of files in a storm: what was ordered happens to the next request, and is counted only then."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.fakes.discord import File
from tests.fakes.discord.files import path_of, signed
from tests.fakes.slack.values import SharedFile
from tests.storm.plan import Trouble
from tests.storm.world import World, world


@pytest.fixture
async def far() -> AsyncIterator[World]:
    async with world() as made:
        made.mishaps.silent_s = 0.01
        yield made


async def _slack(far: World) -> httpx.Response:
    ts = await far.slack.say("U0", "D0", "", files=[SharedFile("a.txt", "text/plain", b"words")])
    file = far.slack.workspace.channels["D0"].messages[ts].files[0]
    token = {"Authorization": f"Bearer {far.slack.bot_token}"}
    async with httpx.AsyncClient(headers=token) as client:
        return await client.get(f"{far.slack.files_host}/files/{file.id}/a.txt")


async def _discord(far: World) -> httpx.Response:
    room = far.rooms[0]
    said = await far.discord.say(far.users[0], room, "look", attachments=[File("a.txt", b"words", "text/plain")])
    path = path_of(room.id, room.messages[said].attachments[0])
    async with httpx.AsyncClient() as client:
        return await client.get(signed(far.discord.base_url, path, far.discord.clock.now()))


ASK = {"slack": _slack, "discord": _discord}


@pytest.mark.parametrize("platform", sorted(ASK))
async def test_a_file_host_fails_as_often_as_was_ordered_and_then_gives_the_file(far: World, platform: str) -> None:
    far.mishaps.order(Trouble.FILES_DOWN, 0.1)
    far.mishaps.order(Trouble.FILES_SILENT, 0.1)
    far.mishaps.order(Trouble.FILES_SIGN_IN, 0.1)
    assert far.diary.fired == []
    answers = [await ASK[platform](far) for _ in range(4)]
    assert [each.status_code for each in answers] == [503, 503, 200, 200]
    assert "Sign in" in answers[2].text
    assert answers[3].content == b"words"
    fired = [trouble for _, trouble in far.diary.fired]
    assert fired == [Trouble.FILES_DOWN, Trouble.FILES_SILENT, Trouble.FILES_SIGN_IN]


async def test_a_host_that_is_down_for_good_outlasts_every_try(far: World) -> None:
    far.mishaps.order(Trouble.FILES_DOWN, 0.9)
    assert [(await _slack(far)).status_code for _ in range(4)] == [500, 500, 500, 200]
