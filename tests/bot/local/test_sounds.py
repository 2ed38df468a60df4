"""The calls about sound, with a model that hears and says what the test puts into it."""

import asyncio
import io
import json
import threading
import time
from types import SimpleNamespace
from typing import Any

import av
import pytest

from bot.local import audio, hearing, voice
from bot.local.audio import WRITTEN
from bot.local.faults import BadRequest
from bot.local.hearing import Heard, Hearing, Segment, Word
from bot.local.transcripts import written
from bot.local.voice import Voice, speakable
from bot.local.weights import HEARING_ID, VOICE_ID
from bot.local.worker import Worker
from tests.bot.local.calls import calling, form, tone

TRANSCRIBE = "/v1/audio/transcriptions"
SPEAK = "/v1/audio/speech"
ASK = {"model": VOICE_ID, "voice": "joe", "input": "Hello team."}
HEARD = Heard(
    65.5,
    [
        Segment("Hello", 0.0, 1.25, 0.01, (Word("Hello", 0.0, 0.5),)),
        Segment("there.", 61.5, 3661.9996, 0.2),
    ],
)


class Told(Hearing):
    """Hears what the test says, and remembers how it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    async def hear(self, sound: bytes, **options: Any) -> Heard:
        audio.decode(sound)
        self.asked.append(options)
        return HEARD


class Toned(Voice):
    """Sings one note for any text."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []

    async def speak(self, text: str, *, speed: float, kind: str) -> bytes:
        self.asked.append((text, speed))
        return audio.encode(tone(0.5, 22_050)[44:], 22_050, kind)


def error(body: bytes) -> dict[str, Any]:
    return dict(json.loads(body)["error"])


class TestTranscripts:
    @pytest.mark.parametrize(
        ("kind", "media_type", "begins"),
        [
            ("json", "application/json", b'{"text": "Hello there."'),
            ("text", "text/plain", b"Hello there.\n"),
            (
                "srt",
                "application/x-subrip",
                b"1\n00:00:00,000 --> 00:00:01,250\nHello\n\n2\n00:01:01,500 --> 01:01:02,000",
            ),
            ("vtt", "text/vtt", b"WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nHello\n\n00:01:01.500 --> 01:01:02.000"),
        ],
    )
    async def test_each_form_is_written_as_it_should_be(self, kind: str, media_type: str, begins: bytes) -> None:
        async with calling(Told()) as caller:
            body = form(tone(0.2), model=HEARING_ID, response_format=kind)
            status, found, text = await caller.post(TRANSCRIBE, body)
        assert (status, found) == (200, media_type)
        assert text.startswith(begins)

    def test_the_long_form_has_segments_and_the_words_that_were_asked_for(self) -> None:
        body = json.loads(written(HEARD, "verbose_json"))
        assert (body["language"], body["duration"], body["text"]) == ("english", 65.5, "Hello there.")
        assert body["segments"][0] == {"id": 0, "start": 0.0, "end": 1.25, "text": "Hello", "no_speech_prob": 0.01}
        assert body["words"] == [{"word": "Hello", "start": 0.0, "end": 0.5}]

    def test_silence_is_an_empty_text(self) -> None:
        nothing = Heard(3.0, [])
        assert json.loads(written(nothing, "json"))["text"] == ""
        assert (written(nothing, "text"), written(nothing, "srt")) == ("\n", "")

    async def test_words_are_only_timed_in_the_long_form_and_a_prompt_goes_through(self) -> None:
        told = Told()
        async with calling(told) as caller:
            more = {"timestamp_granularities[]": "word", "prompt": "Parley", "temperature": "0.2", "language": "EN"}
            await caller.post(TRANSCRIBE, form(tone(0.2), model=HEARING_ID, response_format="verbose_json", **more))
            await caller.post(TRANSCRIBE, form(tone(0.2), model=HEARING_ID, **more))
        assert [asked["words"] for asked in told.asked] == [True, False]
        assert (told.asked[0]["prompt"], told.asked[0]["temperature"]) == ("Parley", 0.2)

    @pytest.mark.parametrize(
        ("fields", "param"),
        [
            ({}, "model"),
            ({"model": "whisper-1"}, "model"),
            ({"model": HEARING_ID, "response_format": "ass"}, "response_format"),
            ({"model": HEARING_ID, "language": "zh"}, "language"),
            ({"model": HEARING_ID, "temperature": "warm"}, "temperature"),
            ({"model": HEARING_ID, "temperature": "3"}, "temperature"),
            ({"model": HEARING_ID, "prompt": "x" * 2001}, "prompt"),
        ],
    )
    async def test_a_bad_field_is_named(self, fields: dict[str, str], param: str) -> None:
        async with calling(Told()) as caller:
            status, _, body = await caller.post(TRANSCRIBE, form(tone(0.2), **fields))
        assert (status, error(body)["param"]) == (400, param)

    @pytest.mark.parametrize(
        ("file", "code"),
        [
            (None, "invalid_request_error"),
            (b"", "invalid_request_error"),
            (b"no sound at all", "invalid_file_format"),
            (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "invalid_file_format"),
            (b"ffconcat version 1.0\nfile /etc/passwd\n", "invalid_file_format"),
            (tone(0.05), "audio_too_short"),
            (tone(1.0)[:100], "audio_too_short"),
        ],
        ids=["missing", "empty", "text", "playlist", "list of files", "too short", "torn"],
    )
    async def test_a_file_that_is_no_sound_is_refused(self, file: bytes | None, code: str) -> None:
        async with calling(Told()) as caller:
            status, _, body = await caller.post(TRANSCRIBE, form(file, model=HEARING_ID))
        assert (status, error(body)["code"], error(body)["param"]) == (400, code, "file")

    async def test_a_file_over_the_limit_is_refused_before_it_is_decoded(self) -> None:
        told = Told()
        async with calling(told) as caller:
            for size in (25 * 1024**2 + 1, 27 * 1024**2):
                status, _, body = await caller.post(TRANSCRIBE, form(bytes(size), model=HEARING_ID))
                assert (status, error(body)["code"]) == (413, "too_large")
        assert told.asked == []

    @pytest.mark.parametrize("body", [b"no form", {"model": HEARING_ID}])
    async def test_what_is_no_form_is_refused(self, body: Any) -> None:
        async with calling(Told()) as caller:
            assert (await caller.post(TRANSCRIBE, body))[0] == 400

    async def test_a_translation_says_why_there_is_none(self) -> None:
        async with calling(Told()) as caller:
            status, _, body = await caller.post("/v1/audio/translations", form(tone(0.2), model=HEARING_ID))
        assert status == 400
        assert "English only" in error(body)["message"]


class TestSpeech:
    @pytest.mark.parametrize(
        ("kind", "sign"), [("mp3", b"ID3"), ("opus", b"OggS"), ("flac", b"fLaC"), ("wav", b"RIFF"), ("pcm", b"")]
    )
    async def test_each_format_is_a_whole_file_of_the_right_length(self, kind: str, sign: bytes) -> None:
        async with calling(voice=Toned()) as caller:
            status, media_type, body = await caller.post(SPEAK, ASK | {"response_format": kind})
        assert (status, media_type) == (200, WRITTEN[kind][-1])
        assert body.startswith(sign)
        seconds = len(body) / 2 / 24_000 if kind == "pcm" else audio.seconds(audio.decode(body))
        assert seconds == pytest.approx(0.5, abs=0.06)

    async def test_opus_is_what_voice_messages_want(self) -> None:
        async with calling(voice=Toned()) as caller:
            _, _, body = await caller.post(SPEAK, ASK | {"response_format": "opus"})
        with av.open(io.BytesIO(body)) as container:
            (stream,) = container.streams.audio
            assert (container.format.name, stream.codec_context.name) == ("ogg", "opus")
            assert (stream.rate, stream.channels) == (48_000, 1)

    async def test_mp3_is_what_comes_unasked(self) -> None:
        spoken = Toned()
        async with calling(voice=spoken) as caller:
            _, media_type, _ = await caller.post(SPEAK, {"model": VOICE_ID, "input": "Hello.", "speed": 2})
        assert media_type == "audio/mpeg"
        assert spoken.asked == [("Hello.", 2)]

    @pytest.mark.parametrize(
        ("change", "param"),
        [
            ({"model": "tts-1-hd"}, "model"),
            ({"voice": "alloy"}, "voice"),
            ({"input": " "}, "input"),
            ({"input": "x" * 4097}, "input"),
            ({"input": 7}, "input"),
            ({"response_format": "aac"}, "response_format"),
            ({"speed": 9}, "speed"),
            ({"speed": True}, "speed"),
        ],
    )
    async def test_a_bad_field_is_named(self, change: dict[str, Any], param: str) -> None:
        async with calling(voice=Toned()) as caller:
            status, _, body = await caller.post(SPEAK, ASK | change)
        assert (status, error(body)["param"]) == (400, param)

    @pytest.mark.parametrize(
        ("text", "possible"),
        [("Hello!", True), ("Grüße, 东京", True), ("你好，世界", False), ("Привет", False), ("42", True)],
    )
    def test_what_would_be_read_letter_by_letter_is_not_spoken(self, text: str, possible: bool) -> None:
        assert speakable(text) is possible


class TestMissing:
    @pytest.mark.parametrize("path", [TRANSCRIBE, SPEAK])
    async def test_a_part_that_is_not_installed_says_what_to_do(self, path: str) -> None:
        async with calling() as caller:
            status, _, body = await caller.post(path, form(tone(0.2), model=HEARING_ID))
        assert (status, error(body)["code"]) == (501, "not_supported")
        assert "make setup" in error(body)["message"]

    async def test_only_what_is_there_is_listed(self) -> None:
        async with calling() as caller:
            few = await caller.get("/v1/models")
        async with calling(Told(), Toned()) as caller:
            many = await caller.get("/v1/models")
        listed = [[model["id"] for model in json.loads(body)["data"]] for _, _, body in (few, many)]
        assert set(listed[1]) - set(listed[0]) == {HEARING_ID, VOICE_ID}

    async def test_an_engine_that_does_not_start_is_told_as_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(hearing, "_load", lambda _: (_ for _ in ()).throw(ImportError("no such library")))
        monkeypatch.setattr(voice, "_load", lambda _: (_ for _ in ()).throw(OSError("damaged")))
        async with calling(Hearing(audio.__file__), Voice(audio.__file__)) as caller:  # type: ignore[arg-type]
            answers = [await caller.post(TRANSCRIBE, form(tone(0.2), model=HEARING_ID)), await caller.post(SPEAK, ASK)]
        assert [status for status, _, _ in answers] == [501, 501]


class TestWorker:
    async def test_it_loads_once_and_works_one_request_at_a_time(self) -> None:
        loads, at_work, most = 0, 0, 0

        def load() -> str:
            nonlocal loads
            loads += 1
            return "model"

        worker = Worker("test", load)

        def work(_model: object, _left: object) -> None:
            nonlocal at_work, most
            at_work += 1
            most = max(most, at_work)
            time.sleep(0.005)
            at_work -= 1

        await asyncio.gather(*(worker.run(work) for _ in range(4)))
        assert (loads, most) == (1, 1)

    async def test_who_hangs_up_is_not_worked_for_any_further(self) -> None:
        worker = Worker("test", lambda: None)
        begun, ended = threading.Event(), threading.Event()

        def work(_model: None, left: Any) -> None:
            begun.set()
            while not left():
                time.sleep(0.001)
            ended.set()

        waiting = asyncio.create_task(worker.run(work))
        await asyncio.to_thread(begun.wait, 5)
        waiting.cancel()
        assert await asyncio.to_thread(ended.wait, 5)


def test_brackets_are_no_phonemes_and_a_leaver_gets_no_further_sentence() -> None:
    said: list[str] = []

    class Model:
        def synthesize(self, text: str, _pace: object) -> Any:
            said.append(text)
            for _ in range(10):
                said.append("sentence")
                yield SimpleNamespace(audio_int16_bytes=bytes(4410), sample_rate=22_050)

    pytest.importorskip("piper")
    voice._speak(Model(), "Say [[this]].", 1.0, "wav", lambda: True)
    assert said == ["Say [ [this]].", "sentence"]


def test_a_sound_without_end_is_given_up_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "LONGEST_S", 1)
    with pytest.raises(BadRequest, match="longer than"):
        audio.decode(tone(1.5))


def test_a_picture_has_no_sound() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as file:
        stream = file.add_stream("mpeg4", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuv420p"
        file.mux(stream.encode(av.VideoFrame(16, 16, "yuv420p")))
        file.mux(stream.encode(None))
    with pytest.raises(BadRequest, match="no sound"):
        audio.decode(out.getvalue())
