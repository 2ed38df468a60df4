"""The real ears and the real voice behind the server: what was said is what is written, and the other way round."""

import json
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bot.local import audio, weights
from bot.local.hearing import Hearing
from bot.local.voice import Voice
from bot.local.weights import HEARING_ID, VOICE_ID
from tests.bot.local.calls import Caller, calling, form

SPEECH = Path(__file__).parents[2] / "data" / "speech"
WORST = 0.15
SENTENCE = "Hello team, the meeting with the design group is on Thursday at noon."
NUMBERS = {"4": "four", "7": "seven", "8": "eight", "10": "ten"}

pytestmark = [pytest.mark.long, pytest.mark.local, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def hearing() -> Hearing:
    folder = weights.hearing()
    if folder is None:
        pytest.skip("the packages of requirements/local-hearing.txt are not installed here")
    return Hearing(folder)


@pytest.fixture(scope="module")
def voice() -> Voice:
    file = weights.voice()
    if file is None:
        pytest.skip("the packages of requirements/local-speech.txt are not installed here")
    return Voice(file)


def clips() -> Iterator[tuple[Path, str]]:
    for line in (SPEECH / "transcripts.txt").read_text().splitlines():
        name, _, text = line.partition(" ")
        yield SPEECH / f"{name}.flac", text


def words(text: str) -> list[str]:
    """Without case and punctuation; "Mr." is "mister", and figures are words."""
    plain = re.sub(r"[^a-z0-9' ]", " ", text.lower().replace("mr.", "mister"))
    return [NUMBERS.get(word, word) for word in plain.split()]


def errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest words to put in, leave out or change."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(said, 1):
        before, row = row, [number]
        for place, other in enumerate(heard, 1):
            row.append(min(before[place] + 1, row[-1] + 1, before[place - 1] + (word != other)))
    return row[-1]


async def transcript(caller: Caller, file: bytes, name: str) -> str:
    status, _, body = await caller.post("/v1/audio/transcriptions", form(file, name, model=HEARING_ID))
    assert status == 200, body
    return str(json.loads(body)["text"])


def test_errors_are_counted_by_words() -> None:
    assert errors(words("He was not ill."), words("He was ill, Mr. Ten!")) == 3


async def test_people_are_understood(hearing: Hearing, capsys: pytest.CaptureFixture[str]) -> None:
    report, wrong, spoken = [], 0, 0
    async with calling(hearing) as caller:
        for path, text in clips():
            file, began = path.read_bytes(), time.perf_counter()
            heard = await transcript(caller, file, path.name)
            took, length = time.perf_counter() - began, audio.seconds(audio.decode(file))
            missed, count = errors(words(text), words(heard)), len(words(text))
            wrong, spoken = wrong + missed, spoken + count
            report.append(f"{path.stem}: {missed} of {count} words, {took / length:.2f} of real time: {heard}")
    with capsys.disabled():
        print("", *report, f"word error rate {wrong / spoken:.1%}", sep="\n")  # noqa: T201 - the figure is what it is run for
    assert wrong / spoken <= WORST


@pytest.mark.parametrize("kind", ["opus", "mp3"])
async def test_what_the_voice_says_is_understood(hearing: Hearing, voice: Voice, kind: str) -> None:
    async with calling(hearing, voice) as caller:
        body = {"model": VOICE_ID, "input": SENTENCE, "response_format": kind}
        status, _, spoken = await caller.post("/v1/audio/speech", body)
        assert status == 200, spoken
        heard = await transcript(caller, spoken, f"speech.{kind}")
    assert errors(words(SENTENCE), words(heard)) <= 1


async def test_silence_says_nothing(hearing: Hearing) -> None:
    async with calling(hearing) as caller:
        silence = audio.encode(bytes(2 * 16_000 * 3), 16_000, "wav")
        assert await transcript(caller, silence, "silence.wav") == ""


async def test_words_are_timed_where_that_is_asked_for(hearing: Hearing) -> None:
    more = {"response_format": "verbose_json", "timestamp_granularities[]": "word"}
    async with calling(hearing) as caller:
        file = (SPEECH / "cards-001.flac").read_bytes()
        _, _, body = await caller.post("/v1/audio/transcriptions", form(file, "c.flac", model=HEARING_ID, **more))
    timed = json.loads(body)["words"]
    assert len(timed) == 3
    assert all(0 <= word["start"] <= word["end"] <= 1.2 for word in timed)


async def test_what_cannot_be_spoken_is_refused(voice: Voice) -> None:
    async with calling(voice=voice) as caller:
        status, _, body = await caller.post("/v1/audio/speech", {"model": VOICE_ID, "input": "…"})
    assert status == 400, body
