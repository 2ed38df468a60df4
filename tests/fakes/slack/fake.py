"""FakeSlack: the whole server on a loopback socket, with what people do in it and what they see."""

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.fakes.slack import screen
from tests.fakes.slack.api import Api, Secrets
from tests.fakes.slack.clock import Changes, Clock
from tests.fakes.slack.delivery import Deliveries
from tests.fakes.slack.events import Payloads
from tests.fakes.slack.faults import Fault
from tests.fakes.slack.hooks import Hooks
from tests.fakes.slack.limits import Limits
from tests.fakes.slack.people import People
from tests.fakes.slack.responses import ResponseUrls
from tests.fakes.slack.sockets import GRACE, Sockets
from tests.fakes.slack.stage import Stage
from tests.fakes.slack.values import (
    Ack,
    Call,
    Channel,
    CommandOutcome,
    Delivery,
    Ping,
    SharedFile,
    ShownMessage,
    User,
)
from tests.fakes.slack.workspace import Workspace


class FakeSlack:
    """One workspace with one app installed. `async with FakeSlack() as slack:` opens it on a free port.

    `events_url` set: events and commands come there by signed HTTP instead of over the sockets. `echoes` False:
    the bot's own posts do not come back to it. `clock.advance(301)` lets Slack's time jump.
    """

    def __init__(self, *, port: int = 0, speed: float = 1.0, echoes: bool = True) -> None:
        changes, clock = Changes(), Clock(speed)
        self.clock = clock
        self.workspace = Workspace(clock, changes)
        self.secrets = Secrets()
        self._port = port
        self._files: dict[str, SharedFile] = {}
        self._sockets = Sockets(clock, changes, self.app_id)
        self._deliveries = Deliveries(clock, changes)
        self._deliveries.wire = self._sockets
        payloads = Payloads(self.workspace, "")
        self.stage = Stage(self.workspace, payloads, self._deliveries, self._sockets, echoes)
        self.api = Api(self.stage, self.secrets, Limits(clock))
        self._responses = ResponseUrls(self.stage)
        self._people = People(self.stage, self._responses, self._files)
        self._runner: web.AppRunner | None = None
        self.base_url = ""

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._app(), handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._know(f"127.0.0.1:{self._runner.addresses[0][1]}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._deliveries.close()
        self._sockets.drop()
        if self._runner is not None:
            await self._runner.cleanup()

    # Who and where

    @property
    def api_url(self) -> str:
        """For `SLACK_API_URL`."""
        return f"{self.base_url}/api/"

    @property
    def bot_token(self) -> str:
        """The `xoxb-` token."""
        return self.secrets.bot

    @property
    def app_token(self) -> str:
        """The `xapp-` token, good for apps.connections.open alone."""
        return self.secrets.app

    @property
    def signing_secret(self) -> str:
        """What signed requests are signed with."""
        return self.secrets.signing

    @property
    def team_id(self) -> str:
        """The workspace's id."""
        return self.workspace.identity.team_id

    @property
    def app_id(self) -> str:
        """The app's id."""
        return self.workspace.identity.app_id

    @property
    def bot_id(self) -> str:
        """The bot's `B…` id."""
        return self.workspace.identity.bot_id

    @property
    def bot_user_id(self) -> str:
        """The bot's user id, as it is mentioned."""
        return self.workspace.identity.bot_user_id

    def user(self, id: str, name: str, locale: str = "en-US") -> User:
        """Let a person join the workspace."""
        self.workspace.users[id] = User(id, name, locale)
        return self.workspace.users[id]

    def channel(self, id: str, kind: str = "channel", members: Sequence[str] = (), *, bot: bool = True) -> Channel:
        """Open a channel (`channel`, `group`, `mpim`, `im`); the bot is in it unless told otherwise."""
        everybody = {*members, self.bot_user_id} if bot else set(members)
        self.workspace.channels[id] = Channel(id, kind, everybody)
        return self.workspace.channels[id]

    # What a person does

    async def say(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        files: Sequence[SharedFile] = (),
        *,
        mention_first: bool = True,
    ) -> str:
        """Write; returns the message's ts. Its events are on their way, not yet there."""
        return self._people.say(user, channel, text, thread_ts, files, mention_first=mention_first).ts

    async def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        """Change a message."""
        self._people.edit(user, channel, ts, text)

    async def unfurl(self, channel: str, ts: str) -> None:
        """Let a link unfurl: a `message_changed` whose text is the same."""
        message = self.workspace.channels[channel].messages[ts]
        self._people.edit(message.author, channel, ts, message.text)

    async def delete(self, user: str, channel: str, ts: str) -> None:
        """Take a message away."""
        self._people.delete(user, channel, ts)

    async def command(
        self, user: str, channel: str, command: str, text: str = "", thread_ts: str | None = None
    ) -> CommandOutcome:
        """Call a slash command and see what becomes of it; inside a thread Slack refuses it unsent."""
        if thread_ts is not None:
            return CommandOutcome(acked=False, after=0.0, response_url="", error="not_in_thread")
        return await self._people.command(user, channel, command, text)

    async def stop_stream(self, user: str, channel: str, ts: str) -> None:
        """Press stop on an answer that streams."""
        self._people.stop_stream(user, channel, ts)

    # What goes wrong

    async def redeliver(self, event_id: str, reason: str = "timeout") -> bool:
        """Send an event once more with the marks of a retry; whether it was acknowledged."""
        return await self._deliveries.again(event_id, reason)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell all sockets to leave; those that stay are closed ten seconds later."""
        await self._sockets.disconnect(reason)
        self._deliveries.spawn(self._close_leaving())

    def drop(self) -> None:
        """Cut all sockets without a word."""
        self._sockets.drop()

    def refuse(self, seconds: float) -> None:
        """Turn new sockets away for so long."""
        self._sockets.refused_until = self.clock.now() + seconds

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
        `hang_up` cuts the connection; `delay` (seconds) comes first. `after_accept`: the call takes effect, only its
        answer is lost.
        """
        fault = Fault(error, status, retry_after, hang_up, delay, after_accept)
        self.api.faults.add(method, fault, times)

    def limit(self, factor: float | None) -> None:
        """Scale all rate limits (0.1: a tenth), or switch them off with None."""
        self.api.limits.factor = factor

    # What is seen

    def screen(self, channel: str, thread_ts: str | None = None) -> list[ShownMessage]:
        """What a person sees now, oldest first."""
        return screen.screen(self.workspace, self.workspace.channels[channel], thread_ts)

    def status(self, channel: str, thread_ts: str) -> str | None:
        """The status line under a thread."""
        return self.workspace.status(channel, thread_ts)

    @property
    def calls(self) -> list[Call]:
        """Every Web API call so far."""
        return self.api.calls

    @property
    def acks(self) -> list[Ack]:
        """Every acknowledgement so far, the late ones too."""
        return self._sockets.acks

    @property
    def deliveries(self) -> list[Delivery]:
        """Every event so far and how far it came."""
        return self._deliveries.all

    @property
    def pinged(self) -> list[Ping]:
        """Everybody whom the bot really called."""
        return self.workspace.pinged

    @property
    def sockets(self) -> int:
        """How many sockets are open."""
        return len(self._sockets.open)

    @property
    def idle(self) -> bool:
        """Whether no event is on its way."""
        return self._deliveries.idle

    async def until(self, condition: Callable[[], bool], within: float = 5.0) -> None:
        """Wait (real seconds) until something holds; looked at after every change here."""
        await asyncio.wait_for(self.workspace.changes.until(condition), within)

    async def connected(self, sockets: int = 1) -> None:
        """Wait until so many sockets are open."""
        await self.until(lambda: self.sockets >= sockets)

    # HTTP mode

    def use_http(self, events_url: str) -> Hooks:
        """From now on send events and commands to this address, signed."""
        hooks = Hooks(self.clock, events_url, self.secrets.signing, self._sockets.acks)
        self._deliveries.wire = hooks
        return hooks

    async def _close_leaving(self) -> None:
        await self.clock.sleep(GRACE)
        await self._sockets.close_leaving()

    def _know(self, host: str) -> None:
        self.base_url = self._responses.base_url = f"http://{host}"
        self._sockets.base_url = f"ws://{host}"
        self.stage.payloads.files_url = f"http://{host}/files/"

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=32 * 2**20)
        app.router.add_route("*", "/api/{method}", self.api.handle)
        app.router.add_get("/link/", self._sockets.connect)
        app.router.add_post("/commands/{key}", self._responses.handle)
        app.router.add_get("/files/{id}/{name}", self._file)
        return app

    async def _file(self, request: web.Request) -> web.Response:
        file = self._files.get(request.match_info["id"])
        if request.headers.get("Authorization") != f"Bearer {self.secrets.bot}":
            page = "<!DOCTYPE html><html><body>Sign in to Slack</body></html>"
            return web.Response(text=page, content_type="text/html")
        if file is None:
            return web.Response(status=404)
        return web.Response(body=file.content, content_type=file.mimetype)
