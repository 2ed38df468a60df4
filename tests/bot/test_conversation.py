"""The commands that are answered at once: on every platform, as a command or as text after a mention."""

from dataclasses import replace

import pytest

from bot.contract import Address, Addressed
from bot.errors import ChannelGone
from bot.features import commands, parse
from bot.gateway.catalogue import Catalogue
from bot.store import Store
from bot.words import Words
from tests.bot.house import BEN, CHANNEL, house

THREAD = Address("fake", "W1", "C1", "T1")
TABLE = commands(Words.load(), Catalogue.load())


async def test_new_starts_afresh_and_keeps_the_model(store: Store) -> None:
    async with house(store) as home:
        await home.say("my name is Ann")
        await home.hear(home.command("model", name="grok-4"))
        await home.hear(home.command("new"))
        await home.say("what is my name?")
        assert home.prompts()[-1] == [("user", "what is my name?")]
        assert home.gateway.asked()[-1].model == "grok-4"
        assert home.kit.words.text("fresh-start", "en") in home.platform.shown()


async def test_what_cannot_be_posted_for_all_is_told_to_the_asker(store: Store) -> None:
    async with house(store) as home:
        home.platform.prepare = [("send", ChannelGone("read only"))]
        await home.hear(home.command("new"))
        assert home.platform.notices() == [home.kit.words.text("fresh-start", "en")]


async def test_a_chosen_model_answers_from_then_on(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("model", name="GPT-5.4"))
        await home.say("hello")
        assert [seen.model for seen in home.gateway.asked()] == ["gpt-5.4"]
        assert home.platform.notices() == [home.kit.words.text("model-chosen", "en", model="gpt-5.4")]


async def test_a_thread_inherits_and_may_choose_for_itself(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("model", name="grok-4"))
        await home.say("one", at=THREAD)
        await home.say("/model claude-haiku-4.5", at=THREAD)
        await home.say("two", at=THREAD)
        await home.say("three")
        assert [seen.model for seen in home.gateway.asked()] == ["grok-4", "claude-haiku-4.5", "grok-4"]


async def test_a_command_at_the_top_of_a_channel_is_meant_for_the_channel(store: Store) -> None:
    async with house(store) as home:
        own_thread = replace(THREAD, thread="M9")
        await home.say("/model grok-4", at=own_thread, message_id="M9")
        await home.say("hello")
        assert [seen.model for seen in home.gateway.asked()] == ["grok-4"]


async def test_default_takes_a_choice_back(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("model", name="grok-4"))
        await home.hear(home.command("model", name="default"))
        await home.say("hello")
        assert [seen.model for seen in home.gateway.asked()] == ["gpt-5-chat-latest"]


@pytest.mark.parametrize(("wanted", "said"), [("gpt-9", "gpt-9"), ("grok", "`grok-4`"), ("whisper-1", "whisper-1")])
async def test_a_model_that_cannot_chat_is_refused_with_a_hint(store: Store, wanted: str, said: str) -> None:
    async with house(store) as home:
        await home.hear(home.command("model", name=wanted))
        await home.say("hello")
        assert said in home.platform.notices()[0]
        assert [seen.model for seen in home.gateway.asked()] == ["gpt-5-chat-latest"]


async def test_model_alone_shows_all_that_there_are(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("model"))
        (told,) = home.platform.notices()
        assert told.count("`") >= 2 * len(home.kit.catalogue.chat())


async def test_a_persona_is_the_system_prompt_from_then_on(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("persona", text="You are a pirate."))
        await home.say("hello")
        assert "You are a pirate." in str(home.gateway.asked()[0].body["messages"])
        await home.hear(home.command("persona"))
        assert "You are a pirate." in home.platform.notices()[-1]
        await home.hear(home.command("persona", text="default"))
        await home.say("hello again")
        assert "pirate" not in str(home.gateway.asked()[-1].body["messages"])


async def test_a_persona_beyond_the_limit_is_refused_with_both_numbers(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("persona", text="x" * 9000))
        assert "9000" in home.platform.notices()[0]
        assert "8000" in home.platform.notices()[0]


async def test_model_and_persona_do_not_disturb_each_other(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("persona", text="You are a pirate."))
        await home.hear(home.command("model", name="grok-4"))
        await home.hear(home.command("model", name="default"))
        await home.say("hello")
        assert "pirate" in str(home.gateway.asked()[0].body["messages"])


async def test_context_shows_what_is_remembered_and_what_is_left_out(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("context"))
        assert home.platform.notices()[0] == home.kit.words.text("context-empty", "en", model="gpt-5-chat-latest")
        await home.say("What is the capital of France?")
        await home.hear(home.command("context"))
        shown = home.platform.notices()[1]
        assert "I remember 2 messages" in shown
        assert "**Ann:** What is the capital of France?" in shown
        assert "**Parley:** You said: What is the capital" in shown


async def test_context_counts_what_does_not_fit(store: Store) -> None:
    async with house(store) as home:
        home.with_defaults(history_tokens=600)
        for number in range(6):
            await home.say(f"{number} " + "word " * 150)
        await home.hear(home.command("context"))
        shown = home.platform.notices()[0]
        assert "I remember 12 messages" in shown
        assert "; 0 older" not in shown


async def test_help_is_in_the_askers_language(store: Store) -> None:
    async with house(store) as home:
        await home.say("/help", locale="zh-CN")
        assert home.platform.notices() == [home.kit.words.text("help-text", "zh-CN")]


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_help_names_every_command_and_fits_into_one_post(locale: str) -> None:
    said = Words.load().text("help-text", locale)
    assert [command.name for command in TABLE if f"`/{command.name}" not in said] == []
    assert len(said) <= 1900, "what a notice on Discord holds"


async def test_a_command_delivered_twice_is_done_once(store: Store) -> None:
    async with house(store) as home:
        event = home.command("help")
        await home.hear(event)
        await home.hear(event)
        assert len(home.platform.notices()) == 1


async def test_ask_as_text_is_an_ordinary_question(store: Store) -> None:
    async with house(store) as home:
        await home.say("/ask why?")
        assert home.platform.shown() == ["You said: why?"]


async def test_a_command_in_a_message_to_somebody_else_is_none(store: Store) -> None:
    async with house(store) as home:
        await home.say("/new", addressed=Addressed.OPEN, who=BEN, at=CHANNEL)
        assert home.platform.shown() == []


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        ("/model", "model", {}),
        ("/MODEL  gpt-5 ", "model", {"name": "gpt-5"}),
        ("/persona be\nbrief", "persona", {"text": "be\nbrief"}),
        ("/new", "new", {}),
        ("/new please", "new", {}),
        ("/imagine a fox Size=2K a=b", "imagine", {"prompt": "a fox a=b", "size": "2K"}),
        ("/imagine prompt=a red fox size=2K", "imagine", {"prompt": "a red fox", "size": "2K"}),
        ("/edit picture=1 darker", "edit", {"prompt": "picture=1 darker"}),
        ("/voice off aloud=on", "voice", {"notes": "off", "aloud": "on"}),
        ("/persona text=short", "persona", {"text": "text=short"}),
    ],
)
def test_commands_are_read_from_text(text: str, name: str, options: dict[str, str]) -> None:
    said = parse(text, TABLE)
    assert said is not None
    assert (said.name, said.options) == (name, options)


@pytest.mark.parametrize("text", ["/etc/passwd is a file", "/unknown", "/", "model", " /model", "/models"])
def test_other_text_is_no_command(text: str) -> None:
    assert parse(text, TABLE) is None


def test_every_command_fits_the_tightest_platform() -> None:
    for command in TABLE:
        assert command.name == command.name.lower()
        for texts in (command.summary, *(option.summary for option in command.options)):
            assert {"en", "zh-CN"} <= set(texts)
            assert all(0 < len(text) <= 100 for text in texts.values())
