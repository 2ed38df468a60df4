"""Places on both platforms where people send files, call commands that make some, and see what the bot shows."""

import io
import sqlite3
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field

from PIL import Image

from tests.fakes.discord.people import File
from tests.fakes.gateway.tones import measure
from tests.fakes.slack.values import SharedFile
from tests.places import OnDiscord, OnSlack, Place

FILE = "file"
"""How the option of a command is called here that takes a file, whatever the command calls it."""
_ATTACHMENT = 11


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that a person sends; with `voice_s` it is a voice note of so many seconds."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    voice_s: float | None = None

    @property
    def in_slack(self) -> SharedFile:
        """As Slack has it, where a clip is a film by its name."""
        if self.voice_s is None:
            return SharedFile(self.name, self.media_type, self.content)
        return SharedFile(self.name, "video/mp4", self.content, subtype="slack_audio")

    @property
    def in_discord(self) -> File:
        """As Discord has it."""
        return File(self.name, self.content, self.media_type, self.voice_s)


@dataclass(frozen=True, slots=True)
class Shown:
    """A file that the bot shows; `voice` says that it is played as a voice message."""

    name: str
    alt: str
    content: bytes = field(repr=False)
    voice: bool = False

    @property
    def picture(self) -> Image.Image:
        """It is a picture, whole, and tells nothing about who made it."""
        picture = Image.open(io.BytesIO(self.content))
        picture.load()
        assert not picture.getexif(), "metadata went out"
        assert not {"exif", "xmp", "comment"} & picture.info.keys(), "metadata went out"
        return picture

    @property
    def sound(self) -> tuple[str, float]:
        """It is a sound: what holds it, and how long it lasts."""
        found = measure(self.content)
        assert found is not None, "nothing can be heard"
        return found


@dataclass(frozen=True, slots=True)
class Look:
    """A post of the bot's as everybody sees it, with its files."""

    id: str
    text: str
    buttons: Mapping[str, str]
    files: tuple[Shown, ...]


class MediaPlace(Place):
    """Where Ann shows and hears things. `tag` goes with all her words, so that what comes of them is known."""

    platform: str

    @abstractmethod
    async def send(self, text: str, *files: Sent, reply_to: str | None = None) -> str:
        """Ann writes to the bot and attaches files; the id of her message. Without words she sends them alone."""

    @abstractmethod
    async def call(self, name: str, text: str, *files: Sent, **options: str) -> None:
        """Ann calls a command; on Slack, where commands know neither files nor threads, she writes it to the bot."""

    @abstractmethod
    def looks(self) -> list[Look]:
        """The bot's posts with their files, oldest first; none that is still growing."""

    def files(self) -> list[Shown]:
        """All files that the bot shows here, oldest first."""
        return [file for look in self.looks() for file in look.files]

    def words(self) -> str:
        """All that the bot says here, to everybody and to Ann alone, without the tag."""
        said = [*(look.text for look in self.looks()), *self.told()]
        return "\n".join(said).replace(f" {self.tag}", "").replace(self.tag, "")

    def rests(self) -> bool:
        """Nothing is being answered, here or elsewhere: not all that is asked carries the tag."""
        with closing(sqlite3.connect(self._ledger)) as database:
            return bool(database.execute("select count(*) from turn where closed_at is null").fetchone() == (0,))

    async def rested(self) -> None:
        """Whatever was asked is done."""
        await self.until(self.rests)


class SlackMedia(MediaPlace, OnSlack):
    """Slack: commands take words alone, and what they make stands in the thread of the command's post."""

    platform = "Slack"

    async def send(self, text: str, *files: Sent, reply_to: str | None = None) -> str:
        return await self._say(self._words(text) if text else "", *files, reply_to=reply_to)

    async def _say(self, words: str, *files: Sent, reply_to: str | None = None) -> str:
        thread = reply_to or self.thread
        ts = await self.far.slack.say("U1", self.channel, words, thread, [file.in_slack for file in files])
        self.thread = self.thread or reply_to or (None if self._direct else ts)
        return ts

    @property
    def _mention(self) -> list[str]:
        return [] if self._direct else [f"<@{self.far.slack.bot_user_id}>"]

    async def call(self, name: str, text: str, *files: Sent, **options: str) -> None:
        await self._say(" ".join([*self._mention, f"/{name}", *self._line(text, options)]), *files)

    async def slash(self, name: str, text: str, **options: str) -> None:
        """Ann calls a command as Slack has them: one line of words."""
        await self.command(name, " ".join(self._line(text, options)))
        await self.until(lambda: self.looks() != [] or self.told() != [])
        if not self._direct and self.looks():
            self.thread = self.looks()[0].id

    def _line(self, text: str, options: Mapping[str, str]) -> list[str]:
        named = [f"{key}={value}" for key, value in options.items()]
        return [*named, text, self.tag] if text else named

    def looks(self) -> list[Look]:
        shown = self.far.slack.screen(self.channel, self.thread)
        ours = [each for each in shown if each.author == self.far.slack.bot_user_id and each.ephemeral_to is None]
        return [
            Look(
                each.ts,
                each.text,
                dict(zip(each.buttons, each.actions, strict=True)),
                tuple(Shown(file.name, file.alt, file.content) for file in each.files),
            )
            for each in ours
            if not each.streaming
        ]


class DiscordMedia(MediaPlace, OnDiscord):
    """Discord: a command takes a file in an option of its own."""

    platform = "Discord"

    async def send(self, text: str, *files: Sent, reply_to: str | None = None) -> str:
        to = None if reply_to is None else int(reply_to)
        words = self._words(text) if text else ""
        attached = [file.in_discord for file in files]
        return str(await self.far.discord.say(self._ann, self.room, words, reply_to=to, attachments=attached))

    async def call(self, name: str, text: str, *files: Sent, **options: str) -> None:
        declared = self.far.discord.commands.named(name, self.room.guild_id).get("options", [])
        words = [each["name"] for each in declared if each["type"] != _ATTACHMENT]
        takes = [each["name"] for each in declared if each["type"] == _ATTACHMENT]
        given = {words[0]: f"{text} {self.tag}"} if text else {}
        attached = {option: file.in_discord for option, file in zip(takes, files, strict=False)}
        assert len(attached) == len(files), f"/{name} takes {len(takes)} files"
        made = await self.far.discord.command(self._ann, self.room, name, {**given, **options, **attached})
        await made.acknowledgement()

    def looks(self) -> list[Look]:
        kept = self.room.messages
        return [
            Look(
                str(each.id),
                each.content,
                dict(zip(each.labels, each.buttons, strict=True)),
                tuple(
                    Shown(file.name, file.description or "", file.content, each.voice)
                    for file in kept[each.id].attachments
                ),
            )
            for each in self.far.discord.screen(self.room)
            if each.author == self.far.discord.world.bot.name and not each.ephemeral and not each.thinking
        ]
