"""Reading aloud: by command, and in answer to a voice note."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.contract import Attachment, Capabilities, File, MessageReceived
from bot.errors import PostRejected
from bot.features import Kit
from bot.features.reading_aloud import parts
from bot.features.speaking import suggests
from bot.gateway.catalogue import Catalogue
from bot.made import OWN
from bot.media import Spoken, Studio
from bot.model import Choice
from bot.store import Store
from tests.bot.house import CHANNEL, House, house, labels
from tests.fakes.channel import ROOMY
from tests.fakes.gateway import Answer, Fail, Hang, Heard, Raw, SeenRequest, ToolCall, Voiced
from tests.fakes.gateway.audio_fields import SPEECH
from tests.fakes.gateway.tones import measure, spoken_s, tone

QWEN = "Qwen3-TTS-12Hz-1.7B-CustomVoice"
PLAYS = replace(ROOMY, edit_interval=0.01, file_limit=10_000_000, voice=True)
FILES_ONLY = replace(PLAYS, voice=False)
SMALL = 60
LONG = "This is the first sentence of three, no more. And here we have the second one, as long. The third one ends it."


@asynccontextmanager
async def home_that_plays(store: Store, can: Capabilities = PLAYS, part: int | None = None) -> AsyncIterator[House]:
    """A house on a platform that plays sound; models take no more than `part` characters at once."""
    async with house(store) as home:
        home.platform.capabilities = can
        if part is not None:
            _shorten(home.kit, part)
        yield home


def _shorten(kit: Kit, most: int) -> None:
    for id_ in ("tts-1-hd", QWEN):
        spec = kit.catalogue.get(id_)
        assert spec is not None
        kit.catalogue._models[id_] = replace(spec, more={**spec.more, "max_input_chars": most})


def speech(home: House) -> list[SeenRequest]:
    """What was asked of the models that speak."""
    return [seen for seen in home.gateway.requests if seen.path == SPEECH]


def played(home: House) -> list[File]:
    """The files that stand on the screen."""
    return [file for post in home.standing() for file in post.files]


def seconds(file: File) -> float:
    found = measure(file.path.read_bytes())
    assert found is not None
    return found[1]


async def remembered(home: House) -> Sequence[tuple[str, tuple[Attachment, ...]]]:
    conversation = await home.store.find(CHANNEL)
    assert conversation is not None
    return [(said.text, said.attachments) for said in (await home.store.window(conversation, 40)).messages]


async def aloud(home: House, **choice: object) -> None:
    await home.store.choose(CHANNEL, replace(Choice(aloud=True), **choice))  # type: ignore[arg-type]  # names of fields
    await home.engine.prepare()


def voice_note(home: House) -> Attachment:
    return home.file(tone(1.0, "opus"), "audio/ogg", name="note.ogg", voice=True)


class Breathless(Studio):
    """Begins to join, and never ends."""

    def __init__(self) -> None:
        super().__init__()
        self.joining = False

    async def join(self, paths: Sequence[Path], to: Path, kind: str = "opus") -> Spoken:
        self.joining = True
        await asyncio.Event().wait()
        raise AssertionError("it waits for ever")


async def dies_before_the_sound_is_shown(home: House, event: MessageReceived) -> None:
    """The process ends when all is bought, and another takes up what it has left."""
    kit, studio = home.kit, Breathless()
    assert kit.workshop is not None
    home.kit = replace(kit, workshop=replace(kit.workshop, studio=studio))
    await home.restarted().accept(event)
    await home.until(lambda: studio.joining)
    for lane in list(home.runner._lanes.values()):
        lane.cancel()
    await home.quiet()
    home.kit = kit
    engine = home.restarted()
    for conversation in await home.store.open_conversations():
        engine.recover(conversation)
    await home.quiet()


# /say


def rejected(home: House) -> str:
    return home.advice("craft-rejected", "BOT_SPEECH_MODEL", "/say", QWEN, model="tts-1-hd")


async def test_a_text_is_spoken_as_a_voice_message_that_stands_alone(store: Store) -> None:
    async with home_that_plays(store) as home:
        await home.say("/say Good **evening** to all of you")
        [message, words] = home.standing()
        assert (message.text, message.buttons) == ("", ())
        [file] = message.files
        assert (file.media_type, file.name) == ("audio/ogg", f"good-evening-to-all-{message.key}.ogg")
        assert file.voice is not None
        assert 0 < len(file.voice.waveform) <= 256
        length = spoken_s("Good evening to all of you.")
        assert file.voice.duration_s == pytest.approx(length, abs=0.05)
        assert seconds(file) == pytest.approx(length, abs=0.05)
        assert words.text == "Read aloud by alloy (`tts-1-hd`)."
        assert words.buttons
        assert home.gateway.booth.said == ["Good evening to all of you."]


async def test_where_there_are_no_voice_messages_it_is_a_file_that_plays(store: Store) -> None:
    async with home_that_plays(store, FILES_ONLY) as home:
        await home.hear(home.command("say", text="Good evening"))
        [file] = played(home)
        assert (file.media_type, file.voice, Path(file.name).suffix) == ("audio/mpeg", None, ".mp3")
        assert seconds(file) == pytest.approx(spoken_s("Good evening."), abs=0.1)


async def test_the_other_model_takes_voice_language_and_style(store: Store) -> None:
    async with home_that_plays(store) as home:
        asked = {"text": "Guten Abend", "model": QWEN, "voice": "Ryan", "language": "de", "style": "calm and slow"}
        await home.hear(replace(home.command("say"), options=asked))
        [seen] = speech(home)
        fields = {"model": QWEN, "input": "Guten Abend.", "voice": "ryan", "language": "German"}
        assert seen.body == {**fields, "instructions": "calm and slow", "response_format": "flac"}
        assert home.screen()[-1] == f"Read aloud by ryan (`{QWEN}`)."
        assert len(played(home)) == 1


async def test_the_model_of_the_installation_speaks_where_none_is_named(store: Store) -> None:
    async with home_that_plays(store) as home:
        await home.with_defaults(speech_model=QWEN).say("/say Good evening")
        assert [seen.model for seen in speech(home)] == [QWEN]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"voice": "bob"}, "`tts-1-hd` has no voice called `bob`. It has alloy, ash"),
        ({"model": QWEN, "language": "klingon"}, "does not speak `klingon`. It speaks Auto, Chinese"),
        ({"model": "gpt-5"}, QWEN),
    ],
)
async def test_what_a_model_does_not_have_is_refused_with_what_it_has(
    store: Store, options: Mapping[str, str], told: str
) -> None:
    async with home_that_plays(store) as home:
        await home.hear(replace(home.command("say"), options={"text": "Good evening", **options}))
        assert told in home.screen()[-1]
        assert speech(home) == []


async def test_without_a_text_the_newest_answer_is_read_and_read_again(store: Store) -> None:
    async with home_that_plays(store) as home:
        home.gateway.answer("# Foxes\n\nThey live in [dens](https://foxes.example).\n\n```\nx = 1\n```")
        await home.say("where do foxes live?")
        for _ in range(2):
            await home.say("/say")
        assert home.gateway.booth.said == ["Foxes.\nThey live in dens.\n(code left out)"] * 2
        [*_, (text, files)] = await remembered(home)
        assert text == "Read aloud by alloy (`tts-1-hd`)."
        assert [(file.media_type, file.ref.startswith(OWN)) for file in files] == [("audio/ogg", True)]


@pytest.mark.parametrize(("said", "notice"), [("/say", "nothing-said-yet"), ("/say 🎉", "nothing-to-say")])
async def test_where_there_is_nothing_to_read_that_is_said(store: Store, said: str, notice: str) -> None:
    async with home_that_plays(store) as home:
        await home.say(said)
        assert home.screen() == [home.say_so(notice)]
        assert speech(home) == []


async def test_a_place_that_takes_no_files_is_told_before_anything_is_bought(store: Store) -> None:
    async with home_that_plays(store, ROOMY) as home:
        await home.say("/say Good evening")
        assert home.screen() == [home.say_so("speech-no-files")]
        assert speech(home) == []


# Long texts


async def test_a_long_text_is_spoken_in_parts_that_are_joined_without_gaps(store: Store) -> None:
    async with home_that_plays(store, part=SMALL) as home:
        await home.say(f"/say {LONG}")
        assert home.gateway.booth.said == list(parts(LONG, SMALL))
        assert len(home.gateway.booth.said) == 3
        [file] = played(home)
        assert seconds(file) == pytest.approx(sum(map(spoken_s, home.gateway.booth.said)), abs=0.05)
        assert home.say_so("status-speaking-part", part=2, parts=3) == "is speaking… part 2 of 3"


async def test_what_was_bought_before_a_failure_is_not_bought_again(store: Store) -> None:
    async with home_that_plays(store, part=SMALL) as home:
        home.gateway.script(Voiced(), Fail(400, "no"))
        await home.say(f"/say {LONG}")
        assert played(home) == []
        assert home.screen() == [rejected(home)]
        await home.hear(home.press("regenerate"))
        one, two, three = parts(LONG, SMALL)
        assert [seen.body["input"] for seen in speech(home)] == [one, two, two, three]
        assert len(played(home)) == 1
        await home.hear(home.press("regenerate"))
        assert len(speech(home)) == 4
        assert len(played(home)) == 1


@pytest.mark.long
async def test_a_text_without_end_is_read_up_to_a_bound_and_that_is_said(store: Store) -> None:
    async with home_that_plays(store) as home:
        home.gateway.answer(" ".join(f"The sheep of number {number} jumps over the fence." for number in range(600)))
        await home.say("count sheep")
        await home.say("/say")
        assert home.screen()[-1].endswith(f"\n\n_{home.say_so('spoken-in-part')}_")
        assert 19_000 <= sum(map(len, home.gateway.booth.said)) <= 20_000
        assert all(len(said) <= 1500 for said in home.gateway.booth.said)
        assert played(home)[0].size < PLAYS.file_limit


async def test_a_sound_that_is_too_large_is_made_smaller_and_is_no_voice_message(store: Store) -> None:
    async with home_that_plays(store, replace(PLAYS, file_limit=15_000)) as home:
        await home.say("/say " + "Good evening to you all. " * 3)
        [file] = played(home)
        assert (file.media_type, file.voice) == ("audio/mpeg", None)
        assert file.size <= 15_000


async def test_a_sound_that_cannot_be_made_small_enough_is_told(store: Store) -> None:
    async with home_that_plays(store, replace(PLAYS, file_limit=2_000)) as home:
        await home.say("/say " + "Good evening to you all. " * 3)
        assert home.screen() == [home.say_so("speech-too-large", most="0.002 MB")]


# Stop, failure, restart


async def test_stop_between_parts_shows_nothing_and_keeps_what_was_bought(store: Store) -> None:
    async with home_that_plays(store, part=SMALL) as home:
        home.gateway.script(Voiced(), Hang())
        await home.engine.accept(home.message(f"/say {LONG}"))
        await home.until(lambda: len(speech(home)) == 2)
        await home.hear(home.command("stop"))
        assert home.screen() == [home.say_so("stopped")]
        await home.hear(home.press("regenerate"))
        one, two, three = parts(LONG, SMALL)
        assert [seen.body["input"] for seen in speech(home)] == [one, two, two, three]
        assert len(played(home)) == 1


@pytest.mark.parametrize("shape", ["noise", "empty"])
async def test_speech_that_is_none_is_told_and_not_kept(store: Store, shape: str) -> None:
    async with home_that_plays(store) as home:
        home.gateway.judge(lambda seen: Voiced(shape=shape))  # type: ignore[arg-type]  # the names of shapes
        await home.say("/say Good evening")
        assert home.screen() == [home.say_so("gateway-garbled", model="tts-1-hd")]
        home.gateway.judge(lambda seen: Voiced())
        await home.hear(home.press("regenerate"))
        assert len(played(home)) == 1


async def test_speech_that_cannot_be_decoded_is_bought_again_when_asked_again(store: Store) -> None:
    async with home_that_plays(store) as home:
        home.gateway.script(Raw(200, b"fLaC" + bytes(100), "audio/flac"))
        await home.say("/say Good evening")
        assert home.screen() == [home.say_so("gateway-garbled", model="tts-1-hd")]
        await home.hear(home.press("regenerate"))
        assert len(played(home)) == 1


async def test_a_refused_upload_is_told_and_asked_again_costs_nothing(store: Store) -> None:
    async with home_that_plays(store) as home:
        home.platform.prepare.append(("send", PostRejected("no files here")))
        await home.engine.accept(home.message("/say Good evening"))
        await home.until(lambda: home.platform.channels)
        home.platform.prepare.clear()
        await home.quiet()
        assert home.screen() == [home.say_so("speech-not-shown")]
        await home.hear(home.press("regenerate"))
        assert len(speech(home)) == 1
        assert len(played(home)) == 1


async def test_a_restart_between_speech_and_post_buys_nothing_and_shows_one_message(store: Store) -> None:
    async with home_that_plays(store) as home:
        await dies_before_the_sound_is_shown(home, home.message("/say Good evening"))
        assert len(speech(home)) == 1
        assert len(played(home)) == 1
        assert home.screen() == ["", "Read aloud by alloy (`tts-1-hd`)."]


# A voice note is answered with another


async def test_a_voice_note_is_answered_in_words_and_aloud_where_that_was_chosen(store: Store) -> None:
    async with home_that_plays(store) as home:
        await aloud(home)
        home.gateway.script(Heard("How are you?"), Answer("I am **well**."))
        await home.say("", files=(voice_note(home),))
        [words, message] = home.standing()
        assert words.text.endswith("I am **well**.")
        assert words.buttons
        assert [file.voice is not None for file in message.files] == [True]
        assert home.gateway.booth.said == ["I am well."]
        [*_, (text, files)] = await remembered(home)
        assert (text, [file.media_type for file in files]) == ("I am **well**.", ["audio/ogg"])


@pytest.mark.parametrize(("choice", "spoken"), [({"aloud": None}, True), ({"aloud": False}, True), ({}, False)])
async def test_it_is_not_spoken_where_nobody_chose_that_or_nobody_spoke(
    store: Store, choice: Mapping[str, bool | None], spoken: bool
) -> None:
    async with home_that_plays(store) as home:
        await aloud(home, **choice)
        home.gateway.judge(lambda seen: Heard("How are you?") if "transcriptions" in seen.path else Answer("Well."))
        await home.say("" if spoken else "How are you?", files=(voice_note(home),) if spoken else ())
        assert home.screen()[-1].endswith("Well.")
        assert (speech(home), played(home)) == ([], [])


async def test_a_failure_of_speech_never_loses_the_text(store: Store) -> None:
    async with home_that_plays(store) as home:
        await aloud(home)
        home.gateway.script(Heard("How are you?"), Answer("I am well."), Fail(400, "no"))
        await home.say("", files=(voice_note(home),))
        [text] = home.screen()
        why = rejected(home)
        assert text.endswith(f"I am well.\n\n_{home.say_so('not-read-aloud', why=why)}_")
        assert (await remembered(home))[-1][0] == "I am well."


async def test_a_refused_upload_is_told_under_the_answer(store: Store) -> None:
    async with home_that_plays(store, replace(PLAYS, file_limit=100)) as home:
        await aloud(home)
        home.gateway.script(Heard("How are you?"), Answer("I am well."))
        await home.say("", files=(voice_note(home),))
        [text] = home.screen()
        assert "I am well.\n\n_Not read aloud: The recording is too large" in text


async def test_stop_while_it_is_spoken_leaves_the_answer_whole(store: Store) -> None:
    async with home_that_plays(store) as home:
        await aloud(home)
        home.gateway.script(Heard("How are you?"), Answer("I am well."), Hang())
        await home.engine.accept(home.message("", files=(voice_note(home),)))
        await home.until(lambda: speech(home))
        await home.hear(home.command("stop"))
        assert home.screen()[0].endswith(f"I am well.\n\n_{home.say_so('not-read-aloud', why='Stopped.')}_")
        assert played(home) == []
        assert "Continue" not in labels(home.standing()[0])


async def test_a_restart_while_it_is_spoken_asks_no_model_twice(store: Store) -> None:
    async with home_that_plays(store) as home:
        await aloud(home)
        home.gateway.script(Heard("How are you?"), Answer("I am well."))
        await dies_before_the_sound_is_shown(home, home.message("", files=(voice_note(home),)))
        assert (len(home.gateway.asked()), len(home.gateway.booth.heard), len(speech(home))) == (1, 1, 1)
        [words, message] = home.standing()
        assert words.text.endswith("I am well.")
        assert words.text.count("I am well.") == 1
        assert len(message.files) == 1


async def test_a_new_answer_is_spoken_anew_and_the_old_one_goes(store: Store) -> None:
    async with home_that_plays(store) as home:
        await aloud(home)
        home.gateway.script(Heard("How are you?"), Answer("I am well."))
        await home.say("", files=(voice_note(home),))
        home.gateway.script(Answer("I am tired."))
        await home.hear(home.press("regenerate"))
        assert home.gateway.booth.said == ["I am well.", "I am tired."]
        assert home.screen()[0].endswith("I am tired.")
        assert len(played(home)) == 1


async def test_what_the_model_has_had_spoken_by_itself_is_not_spoken_twice(store: Store) -> None:
    async with home_that_plays(store) as home:
        await aloud(home)
        call = ToolCall("c1", "speak", '{"text": "Hello from me."}')
        home.gateway.script(Heard("Say hello."), Answer(None, tool_calls=(call,)), Voiced(), Answer("There you are."))
        await home.say("", files=(voice_note(home),))
        assert home.gateway.booth.said == ["Hello from me."]
        assert len(played(home)) == 1


# Suggestions


def test_what_the_models_offer_is_suggested() -> None:
    found = suggests(Catalogue.load())
    assert list(found["say", "voice"]("S")) == ["sage", "shimmer", "serena", "sohee"]
    assert list(found["say", "language"]("ger")) == ["German"]
    assert list(found["say", "model"]("")) == ["tts-1-hd", QWEN]
