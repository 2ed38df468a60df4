"""People delete our posts: while they are written that ends the answer, later a new one takes their place."""

import asyncio

import pytest

from bot.contract import PostId
from bot.errors import ChannelGone, Fenced, PostGone
from bot.reply import Reply
from bot.store import Store
from tests.bot.house import house
from tests.fakes.channel import FakeChannel
from tests.fakes.journal import FakeJournal


async def at_once(_: float) -> None:
    await asyncio.sleep(0)


async def test_an_answer_asked_for_again_stands_anew_where_its_post_was_deleted(store: Store) -> None:
    async with house(store) as home:
        await home.say("one", message_id="A")
        home.standing()[0].deleted = True
        await home.say("/retry")
        assert home.screen() == ["You said: one"]
        await home.edit("A", "two")
        assert home.screen() == ["You said: two"], "the new post is the one that is known from then on"


async def test_a_post_of_an_earlier_run_that_is_gone_is_sent_anew() -> None:
    channel, journal = FakeChannel(), FakeJournal(placed=(PostId("P9"),))
    async with Reply(channel, journal) as reply:
        await reply.finish("whole")
    assert channel.shown() == ["whole"]
    assert journal.written == [(0, channel.posts[0].id)]


async def test_an_answer_that_is_deleted_while_it_is_written_ends() -> None:
    channel = FakeChannel()
    channel.fail("edit", PostGone("taken away"))
    grown = Reply(channel, FakeJournal(key="t2"))
    await grown.start()
    grown.write("a beginning of some length")
    while not channel.shown():  # noqa: ASYNC110 - what stands on the screen has no event
        await asyncio.sleep(0.001)
    with pytest.raises(PostGone):
        await grown.finish("the whole")
    await grown.close()


async def test_a_post_that_came_too_late_is_taken_away_again() -> None:
    channel = FakeChannel()
    with pytest.raises(Fenced):
        await Reply(channel, FakeJournal(taken_over=True), sleep=at_once).finish("whole")
    assert channel.shown() == []


async def test_a_post_that_the_other_run_has_found_is_left_to_it() -> None:
    channel = FakeChannel()
    with pytest.raises(Fenced):
        await Reply(channel, FakeJournal(taken_over=True, held={0: PostId("P1")})).finish("whole")
    assert channel.shown() == ["whole"]


async def test_a_post_that_the_other_run_has_been_given_and_writes_down_a_moment_later_is_left_to_it() -> None:
    channel, journal = FakeChannel(), FakeJournal(taken_over=True)

    async def meanwhile(_: float) -> None:
        journal.held = {0: PostId("P1")}

    with pytest.raises(Fenced):
        await Reply(channel, journal, sleep=meanwhile).finish("whole")
    assert channel.shown() == ["whole"]


async def test_a_post_is_taken_away_at_once_where_the_other_run_has_one_of_its_own() -> None:
    channel, journal = FakeChannel(), FakeJournal(taken_over=True, held={0: PostId("P9")})

    async def never(_: float) -> None:
        pytest.fail("a process that ends while it waits would leave the post behind")

    with pytest.raises(Fenced):
        await Reply(channel, journal, sleep=never).finish("whole")
    assert channel.shown() == []


async def test_a_late_post_that_cannot_be_taken_away_ends_the_run_all_the_same() -> None:
    channel = FakeChannel()
    channel.fail("delete", ChannelGone("no rights"))
    with pytest.raises(Fenced):
        await Reply(channel, FakeJournal(taken_over=True), sleep=at_once).finish("whole")


async def test_who_deletes_an_answer_half_way_is_told_nothing(store: Store) -> None:
    async with house(store) as home:
        home.platform.prepare = [("edit", PostGone("taken away"))] * 3
        await home.say("one")
        assert home.platform.notices() == []


async def test_an_asker_whose_channel_takes_no_post_is_told_alone(store: Store) -> None:
    async with house(store) as home:
        home.platform.prepare = [("send", ChannelGone("no rights"))] * 3
        await home.say("one")
        assert home.screen() == []
        assert home.platform.notices() == [home.say_so("channel-failed")]
