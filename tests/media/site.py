"""The real program between both platforms and a gateway, and the cases that are played on it one after another."""

import asyncio
import itertools
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.gateway import Answer, Drawn, SeenRequest
from tests.fakes.gateway.image_fields import EDITS, GENERATIONS, NATIVE
from tests.fakes.gateway.rules import catalogue
from tests.fakes.gateway.server import Scripted
from tests.media.page import Row
from tests.media.places import DiscordMedia, MediaPlace, SlackMedia
from tests.process import Program
from tests.test_end_to_end import World, world

Plan = Scripted | Callable[[SeenRequest], Scripted]
FILE_MB = 2
"""How large a file may be that people send here: less than usual, so that one that is too large is soon made."""

_DRAWING = frozenset(id for id, rules in catalogue().items() if rules.draws)


class Models:
    """What each model does until the next case; what nothing is planned for does as it does by itself.

    Plans are by model and by the tag of the place; what carries no tag, as a sound, is met as the last place planned.
    """

    def __init__(self) -> None:
        self.plans: dict[str, dict[str, Plan]] = {}

    def __call__(self, seen: SeenRequest) -> Scripted:
        model = model_of(seen)
        natural = Drawn() if model in _DRAWING else Answer()
        plans, said = self.plans.get(model, {}), str(seen.body)
        found = [plan for tag, plan in plans.items() if tag in said] or [*plans.values()][-1:]
        plan = found[0] if found else natural
        return plan(seen) if callable(plan) else plan


def model_of(seen: SeenRequest) -> str:
    """Whom a request is for; Gemini's own protocol names it in the address."""
    native = NATIVE.fullmatch(seen.path)
    return native[1] if native else seen.model


@dataclass(slots=True)
class Site:
    """The program, and places that nobody has been to."""

    far: World
    home: Path
    models: Models = field(default_factory=Models)
    program: Program | None = None
    folder: Path = field(init=False)
    """Where the program of the moment keeps all that it remembers."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._move()

    @property
    def environment(self) -> dict[str, str]:
        """All that the program is told."""
        return self.far.environment() | {
            "SLACK_FILE_HOSTS": self.far.slack.files_host,
            "BOT_GATEWAY_TRIES": "2",
            "BOT_MAX_FILE_MB": str(FILE_MB),
            "BOT_PICTURE_MODEL": "qwen-image",
            "BOT_EDIT_MODEL": "qwen-image-edit",
        }

    async def start(self, more: Mapping[str, str] | None = None) -> None:
        """Begin, or begin again after `stop`."""
        sessions = self.far.discord.gateway.identifies
        self.program = Program("run", environment={**self.environment, **(more or {})}, folder=self.folder)
        await self.program.__aenter__()
        try:
            await self.far.slack.connected(2)
            await self.far.discord.until(lambda: self.far.discord.gateway.identifies > sessions)
        except TimeoutError:
            raise AssertionError(self.program.errors) from None

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it, politely or not."""
        assert self.program is not None
        program, self.program = self.program, None
        try:
            status = await program.stop(number)
        finally:
            if program.process.returncode is None:
                await program.stop(signal.SIGKILL)
            await program.__aexit__(None, None, None)
        assert "Traceback" not in program.errors, program.errors
        assert status in (0, -signal.SIGKILL), program.errors

    async def again(self, more: Mapping[str, str] | None = None) -> None:
        """Begin anew with nothing remembered, with more settings or with no more."""
        try:
            await self.stop()
        finally:
            self._move()
            await self.start(more)

    def calm(self) -> None:
        """What was planned for an earlier case happens no more."""
        self.models.plans.clear()
        self.far.slack.forgive()
        self.far.discord.forgive()

    def slack(self, *, direct: bool = False) -> SlackMedia:
        """A thread to come in a channel of its own, or a direct message."""
        return SlackMedia(self.far, self.folder / "parley.db", self._tag(), direct=direct)

    def discord(self, *, direct: bool = False, rights: int | None = None) -> DiscordMedia:
        """A channel, or a direct message."""
        return DiscordMedia(self.far, self.folder / "parley.db", self._tag(), direct=direct, rights=rights)

    def _move(self) -> None:
        self.folder = self.home / f"data-{next(self._numbers)}"
        self.folder.mkdir()

    def _tag(self) -> str:
        return f"p{next(self._numbers)}z"


@dataclass(frozen=True, slots=True)
class Scene:
    """One case at one place. Its requests are those that carry the place's tag, or all for the model where none can."""

    site: Site
    place: MediaPlace
    model: str
    kill: Callable[[], Awaitable[None]]
    """Kill the program once all places of the case want it, and start it again."""

    def plan(self, plan: Plan, model: str | None = None) -> None:
        """What a model does in this case."""
        self.site.models.plans.setdefault(model or self.model, {})[self.place.tag] = plan

    def requests(self, model: str | None = None) -> list[SeenRequest]:
        """What a model was asked from here; what carries no words can't be told from what others ask."""
        everything = [seen for seen in self.site.far.gateway.requests if model_of(seen) == (model or self.model)]
        return [seen for seen in everything if self.place.tag in str(seen.body)]


Play = Callable[[Scene], Awaitable[str]]
"""What is done and expected at one place; gives what people see there, in a few words."""


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the table. `direct` plays it in direct messages, `where` on one platform alone.

    `settings` are more of these for the program; `fresh` says that it remembers what happened, so that others need
    a program of their own. `rights` are the bot's own in the channel on Discord.
    """

    model: str
    kind: str
    name: str
    play: Play
    direct: bool = False
    where: tuple[str, ...] = ("Slack", "Discord")
    settings: Mapping[str, str] = field(default_factory=dict)
    fresh: bool = False
    rights: int | None = None

    @property
    def id(self) -> str:
        """What a test is called."""
        return f"{self.model}-{self.kind}-{self.name}"


async def play(site: Site, case: Case) -> Row:
    """Play a case on its platforms at once. Raises what went wrong on the first that failed."""
    site.calm()
    if case.settings:
        await site.again(case.settings)
    before = len(site.far.gateway.requests)
    try:
        shown = await _played(site, case)
    finally:
        if case.settings or case.fresh:
            await site.again()
    asked = [seen for seen in site.far.gateway.requests[before:] if model_of(seen) == case.model]
    told = shown[0] if len(set(shown)) == 1 else _apart(case, shown)
    return Row(case.model, case.kind, case.name, _doors(asked), ", ".join(case.where), " ".join(told.split()))


async def _played(site: Site, case: Case) -> list[str]:
    """What people saw, platform by platform; where one fails the other is not left behind."""
    together = asyncio.Barrier(len(case.where))

    async def kill() -> None:
        if await together.wait() == 0:
            await site.stop(signal.SIGKILL)
            await site.start()
        await together.wait()

    scenes = [Scene(site, _place(site, case, name), case.model, kill) for name in case.where]
    results = await asyncio.gather(*(_told(case, scene, together) for scene in scenes), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if isinstance(result, str)]


async def _told(case: Case, scene: Scene, together: asyncio.Barrier) -> str:
    try:
        shown = await case.play(scene)
        await scene.place.rested()
        return shown
    except BaseException:
        await together.abort()
        raise


def _place(site: Site, case: Case, platform: str) -> MediaPlace:
    if platform == "Slack":
        return site.slack(direct=case.direct)
    return site.discord(direct=case.direct, rights=case.rights)


def _doors(asked: list[SeenRequest]) -> str:
    """Where the model was asked, an address once, in the order of the first requests."""
    return ", ".join(dict.fromkeys(f"`{_form(seen)}`" for seen in asked))


def _form(seen: SeenRequest) -> str:
    """The address, and which of the two bodies an edit had."""
    if seen.path in (EDITS, GENERATIONS):
        kind = seen.headers.get("content-type", "").partition(";")[0]
        return f"{seen.path} ({'form' if kind.startswith('multipart/') else 'JSON'})"
    return NATIVE.sub("/v1beta/models/{model}:generateContent", seen.path)


def _apart(case: Case, shown: list[str]) -> str:
    return "; ".join(f"{name}: {what}" for name, what in zip(case.where, shown, strict=True))


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Site]:
    """The program, running, with everything around it."""
    async with world() as far:
        far.slack.user("U2", "Eve")
        far.slack.limit(None)
        far.discord.limits.enabled = False
        site = Site(far, folder)
        far.gateway.judge(site.models)
        await site.start()
        try:
            yield site
        finally:
            if site.program is not None:
                await site.stop()
