"""The model is asked before the store has spoken, and whatever the store says then is what counts."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bot.contract import Address, Addressed, Keys, MessageDeleted, MessageReceived
from bot.model import Choice
from bot.store import Store
from tests.bot.house import BEN, CHANNEL, House, house
from tests.fakes.gateway import Fail


@pytest.fixture
async def home(sqlite_store: Store) -> AsyncIterator[House]:
    async with house(sqlite_store) as home:
        await home.engine.prepare()
        yield home


@asynccontextmanager
async def busy_disk(home: House) -> AsyncIterator[None]:
    """While this lasts the store answers nobody."""
    held = threading.Event()

    def wait(_: Connection) -> None:
        assert held.wait(10)

    waiting = home.engine._errand(home.store._database.tx(wait))
    try:
        yield
    finally:
        held.set()
        await waiting


def in_thread(home: House, text: str, number: str) -> MessageReceived:
    """A mention at the top of a channel, answered in the thread under it."""
    return home.message(text, at=replace(CHANNEL, thread=number), message_id=number)


async def asked_while_busy(home: House, event: MessageReceived, *, looks: int = 1000) -> bool:
    """Whether the model is asked although the store is silent; then everything is answered."""
    before, shown = len(home.gateway.asked()), home.platform.shown()
    async with busy_disk(home):
        accepting = home.engine._errand(home.engine.accept(event))
        for _ in range(looks):
            if len(home.gateway.asked()) > before:
                break
            await asyncio.sleep(0.004)
        early = len(home.gateway.asked()) > before
        assert home.platform.shown() == shown
    await accepting
    await home.quiet()
    return early


async def left_alone(home: House, event: MessageReceived) -> bool:
    """Whether the model is not asked as long as the store is silent."""
    return not await asked_while_busy(home, event, looks=12)


async def test_the_next_question_of_a_conversation_is_asked_before_the_store_has_it(home: House) -> None:
    await home.say("one")
    assert await asked_while_busy(home, home.message("two"))
    assert home.platform.shown() == ["You said: one", "You said: two"]
    assert home.prompts() == [
        [("user", "one")],
        [("user", "one"), ("assistant", "You said: one"), ("user", "two")],
    ]


async def test_a_new_thread_is_asked_early_with_what_is_chosen_for_its_channel(home: House) -> None:
    await home.store.choose(CHANNEL, Choice(model="gpt-5.4"))
    await home.engine.prepare()
    assert await asked_while_busy(home, in_thread(home, "one", "T1"))
    assert [seen.body["model"] for seen in home.gateway.asked()] == ["gpt-5.4"]


async def test_the_first_question_in_a_channel_is_asked_early(home: House) -> None:
    assert await asked_while_busy(home, home.message("one"))
    assert home.prompts() == [[("user", "one")]]


async def test_what_is_remembered_from_an_earlier_run_is_not_forgotten(home: House) -> None:
    await home.say("one")
    later = House(home.store, home.gateway, home.client, home.kit, home.engine._bounds)
    await later.engine.prepare()
    event = replace(later.message("two", message_id="M-later"), keys=Keys("E-later", "later"))
    assert await left_alone(later, event)
    assert later.prompts()[-1][0] == ("user", "one")


async def test_without_knowledge_of_the_store_nothing_is_guessed(sqlite_store: Store) -> None:
    async with house(sqlite_store) as home:
        assert await left_alone(home, home.message("one"))
        assert home.platform.shown() == ["You said: one"]


async def test_a_wrong_guess_is_thrown_away_and_the_right_question_asked(home: House) -> None:
    await home.say("one")
    await home.store.choose(CHANNEL, Choice(model="gpt-5.4"))  # behind the engine's back
    assert await asked_while_busy(home, home.message("two"))
    assert [seen.body["model"] for seen in home.gateway.asked()][-2:] == ["gpt-5-chat-latest", "gpt-5.4"]
    assert home.platform.shown()[-1] == "You said: two"
    assert len(home.platform.shown()) == 2


@pytest.mark.parametrize("said", ["/model gpt-5.4", "/new"])
async def test_after_a_command_the_store_is_asked_first(home: House, said: str) -> None:
    await home.say("one")
    await home.say(said)
    assert await left_alone(home, home.message("two"))


async def test_a_command_teaches_what_is_chosen_from_then_on(home: House) -> None:
    await home.say("/model gpt-5.4")
    assert await asked_while_busy(home, in_thread(home, "one", "T1"))
    assert [seen.body["model"] for seen in home.gateway.asked()] == ["gpt-5.4"]


async def test_what_others_say_meanwhile_is_in_the_prompt(home: House) -> None:
    thread = replace(CHANNEL, thread="T1")
    await home.hear(in_thread(home, "one", "T1"))
    await home.hear(home.message("not for the bot", at=thread, who=BEN, addressed=Addressed.OTHER))
    assert await left_alone(home, home.message("two", at=thread))
    assert "not for the bot" in str(home.prompts()[-1])


async def test_after_a_deletion_the_store_is_asked_first(home: House) -> None:
    await home.say("one", message_id="A")
    await home.engine.accept(MessageDeleted(CHANNEL, "A"))
    assert await left_alone(home, home.message("two"))
    assert home.prompts()[-1] == [("user", "two")]


async def test_a_redelivery_buys_nothing(home: House) -> None:
    first = home.message("one")
    await home.hear(first)
    assert await left_alone(home, first)
    assert len(home.gateway.asked()) == 1


async def test_what_may_have_come_to_an_earlier_process_is_not_guessed_at(home: House) -> None:
    await home.say("one")
    old = home.message("two")
    assert await left_alone(home, replace(old, sent_at=old.sent_at - timedelta(seconds=90)))
    assert home.platform.shown()[-1].startswith("You said: two")


async def test_what_nobody_asked_the_bot_is_not_asked(home: House) -> None:
    await home.say("one")
    assert await left_alone(home, home.message("by the way", addressed=Addressed.OPEN, at=Address("fake", "W1", "C2")))
    assert len(home.gateway.asked()) == 1


async def test_two_questions_at_once_are_answered_together_or_in_order(home: House) -> None:
    await home.say("one")
    await home.engine.accept(home.message("two"))
    await home.engine.accept(home.message("three"))
    await home.quiet()
    assert home.platform.shown() == ["You said: one", "You said: two", "You said: three"]
    assert len(home.gateway.asked()) == 3


async def test_a_model_that_fails_early_is_told_like_any_other(home: House) -> None:
    await home.say("one")
    home.gateway.script(Fail(401))
    assert await asked_while_busy(home, home.message("two"))
    assert "key" in home.platform.shown()[-1]


async def test_the_twin_of_a_question_wastes_no_request(home: House) -> None:
    first = home.message("one")
    twin = replace(first, keys=Keys("E-twin", first.keys.place))
    await asyncio.gather(*(home.engine.accept(event) for event in (first, twin, first)))
    await home.quiet()
    assert len(home.gateway.asked()) == 1
    assert home.platform.shown() == ["You said: one"]
