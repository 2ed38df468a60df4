"""Suites that every Channel must pass: subclass them in the adapter's tests and give them a `rig`.

`ChannelContract` is for all, `FileContract` for those whose posts can have files.
"""

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from itertools import count
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.contract import Attachment, Button, Channel, Download, File, Post, Voice
from bot.errors import FileLost, PostRejected


class Rig(Protocol):
    """A channel under test and the eyes of the people in front of it.

    Texts are what a person reads: without the platform's escapes, mark-up of links and surrounding blanks.
    `shown` lists the posts of the channel that stand there now, oldest first (not the asker's own message).
    """

    @property
    def channel(self) -> Channel: ...

    @property
    def rewrites(self) -> bool:
        """False only where what was shown can never be altered or taken away (a terminal)."""
        ...

    async def shown(self) -> Sequence[str]: ...

    async def buttons(self) -> Sequence[Sequence[str]]:
        """The ids of the buttons under each post of `shown`, in the order in which they stand there."""
        ...

    async def notices(self) -> Sequence[str]:
        """What the asker was told alone."""
        ...

    async def pings(self) -> Sequence[str]:
        """Everybody whom the posts alerted, beyond what a reply to the asker alerts by itself."""
        ...


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file as people have it in front of them; `alt` is what a screen reader says of a picture."""

    name: str
    content: bytes
    alt: str = ""
    voice: bool = False


class FileRig(Rig, Protocol):
    """A rig whose people see files and share some of their own."""

    async def files(self) -> Sequence[Sequence[ShownFile]]:
        """The files of each post of `shown`, in the order in which they stand there."""
        ...

    async def share(self, name: str, media_type: str, content: bytes) -> Attachment:
        """Let a person share a file where the channel is; what the adapter makes of it."""
        ...


EMOJI = "\U0001f469\U0001f3fd\N{ZERO WIDTH JOINER}\U0001f680"
"""A woman astronaut: four code points, seven UTF-16 units, one thing to see."""

_PINGS = "@everyone @here <!channel> <!here> <!everyone> <@U1> <@1> <@!1> <@&1> <!subteam^S1> go"

STOP, AGAIN, UNDO = Button("stop:1", "Stop"), Button("again:1", "Try again"), Button("undo:1", "Undo")


def filled(channel: Channel, unit: str) -> str:
    """The longest text of such units that the channel takes, in the channel's own measure."""
    limit, measure = channel.capabilities.text_limit, channel.capabilities.measure
    text = unit * (limit // measure(unit))
    while measure(text) > limit:
        text = text.removesuffix(unit)
    return text


class Keys:
    """A new key for each post of a test, as long as keys may be."""

    def __init__(self) -> None:
        self._numbers = count()

    def __call__(self) -> str:
        return f"contract-of-channel-{next(self._numbers):04}"


class ChannelContract:
    """Subclasses name their class `Test…` and define the fixture `rig`; any event loop fixtures are theirs."""

    @pytest.fixture
    def rig(self) -> Rig:
        raise NotImplementedError

    @pytest.fixture
    def key(self) -> Keys:
        return Keys()

    async def test_a_final_post_is_shown(self, rig: Rig, key: Keys) -> None:
        await rig.channel.send(Post("Paris is the capital.", final=True, key=key()))
        assert list(await rig.shown()) == ["Paris is the capital."]

    async def test_a_post_grows_until_its_final_text_is_shown_exactly(self, rig: Rig, key: Keys) -> None:
        name = key()
        post_id = await rig.channel.send(Post("Paris is", final=False, key=name))
        await rig.channel.edit(post_id, Post("Paris is the", final=False, key=name))
        await rig.channel.edit(post_id, Post("Paris is the capital of France.", final=True, key=name))
        assert list(await rig.shown()) == ["Paris is the capital of France."]

    async def test_a_final_edit_that_changes_nothing_is_welcome(self, rig: Rig, key: Keys) -> None:
        name = key()
        post_id = await rig.channel.send(Post("Paris.", final=False, key=name))
        await rig.channel.edit(post_id, Post("Paris.", final=False, key=name))
        await rig.channel.edit(post_id, Post("Paris.", final=True, key=name))
        assert list(await rig.shown()) == ["Paris."]

    async def test_a_final_text_may_be_another_than_the_one_that_grew(self, rig: Rig, key: Keys) -> None:
        self._needs_rewriting(rig)
        name = key()
        post_id = await rig.channel.send(Post("I think it is", final=False, key=name))
        await rig.channel.edit(post_id, Post("I think it is Lyon, or", final=False, key=name))
        await rig.channel.edit(post_id, Post("Paris.", final=True, key=name))
        assert list(await rig.shown()) == ["Paris."]

    async def test_a_finished_post_can_be_edited_again(self, rig: Rig, key: Keys) -> None:
        self._needs_rewriting(rig)
        name = key()
        post_id = await rig.channel.send(Post("Half of", final=True, key=name))
        await rig.channel.edit(post_id, Post("Half of it, and more", final=False, key=name))
        await rig.channel.edit(post_id, Post("Half of it, and the rest.", final=True, key=name))
        assert list(await rig.shown()) == ["Half of it, and the rest."]

    async def test_posts_stand_in_the_order_they_were_sent(self, rig: Rig, key: Keys) -> None:
        ids = [await rig.channel.send(Post(text, final=True, key=key())) for text in ("One.", "Two.", "Three.")]
        assert list(await rig.shown()) == ["One.", "Two.", "Three."]
        assert len(set(ids)) == 3

    async def test_a_text_at_the_limit_is_shown_whole(self, rig: Rig, key: Keys) -> None:
        text = filled(rig.channel, "x")
        await rig.channel.send(Post(text, final=True, key=key()))
        assert list(await rig.shown()) == [text]

    async def test_emoji_at_the_limit_are_counted_in_the_platforms_own_units(self, rig: Rig, key: Keys) -> None:
        text = filled(rig.channel, EMOJI)
        await rig.channel.send(Post(text, final=True, key=key()))
        assert list(await rig.shown()) == [text]

    async def test_signs_that_the_platform_escapes_are_counted_after_it(self, rig: Rig, key: Keys) -> None:
        text = filled(rig.channel, "a & b < c\n").strip()
        await rig.channel.send(Post(text, final=True, key=key()))
        assert list(await rig.shown()) == [text]

    async def test_a_growing_post_reaches_the_limit(self, rig: Rig, key: Keys) -> None:
        name, text = key(), filled(rig.channel, "y")
        post_id = await rig.channel.send(Post(text[: len(text) // 2], final=False, key=name))
        await rig.channel.edit(post_id, Post(text, final=True, key=name))
        assert list(await rig.shown()) == [text]

    async def test_a_text_over_the_limit_is_refused_and_not_cut(self, rig: Rig, key: Keys) -> None:
        text = filled(rig.channel, "x") + "xxxxxxxxxx"
        with pytest.raises(PostRejected):
            await rig.channel.send(Post(text, final=True, key=key()))
        assert list(await rig.shown()) == []

    async def test_a_deleted_post_is_gone_and_can_be_deleted_twice(self, rig: Rig, key: Keys) -> None:
        self._needs_rewriting(rig)
        post_id = await rig.channel.send(Post("Never mind.", final=True, key=key()))
        await rig.channel.delete(post_id)
        await rig.channel.delete(post_id)
        assert list(await rig.shown()) == []

    async def test_an_unfinished_post_can_be_deleted(self, rig: Rig, key: Keys) -> None:
        self._needs_rewriting(rig)
        post_id = await rig.channel.send(Post("Never", final=False, key=key()))
        await rig.channel.delete(post_id)
        assert list(await rig.shown()) == []

    async def test_a_finished_post_shows_its_buttons(self, rig: Rig, key: Keys) -> None:
        self._needs_buttons(rig)
        await rig.channel.send(Post("Paris.", final=True, key=key(), buttons=(AGAIN, UNDO)))
        await rig.channel.send(Post("Rome.", final=True, key=key()))
        assert _plain(await rig.buttons()) == [[AGAIN.id, UNDO.id], []]
        assert list(await rig.shown()) == ["Paris.", "Rome."]

    async def test_a_post_that_grew_shows_the_buttons_of_its_end(self, rig: Rig, key: Keys) -> None:
        self._needs_buttons(rig)
        name = key()
        post_id = await rig.channel.send(Post("Paris is", final=False, key=name))
        await rig.channel.edit(post_id, Post("Paris is the", final=False, key=name))
        await rig.channel.edit(post_id, Post("Paris is the capital.", final=True, key=name, buttons=(AGAIN,)))
        assert list(await rig.shown()) == ["Paris is the capital."]
        assert _plain(await rig.buttons()) == [[AGAIN.id]]

    async def test_an_unfinished_post_with_buttons_does_no_harm(self, rig: Rig, key: Keys) -> None:
        self._needs_buttons(rig)
        name = key()
        post_id = await rig.channel.send(Post("Paris is", final=False, key=name, buttons=(STOP,)))
        await rig.channel.edit(post_id, Post("Paris is the", final=False, key=name, buttons=(STOP,)))
        assert _plain(await rig.buttons()) in ([[STOP.id]], [[]])
        await rig.channel.edit(post_id, Post("Paris is it.", final=True, key=name, buttons=(AGAIN, UNDO)))
        assert list(await rig.shown()) == ["Paris is it."]
        assert _plain(await rig.buttons()) == [[AGAIN.id, UNDO.id]]

    async def test_an_edit_without_buttons_takes_them_away(self, rig: Rig, key: Keys) -> None:
        self._needs_buttons(rig)
        name = key()
        post_id = await rig.channel.send(Post("Paris.", final=True, key=name, buttons=(AGAIN, UNDO)))
        await rig.channel.edit(post_id, Post("Lyon.", final=True, key=name))
        assert list(await rig.shown()) == ["Lyon."]
        assert _plain(await rig.buttons()) == [[]]

    async def test_an_edit_that_only_changes_the_buttons_is_made(self, rig: Rig, key: Keys) -> None:
        self._needs_buttons(rig)
        name = key()
        post_id = await rig.channel.send(Post("Paris.", final=True, key=name))
        for buttons in ((AGAIN, UNDO), (UNDO, AGAIN), (UNDO,), ()):
            await rig.channel.edit(post_id, Post("Paris.", final=True, key=name, buttons=buttons))
            assert _plain(await rig.buttons()) == [[button.id for button in buttons]]
        assert list(await rig.shown()) == ["Paris."]

    async def test_a_full_row_of_the_longest_buttons_fits_under_the_longest_post(self, rig: Rig, key: Keys) -> None:
        self._needs_buttons(rig)
        row = tuple(Button(f"{number}".ljust(64, "x"), f"{number}".ljust(75, "y")) for number in range(5))
        text = filled(rig.channel, "x")
        await rig.channel.send(Post(text, final=True, key=key(), buttons=row))
        assert _plain(await rig.buttons()) == [[button.id for button in row]]
        assert list(await rig.shown()) == [text]

    async def test_posts_are_found_by_the_keys_they_were_sent_with(self, rig: Rig, key: Keys) -> None:
        self._needs_finding(rig)
        names = [key(), key()]
        first = await rig.channel.send(Post("One.", final=True, key=names[0]))
        second = await rig.channel.send(Post("Two is", final=False, key=names[1]))
        assert dict(await rig.channel.find(names, ())) == {names[0]: first, names[1]: second}

    async def test_a_finished_post_is_found_by_its_key(self, rig: Rig, key: Keys) -> None:
        self._needs_finding(rig)
        name = key()
        post_id = await rig.channel.send(Post("Paris is", final=False, key=name, buttons=(STOP,)))
        await rig.channel.edit(post_id, Post("Paris is it.", final=True, key=name, buttons=(AGAIN,)))
        assert dict(await rig.channel.find([name], ())) == {name: post_id}

    async def test_nothing_is_found_for_keys_that_were_never_sent(self, rig: Rig, key: Keys) -> None:
        assert dict(await rig.channel.find([key(), key()], ())) == {}
        assert dict(await rig.channel.find([], ())) == {}

    async def test_a_known_post_is_not_found_in_place_of_a_missing_one(self, rig: Rig, key: Keys) -> None:
        self._needs_finding(rig)
        mine, lost = key(), key()
        known = [await rig.channel.send(Post("Another answer", final=False, key=key()))]
        assert dict(await rig.channel.find([mine, lost], known)) == {}
        post_id = await rig.channel.send(Post("Paris is", final=False, key=mine))
        assert dict(await rig.channel.find([mine], known)) == {mine: post_id}

    async def test_a_deleted_post_is_not_found(self, rig: Rig, key: Keys) -> None:
        self._needs_finding(rig)
        name = key()
        await rig.channel.delete(await rig.channel.send(Post("Never mind.", final=True, key=name)))
        assert dict(await rig.channel.find([name], ())) == {}

    async def test_a_notice_reaches_the_asker(self, rig: Rig) -> None:
        await rig.channel.notify("The gateway is busy.")
        assert list(await rig.notices()) == ["The gateway is busy."]

    async def test_a_typing_sign_leaves_no_post(self, rig: Rig) -> None:
        await rig.channel.typing("thinking")
        assert list(await rig.shown()) == []

    async def test_the_models_words_alert_nobody(self, rig: Rig, key: Keys) -> None:
        name = key()
        post_id = await rig.channel.send(Post("Hear", final=False, key=name))
        await rig.channel.edit(post_id, Post(f"Hear {_PINGS}", final=False, key=name))
        await rig.channel.edit(post_id, Post(f"Hear {_PINGS} now", final=True, key=name))
        await rig.channel.send(Post(_PINGS, final=True, key=key()))
        await rig.channel.notify(_PINGS)
        assert list(await rig.pings()) == []

    def _needs_buttons(self, rig: Rig) -> None:
        if not rig.channel.capabilities.buttons:
            pytest.skip("there are no buttons here")

    def _needs_finding(self, rig: Rig) -> None:
        if not rig.rewrites:
            pytest.skip("what was shown here cannot be read back")

    def _needs_rewriting(self, rig: Rig) -> None:
        if not rig.rewrites:
            pytest.skip("what was shown here stays")


def png(shade: int = 0) -> bytes:
    """A picture of one pixel."""
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(bytes([0, shade]))))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in (*chunks, (b"IEND", b"")))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


SOUND = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(range(256)) * 40
OPUS = b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead\x01\x01" + bytes(200)


class Shelf:
    """Files of the bot's own, on this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def picture(self, key: str, *, number: int = 0, alt: str = "A red balloon") -> File:
        """A picture; each number is another one."""
        return replace(self._put(f"{key}-{number}.png", "image/png", png(number)), alt=alt)

    def sound(self, key: str) -> File:
        """A sound that is no voice message."""
        return self._put(f"{key}.mp3", "audio/mpeg", SOUND)

    def voice(self, key: str) -> File:
        """A voice message."""
        return replace(self._put(f"{key}.ogg", "audio/ogg", OPUS), voice=Voice(1.5, bytes([0, 128, 255])))

    def _put(self, name: str, media_type: str, content: bytes) -> File:
        path = self._folder / name
        path.write_bytes(content)
        return File(name, media_type, len(content), path)


class FileContract:
    """Subclasses name their class `Test…` and define the fixture `rig`, beside `ChannelContract` or without it."""

    @pytest.fixture
    def rig(self) -> FileRig:
        raise NotImplementedError

    @pytest.fixture
    def key(self) -> Keys:
        return Keys()

    @pytest.fixture
    def shelf(self, tmp_path: Path) -> Shelf:
        return Shelf(tmp_path)

    async def test_a_picture_is_shown_with_its_text_and_buttons(self, rig: FileRig, key: Keys, shelf: Shelf) -> None:
        self._needs_files(rig)
        name = key()
        picture = shelf.picture(name)
        await rig.channel.send(Post("Here it is.", final=True, key=name, buttons=(AGAIN,), files=(picture,)))
        assert list(await rig.shown()) == ["Here it is."]
        assert _listed(await rig.files()) == [[ShownFile(picture.name, png(), "A red balloon")]]
        assert _plain(await rig.buttons()) == [[AGAIN.id]]

    async def test_a_picture_may_stand_without_a_word(self, rig: FileRig, key: Keys, shelf: Shelf) -> None:
        self._needs_files(rig)
        name = key()
        await rig.channel.send(Post("", final=True, key=name, files=(shelf.picture(name),)))
        assert list(await rig.shown()) == [""]
        assert [len(files) for files in await rig.files()] == [1]

    async def test_an_edit_changes_the_words_and_the_buttons_and_the_picture_stays(
        self, rig: FileRig, key: Keys, shelf: Shelf
    ) -> None:
        self._needs_files(rig)
        name = key()
        picture = shelf.picture(name)
        post_id = await rig.channel.send(Post("Here.", final=True, key=name, buttons=(STOP,), files=(picture,)))
        for text, buttons, files in (("There.", (AGAIN, UNDO), ()), ("Everywhere.", (), (picture,))):
            await rig.channel.edit(post_id, Post(text, final=True, key=name, buttons=buttons, files=files))
            assert list(await rig.shown()) == [text]
            assert _plain(await rig.buttons()) == [[button.id for button in buttons]]
            assert _listed(await rig.files()) == [[ShownFile(picture.name, png(), "A red balloon")]]

    async def test_several_pictures_stand_in_their_order(self, rig: FileRig, key: Keys, shelf: Shelf) -> None:
        self._needs_files(rig)
        name = key()
        pictures = tuple(shelf.picture(name, number=number, alt=f"Balloon {number}") for number in range(4))
        await rig.channel.send(Post("Four.", final=True, key=name, files=pictures))
        wanted = [ShownFile(each.name, png(number), f"Balloon {number}") for number, each in enumerate(pictures)]
        assert _listed(await rig.files()) == [wanted]
        assert list(await rig.shown()) == ["Four."]

    async def test_a_sound_is_shown_with_its_text(self, rig: FileRig, key: Keys, shelf: Shelf) -> None:
        self._needs_files(rig)
        name = key()
        sound = shelf.sound(name)
        await rig.channel.send(Post("Listen.", final=True, key=name, files=(sound,)))
        assert list(await rig.shown()) == ["Listen."]
        assert _listed(await rig.files()) == [[ShownFile(sound.name, SOUND)]]

    async def test_a_sound_and_a_picture_come_in_one_post(self, rig: FileRig, key: Keys, shelf: Shelf) -> None:
        self._needs_files(rig)
        name = key()
        await rig.channel.send(Post("Both.", final=True, key=name, files=(shelf.sound(name), shelf.picture(name))))
        assert list(await rig.shown()) == ["Both."]
        assert [[each.content for each in files] for files in await rig.files()] == [[SOUND, png()]]

    async def test_an_edit_of_a_sounds_post_leaves_the_sound(self, rig: FileRig, key: Keys, shelf: Shelf) -> None:
        self._needs_files(rig)
        name = key()
        post_id = await rig.channel.send(Post("Listen.", final=True, key=name, files=(shelf.sound(name),)))
        await rig.channel.edit(post_id, Post("Listen again.", final=True, key=name))
        assert [[each.content for each in files] for files in await rig.files()] == [[SOUND]]

    async def test_a_voice_message_stands_alone(self, rig: FileRig, key: Keys, shelf: Shelf) -> None:
        self._needs_files(rig)
        if not rig.channel.capabilities.voice:
            pytest.skip("there are no voice messages here")
        name = key()
        spoken = shelf.voice(name)
        await rig.channel.send(Post("", final=True, key=name, files=(spoken,)))
        assert list(await rig.shown()) == [""]
        assert _listed(await rig.files()) == [[replace(ShownFile(spoken.name, OPUS), voice=True)]]

    async def test_posts_with_files_are_found_by_their_keys(self, rig: FileRig, key: Keys, shelf: Shelf) -> None:
        self._needs_files(rig)
        names = [key(), key(), key()]
        files = (shelf.picture(names[0]), shelf.sound(names[1]))
        sent = [
            await rig.channel.send(Post("Here.", final=True, key=name, files=(file,)))
            for name, file in zip(names, files, strict=False)
        ]
        assert dict(await rig.channel.find(names, ())) == dict(zip(names, sent, strict=False))

    async def test_a_deleted_post_takes_its_files_along(self, rig: FileRig, key: Keys, shelf: Shelf) -> None:
        self._needs_files(rig)
        names = key(), key()
        for name, file in zip(names, (shelf.picture(names[0]), shelf.sound(names[1])), strict=True):
            post_id = await rig.channel.send(Post("Never mind.", final=True, key=name, files=(file,)))
            await rig.channel.delete(post_id)
            await rig.channel.delete(post_id)
        assert list(await rig.shown()) == []
        assert dict(await rig.channel.find(names, ())) == {}

    async def test_a_file_that_is_too_large_is_refused(self, rig: FileRig, key: Keys, shelf: Shelf) -> None:
        self._needs_files(rig)
        name = key()
        huge = replace(shelf.sound(name), size=rig.channel.capabilities.file_limit + 1)
        with pytest.raises(PostRejected):
            await rig.channel.send(Post("Listen.", final=True, key=name, files=(huge,)))
        assert list(await rig.shown()) == []

    async def test_the_words_that_come_with_a_file_alert_nobody(self, rig: FileRig, key: Keys, shelf: Shelf) -> None:
        self._needs_files(rig)
        for file in (shelf.picture("p", alt=_PINGS), shelf.sound("s")):
            name = key()
            named = replace(file, name=f"{name}-{file.name}")
            post_id = await rig.channel.send(Post(_PINGS, final=True, key=name, files=(named,)))
            await rig.channel.edit(post_id, Post(f"{_PINGS} now", final=True, key=name))
        assert list(await rig.pings()) == []

    async def test_a_shared_file_can_be_fetched_from_where_it_is_located(self, rig: FileRig) -> None:
        self._needs_files(rig)
        found = await rig.share("cat.png", "image/png", png(7))
        assert (found.name, found.media_type, found.size) == ("cat.png", "image/png", len(png(7)))
        download = await rig.channel.locate(found)
        assert _allowed(download)
        assert await fetched(download.url, download.headers) == png(7)
        if download.headers:
            assert await fetched(download.url, {}) != png(7)

    async def test_where_a_file_lies_is_a_secret(self, rig: FileRig) -> None:
        self._needs_files(rig)
        download = await rig.channel.locate(await rig.share("cat.png", "image/png", png()))
        assert download.url not in repr(download)
        assert not any(value in repr(download) for value in download.headers.values())

    async def test_a_file_that_nobody_shared_is_lost(self, rig: FileRig) -> None:
        self._needs_files(rig)
        found = await rig.share("cat.png", "image/png", png())
        with pytest.raises(FileLost):
            await rig.channel.locate(replace(found, ref=found.ref[:-3] + "000"))

    def _needs_files(self, rig: Rig) -> None:
        if not rig.channel.capabilities.file_limit:
            pytest.skip("posts have no files here")


async def fetched(url: str, headers: Mapping[str, str]) -> bytes:
    """What an address gives, redirects followed."""
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as reply:
        return await reply.read()


def _allowed(download: Download) -> bool:
    parts = urlsplit(download.url)
    return any(fnmatch(f"{parts.scheme}://{parts.netloc}", host) for host in download.hosts)


def _listed(rows: Sequence[Sequence[ShownFile]]) -> list[list[ShownFile]]:
    return [list(row) for row in rows]


def _plain(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [list(row) for row in rows]
