"""Following people over the wire: what they edit, delete and go back to, on both platforms at once."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests import steering_site
from tests.places import BEGUN, REST, SLOWLY, Place, everywhere, said
from tests.steering_site import FINISHED, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """One program for all tests, each of which goes to places of its own."""
    async with steering_site.site(tmp_path_factory.mktemp("site")) as opened:
        yield opened


async def test_editing_the_newest_question_revises_the_same_post(site: Site) -> None:
    async def scene(place: Place) -> None:
        message = await place.answered("what is blue?")
        post = place.posts()[-1]
        await place.edit(message, "what is red?")
        await place.settles(place.answer("what is red?"))
        assert [(each.id, each.labels) for each in place.posts()] == [(post.id, FINISHED)]
        await place.answered("and green?")
        assert not any("what is blue?" in each for each in said(place.requests()[-1]))

    await everywhere(site.all, scene)


async def test_editing_a_question_while_it_is_answered_answers_the_new_one_in_the_same_post(site: Site) -> None:
    async def scene(place: Place) -> None:
        message = await place.ask(f"{SLOWLY} what is blue?")
        await place.until(lambda: len(place.posts()) == 1)
        growing = place.posts()[-1]
        await place.edit(message, "what is red?")
        await place.settles(place.answer("what is red?"))
        assert [each.id for each in place.posts()] == [growing.id]
        assert place.requests()[0].closed_early

    await everywhere(site.all, scene)


async def test_editing_an_older_question_marks_the_answers_after_it_as_stale(site: Site) -> None:
    async def scene(place: Place) -> None:
        await place.answered("first?")
        message = await place.answered("what is blue?")
        await place.answered("and then?")
        before = place.posts()
        await place.edit(message, "what is red?")
        await place.until(lambda: all("was changed after" in each.text for each in place.posts()[1:]))
        after = place.posts()
        assert after[0] == before[0]
        assert [(each.id, each.labels) for each in after] == [(each.id, each.labels) for each in before]
        assert all(new.text.startswith(old.text) for new, old in zip(after, before, strict=True))
        assert len(place.requests()) == 3
        await place.answered("last?")
        carried = str(said(place.requests()[-1]))
        assert "what is red?" in carried
        assert "what is blue?" not in carried.replace(place.answer("what is blue?"), "")

    await everywhere(site.all, scene)


async def test_deleting_a_question_offers_to_remove_its_answer(site: Site) -> None:
    async def scene(place: Place) -> None:
        await place.answered("first?")
        message = await place.answered("what is blue?")
        await place.delete(message)
        await place.until(lambda: place.posts()[-1].labels == ("Remove the answer",))
        gone = "\n\n_The question was deleted: this exchange is no longer part of the conversation._"
        assert place.posts()[-1].text == place.answer("what is blue?") + gone
        await place.answered("and red?")
        assert not any("what is blue?" in each for each in said(place.requests()[-1]))
        orphan = place.posts()[-2]
        await place.press(orphan.id, orphan.buttons["Remove the answer"])
        await place.until(lambda: len(place.posts()) == 2)
        assert place.shows(place.answer("first?"), place.answer("and red?"))()

    await everywhere(site.all, scene)


async def test_where_that_was_chosen_deleting_a_question_removes_its_answer_at_once(site: Site) -> None:
    async def scene(place: Place) -> None:
        await place.command("cleanup", "remove")
        await place.until(lambda: len(place.told()) == 1)
        await place.answered("first?")
        message = await place.answered("what is blue?")
        await place.delete(message)
        await place.until(lambda: len(place.posts()) == 1)
        assert place.shows(place.answer("first?"))()

    await everywhere(site.all, scene)


async def test_a_question_under_an_older_answer_knows_only_what_came_before_it(site: Site) -> None:
    async def scene(place: Place) -> None:
        await place.answered("first?")
        older = place.posts()[-1]
        await place.answered("second?")
        await place.ask("and the other way?", reply_to=older.id)
        await place.until(lambda: len(place.requests()) == 3)
        await place.settles(place.answer("and the other way?"))
        carried = said(place.requests()[-1])
        assert [f"{place.tag}" in each for each in carried] == [True] * 3
        assert place.answer("first?") in carried
        assert not any("second?" in each for each in carried)

    await everywhere([site.slack_direct, site.discord_direct, site.discord_channel], scene)


async def test_an_answer_that_grows_while_an_earlier_question_is_edited_is_marked_as_stale(site: Site) -> None:
    place = site.discord_direct
    message = await place.answered("what is blue?")
    await place.begun("and then?")
    await place.edit(message, "what is red?")
    await place.until(lambda: "was changed after this answer" in place.posts()[0].text)
    site.model.release()
    await place.until(lambda: place.posts()[-1].labels == FINISHED)
    await place.until(lambda: "was changed after this answer" in place.posts()[-1].text)


async def test_what_is_taken_back_while_a_newer_answer_grows_is_not_sent_to_the_model_again(site: Site) -> None:
    place = site.discord_direct
    await place.answered("what is blue?")
    post = place.posts()[-1]
    await place.begun("and then?")
    await place.press(post.id, post.buttons["Undo"])
    await place.until(lambda: place.posts()[0].labels == ())
    site.model.release()
    await place.settles(BEGUN + REST)
    before = len(place.requests())
    await place.answered("and red?")
    assert not any("what is blue?" in str(said(seen)) for seen in place.requests()[before:])
