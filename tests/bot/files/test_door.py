"""The one door: what a hostile, broken or mislabelled file does to it, which is nothing."""

import asyncio
import contextlib
import gzip
import hashlib
import logging
import os
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.contract import Attachment, Download
from bot.errors import FileBroken, FileError, FileLost, FileTooLarge, FileUnsupported
from bot.files import Blob, Blobs, Door, Patience
from tests.bot.files.file_host import SIGN_IN, TOKEN, FileHost, Names, closed, file, moved, raw, streamed

SOUND = b"OggS\0\2" + bytes(20) + b"\1\x13OpusHead" + bytes(9000)
MOST = 1 << 20
QUICK = Patience(connect_s=1.0, idle_s=0.15, total_s=0.4)
VOICE = Attachment("audio_message.png", "image/png", len(SOUND), "F1", voice=True)


class Naps:
    """Waits between tries, noted and not slept."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
async def blobs(tmp_path: Path) -> Blobs:
    return await Blobs.open(tmp_path / "blobs")


@pytest.fixture
async def door(blobs: Blobs, naps: Naps) -> AsyncIterator[Door]:
    async with Door(blobs, sleep=naps) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _nothing_secret_in_the_log(caplog: pytest.LogCaptureFixture) -> object:
    caplog.set_level(logging.DEBUG, "parley")
    yield
    assert TOKEN not in caplog.text
    assert "private-path" not in caplog.text


@pytest.fixture(autouse=True)
def _nothing_left_of_what_was_not_kept(tmp_path: Path) -> object:
    yield
    assert not list(tmp_path.rglob("*.part"))


def download(url: str, *hosts: str) -> Download:
    return Download(url, hosts, {"Authorization": f"Bearer {TOKEN}"})


def at(host: FileHost, path: str = "/private-path/voice.ogg", *others: str) -> Download:
    return download(host.origin + path, host.origin, *others)


async def refused(
    door: Door, wanted: Download, kind: type[FileError], attachment: Attachment = VOICE, most: int = MOST
) -> FileError:
    with pytest.raises(FileError) as caught:
        await door.fetch(wanted, attachment, most=most)
    error = caught.value
    assert type(error) is kind
    assert error.name == attachment.name
    assert TOKEN not in repr(error) + repr(error.__cause__)
    assert "private-path" not in repr(error) + repr(error.__cause__)
    return error


async def test_a_file_comes_in_and_is_what_its_bytes_say(door: Door, blobs: Blobs) -> None:
    async with FileHost(closed(SOUND)) as host:
        blob = await door.fetch(at(host), VOICE, most=MOST)
    assert blob.path.read_bytes() == SOUND
    assert (blob.id, blob.size) == (hashlib.sha256(SOUND).hexdigest(), len(SOUND))
    assert blob.media_type == "audio/ogg"
    assert await blobs.find(blob.id) == blob
    assert [seen.encodings for seen in host.requests] == ["identity"]


async def test_the_address_arrives_as_it_was_signed(door: Door) -> None:
    async with FileHost(file(SOUND)) as host:
        await door.fetch(at(host, "/a%2Fb/~x%7E?hm=%2B%2f&is=a+b%20"), VOICE, most=MOST)
    assert [seen.path for seen in host.requests] == ["/a%2Fb/~x%7E?hm=%2B%2f&is=a+b%20"]


async def test_a_sign_in_page_is_no_file_and_the_operator_is_told(
    door: Door, blobs: Blobs, caplog: pytest.LogCaptureFixture
) -> None:
    async with FileHost(closed(SOUND)) as host:
        wanted = Download(host.origin + "/private-path", (host.origin,), {"Authorization": "Bearer wrong"})
        error = await refused(door, wanted, FileLost)
    assert [seen.path for seen in host.requests] == ["/private-path", "/signin"]
    assert error.notice.id == "file-lost"
    assert "files:read" in caplog.text
    assert await blobs.count() == 0


@pytest.mark.parametrize("page", [SIGN_IN, SIGN_IN[:200]])
async def test_a_page_is_a_file_only_where_a_page_of_that_size_was_promised(door: Door, page: bytes) -> None:
    async with FileHost(file(page)) as host:
        blob = await door.fetch(at(host), Attachment("page.html", "text/html", len(page), "F2"), most=MOST)
        assert blob.media_type == "text/html"
        await refused(door, at(host), FileLost, Attachment("page.html", "text/html", len(page) + 1, "F2"))
        await refused(door, at(host), FileLost, Attachment("a.ogg", "audio/ogg", len(page), "F2"))


async def test_another_host_gets_the_request_without_the_token(door: Door) -> None:
    async with FileHost(file(SOUND)) as store, FileHost(moved(store.origin + "/x")) as host:
        await door.fetch(at(host, "/private-path", store.origin), VOICE, most=MOST)
    assert [seen.token for seen in host.requests] == [f"Bearer {TOKEN}"]
    assert [seen.token for seen in store.requests] == [None]


async def test_a_host_that_is_not_allowed_is_not_asked(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    async with FileHost(file(SOUND)) as evil, FileHost(moved(evil.origin + "/private-path")) as host:
        await refused(door, at(host), FileLost)
        await refused(door, download(evil.origin + "/private-path", host.origin), FileLost)
    assert evil.requests == []
    assert "file_refused host=127.0.0.1" in caplog.text


@pytest.mark.parametrize(
    "place",
    [
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "//169.254.169.254/",
        "http://[::1]/",
        "https://files.test@127.0.0.1/",
        "https:\\\\127.0.0.1/",
        "http://[oops/",
    ],
)
async def test_a_redirect_to_somewhere_else_on_this_machine_is_refused(door: Door, place: str) -> None:
    async with FileHost(moved(place)) as host:
        await refused(door, at(host, "/private-path", "file:", "https://*.test"), FileLost)
    assert len(host.requests) == 1


async def test_a_redirect_that_is_no_text_is_refused(door: Door) -> None:
    async with FileHost(raw(b"HTTP/1.1 302 X\r\nLocation: http://\xff\xfe.files.test/\r\n\r\n")) as host:
        await refused(door, at(host, "/private-path", "http://*.files.test"), FileLost)
    assert len(host.requests) == 1


async def test_a_redirect_in_circles_ends(door: Door) -> None:
    async with FileHost(moved("/private-path/again")) as host:
        await refused(door, at(host), FileLost)
    assert len(host.requests) == 6


async def test_five_redirects_are_followed(door: Door) -> None:
    async with FileHost(*[moved("next", status) for status in (301, 302, 303, 307, 308)], file(SOUND)) as host:
        assert (await door.fetch(at(host), VOICE, most=MOST)).size == len(SOUND)


@pytest.mark.parametrize("number", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
async def test_a_name_that_leads_into_a_private_network_is_refused(
    blobs: Blobs, number: str, caplog: pytest.LogCaptureFixture
) -> None:
    names = Names([number])
    async with FileHost(file(SOUND)) as host, Door(blobs, resolver=names) as door:
        wanted = download(f"http://cdn.files.test:{host.port}/private-path", f"http://*.files.test:{host.port}")
        await refused(door, wanted, FileLost)
        await refused(door, download("https://files.test/private-path", "https://files.test"), FileLost)
    assert host.requests == []
    assert names.asked == ["cdn.files.test", "files.test"]
    assert "private network" in caplog.text


async def test_a_host_named_with_its_port_may_lie_in_a_private_network(blobs: Blobs) -> None:
    async with FileHost(file(SOUND)) as host, Door(blobs, resolver=Names(["127.0.0.1"])) as door:
        place = f"http://proxy.test:{host.port}"
        assert (await door.fetch(download(place + "/x", place), VOICE, most=MOST)).size == len(SOUND)
        # The connection that is open now is not lent to who may go to public addresses alone.
        await refused(door, download(place + "/x", f"http://*.test:{host.port}"), FileLost)
    assert len(host.requests) == 1


async def test_what_is_said_to_be_too_large_is_not_asked_for(door: Door) -> None:
    async with FileHost(file(SOUND)) as host:
        claimed = Attachment("film.mov", "video/quicktime", MOST + 1, "F3")
        error = await refused(door, at(host), FileTooLarge, claimed)
    assert error.notice.params == {"name": "film.mov", "most": "1 MB"}
    assert host.requests == []


async def test_a_length_above_the_limit_is_refused_before_the_body(door: Door) -> None:
    async with FileHost(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n" + SOUND)) as host:
        await refused(door, at(host), FileTooLarge)
    assert len(host.requests) == 1


async def test_an_endless_body_is_cut_off(door: Door, blobs: Blobs) -> None:
    async with FileHost(streamed([SOUND], endless=True)) as host:
        await refused(door, at(host), FileTooLarge, most=300_000)
    assert await blobs.count() == 0


async def test_a_body_shorter_than_its_length_is_asked_for_again(door: Door, naps: Naps) -> None:
    torn = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + SOUND)
    async with FileHost(torn, torn, file(SOUND)) as host:
        assert (await door.fetch(at(host), VOICE, most=MOST)).size == len(SOUND)
        assert naps.slept == [0.5, 1.0]
        host.answers = [torn]
        error = await refused(door, at(host), FileError)
    assert error.notice.id == "file-failed"
    assert len(host.requests) == 6


async def test_of_a_body_longer_than_its_length_nothing_more_is_taken(door: Door, blobs: Blobs) -> None:
    async with FileHost(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + SOUND)) as host:
        with contextlib.suppress(FileError):  # whether the rest is noticed depends on when it arrives
            await door.fetch(at(host), VOICE, most=MOST)
    assert await blobs.size() in (0, 100)


async def test_a_file_that_drips_is_given_up(blobs: Blobs) -> None:
    async with FileHost(streamed([b"x"], 0.03, endless=True)) as host, Door(blobs, QUICK) as door:
        began = time.monotonic()
        error = await refused(door, at(host), FileError)
    assert "too long" in str(error)
    assert time.monotonic() - began < 2


async def test_a_host_that_falls_silent_is_given_up(blobs: Blobs, naps: Naps) -> None:
    patience = Patience(idle_s=0.05, total_s=5.0)
    async with FileHost(streamed([SOUND], 60.0)) as host, Door(blobs, patience, sleep=naps) as door:
        error = await refused(door, at(host), FileError)
    assert "connection lost" in str(error)
    assert len(host.requests) == 3


async def test_nobody_there_is_said_after_three_tries(door: Door, naps: Naps) -> None:
    async with FileHost(file(SOUND)) as host:
        gone = at(host)
    await refused(door, gone, FileError)
    assert naps.slept == [0.5, 1.0]


async def test_a_gzip_bomb_is_not_unpacked(door: Door) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    async with FileHost(file(bomb, Content_Encoding="gzip")) as host:
        await refused(door, at(host), FileError)
        host.answers = [file(bomb)]
        blob = await door.fetch(at(host), VOICE, most=MOST)
    assert (blob.size, blob.media_type) == (len(bomb), "application/gzip")


@pytest.mark.parametrize("status", [206, 204, 304, 201])
async def test_an_answer_that_is_no_whole_file_is_none(door: Door, status: int) -> None:
    async with FileHost(file(SOUND if status in (206, 201) else b"", status)) as host:
        await refused(door, at(host), FileError)
    assert len(host.requests) == 1


@pytest.mark.parametrize("status", [404, 410, 400, 416, 451])
async def test_what_is_gone_is_lost_at_once(door: Door, status: int) -> None:
    async with FileHost(file(b"no", status)) as host:
        await refused(door, at(host), FileLost)
    assert len(host.requests) == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_what_is_closed_to_us_tells_the_operator_of_the_scope(
    door: Door, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with FileHost(file(b"no", status)) as host:
        await refused(door, at(host), FileLost)
    assert len(host.requests) == 1
    assert f"file_not_open status={status} host=127.0.0.1" in caplog.text


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_host_in_trouble_is_asked_thrice(door: Door, naps: Naps, status: int) -> None:
    async with FileHost(file(b"later", status, Retry_After="3"), file(b"later", status), file(SOUND)) as host:
        await door.fetch(at(host), VOICE, most=MOST)
        assert naps.slept == [3.0, 1.0]
        host.answers = [file(b"later", status)]
        await refused(door, at(host), FileError)
    assert len(host.requests) == 6


async def test_a_host_that_wants_to_be_left_alone_for_long_is(door: Door, naps: Naps) -> None:
    async with FileHost(file(b"later", 429, Retry_After="600")) as host:
        await refused(door, at(host), FileError)
    assert len(host.requests) == 1
    assert naps.slept == []


@pytest.mark.parametrize(
    "wire",
    [
        b"\x16\x03\x01 nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        b"",
    ],
)
async def test_what_is_no_http_becomes_no_crash(door: Door, wire: bytes) -> None:
    async with FileHost(raw(wire)) as host:
        await refused(door, at(host), FileError)


async def test_a_token_that_no_header_can_carry_becomes_no_crash(door: Door) -> None:
    async with FileHost(file(SOUND)) as host:
        broken = Download(host.origin, (host.origin,), {"Authorization": f"Bearer {TOKEN}\r\nX: y"})
        await refused(door, broken, FileError)
    assert host.requests == []


async def test_an_empty_file_is_broken(door: Door) -> None:
    async with FileHost(file(b"")) as host:
        await refused(door, at(host), FileBroken)


async def test_a_file_of_this_machine_comes_in_where_that_is_allowed(door: Door, tmp_path: Path) -> None:
    path = tmp_path / "private-path note é.ogg"
    path.write_bytes(SOUND)
    blob = await door.fetch(Download(path.as_uri(), ("file:",)), VOICE, most=MOST)
    assert (blob.size, blob.media_type) == (len(SOUND), "audio/ogg")
    await refused(door, Download(path.as_uri(), ("https://files.test", "file:///")), FileLost)
    await refused(door, Download(f"file://elsewhere{path}", ("file:",)), FileLost)
    await refused(door, Download("file:///nothing/private-path", ("file:",)), FileLost)
    await refused(door, Download("file:///a%00b", ("file:",)), FileLost)
    await refused(
        door, Download(path.as_uri(), ("file:",)), FileTooLarge, Attachment("a", "", 1, ""), most=len(SOUND) - 1
    )


async def test_only_ordinary_files_of_this_machine_are_read(door: Door, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/tty0"), tmp_path):
        with pytest.raises((FileUnsupported, FileLost)):
            await door.fetch(Download(path.as_uri(), ("file:",)), VOICE, most=MOST)


async def test_a_cancelled_fetch_leaves_nothing(door: Door, blobs: Blobs) -> None:
    async with FileHost(streamed([SOUND * 40], 0.01, endless=True)) as host:
        task = asyncio.create_task(door.fetch(at(host), VOICE, most=1 << 40))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await blobs.count() == 0


async def _longest_pause(work: Callable[[], Awaitable[Blob]]) -> float:
    """How long the loop's thread worked at most without a break; neighbours on the machine do not count."""
    longest, last = 0.0, time.thread_time()
    task = asyncio.ensure_future(work())
    while not task.done():
        await asyncio.sleep(0)
        now = time.thread_time()
        longest, last = max(longest, now - last), now
    await task
    return longest


async def test_twenty_megabytes_cost_a_few_of_memory(door: Door) -> None:
    piece = os.urandom(64 * 1024)
    async with FileHost(streamed([piece] * 320)) as host:
        await door.fetch(at(host), VOICE, most=1 << 20 << 5)
        tracemalloc.start()
        try:
            blob = await door.fetch(at(host), VOICE, most=1 << 20 << 5)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert blob.size == 320 * len(piece)
    assert peak < 4_000_000


@pytest.mark.long
async def test_twenty_megabytes_do_not_block_the_loop(door: Door) -> None:
    piece = os.urandom(64 * 1024)
    async with FileHost(streamed([piece] * 320)) as host:
        pauses = [await _longest_pause(lambda: door.fetch(at(host), VOICE, most=1 << 25)) for _ in range(3)]
    assert min(pauses) < 0.02
