"""The fake gateway hears and speaks real sound, and refuses what the real one refuses."""

import io

import aiohttp
import pytest

from tests.fakes.gateway import TOKEN, FakeGateway, Heard, Voiced
from tests.fakes.gateway.tones import TYPES, measure, tone

HEAR = "/v1/audio/transcriptions"
TRANSLATE = "/v1/audio/translations"
SAY = "/v1/audio/speech"
QWEN = "Qwen3-TTS-12Hz-1.7B-CustomVoice"
SECOND = tone(1.0, "opus")


async def hear(
    gateway: FakeGateway,
    path: str = HEAR,
    *,
    content: bytes = SECOND,
    name: str = "a.ogg",
    token: str = TOKEN,
    **fields: str,
) -> tuple[int, str]:
    form = aiohttp.FormData({"model": "whisper-1"} | fields)
    form.add_field("file", io.BytesIO(content), filename=name, content_type="application/octet-stream")
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(gateway.url + path, data=form, headers=headers) as answer,
    ):
        return answer.status, await answer.text()


async def say(gateway: FakeGateway, **body: object) -> tuple[int, bytes, str]:
    whole = {"model": "tts-1-hd", "input": "Good evening to all of you", "voice": "alloy"} | body
    body = {name: value for name, value in whole.items() if value is not None}
    headers = {"Authorization": f"Bearer {gateway.token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(gateway.url + SAY, json=body, headers=headers) as answer,
    ):
        return answer.status, await answer.read(), answer.content_type


async def test_a_transcript_names_the_length_of_the_file(gateway: FakeGateway) -> None:
    status, text = await hear(gateway)
    assert (status, "A recording of 1.0 seconds." in text) == (200, True)
    assert gateway.booth.heard == [pytest.approx(1.0, abs=0.05)]
    assert gateway.requests[0].body["file"] == [
        {"filename": "a.ogg", "type": "application/octet-stream", "bytes": len(SECOND)}
    ]


async def test_the_formats_of_a_transcript_differ(gateway: FakeGateway) -> None:
    gateway.script(Heard("One. Two."), Heard("One. Two."), Heard("Eins", language="german", silence=0.9))
    assert (await hear(gateway, response_format="text"))[1] == "One. Two.\n"
    assert "segments" not in (await hear(gateway, response_format="json"))[1]
    whole = (await hear(gateway, response_format="verbose_json"))[1]
    assert all(each in whole for each in ('"german"', '"no_speech_prob": 0.9', '"transcribe"'))
    assert '"translate"' in (await hear(gateway, TRANSLATE, response_format="verbose_json"))[1]


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"token": "wrong"}, 401, "invalid_api_key"),
        ({"name": "a.mp3"}, 400, "invalid_file_format"),
        ({"name": "a.opus"}, 400, "invalid_file_format"),
        ({"name": "noending"}, 400, "invalid_file_format"),
        ({"content": b"hello" * 100}, 400, "invalid_file_format"),
        ({"content": tone(0.05, "wav"), "name": "a.wav"}, 400, "audio_too_short"),
        ({"content": bytes(25 * 1024**2 + 1)}, 413, "Maximum content size"),
        ({"voice": "alloy"}, 400, "unknown_parameter"),
        ({"language": "English"}, 400, "invalid_language_format"),
        ({"path": TRANSLATE, "language": "en"}, 400, "unknown_parameter"),
        ({"response_format": "xml"}, 400, "unsupported_value"),
        ({"temperature": "2"}, 400, "temperature"),
        ({"timestamp_granularities[]": "word"}, 400, "verbose_json"),
        ({"model": "gpt-5"}, 404, "not supported"),
        ({"model": "whisper-9"}, 404, "model_not_found"),
    ],
)
async def test_a_bad_request_to_hear_is_refused(
    gateway: FakeGateway, changes: dict[str, str], status: int, said: str
) -> None:
    got = await hear(gateway, **changes)  # type: ignore[arg-type] # some of them are bytes
    assert got[0] == status
    assert said in got[1]


@pytest.mark.parametrize("content_type", ["multipart/form-data", "application/json"])
async def test_what_is_no_readable_form_is_refused(gateway: FakeGateway, content_type: str) -> None:
    headers = {"Authorization": f"Bearer {gateway.token}", "Content-Type": content_type}
    body = b'{"model": "whisper-1"}'
    async with (
        aiohttp.ClientSession() as session,
        session.post(gateway.url + HEAR, data=body, headers=headers) as answer,
    ):
        assert answer.status == 400
        assert ("boundary" if "multipart" in content_type else "isn't multipart") in await answer.text()


@pytest.mark.parametrize("form", [form for form in TYPES if form != "pcm"])
async def test_speech_is_real_sound_that_grows_with_the_text(gateway: FakeGateway, form: str) -> None:
    short = await say(gateway, response_format=form)
    long = await say(gateway, response_format=form, input="Good evening to all of you" * 4)
    lengths = [measure(content) for _, content, _ in (short, long)]
    assert short[2] == TYPES[form]
    assert [round(length[1], 1) for length in lengths if length] == [
        pytest.approx(1.6, abs=0.11),
        pytest.approx(6.2, abs=0.11),
    ]


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"voice": None}, 400, "voice"),
        ({"voice": "vivian"}, 400, "one of alloy"),
        ({"voice": "Alloy"}, 400, "one of alloy"),
        ({"input": "x" * 4097}, 400, "4096"),
        ({"input": " "}, 400, "input"),
        ({"instructions": "sadly"}, 400, "unsupported_parameter"),
        ({"language": "English"}, 400, "unknown_parameter"),
        ({"speed": 5}, 400, "speed"),
        ({"response_format": "ogg"}, 400, "unsupported_value"),
        ({"model": QWEN}, 400, "BadRequestError"),
        ({"model": QWEN, "voice": "ryan", "response_format": "aac"}, 400, "response_format"),
        ({"model": QWEN, "voice": "ryan", "language": "Klingon"}, 400, "Klingon"),
        ({"model": QWEN, "voice": "ryan", "stylish": True}, 400, "not permitted"),
        ({"model": "gpt-5"}, 404, "not a speech model"),
    ],
)
async def test_a_bad_request_to_speak_is_refused(
    gateway: FakeGateway, changes: dict[str, object], status: int, said: str
) -> None:
    got = await say(gateway, **changes)
    assert got[0] == status
    assert said in got[1].decode()


async def test_qwen_minds_no_letter_case_and_speaks_wav(gateway: FakeGateway) -> None:
    status, content, media_type = await say(gateway, model=QWEN, voice="Uncle_Fu", language="Chinese")
    assert (status, content[:4], media_type) == (200, b"RIFF", "audio/wav")


async def test_a_result_lies_at_an_address_and_notes_who_shows_a_token(gateway: FakeGateway) -> None:
    gateway.script(Voiced("output_url"))
    assert b"/sounds/1.mp3" in (await say(gateway))[1]
    async with aiohttp.ClientSession() as session, session.get(f"{gateway.url}/sounds/1.mp3") as answer:
        assert measure(await answer.read())
    assert gateway.booth.visits == [False]
