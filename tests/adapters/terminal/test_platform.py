"""The terminal platform without a process around it."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest

from adapters.terminal import connect
from adapters.terminal.channel import TerminalChannel
from adapters.terminal.events import event as event_of
from adapters.terminal.files import Typed
from adapters.terminal.lines import Lines
from adapters.terminal.markup import addition, plain
from adapters.terminal.platform import TerminalPlatform
from adapters.terminal.printer import Printer
from adapters.terminal.settings import TerminalSettings, read
from bot.contract import Address, Addressed, Event, MessageReceived, Origin, Person, Post, PostId
from bot.errors import ChannelBusy, ChannelGone
from tests.adapters.channel_contract import ChannelContract, Rig
from tests.adapters.terminal.echo import AloneHost
from tests.fakes.clock import settle

FOLDER = Path("nowhere")
SETTINGS = TerminalSettings("ann", "en-GB", "> ")
ORIGIN = Origin(Address("terminal", "local", "ann"), Person("ann", "ann"), "M1", "en-GB")


class Watched(TerminalChannel):
    """Remembers which part of the output each post brought."""

    def __init__(self, output: StringIO, *, interactive: bool) -> None:
        super().__init__(ORIGIN, Printer(output, interactive=interactive), lambda: True, lambda _: None, FOLDER)
        self._output = output
        self.seen: dict[str, str] = {}
        self.told: list[str] = []

    async def send(self, post: Post) -> PostId:
        before = len(self._output.getvalue())
        post_id = await super().send(post)
        self.seen[post_id] = self._output.getvalue()[before:]
        return post_id

    async def edit(self, post_id: PostId, post: Post) -> None:
        before = len(self._output.getvalue())
        await super().edit(post_id, post)
        self.seen[post_id] += self._output.getvalue()[before:]

    async def notify(self, text: str) -> None:
        before = len(self._output.getvalue())
        await super().notify(text)
        self.told.append(self._output.getvalue()[before:].strip("\n"))


@dataclass
class TerminalRig:
    channel: Watched
    rewrites: bool = False

    async def shown(self) -> Sequence[str]:
        return [text.removesuffix("\n") for text in self.channel.seen.values()]

    async def buttons(self) -> Sequence[Sequence[str]]:
        return [() for _ in self.channel.seen]

    async def notices(self) -> Sequence[str]:
        return self.channel.told

    async def pings(self) -> Sequence[str]:
        return []


class TestTypedChannel(ChannelContract):
    @pytest.fixture
    def rig(self) -> Rig:
        return TerminalRig(Watched(StringIO(), interactive=True))


@dataclass
class Desk:
    """A platform between a pipe and a string; what it accepted waits in `events`."""

    interactive: bool = False
    output: StringIO = field(default_factory=StringIO)
    events: list[MessageReceived] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.reader, self.writer = os.pipe()
        printer = Printer(self.output, interactive=self.interactive)
        self.platform = TerminalPlatform(SETTINGS, Lines(self.reader), printer, AloneHost().text)

    async def accept(self, event: Event) -> None:
        assert isinstance(event, MessageReceived)
        async with self.news:
            self.events.append(event)
            self.news.notify_all()

    def type(self, text: str) -> None:
        os.write(self.writer, text.encode())

    def end(self) -> None:
        os.close(self.writer)
        self.writer = -1

    async def heard(self, count: int) -> None:
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(lambda: len(self.events) >= count)

    async def say(self, text: str, *, to: int = -1, final: bool = True) -> PostId:
        return await self.platform.open(self.events[to].origin).send(Post(text, final, "k"))


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    for descriptor in (desk.reader, desk.writer):
        if descriptor >= 0:
            os.close(descriptor)


async def test_the_next_line_waits_for_the_answer_to_the_one_before(desk: Desk) -> None:
    desk.type("one\ntwo\n")
    desk.end()
    async with desk.platform, asyncio.timeout(10), asyncio.TaskGroup() as group:
        listening = group.create_task(desk.platform.listen(desk.accept, ()))
        await desk.heard(1)
        await desk.say("half", final=False)
        await asyncio.sleep(0.02)
        assert [event.text for event in desk.events] == ["one"]
        await desk.say("whole")
        await desk.heard(2)
        assert not listening.done()
        await desk.platform.open(desk.events[-1].origin).notify("no")
    assert [event.text for event in desk.events] == ["one", "two"]


async def test_an_event_that_was_not_taken_ends_the_listening(desk: Desk) -> None:
    async def refuse(event: Event) -> None:
        raise KeyError

    desk.type("one\n")
    async with desk.platform:
        with pytest.raises(KeyError):
            await desk.platform.listen(refuse, ())


async def test_listening_can_go_on_after_it_was_cancelled_and_loses_no_line(desk: Desk) -> None:
    async with desk.platform:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(desk.platform.listen(desk.accept, ()), 0.02)
    desk.type("one\n")
    async with desk.platform, asyncio.TaskGroup() as group:
        listening = group.create_task(desk.platform.listen(desk.accept, ()))
        await desk.heard(1)
        listening.cancel()


async def test_a_platform_that_was_left_is_busy_and_prints_nothing(desk: Desk) -> None:
    channel = desk.platform.open(ORIGIN)
    with pytest.raises(ChannelBusy):
        await channel.send(Post("Hi", True, "k"))
    assert desk.output.getvalue() == ""


async def test_a_late_answer_of_an_earlier_run_leaves_the_prompt_standing() -> None:
    desk = Desk(interactive=True)
    async with desk.platform, asyncio.TaskGroup() as group:
        listening = group.create_task(desk.platform.listen(desk.accept, ()))
        await settle()
        await desk.platform.open(ORIGIN).send(Post("Late.", True, "k"))
        assert desk.output.getvalue() == "> \r\x1b[KLate.\n> "
        listening.cancel()
    os.close(desk.writer)
    os.close(desk.reader)


async def test_it_keeps_no_messages_and_has_no_web_side(desk: Desk) -> None:
    assert await desk.platform.read(ORIGIN.address, None, 10) == ()
    assert (desk.platform.name, desk.platform.web) == ("terminal", None)
    assert await desk.platform.open(ORIGIN).anchor("why?") == ORIGIN


async def test_an_answer_that_grows_is_printed_piece_by_piece() -> None:
    output = StringIO()
    channel = Watched(output, interactive=True)
    await channel.typing("thinking")
    post_id = await channel.send(Post("The capital", False, "k"))
    assert output.getvalue() == "thinking\r\x1b[KThe capital"
    await channel.edit(post_id, Post("The capital is Lyon", False, "k"))
    await channel.edit(post_id, Post("The capital is Paris.", False, "k"))
    await channel.edit(post_id, Post("The capital is Paris.", True, "k"))
    assert output.getvalue().endswith("KThe capital is Lyon\nThe capital is Paris.\n")


async def test_a_notice_in_the_middle_of_an_answer_has_its_own_line() -> None:
    output = StringIO()
    channel = Watched(output, interactive=True)
    post_id = await channel.send(Post("Half", False, "k"))
    await channel.notify("Busy.")
    await channel.send(Post("Other.", True, "k"))
    await channel.edit(post_id, Post("Half and half.", True, "k"))
    assert output.getvalue() == "Half\nBusy.\nOther.\n and half.\n"


async def test_a_post_of_an_earlier_run_is_printed_whole() -> None:
    output = StringIO()
    printer = Printer(output, interactive=True)
    channel = TerminalChannel(ORIGIN, printer, lambda: True, lambda _: None, FOLDER)
    await channel.edit(PostId("of yesterday"), Post("All of it.", True, "k"))
    await channel.delete(PostId("of yesterday"))
    assert output.getvalue() == "All of it.\n"


async def test_a_closed_output_is_a_place_that_is_gone() -> None:
    output = StringIO()
    channel = TerminalChannel(ORIGIN, Printer(output, interactive=False), lambda: True, lambda _: None, FOLDER)
    output.close()
    for _ in range(2):
        with pytest.raises(ChannelGone):
            await channel.send(Post("Hi", True, "k"))


async def test_signs_that_the_output_cannot_write_are_replaced() -> None:
    raw = BytesIO()
    stream = TextIOWrapper(raw, encoding="ascii", newline="\n")
    channel = TerminalChannel(ORIGIN, Printer(stream, interactive=False), lambda: True, lambda _: None, FOLDER)
    await channel.send(Post("caf\u00e9 \ud83d", True, "k"))
    assert raw.getvalue() == b"caf? ?\n"


def test_no_text_steers_the_terminal() -> None:
    assert plain("a\x1b[2Jb\x07c\r\nd\te\x9bf\u202eg") == "a[2Jbc\nd\tefg"


@pytest.mark.parametrize(
    ("printed", "text", "more"),
    [
        ("", "one", "one"),
        ("one", "one two", " two"),
        ("one", "one", ""),
        ("one two", "one", ""),
        ("a\nb c", "a\nb d", "\nb d"),
        ("a", "b", "\nb"),
    ],
)
def test_only_what_is_missing_is_printed(printed: str, text: str, more: str) -> None:
    assert addition(printed, text) == more


async def test_a_post_that_shrank_and_grows_elsewhere_is_readable() -> None:
    output = StringIO()
    printer = Printer(output, interactive=True)
    for text in ("one two", "one", "one three"):
        printer.grow("p", text, final=False)
    assert output.getvalue() == "one two\none three"


class TestLines:
    async def _all(self, data: bytes) -> list[str]:
        reader, writer = os.pipe()
        os.write(writer, data)
        os.close(writer)
        lines, found = Lines(reader), list[str]()
        while (line := await lines.next()) is not None:
            found.append(line)
        assert await lines.next() is None
        os.close(reader)
        return found

    async def test_lines_lose_their_ends_only(self) -> None:
        assert await self._all(b"one\r\n two \n\nlast") == ["one", " two ", "", "last"]

    async def test_bytes_that_are_no_text_do_not_stop_the_reading(self) -> None:
        assert await self._all(b"caf\xe9\nnext\n\xe4") == ["caf\ufffd", "next", "\ufffd"]

    async def test_a_letter_torn_between_two_reads_is_whole(self) -> None:
        reader, writer = os.pipe()
        lines = Lines(reader)
        os.write(writer, "东".encode()[:2])
        waiting = asyncio.ensure_future(lines.next())
        await asyncio.sleep(0.02)
        os.write(writer, "东".encode()[2:] + b"\n")
        assert await waiting == "东"
        os.close(writer)
        os.close(reader)

    @pytest.mark.parametrize("stream", [None, StringIO("not of the system\n")])
    async def test_a_stream_without_a_descriptor_has_no_lines(self, stream: StringIO | None) -> None:
        lines = Lines.of(stream)
        assert await lines.next() is None
        assert not lines.interactive

    async def test_a_descriptor_that_is_closed_has_no_lines(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        os.close(writer)
        assert await Lines(reader).next() is None


class TestSettings:
    @pytest.mark.parametrize(
        ("environment", "locale"),
        [
            ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
            ({"LANG": "de_DE@euro", "LC_ALL": "en_GB.utf8"}, "en-GB"),
            ({"LANG": "C.UTF-8"}, None),
            ({"LC_MESSAGES": "fr", "LANG": "C"}, "fr"),
            ({}, None),
        ],
    )
    def test_the_language_is_the_systems(self, environment: dict[str, str], locale: str | None) -> None:
        assert read(environment).locale == locale

    def test_trifles_can_be_set(self) -> None:
        settings = read({"TERMINAL_USER": "ann", "TERMINAL_PROMPT": "? "})
        assert (settings.user, settings.prompt) == ("ann", "? ")

    def test_there_is_always_a_user(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert read({}).user
        monkeypatch.setattr("getpass.getuser", lambda: (_ for _ in ()).throw(KeyError("uid")))
        assert read({}).user == "you"


def test_a_line_speaks_to_the_bot_at_one_address() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    event = event_of(Typed("hi"), "M1", noon, SETTINGS)
    assert isinstance(event, MessageReceived)
    assert event.origin == ORIGIN
    assert (event.text, event.addressed, event.sent_at) == ("hi", Addressed.BOT, noon)
    assert event.keys.place == ORIGIN.address.place("M1")


def test_it_steps_in_only_where_nothing_else_is_configured() -> None:
    assert connect(AloneHost(alone=False)) is None
    assert connect(AloneHost()) is not None
