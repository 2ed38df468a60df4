"""Cases of the model that hears."""

import asyncio

from tests.fakes.gateway import HTML_502, Answer, Fail, Heard, Raw
from tests.fakes.gateway.audio_fields import TRANSLATIONS
from tests.media.files import large_recording, note, recording
from tests.media.places import Sent
from tests.media.seen import Advice, reads, told
from tests.media.site import FILE_MB, Case, Play, Scene

WHISPER = "whisper-1"
SAID = "What is blue?"
CHAT = "gpt-5.4"
ADVICE = Advice("BOT_TRANSCRIPT_MODEL")


async def answers_a_note(scene: Scene) -> str:
    """A voice note in a direct message is the question."""
    scene.plan(Heard(SAID))
    await scene.place.send("", note())
    await scene.place.until(lambda: f"You said: {SAID}" in scene.place.words())
    assert f"> {SAID}" in scene.place.words()
    return f"> {SAID} — as a quote, then the answer"


async def answers_with_typed_words(scene: Scene) -> str:
    """A voice note with words beside it: both are the question."""
    scene.plan(Heard(SAID))
    await scene.place.send("Answer this please.", note())
    await scene.place.until(lambda: "You said: " in scene.place.words())
    asked = str(scene.place.requests()[-1].body["messages"])
    assert "Answer this please." in asked
    assert SAID in asked
    return "the transcript as a quote, then the answer to what was typed and spoken"


async def transcribes(scene: Scene) -> str:
    """`/transcribe`: words and when they were said, and no answer."""
    scene.plan(Heard("It was the best of times. It was the worst of times."))
    await scene.place.call("transcribe", "", recording(3.0))
    await reads(scene.place, "It was the worst of times.")
    await scene.place.rested()
    assert "You said" not in scene.place.words()
    return "the transcript"


async def translates(scene: Scene) -> str:
    """`/transcribe` with `translate`: English words, by the address that gives these."""
    scene.plan(lambda seen: Heard("How are you?" if seen.path == TRANSLATIONS else "Wie geht es?"))
    await scene.place.call("transcribe", "", recording(), translate="yes")
    return await reads(scene.place, "How are you?")


async def makes_subtitles(scene: Scene) -> str:
    """`/transcribe` with `format`: a file."""
    scene.plan(Heard("It was the best of times. It was the worst of times."))
    await scene.place.call("transcribe", "", recording(3.0), format="srt")
    await scene.place.until(lambda: scene.place.files() != [])
    [shown] = scene.place.files()
    text = shown.content.decode()
    assert "00:00:00,000 --> " in text
    assert "It was the worst of times." in text
    return f"a file `.{shown.name.rpartition('.')[2]}` with the times"


async def outlives_a_kill(scene: Scene) -> str:
    """Killed when the transcript is stored and the model is at the answer: it is heard once."""
    scene.plan(Heard(SAID))
    scene.plan(lambda _: Answer(hold=asyncio.Event()) if len(scene.requests(CHAT)) < 2 else Answer(), CHAT)
    before = len(scene.site.far.gateway.booth.heard)
    await scene.place.send("Answer this please.", note())
    await scene.place.until(lambda: len(scene.requests(CHAT)) == 1)
    await scene.kill()
    await reads(scene.place, "You said: ")
    await scene.place.rested()
    assert len(scene.place.looks()) == 1
    assert len(scene.site.far.gateway.booth.heard) - before <= 2, "a transcript was bought twice"
    return "one answer; the sound was heard once"


def tells(plan: Fail | Raw | Heard, message_id: str, **params: object) -> Play:
    """A voice note that the model does not hear: why is told."""

    async def play(scene: Scene) -> str:
        scene.plan(plan)
        await scene.place.send("", note())
        return await reads(scene.place, ADVICE.told(message_id, **params))

    return play


async def is_missing_twice(scene: Scene) -> str:
    """The model is not there, and is known not to be when it is wanted the next time."""
    scene.plan(Fail(404, code="model_not_found"))
    missing = ADVICE.told("craft-unavailable", model=WHISPER)
    await scene.place.send("", note())
    await scene.place.until(lambda: scene.place.words().count(missing) == 1)
    await scene.place.send("", note())
    await scene.place.until(lambda: scene.place.words().count(missing) == 2)
    return missing


def answers_without(sent: Sent, message_id: str, **params: object) -> Play:
    """A file that cannot be used: why is told, and what was typed is answered all the same."""

    async def play(scene: Scene) -> str:
        scene.plan(Heard(SAID))
        await scene.place.send("Say something.", sent)
        words = await reads(scene.place, told(message_id, name=sent.name, **params))
        await reads(scene.place, "You said: Say something.")
        return words

    return play


_BROKEN = Sent("broken.ogg", "audio/ogg", note().content[:60], voice_s=1.5)
_TEXT = Sent("notes.mp3", "audio/mpeg", b"These are no sounds at all.\n" * 40)

CASES: dict[str, list[Case]] = {
    WHISPER: [
        Case(WHISPER, "use", "a voice note in a direct message", answers_a_note, direct=True),
        Case(WHISPER, "use", "a voice note with a mention", answers_with_typed_words),
        Case(WHISPER, "use", "`/transcribe`", transcribes),
        Case(WHISPER, "use", "`/transcribe` into English", translates),
        Case(WHISPER, "use", "`/transcribe` into subtitles", makes_subtitles),
        Case(WHISPER, "restart", "killed between transcript and answer", outlives_a_kill, fresh=True),
        Case(
            WHISPER,
            "failure",
            "the model is missing, twice",
            is_missing_twice,
            direct=True,
            fresh=True,
        ),
        *(
            Case(WHISPER, "failure", name, tells(plan, notice, model=WHISPER, **params), direct=True)
            for name, plan, notice, params in (
                ("no balance", Fail(403, code="insufficient_user_quota"), "craft-rejected", {}),
                ("502 in HTML", HTML_502, "craft-busy", {}),
                (
                    "429 with a time",
                    Fail(429, code="rate_limit_exceeded", headers={"retry-after": "300"}),
                    "craft-busy-until",
                    {"seconds": 300},
                ),
                ("an empty body", Raw(200, b""), "gateway-garbled", {}),
                ("HTML in place of JSON", Raw(200, b"<html>hello</html>", "text/html"), "gateway-garbled", {}),
            )
        ),
        Case(
            WHISPER,
            "failure",
            "a file that is too large",
            answers_without(large_recording(FILE_MB + 1), "file-too-large", most=f"{FILE_MB} MB"),
        ),
        Case(WHISPER, "failure", "a broken voice note", answers_without(_BROKEN, "file-broken")),
        Case(WHISPER, "failure", "text that is called a sound", answers_without(_TEXT, "file-unsupported")),
    ],
}
