"""The blob folder: what is kept, what goes, and what a crash, a full disk or a neighbour leaves of it."""

import asyncio
import hashlib
import os
import resource
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.errors import FileBroken, FileError, FileLost
from bot.files import Blobs
from bot.files.draft import PIECE


class Clock:
    """The time of day, some seconds on."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def blobs(tmp_path: Path, clock: Clock) -> Blobs:
    return await Blobs.open(tmp_path / "blobs", clock=clock)


async def test_a_kept_file_is_found_by_its_id(blobs: Blobs, tmp_path: Path) -> None:
    kept = await blobs.keep(b"good morning", "text/x-greeting")
    assert kept.id == hashlib.sha256(b"good morning").hexdigest()
    assert kept.path.read_bytes() == b"good morning"
    assert (kept.size, kept.media_type) == (12, "text/x-greeting")
    assert await blobs.find(kept.id) == kept
    assert await (await Blobs.open(tmp_path / "blobs")).find(kept.id) == kept


async def test_a_file_of_this_machine_is_copied_and_its_kind_is_told_by_its_bytes(blobs: Blobs, tmp_path: Path) -> None:
    source = tmp_path / "voice.png"
    source.write_bytes(b"fLaC" + bytes(3 * PIECE))
    kept = await blobs.keep(source)
    assert kept.media_type == "audio/flac"
    assert kept.path.read_bytes() == source.read_bytes()


async def test_the_same_content_is_kept_once(blobs: Blobs) -> None:
    first = await blobs.keep(b"twice", "text/plain")
    second = await blobs.keep(b"twice", "audio/ogg")
    assert second == first
    assert (await blobs.count(), await blobs.size()) == (1, 5)


@pytest.mark.parametrize(
    "wrong", ["", "x", "zz", "..", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", "a" * 64 + "/.."]
)
async def test_what_is_no_id_finds_nothing(blobs: Blobs, tmp_path: Path, wrong: str) -> None:
    (tmp_path / "blobs" / ".hidden").write_text("nobody's")
    (tmp_path / "blobs" / "zz").mkdir()
    (tmp_path / "blobs" / "zz" / "zz.text%2Fplain").write_text("nobody's")
    assert await blobs.find(wrong) is None


@pytest.mark.parametrize("wrong", ["../../x", "text/../../x", "", "a/b/c", "text/" + "x" * 300])
async def test_a_media_type_leads_out_of_no_folder(blobs: Blobs, tmp_path: Path, wrong: str) -> None:
    kept = await blobs.keep(b"\0binary", wrong)
    assert kept.media_type == "application/octet-stream"
    assert kept.path.parent.parent == tmp_path / "blobs"


async def test_nobody_else_on_the_machine_may_read(blobs: Blobs, tmp_path: Path) -> None:
    kept = await blobs.keep(b"mine")
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    for folder in (tmp_path / "blobs", tmp_path / "blobs" / "new", kept.path.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_an_empty_file_is_none(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(FileBroken):
        await blobs.keep(b"")
    assert files(tmp_path) == []


async def test_what_is_no_ordinary_file_is_not_read(blobs: Blobs, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(FileError):
            await blobs.keep(path)
    with pytest.raises(FileLost):
        await blobs.keep(tmp_path / "nothing")


async def test_old_blobs_go_and_needed_ones_stay(blobs: Blobs, clock: Clock) -> None:
    needed, old = await blobs.keep(b"needed"), await blobs.keep(b"old")
    clock.ahead = 3600
    assert await blobs.prune(7200, {needed.id}) == 0
    assert await blobs.prune(1800, {needed.id}) == 1
    assert await blobs.find(old.id) is None
    assert await blobs.find(needed.id) == needed


async def test_what_is_kept_again_is_young_again(blobs: Blobs, clock: Clock) -> None:
    kept = await blobs.keep(b"again")
    os.utime(kept.path, (1, 1))
    await blobs.keep(b"again")
    assert await blobs.prune(3600, ()) == 0


async def test_a_full_folder_drops_the_oldest_that_nobody_needs(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    blobs = await Blobs.open(tmp_path / "blobs", most_bytes=250, clock=clock)
    kept = [await blobs.keep(bytes([number]) * 100, "text/plain") for number in range(4)]
    for number, blob in enumerate(kept):
        os.utime(blob.path, (1000 + number, 1000 + number))
    assert await blobs.prune(float("inf"), {kept[0].id}) == 2
    assert [blob.id for blob in kept if await blobs.find(blob.id)] == [kept[0].id, kept[3].id]
    assert "blobs_full" not in caplog.text
    await blobs.keep(b"x" * 200)
    assert await blobs.prune(float("inf"), {blob.id for blob in kept}) == 0
    assert "blobs_full bytes_over=150" in caplog.text


async def test_what_was_kept_just_now_is_not_dropped_for_room(tmp_path: Path) -> None:
    blobs = await Blobs.open(tmp_path / "blobs", most_bytes=10)
    kept = await blobs.keep(b"x" * 100)
    assert await blobs.prune(3600, ()) == 0
    assert await blobs.find(kept.id) == kept


async def test_a_draft_that_is_not_kept_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    async with blobs.draft() as draft:
        await draft.write(bytes(2 * PIECE))
        assert len(files(tmp_path)) == 1
    assert files(tmp_path) == []


async def test_a_draft_that_is_cancelled_while_writing_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    async def endless() -> None:
        async with blobs.draft() as draft:
            while True:
                await draft.write(bytes(PIECE))

    task = asyncio.create_task(endless())
    await asyncio.sleep(0.03)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files(tmp_path) == []


async def test_what_dead_runs_left_is_swept_and_what_lives_is_not(blobs: Blobs, tmp_path: Path, clock: Clock) -> None:
    left = tmp_path / "blobs" / "new" / "left.part"
    left.write_bytes(b"half a fi")
    os.utime(left, (1000, 1000))
    async with blobs.draft() as draft:
        await draft.write(bytes(2 * PIECE))
        other = await Blobs.open(tmp_path / "blobs", clock=clock)
        assert not left.exists()
        kept = await draft.keep()
    assert await other.find(kept.id) == kept
    clock.ahead = 1800
    left.write_bytes(b"half a fi")
    await other.prune(7200, ())
    assert not left.exists()


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """The kernel refuses to write on, as it does where the disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_disk_that_takes_no_more_leaves_no_half_file(
    blobs: Blobs, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with files_no_longer_than(PIECE + 1000), pytest.raises(FileError) as caught:
        await blobs.keep(bytes(2 * PIECE), "audio/ogg")
    assert type(caught.value) is FileError
    assert caught.value.notice.id == "file-failed"
    assert files(tmp_path) == []
    assert "blob_folder_failed doing=writing" in caplog.text


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("in the way")
    with pytest.raises(FileError, match="opening"):
        await Blobs.open(tmp_path / "blobs")


async def test_several_at_once_on_one_folder_lose_nothing(tmp_path: Path) -> None:
    crew = [await Blobs.open(tmp_path / "blobs") for _ in range(3)]

    async def work(blobs: Blobs) -> None:
        for number in range(10):
            kept = await blobs.keep(b"%d" % number * 1000, "text/plain")
            assert await blobs.find(kept.id) == kept
            await blobs.prune(3600, ())

    await asyncio.gather(*map(work, crew))
    assert await crew[0].count() == 10
    assert len(files(tmp_path)) == 10
