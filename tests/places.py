"""Places on both platforms where people ask and steer with the same hands, on one model that can be held."""

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.discord import Channel as Room
from tests.fakes.discord import User
from tests.fakes.gateway import SeenRequest
from tests.fakes.gateway.behaviours import Answer, Behaviour
from tests.test_end_to_end import World

BEGUN, REST = "It begins well ", "and so it ends."
SLOWLY = "slowly"
"""A question with this word gets the beginning of an answer, and the rest when it is released."""
_OPEN = """
    select count(*) from turn where closed_at is null and id in (select turn_id from message where body like ?)
"""
GO_ON = "Your answer was cut off there."
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A post of the bot's as everybody sees it; `buttons` are the ids of what can be pressed, by label."""

    id: str
    text: str
    buttons: dict[str, str]

    @property
    def labels(self) -> tuple[str, ...]:
        """What can be read on the buttons."""
        return tuple(self.buttons)


class Model:
    """Numbers its answers to the same request, so that one that was asked for anew can be told from the first."""

    def __init__(self) -> None:
        self._takes: Counter[str] = Counter()
        self._held: list[asyncio.Event] = []

    def release(self) -> None:
        """Let what was begun go on."""
        for held in self._held:
            held.set()

    def __call__(self, seen: SeenRequest) -> Behaviour:
        asked = said(seen)[-1]
        if asked.startswith(GO_ON):
            return Answer(text=REST)
        if SLOWLY in asked:
            self._held.append(asyncio.Event())
            return Answer(text=BEGUN + REST, hold=self._held[-1], hold_after=3)
        whole = "\n".join(said(seen))
        self._takes[whole] += 1
        return Answer(text=f"take {self._takes[whole]}: {asked}")


def said(seen: SeenRequest) -> list[str]:
    """What a request carried, the instructions left out."""
    messages = seen.body["messages"]
    assert isinstance(messages, list)
    return [str(each["content"]) for each in messages if each["role"] != "system"]


class Place(ABC):
    """Where Ann asks. `tag` stands in everything that is said here, so that its requests are known."""

    def __init__(self, far: World, ledger: Path, tag: str) -> None:
        self.far = far
        self.tag = tag
        self._ledger = ledger

    @abstractmethod
    async def ask(self, text: str, reply_to: str | None = None) -> str:
        """Ann writes to the bot; the id of her message."""

    @abstractmethod
    async def edit(self, message: str, text: str) -> None:
        """Ann changes what she wrote."""

    @abstractmethod
    async def delete(self, message: str) -> None:
        """Ann takes it away."""

    @abstractmethod
    async def press(self, post: str, button: str, *, stranger: bool = False) -> None:
        """Ann, or somebody else, presses a button, and is told that it was heard."""

    @abstractmethod
    async def command(self, name: str, value: str = "") -> None:
        """Ann calls a slash command, with a value for its only option."""

    @abstractmethod
    def posts(self) -> list[Seen]:
        """The bot's posts, oldest first."""

    @abstractmethod
    def told(self, *, stranger: bool = False) -> list[str]:
        """What the bot tells one person alone."""

    def requests(self) -> list[SeenRequest]:
        """What the model was asked here."""
        return [seen for seen in self.far.gateway.asked() if self.tag in str(seen.body)]

    def rests(self) -> bool:
        """Whether no turn is open here: that is noted some milliseconds after the last look is on the screen."""
        with closing(sqlite3.connect(self._ledger)) as database:
            return bool(database.execute(_OPEN, [f"%{self.tag}%"]).fetchone() == (0,))

    def answer(self, text: str, take: int = 1) -> str:
        """What the model says to a question."""
        return f"take {take}: {text} {self.tag}"

    def shows(self, *texts: str) -> Callable[[], bool]:
        """Whether the bot's newest posts are these, finished."""
        return lambda: [each.text for each in self.posts()[-len(texts) :] if "Undo" in each.buttons] == list(texts)

    async def answered(self, text: str, reply_to: str | None = None) -> str:
        """Ann asks, and the answer stands there; the id of her message."""
        message = await self.ask(text, reply_to)
        await self.settles(self.answer(text))
        return message

    async def settles(self, *texts: str) -> None:
        """The bot's newest posts become these, and nothing more is to come."""
        await self.until(self.shows(*texts))
        await self.until(self.rests)

    async def stopped(self) -> None:
        """What was begun has been given up, on the screen and at the gateway, and can be gone on with."""
        await self.until(lambda: "Continue" in self.posts()[-1].buttons)
        assert self.posts()[-1].text.split() == [*BEGUN.split(), "_Stopped._"]
        await self.until(lambda: self.requests()[-1].closed_early)
        await self.until(self.rests)

    async def begun(self, text: str) -> Seen:
        """Ann asks, and the beginning of an answer stands there."""
        await self.ask(f"{SLOWLY} {text}")
        await self.until(lambda: self.posts()[-1:] != [] and self.posts()[-1].text.strip() == BEGUN.strip())
        return self.posts()[-1]

    async def click(self, label: str, *, stranger: bool = False) -> Seen:
        """Press a button of the newest post; gives the post as it was."""
        post = self.posts()[-1]
        await self.press(post.id, post.buttons[label], stranger=stranger)
        return post

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so here."""
        try:
            await self.far.discord.until(condition, PATIENCE_S)
        except TimeoutError:
            raise AssertionError(f"{type(self).__name__} shows {self.posts()}, tells {self.told()}") from None


class OnSlack(Place):
    """A direct message, where `thread` is None at first, or a channel, where the first question opens one."""

    def __init__(self, far: World, ledger: Path, tag: str, *, direct: bool) -> None:
        super().__init__(far, ledger, tag)
        self.channel = f"{'D' if direct else 'C'}{tag.upper()}"
        self.thread: str | None = None
        self._direct = direct
        far.slack.channel(self.channel, "im" if direct else "channel", ["U1"] if direct else ["U1", "U2"])

    async def ask(self, text: str, reply_to: str | None = None) -> str:
        ts = await self.far.slack.say("U1", self.channel, self._words(text), thread_ts=reply_to or self.thread)
        self.thread = self.thread or reply_to or (None if self._direct else ts)
        return ts

    async def edit(self, message: str, text: str) -> None:
        await self.far.slack.edit("U1", self.channel, message, self._words(text))

    async def delete(self, message: str) -> None:
        await self.far.slack.delete("U1", self.channel, message)

    async def press(self, post: str, button: str, *, stranger: bool = False) -> None:
        outcome = await self.far.slack.press("U2" if stranger else "U1", self.channel, post, button)
        assert outcome.error is None

    async def command(self, name: str, value: str = "") -> None:
        outcome = await self.far.slack.command("U1", self.channel, f"/{name}", value)
        assert outcome.error is None

    def posts(self) -> list[Seen]:
        shown = self.far.slack.screen(self.channel, self.thread)
        ours = [each for each in shown if each.author == self.far.slack.bot_user_id and each.ephemeral_to is None]
        return [Seen(each.ts, each.text, dict(zip(each.buttons, each.actions, strict=True))) for each in ours]

    def told(self, *, stranger: bool = False) -> list[str]:
        everywhere = [each for ts in {None, self.thread} for each in self.far.slack.screen(self.channel, ts)]
        return [each.text for each in everywhere if each.ephemeral_to == ("U2" if stranger else "U1")]

    def _words(self, text: str) -> str:
        return f"{text} {self.tag}" if self._direct else f"<@{self.far.slack.bot_user_id}> {text} {self.tag}"


class OnDiscord(Place):
    """A direct message, or a channel where the bot is mentioned; `rights` are the bot's own there."""

    def __init__(self, far: World, ledger: Path, tag: str, *, direct: bool, rights: int | None = None) -> None:
        super().__init__(far, ledger, tag)
        discord = far.discord
        self._ann = discord.user("Ann")
        self._stranger = discord.user("Eve")
        guild = next(iter(discord.world.guilds.values()))
        self.room: Room = discord.dm(self._ann) if direct else discord.channel(guild, tag, permissions=rights)
        self._mention = "" if direct else f"<@{discord.bot_user_id}> "

    async def ask(self, text: str, reply_to: str | None = None) -> str:
        to = None if reply_to is None else int(reply_to)
        return str(await self.far.discord.say(self._ann, self.room, self._words(text), reply_to=to))

    async def edit(self, message: str, text: str) -> None:
        await self.far.discord.edit(int(message), self._words(text))

    async def delete(self, message: str) -> None:
        await self.far.discord.delete(int(message))

    async def press(self, post: str, button: str, *, stranger: bool = False) -> None:
        made = await self.far.discord.press(self._person(stranger), int(post), button)
        await made.acknowledgement()

    async def command(self, name: str, value: str = "") -> None:
        declared = self.far.discord.commands.named(name, self.room.guild_id).get("options", [])
        options = {declared[0]["name"]: value} if value else {}
        made = await self.far.discord.command(self._ann, self.room, name, options)
        await made.acknowledgement()

    def posts(self) -> list[Seen]:
        ours = [each for each in self.far.discord.screen(self.room) if each.author == self.far.discord.world.bot.name]
        return [Seen(str(each.id), each.content, dict(zip(each.labels, each.buttons, strict=True))) for each in ours]

    def told(self, *, stranger: bool = False) -> list[str]:
        shown = self.far.discord.screen(self.room, self._person(stranger))
        return [each.content for each in shown if each.ephemeral and not each.thinking]

    def _person(self, stranger: bool) -> User:
        return self._stranger if stranger else self._ann

    def _words(self, text: str) -> str:
        return f"{self._mention}{text} {self.tag}"


async def everywhere(places: Sequence[Place], scene: Callable[[Place], Awaitable[None]]) -> None:
    """Play the same scene in all places at once."""
    results = await asyncio.gather(*(scene(place) for place in places), return_exceptions=True)
    wrong = [result for result in results if isinstance(result, BaseException)]
    if wrong:
        raise wrong[0]
