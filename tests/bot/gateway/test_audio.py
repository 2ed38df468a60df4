"""Hearing and speaking on the wire, against a gateway that decodes what it gets and speaks real sound."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import (
    BadOption,
    ContentRefused,
    FileBroken,
    FileTooLarge,
    FileUnsupported,
    GatewayBusy,
    GatewayError,
    GatewayGarbled,
    GatewayRejected,
    GatewayUnreachable,
    ModelUnavailable,
)
from bot.gateway import Catalogue, Lesson
from bot.gateway.audio import (
    LARGEST_SOUND,
    AudioClient,
    Segment,
    Speech,
    SpeechRequest,
    Transcript,
    TranscriptRequest,
)
from bot.gateway.audio_kinds import ending, sound_kind
from bot.gateway.audio_wire import Link, speech_of, transcript_of
from bot.gateway.once import Got
from tests.bot.gateway.conftest import Caller, Calling
from tests.bot.gateway.wire_server import Line, Step, WireServer, fault, reply
from tests.fakes.gateway import TOKEN, Fail, FakeGateway, Hang, Heard, Raw, Reset, Voiced
from tests.fakes.gateway.tones import TYPES, measure, tone

QWEN = "Qwen3-TTS-12Hz-1.7B-CustomVoice"
NOTE = tone(1.0, "opus")
HEAR = TranscriptRequest("whisper-1", NOTE, "key-1", name="my secret note.mp3")
SAY = SpeechRequest("tts-1-hd", "Good evening to all of you", "key-2")


@dataclass(frozen=True, slots=True)
class Studio:
    """A client of the strict gateway."""

    gateway: FakeGateway
    caller: Caller
    audio: AudioClient


@pytest.fixture
async def studio(calling: Calling) -> AsyncIterator[Studio]:
    async with FakeGateway() as gateway, calling(gateway.url, token=TOKEN) as caller:
        yield Studio(gateway, caller, AudioClient(caller.client, caller.catalogue, 2.0, 2.0))


@asynccontextmanager
async def wired(calling: Calling, step: Step, **overrides: object) -> AsyncIterator[tuple[WireServer, AudioClient]]:
    known = Catalogue.load(overrides={QWEN: overrides, "tts-1-hd": overrides, "whisper-1": overrides})
    async with WireServer(step) as server, calling(server.url, catalogue=known) as caller:
        yield server, AudioClient(caller.client, known, 2.0, 2.0)


async def test_a_voice_note_becomes_text_with_its_times(studio: Studio) -> None:
    studio.gateway.script(Heard("Hello there. How are you?", language="german"))
    assert await studio.audio.transcribe(HEAR) == Transcript(
        "Hello there. How are you?",
        "german",
        pytest.approx(1.0, abs=0.05),  # type: ignore[arg-type] # compares like a number
        (Segment(0.0, 0.5, "Hello there."), Segment(0.5, 1.0, "How are you?")),
    )
    [seen] = studio.gateway.requests
    assert seen.path == "/v1/audio/transcriptions"
    assert seen.headers["idempotency-key"] == "key-1"
    assert seen.body == {
        "model": "whisper-1",
        "response_format": "verbose_json",
        "file": [{"filename": "audio.ogg", "type": "audio/ogg", "bytes": len(NOTE)}],
    }


@pytest.mark.parametrize("form", ["mp3", "opus", "flac", "wav"])
async def test_every_kind_of_sound_is_sent_under_a_name_that_fits(studio: Studio, form: str) -> None:
    heard = await studio.audio.transcribe(replace(HEAR, sound=tone(0.5, form)))
    assert heard.text == "A recording of 0.5 seconds."


async def test_a_file_on_disk_is_read(studio: Studio, tmp_path: Path) -> None:
    note = tmp_path / "note"
    note.write_bytes(NOTE)
    assert (await studio.audio.transcribe(replace(HEAR, sound=note))).text == "A recording of 1.0 seconds."
    with pytest.raises(FileBroken):
        await studio.audio.transcribe(replace(HEAR, sound=tmp_path / "gone"))


async def test_language_and_hint_are_sent_but_no_language_where_english_is_wanted(studio: Studio) -> None:
    asked = replace(HEAR, language="DE", prompt="Parley")
    await studio.audio.transcribe(asked)
    await studio.audio.transcribe(replace(asked, translate=True))
    one, two = studio.gateway.requests
    assert (one.body["language"], one.body["prompt"]) == ("de", "Parley")
    assert two.path == "/v1/audio/translations"
    assert "language" not in two.body


@pytest.mark.parametrize("shape", ["json", "text"])
async def test_a_host_that_tells_the_text_alone_is_understood(studio: Studio, shape: str) -> None:
    studio.gateway.script(Heard("Just this.", shape=shape))  # type: ignore[arg-type] # the names of shapes
    heard = await studio.audio.transcribe(HEAR)
    assert (heard.text, heard.segments, heard.silent) == ("Just this.", (), False)


async def test_a_host_without_verbose_json_is_asked_for_the_usual_form_and_remembered(studio: Studio) -> None:
    no = Fail(
        400, "response_format 'verbose_json' is not compatible", code="unsupported_value", param="response_format"
    )
    studio.gateway.script(no)
    assert (await studio.audio.transcribe(HEAR)).text == "A recording of 1.0 seconds."
    assert (await studio.audio.transcribe(HEAR)).duration_s == 1.0
    assert ["response_format" in seen.body for seen in studio.gateway.requests] == [True, False, False]
    assert studio.caller.lessons == [Lesson("whisper-1", "response_format", "drop")]


async def test_what_whisper_makes_up_on_silence_is_dropped(studio: Studio) -> None:
    studio.gateway.script(Heard("Thanks for watching!", silence=0.93), Heard("Really said.", silence=0.6), Heard(" "))
    silent = await studio.audio.transcribe(HEAR)
    assert (silent.text, silent.segments, silent.silent) == ("", (), True)
    assert (await studio.audio.transcribe(HEAR)).text == "Really said."
    assert (await studio.audio.transcribe(HEAR)).silent


async def test_a_click_too_short_for_a_word_is_silence(studio: Studio) -> None:
    assert await studio.audio.transcribe(replace(HEAR, sound=tone(0.05, "wav"))) == Transcript("", silent=True)


@pytest.mark.parametrize(
    ("sound", "error"),
    [
        (b"", FileUnsupported),
        (b"<html>sign in</html>", FileUnsupported),
        (b"#!AMR\n" + bytes(100), FileUnsupported),
        (tone(0.2, "aac"), FileUnsupported),
        (b"\xff\xfeh\0i\0", FileUnsupported),
        (bytes(LARGEST_SOUND + 1), FileTooLarge),
    ],
)
async def test_what_no_host_would_take_is_not_sent(studio: Studio, sound: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        await studio.audio.transcribe(replace(HEAR, sound=sound))
    assert studio.gateway.requests == []


async def test_a_file_that_only_begins_like_sound_is_the_files_fault(studio: Studio) -> None:
    with pytest.raises(FileUnsupported) as raised:
        await studio.audio.transcribe(replace(HEAR, sound=b"OggS" + bytes(500)))
    assert raised.value.notice.params["name"] == "my secret note.mp3"


FAILURES = [
    (Fail(401, "无效的令牌", "new_api"), GatewayRejected, 1),
    (Fail(429, "slow", code="rate_limit_exceeded"), GatewayBusy, 3),
    (Fail(500), GatewayBusy, 3),
    (Fail(200, "slow", code="rate_limit_exceeded"), GatewayBusy, 3),
    (Fail(400, "no", code="content_policy_violation"), ContentRefused, 1),
    (Fail(404, "gone", code="model_not_found"), ModelUnavailable, 1),
    (Raw(200, b"<html><title>Sign in</title></html>", "text/html"), GatewayGarbled, 2),
    (Raw(200, b""), GatewayGarbled, 2),
    (Raw(200, b'{"odd": 1}'), GatewayGarbled, 2),
    (Hang(), GatewayUnreachable, 3),
    (Reset(), GatewayUnreachable, 3),
]


@pytest.mark.parametrize("hears", [True, False], ids=["hears", "speaks"])
@pytest.mark.parametrize(("failing", "error", "tries"), FAILURES)
async def test_a_failing_gateway_is_tried_again_and_named(
    studio: Studio, failing: Fail, error: type[GatewayError], tries: int, hears: bool
) -> None:
    studio.gateway.script(*[failing] * tries)
    audio = replace(studio.audio, transcript_s=0.15, speech_s=0.15)
    with pytest.raises(error):
        await (audio.transcribe(HEAR) if hears else audio.speak(SAY))
    assert len(studio.gateway.requests) == tries
    assert len(studio.caller.waits) == tries - 1


async def test_a_text_is_spoken(studio: Studio) -> None:
    speech = await studio.audio.speak(SAY)
    assert speech.media_type == "audio/mpeg"
    found = measure(speech.content)
    assert found
    assert found[1] == pytest.approx(1.56, abs=0.1)
    assert studio.gateway.requests[0].body == {"model": "tts-1-hd", "input": SAY.text, "voice": "alloy"}


async def test_everything_that_qwen_offers_is_asked_for_in_its_words(studio: Studio) -> None:
    await studio.audio.speak(
        SpeechRequest(QWEN, "你好", "k", voice="UNCLE_fu", format="OPUS", language="zh-CN", style="softly", speed=0.1)
    )
    assert studio.gateway.requests[0].body == {
        "model": QWEN,
        "input": "你好",
        "voice": "uncle_fu",
        "response_format": "opus",
        "language": "Chinese",
        "instructions": "softly",
        "speed": 0.25,
    }


async def test_what_a_model_does_not_take_is_not_sent(studio: Studio) -> None:
    await studio.audio.speak(replace(SAY, style="sadly", language="en", speed=1.0, format="ogg"))
    await studio.audio.speak(SpeechRequest(QWEN, "Hi", "k", format="aac"))
    assert studio.gateway.requests[0].body.keys() == {"model", "input", "voice"}
    assert studio.gateway.requests[1].body == {"model": QWEN, "input": "Hi", "voice": "vivian"}


@pytest.mark.parametrize(
    ("changes", "notice", "told"),
    [
        ({"voice": "vivian"}, "voice-unknown", "alloy, ash, coral"),
        ({"model": QWEN, "voice": "alloy"}, "voice-unknown", "vivian, serena"),
        ({"model": QWEN, "language": "Klingon"}, "language-unknown", "Chinese, English"),
        ({"text": "x" * 4097}, "speech-too-long", "4096"),
        ({"text": " \n"}, "nothing-to-say", ""),
    ],
)
async def test_a_wish_that_cannot_be_met_is_told_before_anything_is_paid(
    studio: Studio, changes: dict[str, str], notice: str, told: str
) -> None:
    with pytest.raises(BadOption) as raised:
        await studio.audio.speak(replace(SAY, **changes))  # type: ignore[arg-type] # a test names the fields
    assert raised.value.notice.id == notice
    assert told in str(raised.value.notice.params)
    assert studio.gateway.requests == []


@pytest.mark.parametrize("form", TYPES)
@pytest.mark.parametrize("wrong", [None, "application/octet-stream"])
async def test_the_type_is_told_by_the_bytes(studio: Studio, form: str, wrong: str | None) -> None:
    studio.gateway.script(Voiced(media_type=wrong))
    speech = await studio.audio.speak(replace(SAY, text="Hey", format=form))
    assert speech.media_type == ("audio/wav" if form == "pcm" else TYPES[form])
    assert measure(speech.content)


@pytest.mark.parametrize("shape", ["audio", "audio_object", "output_data", "output_url", "url"])
async def test_speech_inside_json_or_at_an_address_is_found(studio: Studio, shape: str) -> None:
    studio.gateway.script(Voiced(shape))  # type: ignore[arg-type] # the names of shapes
    speech = await studio.audio.speak(SAY)
    assert speech.media_type == "audio/mpeg"
    assert measure(speech.content)
    assert studio.gateway.booth.visits == ([True] if "url" in shape else [])


@pytest.mark.parametrize("shape", ["empty", "noise"])
async def test_a_success_without_sound_is_an_error_after_one_repeat(studio: Studio, shape: str) -> None:
    studio.gateway.script(Voiced(shape), Voiced(shape))  # type: ignore[arg-type] # the names of shapes
    with pytest.raises(GatewayGarbled):
        await studio.audio.speak(SAY)
    assert len(studio.gateway.requests) == 2


@pytest.mark.parametrize("model", [QWEN, "some-other-tts"])
async def test_a_refused_style_is_left_out_and_remembered(studio: Studio, model: str) -> None:
    studio.gateway.rules[model] = replace(studio.gateway.rules[QWEN], id=model)
    no = Fail(400, "unexpected keyword argument 'instructions'", code=400, type="BadRequestError")
    studio.gateway.script(no)
    await studio.audio.speak(SpeechRequest(model, "Hi", "k", voice="ryan", style="softly"))
    assert ["instructions" in seen.body for seen in studio.gateway.requests] == [True, False]
    assert studio.caller.lessons == [Lesson(model, "instructions", "drop")]


async def test_the_operator_renames_what_is_only_assumed(calling: Calling) -> None:
    fine = reply(200, tone(0.3, "wav"), "audio/wav")
    async with wired(calling, fine, style_field="instruct", speech_path="/tts", voices=["Bob"]) as (server, audio):
        await audio.speak(SpeechRequest(QWEN, "Hi", "k", voice="bob", style="softly"))
    assert server.requests[0].path == "/tts"
    assert server.requests[0].body == {"model": QWEN, "input": "Hi", "voice": "Bob", "instruct": "softly"}


async def test_the_paths_of_transcripts_are_the_operators_as_well(calling: Calling) -> None:
    heard = reply(200, {"text": "hi"})
    async with wired(calling, heard, transcription_path="/asr", translation_path="/en") as (server, audio):
        await audio.transcribe(HEAR)
        await audio.transcribe(replace(HEAR, translate=True))
    assert [seen.path for seen in server.requests] == ["/asr", "/en"]


@pytest.mark.parametrize(
    ("body", "text", "duration"),
    [
        ({"text": None, "segments": [{"text": " a", "start": "0", "end": "1.5"}, {"text": "b"}]}, "a b", None),
        ({"text": "a", "duration": "2.5"}, "a", 2.5),
        ({"text": "a", "duration": -1, "segments": "odd", "language": 7}, "a", None),
        ({"text": "a", "duration": "nan", "segments": [None, {"start": 9, "end": 1, "text": "a"}]}, "a", None),
        ({"text": "a", "usage": {"type": "duration", "seconds": 3}}, "a", 3.0),
        ({"text": "{}", "error": None}, "{}", None),
    ],
)
async def test_an_odd_transcript_is_read_leniently(
    calling: Calling, body: object, text: str, duration: float | None
) -> None:
    async with wired(calling, reply(200, body)) as (_, audio):
        heard = await audio.transcribe(HEAR)
    assert (heard.text, heard.duration_s) == (text, duration)
    assert all(segment.end_s >= segment.start_s for segment in heard.segments)


async def test_plain_text_may_begin_like_json(calling: Calling) -> None:
    async with wired(calling, reply(200, b"[1] is what he said\n", "text/plain")) as (_, audio):
        assert (await audio.transcribe(HEAR)).text == "[1] is what he said"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("https://x"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["text", "segments", "start", "end", "duration", "audio", "output", "url", "data", "usage"]
            ),
            inner,
        )
    ),
)


@given(JSON, st.binary(max_size=40), st.sampled_from(["text/plain", "application/json", "audio/mpeg", ""]))
def test_no_answer_is_too_odd_to_be_read(value: object, body: bytes, media_type: str) -> None:
    for got in (Got(b"{", media_type, "", value), Got(body, media_type, "", None)):
        transcript_of(got)
        speech_of(got, "pcm")
        assert isinstance(speech_of(got, "mp3"), Speech | Link | None)


async def test_a_result_of_another_host_gets_no_token_and_has_to_be_sound(calling: Calling) -> None:
    async def answer(line: Line) -> None:
        spoken = {"output": {"audio": {"url": f"http://{line.seen.headers['host']}/page"}}}
        page = reply(200, b"<html>", "audio/wav")
        await (reply(200, spoken) if line.seen.method == "POST" else page)(line)

    async with wired(calling, answer) as (_, audio):
        with pytest.raises(GatewayGarbled):
            await audio.speak(SAY)


async def test_nothing_that_was_said_stands_in_an_error_or_a_repr(
    calling: Calling, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "Alice stole the cake yesterday"
    no = reply(400, fault(f"cannot say '{secret}'"))
    request = replace(SAY, text=secret, style=secret)
    async with wired(calling, no) as (_, audio):
        with pytest.raises(GatewayRejected) as raised:
            await audio.speak(request)
        with pytest.raises(GatewayRejected) as unheard:
            await audio.transcribe(replace(HEAR, prompt=secret))
    told = f"{raised.value} {unheard.value} {caplog.text} {request!r} {HEAR!r} {Transcript(secret)!r}"
    assert "Alice" not in told
    assert "secret note" not in told


@pytest.mark.parametrize(
    ("head", "media_type", "taken_as"),
    [
        (b"\0\0\0\x18ftypmp42\0\0\0\0isom", "audio/mp4", "m4a"),
        (b"\0\0\0\x18ftyp3gp5\0\0\0\0isom", "audio/mp4", "m4a"),
        (b"\x1aE\xdf\xa3matroska", "audio/webm", "webm"),
        (b"\x1aE\xdf\xa3webm V_VP9", "audio/webm", "webm"),
        (b"#!SILK_V3", "audio/silk", ""),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1", None, ""),
    ],
)
def test_a_kind_that_may_be_a_film_is_taken_for_its_sound(head: bytes, media_type: str | None, taken_as: str) -> None:
    kind = sound_kind(head)
    assert (kind.media_type if kind else None) == media_type
    assert (ending(kind) if kind else "") == taken_as
