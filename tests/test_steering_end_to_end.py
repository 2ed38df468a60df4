"""Steering over the wire: what people do to answers with buttons and commands, on both platforms at once."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio

from tests import steering_site
from tests.places import BEGUN, REST, OnSlack, Place, everywhere, said
from tests.steering_site import CUT, FINISHED, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """One program for all tests, each of which goes to places of its own."""
    async with steering_site.site(tmp_path_factory.mktemp("site")) as opened:
        yield opened


async def test_under_a_whole_answer_it_can_be_asked_anew_taken_back_and_rated(site: Site) -> None:
    async def scene(place: Place) -> None:
        await place.answered("what is blue?")
        assert [each.labels for each in place.posts()] == [FINISHED]

    await everywhere(site.all, scene)


async def test_regenerate_revises_the_post_and_the_history_once_for_a_double_click(site: Site) -> None:
    async def scene(place: Place) -> None:
        await place.answered("what is blue?")
        post = place.posts()[-1]
        await asyncio.gather(*(place.press(post.id, post.buttons["Regenerate"]) for _ in range(2)))
        await place.settles(place.answer("what is blue?", take=2))
        assert [each.id for each in place.posts()] == [post.id]
        await place.answered("and red?")
        assert len(place.requests()) == 3
        carried = str(said(place.requests()[-1]))
        assert place.answer("what is blue?", take=2) in carried
        assert place.answer("what is blue?", take=1) not in carried

    await everywhere(site.all, scene)


async def test_stop_keeps_what_was_written_and_continue_completes_the_same_post(site: Site) -> None:
    async def scene(place: Place) -> None:
        growing = await place.begun("what is blue?")
        assert growing.labels == ("Stop",)
        await place.click("Stop")
        await place.stopped()
        assert place.posts()[-1].labels == CUT
        await place.click("Continue")
        await place.settles(BEGUN + REST)
        assert [(each.id, each.labels) for each in place.posts()] == [(growing.id, FINISHED)]
        assert said(place.requests()[-1])[-2].strip() == BEGUN.strip()

    await everywhere(site.updated, scene)


async def test_on_slack_a_stream_is_stopped_by_a_mention_and_by_the_stop_sign(site: Site) -> None:
    async def mentions(place: Place) -> None:
        assert isinstance(place, OnSlack)
        await place.far.slack.say("U1", place.channel, f"<@{place.far.slack.bot_user_id}> /stop", place.thread)

    async def presses_the_sign(place: Place) -> None:
        assert isinstance(place, OnSlack)
        await place.far.slack.stop_stream("U1", place.channel, place.posts()[-1].id)

    async def scene(place: Place, stop: Callable[[Place], Awaitable[None]]) -> None:
        growing = await place.begun("what is blue?")
        assert growing.labels == ()
        await stop(place)
        await place.stopped()
        assert place.posts()[-1].labels == CUT
        await place.click("Continue")
        await place.settles(BEGUN + REST)
        assert [each.id for each in place.posts()] == [growing.id]

    mention, sign = site.slack_thread, site.slack_thread
    await asyncio.gather(scene(mention, mentions), scene(sign, presses_the_sign))
    assert mention.told() == ["Stopped: what was written so far stays."]
    assert sign.told() == []


async def test_undo_marks_the_post_and_the_next_question_carries_nothing_of_it(site: Site) -> None:
    async def scene(place: Place) -> None:
        await place.answered("first?")
        await place.answered("what is blue?")
        await place.click("Undo")
        await place.until(lambda: place.posts()[-1].labels == ())
        taken_back = "\n\n_Ann took this exchange back: it is no longer part of the conversation._"
        assert place.posts()[-1].text == place.answer("what is blue?") + taken_back
        await place.answered("and red?")
        carried = said(place.requests()[-1])
        assert place.answer("first?") in carried
        assert not any("what is blue?" in each for each in carried)

    await everywhere(site.all, scene)


async def test_an_opinion_is_kept_and_thanked_for_in_private(site: Site) -> None:
    async def scene(place: Place) -> None:
        await place.answered("what is blue?")
        post = await place.click("👎")
        await place.until(lambda: place.told() == ["Thank you, noted."])
        assert place.posts() == [post]

    places = site.all
    before = _opinions(site.ledger)
    await everywhere(places, scene)
    assert _opinions(site.ledger) == [*before, *[(-1, "gpt-5.4")] * len(places)]


def _opinions(ledger: Path) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(ledger)) as database:
        return database.execute("select value, model from feedback").fetchall()


async def test_a_strangers_regenerate_is_refused_in_private(site: Site) -> None:
    async def scene(place: Place) -> None:
        await place.answered("what is blue?")
        post = await place.click("Regenerate", stranger=True)
        refused = "Only whoever asked, or somebody who looks after this channel, can do that."
        await place.until(lambda: place.told(stranger=True) == [refused])
        assert (place.posts(), place.told(), len(place.requests())) == ([post], [], 1)

    await everywhere(site.shared, scene)


async def test_stop_retry_and_undo_are_slash_commands_too(site: Site) -> None:
    async def scene(place: Place) -> None:
        growing = await place.begun("what is blue?")
        await place.command("stop")
        await place.stopped()
        await place.command("undo")
        await place.until(lambda: place.posts()[-1].labels == ())
        await place.answered("and red?")
        await place.command("retry")
        await place.settles(place.answer("and red?", take=2))
        assert [each.id == growing.id for each in place.posts()] == [True, False]
        await place.until(lambda: len(place.told()) == 3)
        assert place.told() == [
            "Stopped: what was written so far stays.",
            "Taken back: the newest exchange is no longer part of the conversation.",
            "I answer that anew.",
        ]

    await everywhere(site.updated, scene)


async def test_on_slack_what_was_asked_by_command_can_be_asked_anew_and_taken_back_by_command(site: Site) -> None:
    place = site.slack_thread
    await place.command("ask", f"what is blue? {place.tag}")
    await place.until(lambda: len(place.posts()) == 1)
    place.thread = place.posts()[0].id
    await place.settles(place.answer("what is blue?"))
    await place.command("retry")
    await place.until(lambda: len(place.told()) == 1)
    assert place.told() == ["I answer that anew."]
    await place.settles(place.answer("what is blue?", take=2))
    await place.command("undo")
    await place.until(lambda: "took this exchange back" in place.posts()[-1].text)


async def test_on_discord_answers_are_steered_where_the_bot_itself_may_not_write(site: Site) -> None:
    place = site.discord_closed
    await place.command("ask", f"what is blue? {place.tag}")
    await place.settles(place.answer("what is blue?"))
    post = await place.click("Regenerate")
    await place.settles(place.answer("what is blue?", take=2))
    await place.click("Undo")
    await place.until(lambda: place.posts()[-1].labels == ())
    assert place.posts()[-1].id == post.id


async def test_on_discord_a_press_lends_its_own_address_where_that_of_the_question_has_run_out(site: Site) -> None:
    place = site.discord_closed
    await place.command("ask", f"what is blue? {place.tag}")
    await place.settles(place.answer("what is blue?"))
    site.far.discord.clock.skip(1000.0)
    await place.click("Regenerate")
    await place.until(lambda: len(place.requests()) == 2)
    await place.until(place.rests)
    assert place.posts()[-1].text == place.answer("what is blue?", take=2)
