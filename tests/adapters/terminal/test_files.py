"""Files in the terminal: named in a line they go in, brought by an answer they come out into a folder."""

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from adapters.terminal import files
from adapters.terminal.channel import TerminalChannel
from adapters.terminal.files import FILE_LIMIT, Typed
from adapters.terminal.lines import Lines
from adapters.terminal.platform import TerminalPlatform
from adapters.terminal.printer import Printer
from adapters.terminal.settings import TerminalSettings, read
from bot.contract import (
    Address,
    Attachment,
    Command,
    Event,
    File,
    MessageReceived,
    Option,
    Origin,
    Person,
    Post,
    PostId,
)
from bot.errors import ChannelBusy, FileLost, PostRejected

ORIGIN = Origin(Address("terminal", "local", "ann"), Person("ann", "ann"), "M1", "en-GB")
TRANSCRIBE = Command("transcribe", {"en": ""}, (Option("file", {"en": ""}, required=True, file=True),))
EDIT = Command("edit", {"en": ""}, (Option("picture", {"en": ""}, file=True), Option("prompt", {"en": ""})))
MODEL = Command("model", {"en": ""}, (Option("name", {"en": ""}),))
TABLE = (TRANSCRIBE, EDIT, MODEL)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with a few files."""
    (tmp_path / "in").mkdir()
    for name in ("clip.ogg", "my clip.m4a", "don't.png", "fox.png", "word"):
        (tmp_path / "in" / name).write_bytes(b"12345")
    monkeypatch.chdir(tmp_path / "in")
    monkeypatch.setenv("HOME", str(tmp_path / "in"))
    return tmp_path / "in"


def names(typed: Typed) -> list[str]:
    return [attachment.name for attachment in typed.attachments]


class TestLine:
    @pytest.mark.parametrize(
        "line",
        [
            "/transcribe clip.ogg",
            "/TRANSCRIBE ./clip.ogg",
            "/transcribe  'clip.ogg'  ",
            "/transcribe @clip.ogg",
            "/transcribe ~/clip.ogg",
            "/transcribe ../in/clip.ogg",
        ],
    )
    def test_a_command_takes_its_first_word_as_a_file(self, line: str, here: Path) -> None:
        typed = files.read(line.strip(), TABLE)
        assert typed.text == "/transcribe"
        assert typed.attachments == (Attachment("clip.ogg", "audio/ogg", 5, str(here / "clip.ogg")),)

    @pytest.mark.parametrize(
        ("line", "name"),
        [
            ('/edit "my clip.m4a" words, and "more"', "my clip.m4a"),
            ("/edit 'my clip.m4a' words, and \"more\"", "my clip.m4a"),
            (r"/edit my\ clip.m4a words, and \"more\"".replace('\\"', '"'), "my clip.m4a"),
            ('/edit don\'t.png words, and "more"', "don't.png"),
        ],
    )
    def test_names_with_blanks_are_written_as_in_a_shell(self, line: str, name: str) -> None:
        typed = files.read(line, TABLE)
        assert (names(typed), typed.text) == ([name], '/edit words, and "more"')

    @pytest.mark.parametrize(
        "line", ["/edit make it darker", "/edit", "/edit  don't", "/edit version 1.5", "/edit 1.5"]
    )
    def test_where_a_file_is_a_choice_plain_words_are_words(self, line: str) -> None:
        typed = files.read(line, TABLE)
        assert names(typed) == []
        assert typed.text == f"/edit {line.removeprefix('/edit').strip()}".strip()

    @pytest.mark.parametrize(
        "line",
        [
            "/transcribe missing",
            "/transcribe .",
            "/transcribe /dev/null",
            "/edit gone.png darker",
            "/edit ~/gone darker",
            "/edit 'gone away' darker",
            "@gone.ogg what is this?",
            '@"gone" what?',
            "@clip.ogg @gone.png which?",
        ],
    )
    def test_a_file_that_is_not_there_is_named_and_nothing_is_sent(self, line: str) -> None:
        with pytest.raises(FileLost) as lost:
            files.read(line, TABLE)
        assert lost.value.name in line

    def test_a_question_begins_with_its_files_and_a_sound_among_them_is_spoken(self) -> None:
        typed = files.read('@fox.png @"my clip.m4a"   what is @word this?', TABLE)
        assert typed.text == "what is @word this?"
        found = [(each.name, each.media_type, each.voice) for each in typed.attachments]
        assert found == [("fox.png", "image/png", False), ("my clip.m4a", "audio/mp4", True)]

    def test_a_spoken_question_needs_no_words(self) -> None:
        typed = files.read("@clip.ogg", TABLE)
        assert (typed.text, [each.voice for each in typed.attachments]) == ("", [True])

    @pytest.mark.parametrize(
        "line", ["@bob how are you?", "@", "mail a@b.org", "/model x.gguf", "/unknown clip.ogg", "  @"]
    )
    def test_any_other_line_stays_as_it_is(self, line: str) -> None:
        assert files.read(line, TABLE) == Typed(line)


@pytest.mark.parametrize("name", ["fox.png", "word"])
async def test_an_attachment_is_located_while_it_is_there(name: str, here: Path) -> None:
    (attachment,) = files.read(f"@{name} what?", TABLE).attachments
    channel = channel_to(StringIO(), here)
    download = await channel.locate(attachment)
    assert (download.url, download.hosts) == ((here / name).as_uri(), ("file:",))
    (here / name).unlink()
    with pytest.raises(FileLost):
        await channel.locate(attachment)


def channel_to(output: StringIO, folder: Path, ready: Callable[[], bool] = lambda: True) -> TerminalChannel:
    return TerminalChannel(ORIGIN, Printer(output, interactive=False), ready, lambda _: None, folder)


def made(folder: Path, name: str, content: bytes = b"picture") -> File:
    path = folder / "kept"
    path.write_bytes(content)
    return File(name, "image/png", len(content), path)


class TestFolder:
    async def test_the_files_of_a_post_are_copied_and_their_paths_stand_under_its_text(self, here: Path) -> None:
        output, folder = StringIO(), here / "new" / "folder"
        await channel_to(output, folder).send(Post("A fox.", True, "k", files=(made(here, "fox-k.png"),)))
        assert output.getvalue() == f"A fox.\n{folder / 'fox-k.png'}\n"
        assert (folder / "fox-k.png").read_bytes() == b"picture"

    async def test_no_file_is_written_over_another(self, here: Path) -> None:
        output = StringIO()
        for content in (b"one", b"two", b"three"):
            await channel_to(output, here).send(Post("", True, "k", files=(made(here, "fox.png", content),)))
        shown = [Path(line) for line in output.getvalue().splitlines()]
        assert [path.name for path in shown] == ["fox-2.png", "fox-3.png", "fox-4.png"]
        assert [path.read_bytes() for path in shown] == [b"one", b"two", b"three"]
        assert (here / "fox.png").read_bytes() == b"12345"

    @pytest.mark.parametrize("name", ["../../up.png", "a\\..\\up.png", "/etc/up.png", "\x1b[2J\nup.png", "..", ""])
    async def test_no_name_leaves_the_folder_or_steers_the_terminal(self, name: str, here: Path) -> None:
        output, folder = StringIO(), here / "out"
        await channel_to(output, folder).send(Post("", True, "k", files=(made(here, name),)))
        (copied,) = folder.iterdir()
        assert copied.read_bytes() == b"picture"
        assert "\x1b" not in output.getvalue()
        assert output.getvalue().count("\n") == 1

    async def test_an_edit_brings_no_file_again(self, here: Path) -> None:
        output, folder = StringIO(), here / "out"
        channel, post = channel_to(output, folder), Post("A fox.", True, "k", files=(made(here, "fox.png"),))
        await channel.edit(await channel.send(post), post)
        await channel.edit(PostId("of yesterday"), post)
        assert [path.name for path in folder.iterdir()] == ["fox.png"]

    async def test_a_folder_that_takes_nothing_refuses_the_post(self, here: Path) -> None:
        output = StringIO()
        channel = channel_to(output, here / "word")
        with pytest.raises(PostRejected):
            await channel.send(Post("A fox.", True, "k", files=(made(here, "fox.png"),)))
        assert output.getvalue() == ""

    async def test_a_file_that_is_gone_or_too_large_leaves_nothing_behind(self, here: Path) -> None:
        channel = channel_to(StringIO(), here / "out")
        gone = replace(made(here, "a.png"), path=here / "gone")
        huge = replace(made(here, "a.png"), size=FILE_LIMIT + 1)
        for file in (gone, huge):
            with pytest.raises(PostRejected):
                await channel.send(Post("A fox.", True, "k", files=(file,)))
        assert not [*(here / "out").iterdir()]

    async def test_a_terminal_that_was_left_takes_no_files(self, here: Path) -> None:
        with pytest.raises(ChannelBusy):
            await channel_to(StringIO(), here / "out", lambda: False).send(
                Post("", True, "k", files=(made(here, "a.png"),))
            )
        assert not (here / "out").exists()

    def test_the_folder_can_be_chosen(self, here: Path) -> None:
        assert read({}).files == Path("parley-files")
        assert read({"TERMINAL_FILES": "~/pictures"}).files == here / "pictures"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)


async def test_a_line_with_a_missing_file_is_answered_at_once_and_the_next_is_read(pipe: tuple[int, int]) -> None:
    output, events = StringIO(), list[MessageReceived]()
    settings = TerminalSettings("ann", "en-GB", "> ")

    def words(message_id: str, locale: str | None, **params: object) -> str:
        return f"{message_id} {locale} {params['name']}"

    platform = TerminalPlatform(settings, Lines(pipe[0]), Printer(output, interactive=False), words)

    async def accept(event: Event) -> None:
        assert isinstance(event, MessageReceived)
        events.append(event)
        await platform.open(event.origin).notify("taken")

    os.write(
        pipe[1],
        b"/transcribe gone.ogg\n/transcribe clip.ogg\n/edit fox.png make it night model=qwen-image-edit\n@clip.ogg\n",
    )
    os.close(pipe[1])
    async with platform, asyncio.timeout(10):
        await platform.listen(accept, TABLE)
    assert output.getvalue() == "file-lost en-GB gone.ogg\n" + 3 * "taken\n"
    assert [event.text for event in events] == ["/transcribe", "/edit make it night model=qwen-image-edit", ""]
    assert [[(each.name, each.voice) for each in event.attachments] for event in events] == [
        [("clip.ogg", False)],
        [("fox.png", False)],
        [("clip.ogg", True)],
    ]
