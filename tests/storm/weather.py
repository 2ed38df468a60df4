"""What breaks in a storm, each trouble by its name; those of the platforms are counted by the fakes' own logs."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.fakes.discord import EDIT, SEND, TYPING
from tests.fakes.slack.api import HUNG_UP
from tests.storm import hosts, model
from tests.storm.crew import Crew
from tests.storm.databases import Database
from tests.storm.plan import Strike, Trouble
from tests.storm.values import Diary
from tests.storm.world import World

BEFORE, AFTER = 500, 502
"""The status tells the log whether the call took effect."""
_SLACK = ("chat.startStream", "chat.appendStream", "chat.stopStream", "chat.update", "chat.postMessage", "*")
_CALLBACK = "POST /interactions/{interaction_id}/{token}/callback"
_DISCORD = (SEND, SEND, EDIT, EDIT, TYPING, _CALLBACK)
_LIFETIME_S = 301.0
"""A stream of Slack's ends within."""
_SKEW_S = 900.0
_PATIENCE_S = 3.0
"""How long at most a kill waits for an answer that it can interrupt."""

Blow = Callable[["Weather", float], Awaitable[bool]]
"""Does it; whether it could be done now."""


@dataclass(slots=True)
class Weather:
    """Breaks things in the world, in the bot's processes and in its database."""

    world: World
    crew: Crew
    database: Database

    async def strike(self, strike: Strike) -> None:
        """Let it happen; those that the fakes do not count themselves are written down here."""
        trouble, strength = strike.trouble, strike.strength
        if trouble in model.TROUBLES:
            self.world.model.order(trouble, strength)
            return
        if trouble in hosts.TROUBLES:
            self.world.mishaps.order(trouble, strength)
            return
        begun = time.monotonic()
        done = await _BLOWS[trouble](self, strength)
        at = time.monotonic() if trouble is Trouble.KILL else begun
        if done and trouble not in _COUNTED_BY_FAKES:
            self.world.diary.fired.append((at, trouble))

    async def kill(self, strength: float) -> bool:
        """No goodbye; mostly while an answer is made, which on a quick model is a small part of the time."""
        deadline = time.monotonic() + _PATIENCE_S * strength
        while time.monotonic() < deadline and not self.world.model.busy:  # noqa: ASYNC110 - nothing signals it
            await asyncio.sleep(0.01)
        return self.crew.one(strength * 10 % 1).send(signal.SIGKILL)

    async def term(self, strength: float) -> bool:
        """A stop as an operator's update makes it."""
        return self.crew.one(strength).send(signal.SIGTERM)

    async def freeze(self, strength: float) -> bool:
        """One process stands still; longer where another may take over."""
        seconds = 1.0 + 2.0 * strength if self.database.processes == 1 else 4.0 + 8.0 * strength
        return await self.crew.freeze(strength, seconds)

    async def redeliver(self, strength: float) -> bool:
        """An event of the last ones comes again, although the bot has said that it has it."""
        recent = [each for each in self.world.slack.deliveries[-40:] if each.acked and _is_question(each.payload)]
        if not recent:
            return False
        return await self.world.slack.redeliver(recent[int(strength * len(recent))].id)

    async def slack_fails(self, strength: float, *, status: int) -> bool:
        """A call of Slack's fails, before or after it took effect."""
        times, after = (1 if strength < 0.8 else 3), status == AFTER
        self.world.slack.fail(_one(_SLACK, strength), status=status, times=times, after_accept=after)
        return True

    async def slack_hangs_up(self, strength: float) -> bool:
        """The connection of a call breaks, before or after it took effect."""
        self.world.slack.fail(_one(_SLACK, strength), hang_up=True, after_accept=strength * 100 % 2 < 1)
        return True

    async def slack_is_busy(self, strength: float) -> bool:
        """429, with the seconds to wait."""
        self.world.slack.fail(_one(_SLACK, strength), retry_after=1 + int(strength * 3))
        return True

    async def slack_asks(self, _: float) -> bool:
        """Both sockets are told to leave."""
        if self.world.slack.sockets == 0:
            return False
        await self.world.slack.disconnect()
        return True

    async def slack_cuts(self, strength: float) -> bool:
        """All sockets break, and for a moment none can be opened."""
        if self.world.slack.sockets == 0:
            return False
        self.world.slack.refuse(strength)
        self.world.slack.drop()
        return True

    async def slack_clock(self, strength: float) -> bool:
        """Five minutes pass at once, and the clock behind the message ids goes a quarter of an hour off, either way."""
        self.world.slack.workspace.skew_s = _SKEW_S * (2 * strength - 1)
        self.world.slack.clock.advance(_LIFETIME_S)
        return True

    async def discord_fails(self, strength: float, *, status: int) -> bool:
        """A call of Discord's fails, before or after it took effect."""
        times, after = (1 if strength < 0.8 else 3), status == AFTER
        self.world.discord.fail(_one(_DISCORD, strength), status, times=times, after_accept=after)
        return True

    async def discord_hangs_up(self, strength: float) -> bool:
        """The connection of a call breaks, before or after it took effect."""
        self.world.discord.hang_up(_one(_DISCORD, strength), after_accept=strength * 100 % 2 < 1)
        return True

    async def discord_is_busy(self, strength: float) -> bool:
        """429, with the seconds to wait."""
        self.world.discord.rate_limit(_one(_DISCORD, strength), 0.5 + strength)
        return True

    async def discord_asks(self, _: float) -> bool:
        """Op 7."""
        if self.world.discord.connected == 0:
            return False
        await self.world.discord.ask_to_reconnect()
        return True

    async def discord_cuts(self, _: float) -> bool:
        """The gateway connection breaks; the session can be resumed."""
        if self.world.discord.connected == 0:
            return False
        await self.world.discord.cut()
        return True

    async def discord_forgets(self, strength: float) -> bool:
        """The connection breaks and the session is lost: what is said until the next one is never told."""
        if self.world.discord.connected == 0:
            return False
        if strength > 0.5:
            await self.world.discord.invalidate(resumable=False)
        else:
            self.world.discord.forget_sessions()
            await self.world.discord.cut()
        return True

    async def discord_clock(self, strength: float) -> bool:
        """The clock behind the snowflakes goes a quarter of an hour off, either way."""
        self.world.ids.skew_s = _SKEW_S * (2 * strength - 1)
        return True

    async def lock(self, strength: float) -> bool:
        """Nobody can write for some seconds, sometimes for longer than the bot waits."""
        await self.database.lock(1.0 + 6.0 * strength * strength)
        return True

    async def cut(self, _: float) -> bool:
        """Every connection to the database is closed."""
        await self.database.cut()
        return True

    async def fill(self, strength: float) -> bool:
        """No file grows for a while."""
        await self.database.fill(0.5 + 2.0 * strength, self.crew.processes)
        return True


_BLOWS: dict[Trouble, Blow] = {
    Trouble.KILL: Weather.kill,
    Trouble.TERM: Weather.term,
    Trouble.FREEZE: Weather.freeze,
    Trouble.REDELIVERY: Weather.redeliver,
    Trouble.SLACK_429: Weather.slack_is_busy,
    Trouble.SLACK_5XX_BEFORE: lambda weather, strength: weather.slack_fails(strength, status=BEFORE),
    Trouble.SLACK_5XX_AFTER: lambda weather, strength: weather.slack_fails(strength, status=AFTER),
    Trouble.SLACK_HANG_UP: Weather.slack_hangs_up,
    Trouble.SLACK_ASKS_TO_RECONNECT: Weather.slack_asks,
    Trouble.SLACK_CUT: Weather.slack_cuts,
    Trouble.SLACK_CLOCK: Weather.slack_clock,
    Trouble.DISCORD_429: Weather.discord_is_busy,
    Trouble.DISCORD_5XX_BEFORE: lambda weather, strength: weather.discord_fails(strength, status=BEFORE),
    Trouble.DISCORD_5XX_AFTER: lambda weather, strength: weather.discord_fails(strength, status=AFTER),
    Trouble.DISCORD_HANG_UP: Weather.discord_hangs_up,
    Trouble.DISCORD_ASKS_TO_RECONNECT: Weather.discord_asks,
    Trouble.DISCORD_CUT: Weather.discord_cuts,
    Trouble.DISCORD_RESUME_REFUSED: Weather.discord_forgets,
    Trouble.DISCORD_CLOCK: Weather.discord_clock,
    Trouble.DATABASE_LOCKED: Weather.lock,
    Trouble.DATABASE_CUT: Weather.cut,
    Trouble.DISK_FULL: Weather.fill,
}

_SLACK_STATUS = {
    429: Trouble.SLACK_429,
    BEFORE: Trouble.SLACK_5XX_BEFORE,
    AFTER: Trouble.SLACK_5XX_AFTER,
    HUNG_UP: Trouble.SLACK_HANG_UP,
}
_DISCORD_STATUS = {
    429: Trouble.DISCORD_429,
    BEFORE: Trouble.DISCORD_5XX_BEFORE,
    AFTER: Trouble.DISCORD_5XX_AFTER,
    None: Trouble.DISCORD_HANG_UP,
}
_COUNTED_BY_FAKES = frozenset({*_SLACK_STATUS.values(), *_DISCORD_STATUS.values()})


def fired(world: World, diary: Diary) -> Counter[Trouble]:
    """How often each trouble really happened: what was ordered and never met by a call is not counted."""
    counts = Counter(trouble for _, trouble in diary.fired)
    counts.update(_SLACK_STATUS[call.status] for call in world.slack.calls if call.status in _SLACK_STATUS)
    counts.update(_DISCORD_STATUS[call.status] for call in world.discord.calls if call.status in _DISCORD_STATUS)
    counts[Trouble.TWINS] = sum(each.kind == "app_mention" and each.acked for each in world.slack.deliveries)
    return counts


def _is_question(payload: dict[str, object]) -> bool:
    event = payload.get("event")
    return isinstance(event, dict) and "client_msg_id" in event


def _one(choices: tuple[str, ...], strength: float) -> str:
    return choices[int(strength * 997) % len(choices)]
