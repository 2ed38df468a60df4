"""FakeSlack: what people do in a workspace, what goes wrong there, and what is seen."""

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.fakes.slack import screen
from tests.fakes.slack.clock import Clock
from tests.fakes.slack.faults import Fault
from tests.fakes.slack.hooks import Hooks
from tests.fakes.slack.server import Server
from tests.fakes.slack.sockets import GRACE
from tests.fakes.slack.values import (
    Ack,
    Call,
    Channel,
    CommandOutcome,
    Delivery,
    Json,
    Ping,
    SharedFile,
    ShownMessage,
    User,
)


class FakeSlack:
    """One workspace with one app installed. `async with FakeSlack() as slack:` opens it on a free port.

    `echoes` False: the bot's own posts do not come back to it. `clock.advance(301)` lets Slack's time jump;
    `speed` 60 makes a minute of Slack's last a second.
    """

    def __init__(self, *, port: int = 0, speed: float = 1.0, echoes: bool = True) -> None:
        self.clock = Clock(speed)
        self.server = Server(port, self.clock, echoes=echoes)
        self.workspace = self.server.workspace
        self.api_url = self.files_host = ""
        self.scopes = self.workspace.scopes
        self.bot_token, self.app_token = self.server.secrets.bot, self.server.secrets.app
        self.signing_secret = self.server.secrets.signing
        identity = self.workspace.identity
        self.team_id, self.app_id = identity.team_id, identity.app_id
        self.bot_id, self.bot_user_id = identity.bot_id, identity.bot_user_id

    async def __aenter__(self) -> Self:
        await self.start([])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.server.stop()

    async def start(self, extra: list[web.RouteDef]) -> None:
        """Listen, with routes beside Slack's own."""
        await self.server.start(extra)
        self.api_url = f"{self.server.base_url}/api/"
        self.files_host = self.server.depot.base_url

    def user(self, id: str, name: str, locale: str = "en-US", *, admin: bool = False) -> User:
        """Let a person join the workspace."""
        self.workspace.users[id] = User(id, name, locale, admin=admin)
        return self.workspace.users[id]

    def channel(self, id: str, kind: str = "channel", members: Sequence[str] = (), *, bot: bool = True) -> Channel:
        """Open a channel (`channel`, `group`, `mpim`, `im`); the bot is in it unless told otherwise."""
        everybody = {*members, self.bot_user_id} if bot else set(members)
        self.workspace.channels[id] = Channel(id, kind, everybody)
        return self.workspace.channels[id]

    def earlier(
        self, user: str, channel: str, text: str, thread_ts: str | None = None, files: Sequence[SharedFile] = ()
    ) -> str:
        """Something that was said before the app came: it is there to be read, but no event tells of it."""
        return self.server.people.written(user, self.workspace.channels[channel], text, thread_ts, files).ts

    # What a person does

    async def say(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        files: Sequence[SharedFile] = (),
        quoting: Sequence[tuple[str, str]] = (),
        *,
        mention_first: bool = True,
    ) -> str:
        """Write; returns the message's ts. Its events are on their way, not yet there.

        `quoting` are the messages that are forwarded with it, by channel and ts.
        """
        people = self.server.people
        return people.say(user, channel, text, thread_ts, files, quoting, mention_first=mention_first).ts

    async def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        """Change a message."""
        self.server.people.edit(user, channel, ts, text)

    async def unfurl(self, channel: str, ts: str) -> None:
        """Let a link unfurl: a `message_changed` whose text is the same."""
        message = self.workspace.channels[channel].messages[ts]
        self.server.people.edit(message.author, channel, ts, message.text)

    async def delete(self, user: str, channel: str, ts: str) -> None:
        """Take a message away."""
        self.server.people.delete(user, channel, ts)

    async def command(
        self, user: str, channel: str, command: str, text: str = "", thread_ts: str | None = None
    ) -> CommandOutcome:
        """Call a slash command and see what becomes of it; inside a thread Slack refuses it unsent."""
        if thread_ts is not None:
            return CommandOutcome(acked=False, after=0.0, response_url="", error="not_in_thread")
        return await self.server.people.command(user, channel, command, text)

    async def press(self, user: str, channel: str, ts: str, action_id: str) -> CommandOutcome:
        """Press a button that stands under a message; KeyError where there is no such button."""
        return await self.server.people.press(user, channel, ts, action_id)

    async def stop_stream(self, user: str, channel: str, ts: str) -> None:
        """Press stop on an answer that streams."""
        self.server.people.stop_stream(user, channel, ts)

    def push(self, event: Json) -> str:
        """Send any other inner event (`app_uninstalled`, another bot's message, …); returns its event id."""
        return self.server.stage.push(event)

    # What goes wrong

    async def redeliver(self, event_id: str, reason: str = "timeout") -> bool:
        """Send an event once more with the marks of a retry; whether it was acknowledged."""
        return await self.server.deliveries.again(event_id, reason)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell all sockets to leave; those that stay are closed ten seconds later."""
        await self.server.sockets.disconnect(reason)
        self.server.deliveries.spawn(self._close_leaving())

    def drop(self) -> None:
        """Cut all sockets without a word."""
        self.server.sockets.drop()

    def refuse(self, seconds: float) -> None:
        """Turn new sockets away for so long."""
        self.server.sockets.refused_until = self.clock.now() + seconds

    def fail(
        self,
        method: str,
        error: str | None = None,
        *,
        status: int = 200,
        retry_after: int | None = None,
        hang_up: bool = False,
        delay: float = 0.0,
        times: int = 1,
        after_accept: bool = False,
    ) -> None:
        """Let the next calls of a method (`*`: of any) fail.

        `error` alone is a refusal by Slack; `retry_after` a 429; `status` without an error an HTML page;
        `hang_up` cuts the connection; `delay` (real seconds) comes first, and alone is no failure.
        `after_accept`: the call takes effect, only its answer is lost.
        """
        fault = Fault(error, status, retry_after, hang_up, delay, after_accept)
        self.server.api.faults.add(method, fault, times)

    def forgive(self) -> None:
        """No failure that was asked for happens any more."""
        self.server.api.faults.clear()

    def limit(self, factor: float | None) -> None:
        """Scale all rate limits (0.1: a tenth), or switch them off with None."""
        self.server.api.limits.factor = factor

    def use_http(self, events_url: str) -> Hooks:
        """From now on send events, commands and presses to this address, signed, instead of down the sockets."""
        hooks = Hooks(self.clock, events_url, self.signing_secret, self.server.sockets.acks)
        self.server.deliveries.wire = hooks
        return hooks

    # What is seen

    def screen(self, channel: str, thread_ts: str | None = None) -> list[ShownMessage]:
        """What a person sees now, oldest first: the channel itself, or a thread with its parent."""
        return screen.screen(self.workspace, self.workspace.channels[channel], thread_ts)

    def status(self, channel: str, thread_ts: str) -> str | None:
        """The status line under a thread."""
        return self.workspace.status(channel, thread_ts)

    def session(self, channel: str, thread_ts: str) -> str | None:
        """The status of the agent session in a thread; None where there is none."""
        return self.workspace.sessions.get((channel, thread_ts))

    @property
    def calls(self) -> list[Call]:
        """Every Web API call so far."""
        return self.server.api.calls

    def called(self, method: str) -> list[Call]:
        """The calls of one method so far."""
        return [call for call in self.calls if call.method == method]

    @property
    def acks(self) -> list[Ack]:
        """Every acknowledgement so far, the late ones too."""
        return self.server.sockets.acks

    @property
    def deliveries(self) -> list[Delivery]:
        """Every event so far and how far it came."""
        return self.server.deliveries.all

    @property
    def pinged(self) -> list[Ping]:
        """Everybody whom the bot really called."""
        return self.workspace.pinged

    @property
    def sockets(self) -> int:
        """How many sockets take events; one that was told to leave does not."""
        return len(self.server.sockets.ready)

    @property
    def idle(self) -> bool:
        """Whether no event is on its way: each is acknowledged or given up."""
        return self.server.deliveries.idle

    async def until(self, condition: Callable[[], bool], within: float = 5.0) -> None:
        """Wait (real seconds) until something holds; looked at after every change here."""
        await asyncio.wait_for(self.workspace.changes.until(condition), within)

    async def connected(self, sockets: int = 1) -> None:
        """Wait until so many sockets are open."""
        await self.until(lambda: self.sockets >= sockets)

    async def _close_leaving(self) -> None:
        await self.clock.sleep(GRACE)
        await self.server.sockets.close_leaving()
