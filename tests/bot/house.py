"""The whole core around a fake platform and a fake gateway: store, wire, lanes and workshop are real."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Self

from bot.contract import (
    Address,
    Addressed,
    Attachment,
    ButtonPressed,
    CommandInvoked,
    Download,
    Event,
    Keys,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Origin,
    Person,
)
from bot.engine import Engine
from bot.features import Defaults, Kit, Workshop, commands
from bot.files import Blobs, Door
from bot.gateway.audio import AudioClient
from bot.gateway.catalogue import Catalogue
from bot.gateway.client import Endpoint, GatewayClient, Patience
from bot.gateway.images import ImageClient
from bot.media import Studio
from bot.model import Bounds
from bot.runner.local import LocalRunner
from bot.store import Store
from bot.words import Words
from tests.fakes.channel import ShownPost
from tests.fakes.gateway import FakeGateway
from tests.fakes.platform import FakePlatform

CHANNEL = Address("fake", "W1", "C1")
ANN, BEN = Person("U1", "Ann"), Person("U2", "Ben")


async def no_wait(_: float) -> None:
    """A gateway client that does not wait between its tries."""


class House:
    """`async with house(store) as home`: say things, let them be answered, look at the screen."""

    def __init__(self, store: Store, gateway: FakeGateway, client: GatewayClient | None, kit: Kit, bounds: Bounds):
        self.store = store
        self.gateway = gateway
        self.client = client
        self.kit = kit
        self.platform = FakePlatform()
        self.runner = LocalRunner(lambda woken: self.engine.work(woken), limit=10, grace_s=5)
        table = commands(kit.words, kit.catalogue)
        self.engine = Engine(kit, {"fake": self.platform}, table, bounds, self.runner.wake)
        self._number = count(1)
        self._start = datetime.now(UTC)  # what is long past is answered with a word about that

    def message(
        self,
        text: str,
        *,
        who: Person = ANN,
        at: Address = CHANNEL,
        addressed: Addressed = Addressed.BOT,
        locale: str | None = "en",
        files: tuple[str | Attachment, ...] = (),
        quoted: tuple[Attachment, ...] = (),
        message_id: str | None = None,
        reply_to: str | None = None,
    ) -> MessageReceived:
        """A message as an adapter would hand it in; a file that is only named lies nowhere."""
        number = next(self._number)
        own = message_id or f"M{number}"
        return MessageReceived(
            Keys(f"E{number}", at.place(own)),
            Origin(at, who, own, locale),
            text,
            addressed,
            self._start + timedelta(seconds=number),
            tuple(self._named(file) if isinstance(file, str) else file for file in files),
            reply_to,
            quoted,
        )

    def file(
        self,
        content: Path | bytes,
        media_type: str = "application/octet-stream",
        *,
        name: str = "",
        voice: bool = False,
    ) -> Attachment:
        """A file as it comes with a message, whose bytes can be had from the platform until `lose`."""
        number = next(self._number)
        path = content if isinstance(content, Path) else self.folder / f"{number}-{name or 'file'}"
        if isinstance(content, bytes):
            path.write_bytes(content)
        ref = f"ref-{number}"
        self.platform.downloads[ref] = Download(path.as_uri(), ("file:",))
        return Attachment(name or path.name, media_type, path.stat().st_size, ref, voice)

    def lose(self, file: Attachment) -> None:
        """From now on the platform has it no more."""
        del self.platform.downloads[file.ref]

    def command(
        self,
        command: str,
        /,
        *,
        who: Person = ANN,
        at: Address = CHANNEL,
        files: tuple[Attachment, ...] = (),
        **options: str,
    ) -> CommandInvoked:
        """A command as an adapter would hand it in."""
        number = next(self._number)
        return CommandInvoked(Keys(f"E{number}"), Origin(at, who, locale="en"), command, options, self._start, files)

    def press(
        self, label: str, post: ShownPost | None = None, *, who: Person = ANN, at: Address = CHANNEL
    ) -> ButtonPressed:
        """A press of the button with that message id, under a post or the newest one that has it."""
        words = self.kit.words.text(f"button-{label}", "en")
        found = [shown for shown in reversed(self.platform.posts()) if not shown.deleted and words in labels(shown)]
        under = post or found[0]
        button = next(button.id for button in under.buttons if button.label == words)
        return ButtonPressed(Keys(f"E{next(self._number)}"), Origin(at, who, locale="en"), button, under.id)

    async def edit(self, message_id: str, text: str, *, at: Address = CHANNEL) -> None:
        """Give a message a new text and let what follows be done."""
        await self.hear(MessageEdited(at, message_id, text))

    async def delete(self, message_id: str, *, at: Address = CHANNEL) -> None:
        """Take a message away and let what follows be done."""
        await self.hear(MessageDeleted(at, message_id))

    @property
    def folder(self) -> Path:
        """Where tests may put files; gone with the house."""
        assert self.kit.workshop is not None
        return self.kit.workshop.folder.parent

    def standing(self) -> list[ShownPost]:
        """The posts on the screen, in the order in which they were sent."""
        posts = [post for post in self.platform.posts() if not post.deleted]
        return sorted(posts, key=lambda post: int(post.id.removeprefix("P")))

    def screen(self) -> list[str]:
        """Their texts."""
        return [post.text for post in self.standing()]

    def say_so(self, notice: str, **params: object) -> str:
        """The house's own words, in English."""
        return self.kit.words.text(notice, "en", **params)

    def advice(self, notice: str, setting: str, command: str = "", other: str = "", **params: object) -> str:
        """The same of a model that is no chat model, with what chooses another one."""
        said, words = self.say_so(notice, **params), "another-for-craft" if command else "setting-for-craft"
        return self.say_so(words, said=said, setting=setting, command=command, other=other)

    def restarted(self) -> Engine:
        """Another process on the same store, platform and gateway; from now on it is the one that hears."""
        self.engine = Engine(
            self.kit, {"fake": self.platform}, self.engine.commands, self.engine._bounds, self.runner.wake
        )
        return self.engine

    async def hear(self, event: Event) -> None:
        """Hand an event in and let everything be answered."""
        await self.engine.accept(event)
        await self.quiet()

    async def say(self, text: str, **how: object) -> None:
        """Say it and let it be answered."""
        await self.hear(self.message(text, **how))  # type: ignore[arg-type]  # the same names

    async def quiet(self) -> None:
        """Until nothing is left to do."""
        while self.runner._lanes or self.engine._errands:
            await self.runner.idle()
            await self.engine.settle()

    async def until(self, seen: Callable[[], object]) -> None:
        """Until something holds; five seconds at most."""
        for _ in range(1000):
            if seen():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("it did not come to pass")

    def prompts(self) -> list[list[tuple[str, str]]]:
        """What the model was sent, request by request, without the system prompt."""
        return [
            [(str(each["role"]), str(each["content"])) for each in _messages(seen.body) if each["role"] != "system"]
            for seen in self.gateway.asked()
        ]

    def with_defaults(self, **changes: object) -> Self:
        """The same house with other defaults."""
        kit = replace(self.kit, defaults=replace(self.kit.defaults, **changes))  # type: ignore[arg-type]  # names of fields
        self.kit = kit
        table = commands(kit.words, kit.catalogue)
        self.engine = Engine(kit, {"fake": self.platform}, table, self.engine._bounds, self.runner.wake)
        return self

    def _named(self, name: str) -> Attachment:
        return Attachment(name, "text/plain", 3, f"ref-{name}")


def labels(post: ShownPost) -> list[str]:
    """What the buttons under a post say."""
    return [button.label for button in post.buttons]


def _messages(body: object) -> list[dict[str, object]]:
    assert isinstance(body, dict)
    found = body["messages"]
    assert isinstance(found, list)
    return found


@asynccontextmanager
async def house(
    store: Store, *, bounds: Bounds | None = None, keyless: bool = False, patience: Patience | None = None
) -> AsyncIterator[House]:
    """A house that is torn down with the test."""
    async with FakeGateway() as gateway:
        catalogue = Catalogue.load()
        endpoint = Endpoint(gateway.url, gateway.token, {}, None)
        client = GatewayClient(
            endpoint,
            catalogue,
            patience or Patience(),
            lessons=await store.lessons(),
            learned=store.learn,
            sleep=no_wait,
        )
        defaults = Defaults(model="gpt-5-chat-latest")
        async with client, _workshop(client, catalogue) as workshop:
            kit = Kit(store, catalogue, None if keyless else client, Words.load(), defaults, workshop)
            home = House(store, gateway, client, kit, bounds or Bounds(20, 100))
            async with home.runner:
                yield home


@asynccontextmanager
async def _workshop(client: GatewayClient, catalogue: Catalogue) -> AsyncIterator[Workshop]:
    """A real one; the studio's child is started by the first file that has to be decoded."""
    with tempfile.TemporaryDirectory() as place:
        blobs = await Blobs.open(Path(place, "files"))
        making = Path(tempfile.mkdtemp(dir=place))
        async with Door(blobs) as door, Studio() as studio:
            audio, images = AudioClient(client, catalogue), ImageClient(client, catalogue)
            yield Workshop(door, blobs, studio, audio, images, making)
