"""`/voice`: what becomes of voice notes in a channel and its threads."""

from dataclasses import replace

import pytest

from bot.model import Choice
from bot.store import Store
from tests.bot.house import CHANNEL, House, house
from tests.fakes.gateway import Answer, Heard
from tests.fakes.gateway.tones import tone

NOTE = tone(1.0, "opus")
THREAD = replace(CHANNEL, thread="T1")


async def spoken(home: House, text: str = "") -> None:
    await home.say(text, files=(home.file(NOTE, "audio/ogg", name="voice.ogg", voice=True),))


async def test_a_bare_command_shows_what_holds(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("voice"))
        (told,) = home.platform.notices()
        assert home.say_so("voice-answer") in told
        assert home.say_so("voice-aloud-off") in told


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ({"notes": "off"}, Choice(voice="off")),
        ({"aloud": "on"}, Choice(aloud=True)),
        ({"notes": "Transcript", "aloud": "off"}, Choice(voice="transcript", aloud=False)),
        ({"notes": "answer aloud on"}, Choice(voice="answer", aloud=True)),
        ({"notes": "aloud off"}, Choice(aloud=False)),
        ({"notes": "default"}, Choice()),
        ({"notes": "loudly"}, Choice()),
        ({"aloud": "maybe"}, Choice()),
    ],
)
async def test_what_is_said_is_chosen_and_the_rest_refused(
    store: Store, options: dict[str, str], chosen: Choice
) -> None:
    async with house(store) as home:
        await home.hear(home.command("voice", **options))  # type: ignore[arg-type]  # names of options
        assert await store.own_choice(CHANNEL) == chosen
        wrong = options.get("notes") == "loudly" or options.get("aloud") == "maybe"
        assert (home.say_so("voice-choice-unknown") in home.platform.notices()) == wrong


async def test_what_is_written_as_text_chooses_too(store: Store) -> None:
    async with house(store) as home:
        await home.say("/voice transcript aloud=on")
        assert await store.own_choice(CHANNEL) == Choice(voice="transcript", aloud=True)
        await home.say("/voice notes=off aloud off")
        assert await store.own_choice(CHANNEL) == Choice(voice="off", aloud=False)


async def test_a_thread_holds_its_own_choice_before_the_channels(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("voice", notes="off"))
        await home.hear(home.command("voice", at=THREAD, notes="answer"))
        assert (await store.choice(CHANNEL)).voice == "off"
        assert (await store.choice(THREAD)).voice == "answer"


async def test_where_voice_is_off_nothing_is_heard_and_a_text_is_answered(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("voice", notes="off"))
        home.gateway.script(Answer("Hi."))
        await spoken(home)
        await spoken(home, "hello")
        told = home.say_so("voice-is-off")
        assert home.screen() == [told, f"Hi.\n\n_{told}_"]
        assert home.gateway.booth.heard == []


async def test_only_the_transcript_is_posted_where_that_is_wanted(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("voice", notes="transcript"))
        home.gateway.script(Heard("Remember the milk."), Heard("And why?"), Answer("Because."))
        await spoken(home)
        assert home.gateway.asked() == []
        await spoken(home, "tell me")
        assert home.screen() == ["> Remember the milk.", "> And why?\n\nBecause."]
        assert home.prompts()[-1] == [("user", "Remember the milk.\n\ntell me\n\nAnd why?")]


async def test_a_transcript_that_is_asked_for_again_is_shown_again_and_not_bought(store: Store) -> None:
    async with house(store) as home:
        await home.hear(home.command("voice", notes="transcript"))
        home.gateway.script(Heard("Remember the milk."))
        await spoken(home)
        await home.hear(home.press("regenerate"))
        assert home.screen() == ["> Remember the milk."]
        assert len(home.gateway.booth.heard) == 1
