"""Voice notes: what is said becomes the question, is shown as a quote, and is bought once."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.contract import Attachment
from bot.features.hearing import LARGEST_GUESS
from bot.store import Store
from tests.bot.house import House, house, labels
from tests.bot.media import clips
from tests.fakes.gateway import Answer, Fail, Heard
from tests.fakes.gateway.tones import tone

NOTE = tone(1.0, "opus")
TRIES = 3
HEAR = "/v1/audio/transcriptions"


def note(home: House, content: bytes = NOTE, media_type: str = "audio/ogg", name: str = "voice.ogg") -> Attachment:
    return home.file(content, media_type, name=name, voice=True)


def hearings(home: House) -> int:
    return len([seen for seen in home.gateway.requests if seen.path == HEAR])


async def test_what_is_said_is_quoted_answered_and_remembered(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Heard("Will it rain tonight?"), Answer("It will."))
        await home.say("", files=(note(home),))
        assert home.screen() == ["> Will it rain tonight?\n\nIt will."]
        await home.say("and tomorrow?")
        assert home.prompts()[-1] == [
            ("user", "Will it rain tonight?"),
            ("assistant", "It will."),
            ("user", "and tomorrow?"),
        ]
        assert hearings(home) == 1


async def test_typed_text_comes_first_and_two_notes_have_a_quote_each(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Heard("Buy milk."), Heard("And bread."), Answer("Noted."))
        await home.say("My list:", files=(note(home), note(home)))
        assert home.screen() == ["> Buy milk.\n\n> And bread.\n\nNoted."]
        assert home.prompts() == [[("user", "My list:\n\nBuy milk.\n\nAnd bread.")]]


async def test_the_quote_stands_before_the_answer_grows_under_it(store: Store) -> None:
    async with house(store) as home:
        hold = asyncio.Event()
        home.gateway.script(Heard("Good morning to you"), Answer("And to you.", hold=hold))
        said = asyncio.create_task(home.say("", files=(note(home),)))
        await home.until(lambda: home.screen() == ["> Good morning to you\n\n"] or home.screen())
        assert home.screen()[0].strip() == "> Good morning to you"
        hold.set()
        await said
        assert home.screen() == ["> Good morning to you\n\nAnd to you."]


async def test_a_sound_that_is_called_a_film_is_heard(store: Store, tmp_path: Path) -> None:
    async with house(store) as home:
        clip = clips.sound(tmp_path / "clip.mp4", seconds=1.0)
        home.gateway.script(Heard("Only a voice."), Answer("Yes."))
        await home.say("", files=(home.file(clip, "video/mp4", name="clip.mp4"),))
        assert home.screen() == ["> Only a voice.\n\nYes."]


async def test_the_soundtrack_of_a_film_is_not_the_question(store: Store, tmp_path: Path) -> None:
    async with house(store) as home:
        film = home.file(clips.sound(tmp_path / "clip.mp4", seconds=1.0, video=True), "video/mp4", name="clip.mp4")
        home.gateway.script(Answer("Very."))
        await home.say("is it nice?", files=(film,))
        await home.say("", files=(film,))
        told = home.say_so("film-not-heard", name="clip.mp4")
        assert home.screen() == [f"Very.\n\n_{told}_", told]
        assert hearings(home) == 0


async def test_a_sound_without_a_proper_type_is_heard_by_what_it_holds(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Heard("Hidden words."), Answer("Found."))
        await home.say("", files=(home.file(NOTE, "application/octet-stream", name="blob"),))
        assert home.screen() == ["> Hidden words.\n\nFound."]


@pytest.mark.parametrize(
    ("content", "notice"),
    [
        (b"%PDF-1.7 no sound at all", "file-unsupported"),
        (b"OggS" + bytes(200), "file-broken"),
        (b"", "file-broken"),
    ],
)
async def test_a_note_that_is_none_is_told_and_the_text_is_answered(store: Store, content: bytes, notice: str) -> None:
    async with house(store) as home:
        told = home.say_so(notice, name="voice.ogg")
        home.gateway.script(Answer("Hi."))
        await home.say("hello", files=(note(home, content),))
        await home.say("", files=(note(home, content),))
        assert home.screen() == [f"Hi.\n\n_{told}_", told]


async def test_a_note_that_is_too_large_or_lost_is_told(store: Store) -> None:
    async with house(store) as home:
        home = home.with_defaults(most_file=1000)
        lost = note(home, name="lost.ogg")
        home.lose(lost)
        await home.say("", files=(note(home), lost))
        assert home.screen() == [
            f"- {home.say_so('file-too-large', name='voice.ogg', most='1 kB')}\n"
            f"- {home.say_so('file-lost', name='lost.ogg')}"
        ]


async def test_silence_is_told(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Heard("Thanks for watching!", silence=0.95))
        await home.say("", files=(note(home),))
        assert home.screen() == [home.say_so("nothing-heard", name="voice.ogg")]


async def test_a_gateway_that_is_down_is_told_and_asking_again_hears_only_what_is_missing(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Heard("First."), *[Fail(503)] * TRIES, Answer("One only."))
        await home.say("", files=(note(home), note(home, name="second.ogg")))
        (shown,) = home.screen()
        assert shown.startswith("> First.\n\nOne only.\n\n_")
        assert "whisper-1" in shown
        home.gateway.script(Heard("Second."), Answer("Both."))
        await home.hear(home.press("regenerate"))
        assert home.screen() == ["> First.\n\n> Second.\n\nBoth."]
        assert len(home.gateway.booth.heard) == 2


async def test_a_note_alone_that_the_gateway_does_not_hear_is_heard_when_asked_again(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(*[Fail(503)] * TRIES)
        await home.say("", files=(note(home),))
        assert home.screen() == [home.advice("craft-busy", "BOT_TRANSCRIPT_MODEL", model="whisper-1")]
        home.gateway.script(Heard("At last."), Answer("Yes."))
        await home.hear(home.press("regenerate"))
        assert home.screen() == ["> At last.\n\nYes."]


async def test_a_chat_model_that_fails_leaves_the_quote_standing_and_asking_again_hears_nothing_twice(
    store: Store,
) -> None:
    async with house(store) as home:
        home.gateway.script(Heard("Will it rain?"), *[Fail(503)] * TRIES)
        await home.say("", files=(note(home),))
        told = home.say_so("gateway-busy", model="gpt-5-chat-latest")
        assert home.screen() == [f"> Will it rain?\n\n_{told}_"]
        assert labels(home.standing()[0]) == ["Regenerate", "Undo"]
        home.gateway.script(Answer("It will."))
        await home.hear(home.press("regenerate"))
        assert home.screen() == ["> Will it rain?\n\nIt will."]
        assert home.prompts()[-1] == [("user", "Will it rain?")]
        assert hearings(home) == 1


async def test_a_reason_names_its_note_where_several_came_together(store: Store) -> None:
    async with house(store) as home:
        busy = home.advice("craft-busy", "BOT_TRANSCRIPT_MODEL", model="whisper-1")
        one, other = (home.say_so("reason-for-file", name=name, why=busy) for name in ("one.ogg", "other.ogg"))
        home.gateway.script(Heard("First."), *[Fail(503)] * TRIES, Answer("Yes."))
        await home.say("", files=(note(home), note(home, name="other.ogg")))
        home.gateway.script(*[Fail(503)] * 2 * TRIES)
        await home.say("", files=(note(home, name="one.ogg"), note(home, name="other.ogg")))
        assert home.screen() == [f"> First.\n\nYes.\n\n_{other}_", f"- {one}\n- {other}"]


async def test_regenerate_and_continue_keep_the_quote_and_buy_no_second_transcript(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Heard("A story."), Answer("Once", finish="length"), Answer(" upon a time."), Answer("New."))
        await home.say("", files=(note(home),))
        await home.hear(home.press("continue"))
        assert home.screen() == ["> A story.\n\nOnce upon a time."]
        await home.hear(home.press("regenerate"))
        assert home.screen() == ["> A story.\n\nNew."]
        assert home.prompts()[-1] == [("user", "A story.")]
        assert hearings(home) == 1


async def test_an_edit_of_what_was_typed_keeps_what_was_heard(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Heard("Fox."), Answer("A fox."), Answer("A red fox."))
        await home.say("Draw:", files=(note(home),), message_id="M1")
        await home.edit("M1", "Draw in red:")
        assert home.screen() == ["> Fox.\n\nA red fox."]
        assert home.prompts()[-1] == [("user", "Draw in red:\n\nFox.")]
        assert hearings(home) == 1


async def test_a_large_film_or_nameless_file_is_not_fetched_to_find_out(store: Store) -> None:
    async with house(store) as home:
        film = replace(home.file(b"", "video/mp4", name="film.mp4"), size=LARGEST_GUESS + 1)
        blob = replace(home.file(b"", name="disk.img"), size=LARGEST_GUESS + 1)
        await home.say("", files=(film, blob))
        (told,) = home.screen()
        assert home.say_so("film-not-heard", name="film.mp4") in told
        assert "disk.img" in told
        assert [call.verb for _, channel in home.platform.channels for call in channel.calls].count("locate") == 0
