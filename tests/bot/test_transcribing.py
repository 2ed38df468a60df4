"""`/transcribe`: the words of a recording, with times or as subtitles, in parts, stopped, refused."""

import asyncio
from pathlib import Path

import pytest

from bot.contract import Attachment, Capabilities
from bot.errors import PostRejected
from bot.features.transcribing import srt, timed, vtt
from bot.made import Cue
from bot.store import Store
from tests.bot.house import House, house
from tests.bot.media import clips
from tests.fakes.gateway import Answer, Fail, Heard
from tests.fakes.gateway.tones import tone

NOTE = tone(1.0, "opus")
HEAR, TRANSLATE = "/v1/audio/transcriptions", "/v1/audio/translations"
CUES = (Cue(0.0, 5.25, "Good  morning\n<all>."), Cue(5.25, 3725.5, "Bye."))


def recording(home: House, content: bytes | Path = NOTE, name: str = "talk.ogg") -> Attachment:
    return home.file(content, "audio/ogg", name=name)


async def test_a_recording_is_written_down_and_not_answered(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Heard("Good morning. Let us begin.", language="german"))
        await home.say("/transcribe", files=(recording(home),))
        assert home.screen() == ["_german · 0:01_\n\nGood morning. Let us begin."]
        assert home.gateway.asked() == []


async def test_a_command_with_a_file_shows_its_question_and_answers_under_it(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Heard("One. Two."))
        await home.hear(home.command("transcribe", files=(recording(home),), format="times"))
        assert home.screen() == ["/transcribe times", "_english · 0:01_\n\n[0:00] One.\n[0:00] Two."]


async def test_the_newest_recording_of_the_conversation_is_meant_where_none_is_given(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Heard("Older."), Answer("Yes."), Heard("Older, in English."))
        await home.say("", files=(home.file(NOTE, "audio/ogg", name="voice.ogg", voice=True),))
        await home.say("/transcribe translate")
        assert home.screen()[1] == "_english · 0:01_\n\nOlder, in English."
        assert [seen.path for seen in home.gateway.requests if "audio" in seen.path] == [HEAR, TRANSLATE]


async def test_a_film_that_is_quoted_is_written_down(store: Store, tmp_path: Path) -> None:
    async with house(store) as home:
        film = home.file(clips.sound(tmp_path / "clip.mp4", seconds=1.0, video=True), "video/mp4")
        home.gateway.script(Heard("Action."))
        await home.say("/transcribe language=German", quoted=(film,))
        assert home.screen()[0].endswith("Action.")
        (seen,) = [seen for seen in home.gateway.requests if seen.path == HEAR]
        assert seen.body["language"] == "de"


@pytest.mark.parametrize(("form", "media_type"), [("srt", "application/x-subrip"), ("vtt", "text/vtt")])
async def test_subtitles_come_as_a_file(store: Store, form: str, media_type: str) -> None:
    async with house(store) as home:
        home.platform.capabilities = Capabilities(2000, len, 1.0, buttons=True, file_limit=10_000)
        home.gateway.script(Heard("One. Two."))
        await home.say(f"/transcribe {form}", files=(recording(home),))
        shown, text = home.standing()
        assert [(file.media_type, file.name) for file in shown.files] == [
            (media_type, f"transcript-{shown.key}.{form}")
        ]
        assert text.text == "_english · 0:01_\n\nOne. Two."


async def test_subtitles_are_text_where_the_place_takes_no_file(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Heard("One."), Heard("One."))
        await home.say("/transcribe srt", files=(recording(home),))
        home.platform.capabilities = Capabilities(2000, len, 1.0, file_limit=10_000)
        home.platform.prepare = [("send", PostRejected("no files today"))]
        await home.say("/transcribe srt", files=(recording(home),))
        assert len(home.screen()) == 2
        for text in home.screen():
            assert "```\n1\n00:00:00,000 --> 00:00:01,0" in text
        assert home.say_so("channel-failed") in home.screen()[1]


async def test_several_recordings_are_told_apart_and_one_that_is_broken_harms_no_other(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(Heard("First."))
        broken = recording(home, b"OggS" + bytes(99), "b.ogg")
        await home.say("/transcribe", files=(recording(home, name="a.ogg"), broken))
        told = home.say_so("file-broken", name="b.ogg")
        assert home.screen() == [f"_a.ogg · english · 0:01_\n\nFirst.\n\n_{told}_"]


async def test_each_of_several_recordings_that_the_gateway_does_not_hear_is_named(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(*[Fail(503)] * 6)
        await home.say("/transcribe", files=(recording(home, name="a.ogg"), recording(home, name="b.ogg")))
        busy = home.advice("craft-busy", "BOT_TRANSCRIPT_MODEL", model="whisper-1")
        lines = [home.say_so("reason-for-file", name=name, why=busy) for name in ("a.ogg", "b.ogg")]
        assert home.screen() == ["\n".join(f"- {line}" for line in lines)]


@pytest.mark.parametrize(
    ("said", "content", "notice"),
    [
        ("/transcribe", None, "nothing-to-transcribe"),
        ("/transcribe", b"plain words", "file-unsupported"),
        ("/transcribe", b"OggS" + bytes(99), "file-broken"),
        ("/transcribe klingon", NOTE, "transcribe-unknown"),
        ("/transcribe translate=perhaps", NOTE, "transcribe-unknown"),
    ],
)
async def test_what_cannot_be_written_down_is_told(store: Store, said: str, content: bytes | None, notice: str) -> None:
    async with house(store) as home:
        await home.say(said, files=() if content is None else (recording(home, content),))
        params = {"name": "talk.ogg", "word": said.split()[-1].removeprefix("translate=")}
        assert home.screen() == [home.say_so(notice, **params)]


async def test_a_film_without_sound_and_a_silent_file_are_told(store: Store, tmp_path: Path) -> None:
    async with house(store) as home:
        picture = clips.picture(tmp_path / "a.png")
        home.gateway.script(Heard("Thank you.", silence=0.99))
        await home.say("/transcribe", files=(home.file(picture, "video/mp4", name="a.mp4"),))
        await home.say("/transcribe", files=(recording(home),))
        told = [home.say_so("file-unsupported", name="a.mp4"), home.say_so("nothing-heard", name="talk.ogg")]
        assert home.screen() == told


async def test_a_gateway_that_is_down_is_told_and_asked_again_by_the_button(store: Store) -> None:
    async with house(store) as home:
        home.gateway.script(*[Fail(503)] * 3)
        await home.say("/transcribe", files=(recording(home),))
        assert home.screen() == [home.advice("craft-busy", "BOT_TRANSCRIPT_MODEL", model="whisper-1")]
        home.gateway.script(Heard("Now."))
        await home.hear(home.press("regenerate"))
        await home.hear(home.press("regenerate"))
        assert home.screen() == ["_english · 0:01_\n\nNow."]
        assert len(home.gateway.booth.heard) == 1


async def test_stop_ends_it(store: Store) -> None:
    async with house(store) as home:
        hold = asyncio.Event()
        home.gateway.script(Heard("Never.", hold=hold))
        await home.engine.accept(home.message("/transcribe", files=(recording(home),)))
        await home.until(lambda: home.gateway.booth.heard)
        await home.hear(home.command("stop"))
        assert home.screen() == [home.say_so("stopped")]
        hold.set()


def test_the_forms_of_a_transcript() -> None:
    assert timed(CUES) == "[0:00] Good  morning\n<all>.\n[0:05] Bye."
    assert srt(CUES) == (
        "1\n00:00:00,000 --> 00:00:05,250\nGood morning <all>.\n\n2\n00:00:05,250 --> 01:02:05,500\nBye.\n"
    )
    assert vtt(CUES) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:05.250\nGood morning &lt;all&gt;.\n\n00:00:05.250 --> 01:02:05.500\nBye.\n"
    )
