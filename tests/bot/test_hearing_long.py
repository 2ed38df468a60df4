"""Listening that takes long: in parts, broken off, stopped, taken up again; notes from before the question; pages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.contract import Addressed, Attachment, Capabilities
from bot.errors import ChannelBusy
from bot.features.hearing import LARGEST_EARLIER, LONGEST_QUOTE, clock, quote
from bot.media import Studio
from bot.media.values import Part
from bot.store import Store
from bot.text import split
from tests.bot.house import BEN, CHANNEL, House, house
from tests.bot.media import clips
from tests.fakes.gateway import Answer, Fail, Heard
from tests.fakes.gateway.tones import tone

NOTE = tone(1.0, "opus")
TRIES = 3
THREAD = replace(CHANNEL, thread="T1")


class ShortStudio(Studio):
    """One that cuts sounds into parts of three seconds."""

    async def split(self, path: Path, folder: Path, *_: object, **__: object) -> tuple[Part, ...]:
        return await super().split(path, folder, most_s=3.0)


def note(home: House, content: bytes | Path = NOTE, name: str = "voice.ogg") -> Attachment:
    return home.file(content, "audio/ogg", name=name, voice=True)


@asynccontextmanager
async def in_parts(store: Store, tmp_path: Path) -> AsyncIterator[tuple[House, Attachment]]:
    """A house that cuts sounds into short parts, and a note that has three of them."""
    async with house(store) as home, ShortStudio() as studio:
        assert home.kit.workshop is not None
        home.kit = replace(home.kit, workshop=replace(home.kit.workshop, studio=studio))
        home.restarted()
        yield home, note(home, clips.sound(tmp_path / "clip.ogg", seconds=8.0), "long.ogg")


async def left_behind(home: House) -> None:
    """The process dies in the midst of a turn, and another takes it up."""
    conversation = await home.store.find(CHANNEL)
    assert conversation is not None
    lane = home.runner._lanes[conversation]
    lane.cancel()
    await asyncio.wait([lane])
    home.restarted().recover(conversation)
    await home.quiet()


async def test_a_part_that_fails_is_left_out_and_told_and_bought_later_alone(store: Store, tmp_path: Path) -> None:
    async with in_parts(store, tmp_path) as (home, file):
        home.platform.capabilities = Capabilities(2000, len, 1.0, buttons=True, typing_interval=5.0)
        home.gateway.script(Heard("One."), *[Fail(503)] * TRIES, Heard("Three."), Answer("Aha."))
        await home.say("", files=(file,))
        (shown,) = home.screen()
        assert shown.startswith("> One. […] Three.\n\nAha.\n\n_I could not hear all of long.ogg: 0:0")
        assert home.prompts()[-1] == [("user", "One. […] Three.")]
        home.gateway.script(Heard("Two."), Answer("I see."))
        await home.hear(home.press("regenerate"))
        assert home.screen() == ["> One. Two. Three.\n\nI see."]
        assert len(home.gateway.booth.heard) == 3
        status = [said for _, channel in home.platform.channels for said in channel.statuses]
        assert home.say_so("status-listening-part", number=2, parts=3) in status


async def test_after_two_parts_that_fail_the_others_are_not_tried(store: Store, tmp_path: Path) -> None:
    async with in_parts(store, tmp_path) as (home, file):
        home.gateway.script(*[Fail(503)] * TRIES * 2)
        await home.say("", files=(file,))
        assert home.screen() == [home.advice("craft-busy", "BOT_TRANSCRIPT_MODEL", model="whisper-1")]
        assert len([seen for seen in home.gateway.requests if "audio" in seen.path]) == TRIES * 2


async def test_a_run_that_dies_between_two_parts_buys_none_of_them_again(store: Store, tmp_path: Path) -> None:
    async with in_parts(store, tmp_path) as (home, file):
        hold = asyncio.Event()
        home.gateway.script(Heard("One."), Heard("Two.", hold=hold))
        await home.engine.accept(home.message("", files=(file,)))
        await home.until(lambda: len(home.gateway.booth.heard) == 2)
        home.gateway.script(Heard("Two."), Heard("Three."), Answer("All three."))
        await left_behind(home)
        assert home.screen() == ["> One. Two. Three.\n\nAll three."]
        assert len(home.gateway.booth.heard) == 4  # the second was cut off with its process


async def test_a_run_that_dies_between_transcript_and_answer_hears_nothing_again(store: Store) -> None:
    async with house(store) as home:
        file, hold = note(home), asyncio.Event()
        home.gateway.script(Heard("Are you there?"), Answer("No.", hold=hold))
        await home.engine.accept(home.message("", files=(file,)))
        await home.until(lambda: len(home.gateway.asked()) == 1)
        home.lose(file)
        home.gateway.script(Answer("Yes."))
        await left_behind(home)
        assert home.screen() == ["> Are you there?\n\nYes."]
        assert len(home.gateway.booth.heard) == 1


async def test_a_run_of_transcribe_that_dies_before_it_is_shown_pays_once_and_shows_one_result(store: Store) -> None:
    async with house(store) as home:
        home.platform.capabilities = Capabilities(2000, len, 1.0, buttons=True, file_limit=10_000)
        home.platform.prepare = [("send", ChannelBusy("later", 30.0))]
        home.gateway.script(Heard("Only once."))
        file = note(home)
        await home.engine.accept(home.message("/transcribe srt", files=(file,)))
        await home.until(lambda: any(call.failed for _, channel in home.platform.channels for call in channel.calls))
        home.platform.prepare = []
        home.lose(file)
        await left_behind(home)
        shown, text = home.standing()
        assert [each.name for each in shown.files] == [f"transcript-{shown.key}.srt"]
        assert text.text == "_english · 0:01_\n\nOnly once."
        assert len(home.gateway.booth.heard) == 1


async def test_stop_while_listening_shows_what_was_heard(store: Store) -> None:
    async with house(store) as home:
        hold = asyncio.Event()
        home.gateway.script(Heard("The first."), Heard("The second.", hold=hold))
        await home.engine.accept(home.message("", files=(note(home), note(home))))
        await home.until(lambda: len(home.gateway.booth.heard) == 2)
        await home.hear(home.command("stop"))
        assert home.screen() == [f"> The first.\n\n_{home.say_so('stopped')}_"]
        assert home.gateway.asked() == []
        hold.set()


async def test_stop_before_anything_was_heard_says_so(store: Store) -> None:
    async with house(store) as home:
        hold = asyncio.Event()
        home.gateway.script(Heard("Never.", hold=hold))
        await home.engine.accept(home.message("and this?", files=(note(home),)))
        await home.until(lambda: home.gateway.booth.heard)
        await home.hear(home.command("stop"))
        assert home.screen() == [home.say_so("stopped")]
        hold.set()


async def test_the_newest_notes_from_before_the_question_are_heard_once_and_not_quoted(store: Store) -> None:
    async with house(store) as home:
        await home.say("hello", at=THREAD)
        for number in range(4):
            await home.say("", at=THREAD, who=BEN, addressed=Addressed.OTHER, files=(note(home, name=f"{number}.ogg"),))
        home.gateway.script(*[Heard(f"Note {number}.") for number in (1, 2, 3)], Answer("So did he."))
        await home.say("what did Ben say?", at=THREAD)
        assert home.screen()[-1] == "So did he."
        said = "\n".join(text for _, text in home.prompts()[-1])
        assert all(f"Ben: Note {number}." in said for number in (1, 2, 3))
        assert "1.ogg" not in said
        home.gateway.script(Answer("Yes."))
        await home.say("really?", at=THREAD)
        assert len(home.gateway.booth.heard) == 3


async def test_a_note_from_before_that_is_large_or_broken_is_left_alone(store: Store) -> None:
    async with house(store) as home:
        await home.say("hello", at=THREAD)
        large = replace(note(home), size=LARGEST_EARLIER + 1)
        broken = note(home, b"OggS" + bytes(99))
        for file in (large, broken):
            await home.say("", at=THREAD, who=BEN, addressed=Addressed.OTHER, files=(file,))
        home.gateway.script(Answer("One."), Answer("Two."))
        await home.say("one?", at=THREAD)
        home.lose(broken)
        await home.say("two?", at=THREAD)
        assert home.screen()[-2:] == ["One.", "Two."]
        assert home.gateway.booth.heard == []


async def test_a_page_that_ends_in_a_quote_is_followed_by_one_that_begins_with_it(store: Store) -> None:
    async with house(store) as home:
        home.platform.capabilities = Capabilities(800, len, 1.0, buttons=True)
        home.gateway.script(Heard("This is a sentence of some length. " * 100), Answer("Short."))
        await home.say("", files=(note(home),))
        pages = home.screen()
        assert len(pages) > 2
        assert all(line.startswith("> ") for page in pages for line in page.split("\n") if "sentence" in line)
        assert "…" in pages[-1]
        assert pages[-1].endswith("\n\nShort.")


@pytest.mark.parametrize("text", ["a" * 5000, "word " * 900, "句子。" * 900, "no end", "Well... yes! (Or no?) 好的。"])
def test_a_quote_keeps_every_word_and_is_a_quote_on_each_page(text: str) -> None:
    pages = split(quote(text) + "answer", 700, len)
    lines = [line for page in pages for line in page.split("\n") if line and line != "answer"]
    assert all(line.startswith("> ") for line in lines)
    assert "".join("".join(line[2:] for line in lines).split()) == "".join(text.split())


def test_a_long_quote_is_cut_at_a_word() -> None:
    assert quote("word " * 900, LONGEST_QUOTE).endswith("word …\n\n")


def test_moments_are_read_as_people_say_them() -> None:
    assert [clock(seconds) for seconds in (0.9, 65, 3600 + 61)] == ["0:00", "1:05", "1:01:01"]
