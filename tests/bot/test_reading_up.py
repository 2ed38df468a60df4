"""Called into a thread whose platform is busy: what was shown there is waited for, and never missing silently."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.contract import Address, Addressed, MessageReceived
from bot.errors import ChannelBusy
from bot.store import Store
from tests.bot.gallery import gallery
from tests.bot.house import BEN, House, house
from tests.bot.test_looking import RED, photo, shades

THREAD = Address("fake", "W1", "C1", "T0")
SOON, TOO_LATE = ChannelBusy("limited", 0.02), ChannelBusy("limited", 90.0)


def shown_before(home: House) -> Sequence[MessageReceived]:
    """What stands in the thread: a picture."""
    picture = home.message("", at=THREAD, who=BEN, message_id="T0", files=(photo(home),), addressed=Addressed.OPEN)
    return [replace(picture, sent_at=picture.sent_at - timedelta(minutes=5))]


async def waiting(home: House) -> None:
    """A question is asked there, and the platform has no time yet."""
    home.platform.earlier = SOON
    await home.engine.accept(home.message("what is that?", at=THREAD))
    await home.until(lambda: home.platform.read_at)


async def test_the_picture_above_a_question_is_waited_for_and_people_see_that(store: Store) -> None:
    async with house(store) as home:
        await waiting(home)
        home.platform.earlier = shown_before(home)
        await home.quiet()
        assert shades(home) == [RED]
        assert home.screen()[0].endswith("what is that?")
        statuses = [said for _, channel in home.platform.channels for said in channel.statuses]
        assert home.say_so("status-reading-up") in statuses


async def test_where_waiting_is_in_vain_the_answer_says_so_and_the_next_question_has_it(store: Store) -> None:
    async with house(store) as home:
        home.platform.earlier = TOO_LATE
        await home.say("what is that?", at=THREAD)
        assert home.screen() == [f"You said: what is that?\n\n_{home.say_so('thread-not-read')}_"]
        home.platform.earlier = shown_before(home)
        await home.say("and now?", at=THREAD)
        assert shades(home) == [RED]


async def test_a_command_that_finds_nothing_there_says_why(store: Store) -> None:
    async with gallery(store) as home:
        home.platform.earlier = TOO_LATE
        await home.say("/edit make it night", at=THREAD)
        assert home.screen() == [f"- {home.say_so('no-picture-here')}\n- {home.say_so('thread-not-read')}"]


async def test_a_stop_ends_the_waiting(store: Store) -> None:
    async with house(store) as home:
        await waiting(home)
        async with asyncio.timeout(5):
            await home.hear(home.command("stop", at=THREAD))
        assert home.screen() == [home.say_so("stopped")]
        assert home.gateway.asked() == []


async def test_a_picture_that_only_time_keeps_away_is_named_and_looked_for_again(store: Store) -> None:
    async with house(store) as home:
        file = photo(home)
        await home.say("a first one", files=(file,), at=THREAD)
        home.kit.workshop.sights.__init__()  # type: ignore[union-attr,misc]  # as another process
        home.platform.prepare = [("locate", TOO_LATE)]
        await home.say("what is that?", at=THREAD)
        assert home.screen()[-1] == f"You said: what is that?\n\n_{home.say_so('file-busy', name='photo.png')}_"
        home.platform.prepare = []
        await home.say("and now?", at=THREAD)
        assert shades(home) == [RED]


async def test_a_question_that_nobody_heard_is_no_past_and_gets_an_answer_of_its_own(store: Store) -> None:
    async with house(store) as home:
        lost = home.message("who hears me?", at=THREAD, who=BEN, message_id="T0")
        lost = replace(lost, sent_at=lost.sent_at - timedelta(minutes=1))
        home.platform.earlier = [lost]
        await home.say("and me?", at=THREAD)
        assert home.screen() == ["You said: and me?", "You said: Ben: who hears me?"]
        await home.hear(replace(lost, keys=replace(lost.keys, event="delivered-late")))
        assert len(home.screen()) == 2


async def test_what_was_asked_too_long_ago_is_past(store: Store) -> None:
    async with house(store) as home:
        old = home.message("who hears me?", at=THREAD, who=BEN, message_id="T0")
        home.platform.earlier = [replace(old, sent_at=old.sent_at - timedelta(hours=2))]
        await home.say("and me?", at=THREAD)
        assert len(home.screen()) == 1
        assert "who hears me?" in str(home.prompts()[0])
