"""What was chosen for a place, and what refusals taught."""

from dataclasses import replace

from bot.gateway.values import Lesson
from bot.model import Choice
from bot.store import Store
from tests.bot.store.builders import CHANNEL, THREAD


async def test_nothing_is_chosen_at_first(store: Store) -> None:
    assert await store.choice(THREAD) == await store.own_choice(CHANNEL) == Choice()


async def test_a_thread_inherits_field_by_field(store: Store) -> None:
    await store.choose(CHANNEL, Choice("gpt-5.4", "A pirate"))
    await store.choose(THREAD, Choice(persona="A poet"))
    assert await store.choice(THREAD) == Choice("gpt-5.4", "A poet")
    assert await store.choice(CHANNEL) == Choice("gpt-5.4", "A pirate")
    assert await store.own_choice(THREAD) == Choice(persona="A poet")


async def test_a_choice_replaces_the_older_one_whole(store: Store) -> None:
    await store.choose(CHANNEL, Choice("gpt-5.4", "A pirate"))
    await store.choose(CHANNEL, Choice(model="grok-4"))
    assert await store.own_choice(CHANNEL) == Choice(model="grok-4")


async def test_an_empty_persona_of_a_thread_is_a_choice_too(store: Store) -> None:
    await store.choose(CHANNEL, Choice(persona="A pirate"))
    await store.choose(THREAD, Choice(persona=""))
    assert (await store.choice(THREAD)).persona == ""


async def test_a_choice_holds_in_its_own_workspace_only(store: Store) -> None:
    await store.choose(CHANNEL, Choice(model="gpt-5.4"))
    assert await store.choice(replace(CHANNEL, workspace="T2")) == Choice()


async def test_a_choice_does_not_make_the_bot_join(store: Store) -> None:
    await store.choose(THREAD, Choice(model="gpt-5.4"))
    assert await store.find(THREAD) is None


async def test_lessons_are_kept_and_the_newest_about_a_field_holds(store: Store) -> None:
    assert await store.lessons() == ()
    await store.learn(Lesson("o3", "temperature", "drop"))
    await store.learn(Lesson("o3", "max_tokens", "drop"))
    await store.learn(Lesson("o3", "max_tokens", "swap:max_completion_tokens"))
    assert await store.lessons() == (
        Lesson("o3", "max_tokens", "swap:max_completion_tokens"),
        Lesson("o3", "temperature", "drop"),
    )
