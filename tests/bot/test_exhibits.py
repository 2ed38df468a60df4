"""Files in the midst of a growing answer."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.contract import Capabilities, File, PostId
from bot.errors import ChannelBusy, Fenced, PostRejected
from bot.reply.journal import FIRST_FILE
from bot.reply.screen import Closed
from tests.bot.test_reply import Stage
from tests.fakes.clock import settle
from tests.fakes.journal import FakeJournal

GALLERY = Capabilities(text_limit=2000, measure=len, edit_interval=1.0, file_limit=1000)


@pytest.fixture
def stage() -> Stage:
    return Stage(GALLERY)


def picture(folder: Path, name: str, key: str) -> File:
    path = folder / f"{name}-{key}.png"
    path.write_bytes(name.encode())
    return File(path.name, "image/png", len(name), path, alt=name)


async def test_files_stand_in_a_post_of_their_own_while_the_text_grows_on(stage: Stage, tmp_path: Path) -> None:
    async with stage.reply() as reply:
        reply.write("I shall draw a fox. ")
        await stage.clock.advance(0.2)
        await stage.clock.until(reply.show(0, (picture(tmp_path, "fox", "t1-f0"),), "A fox"))
        reply.write("There it is.")
        await stage.clock.until(reply.finish())
    assert stage.channel.shown() == ["I shall draw a fox. There it is.", "A fox"]
    assert [file.alt for file in stage.channel.posts[1].files] == ["fox"]
    assert stage.journal.written == [(0, PostId("P1")), (FIRST_FILE, PostId("P2"))]


async def test_files_can_be_all_there_is(stage: Stage, tmp_path: Path) -> None:
    async with stage.reply() as reply:
        await stage.clock.until(reply.show(0, (picture(tmp_path, "fox", "t1-f0"),)))
        await stage.clock.until(reply.finish())
    assert [len(post.files) for post in stage.channel.posts] == [1]


async def test_what_stands_already_is_not_shown_again(stage: Stage, tmp_path: Path) -> None:
    stage.journal.files[FIRST_FILE] = stage.channel.seed("", key="t1-f0", final=True)
    async with stage.reply() as reply:
        await stage.clock.until(reply.show(0, (picture(tmp_path, "fox", "t1-f0"),)))
        await stage.clock.until(reply.show(1, (picture(tmp_path, "owl", "t1-f1"),)))
    assert [post.key for post in stage.channel.posts] == ["t1-f0", "t1-f1"]


async def test_a_new_answer_takes_away_the_files_of_the_one_before(tmp_path: Path) -> None:
    stage = Stage(GALLERY, journal=FakeJournal("t1r1"))
    old = [stage.channel.seed("", key=f"t1-f{number}", final=True) for number in range(2)]
    stage.journal.outdated = [(FIRST_FILE + number, post) for number, post in enumerate(old)]
    async with stage.reply() as reply:
        await stage.clock.until(reply.show(0, (picture(tmp_path, "owl", "t1r1-f0"),)))
        reply.write("An owl this time.")
        await stage.clock.until(reply.finish())
    assert [post.key for post in stage.channel.posts if not post.deleted] == ["t1r1-f0", "t1r1-0"]
    assert stage.journal.outdated == []


async def test_a_file_that_is_refused_breaks_nothing_else(stage: Stage, tmp_path: Path) -> None:
    wrong = replace(picture(tmp_path, "fox", "t1-f0"), size=5000)
    async with stage.reply() as reply:
        with pytest.raises(PostRejected):
            await stage.clock.until(reply.show(0, (wrong,)))
        reply.write("The picture is too large to be shown.")
        await stage.clock.until(reply.finish())
    assert stage.channel.shown() == ["The picture is too large to be shown."]


async def test_files_wait_for_a_limited_platform(stage: Stage, tmp_path: Path) -> None:
    stage.channel.fail("send", ChannelBusy("limited", 3.0), times=2)
    async with stage.reply() as reply:
        await stage.clock.until(reply.show(0, (picture(tmp_path, "fox", "t1-f0"),)))
    assert [len(post.files) for post in stage.channel.posts] == [1]


async def test_a_run_that_was_taken_over_shows_no_files(stage: Stage, tmp_path: Path) -> None:
    stage.journal.fence_after = 0
    reply = stage.new_reply()
    await reply.start()
    with pytest.raises(Fenced):
        await stage.clock.until(reply.show(0, (picture(tmp_path, "fox", "t1-f0"),)))
    await stage.clock.until(reply.close())
    assert stage.channel.posts == []


async def test_whoever_waits_for_files_of_a_closed_reply_is_told(stage: Stage, tmp_path: Path) -> None:
    stage.channel.fail("send", ChannelBusy("limited", 500.0))
    reply = stage.new_reply()
    await reply.start()
    showing = asyncio.ensure_future(reply.show(0, (picture(tmp_path, "fox", "t1-f0"),)))
    await settle()
    await stage.clock.until(reply.close())
    with pytest.raises(Closed):
        await showing
    assert stage.channel.posts == []
