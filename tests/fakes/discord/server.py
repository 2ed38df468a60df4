"""The fake's server: one port for REST, gateway and files, and every trouble that can be ordered on it."""

from collections.abc import Callable, Mapping
from json import loads
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.fakes.discord.channel_routes import ChannelRoutes
from tests.fakes.discord.clock import Clock
from tests.fakes.discord.commands import Commands
from tests.fakes.discord.faults import Fault, Faults
from tests.fakes.discord.files import Cdn
from tests.fakes.discord.gateway import Gateway
from tests.fakes.discord.gateway_rules import Closing, Cut, GatewayRules
from tests.fakes.discord.interactions import Interactions
from tests.fakes.discord.limits import Limits, RateLimiter, refusal
from tests.fakes.discord.payloads import Payloads
from tests.fakes.discord.people import People
from tests.fakes.discord.posting import Posting
from tests.fakes.discord.rest import Call, Rest
from tests.fakes.discord.routes import CommandRoutes, PlainRoutes, Route, WebhookRoutes, table
from tests.fakes.discord.sessions import Hub
from tests.fakes.discord.wire import Answer
from tests.fakes.discord.world import Channel, Ping, World

TOKEN = "MTA.fake-discord.token"


class Server:
    """What listens, and what it is made of; `limits`, `rules` and `clock` may be changed at any time."""

    def __init__(self, *, port: int = 0, token: str = TOKEN, speed: float = 1.0, limits: Limits | None = None) -> None:
        self.token = token
        self.clock = Clock(speed)
        self.limits = limits or Limits()
        self.world = World(self.clock)
        self.rules = GatewayRules(token)
        self.commands = Commands(self.world)
        self.payloads = Payloads(self.world)
        self.hub = Hub(self.world, self.payloads)
        self.limiter = RateLimiter(self.limits, self.clock)
        posting = Posting(self.world, self.hub, self.limiter)
        self.interactions = Interactions(self.world, self.payloads, posting)
        self.channels = ChannelRoutes(self.world, self.payloads, self.hub, posting)
        self.people = People(self.world, self.hub, posting, self.channels, self.commands, self.interactions)
        self.gateway = Gateway(self.rules, self.world, self.payloads, self.hub, self.clock)
        self._faults = Faults()
        self._rest = Rest(token, self.limiter, self._faults)
        self._routes = self._table()
        self._port = port
        self._extensions: list[Callable[[web.Application], None]] = []
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await self.accept_connections()
        self._port = int(self._runner.addresses[0][1])
        self.payloads.base_url = self.base_url
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gateway.send_all(Cut())
        if self._runner is not None:
            await self._runner.cleanup()

    def extend(self, attach: Callable[[web.Application], None]) -> None:
        """Let somebody mount more routes on the port; before it is entered."""
        self._extensions.append(attach)

    @property
    def base_url(self) -> str:
        """What `DISCORD_API_BASE` must be."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def application_id(self) -> int:
        """The application's id."""
        return self.world.application_id

    @property
    def bot_user_id(self) -> int:
        """The bot's user id; not the application's."""
        return self.world.bot.id

    @property
    def calls(self) -> list[Call]:
        """Every REST call so far, in order of arrival."""
        return self._rest.calls

    @property
    def connected(self) -> int:
        """How many sessions have a connection now; a client that is gone may leave its session behind."""
        return sum(session.push is not None for session in self.hub.sessions.values())

    @property
    def pinged(self) -> list[Ping]:
        """Whom the bot's messages really notified."""
        return self.world.pinged

    async def disconnect(self, code: int = 4000, *, resumable: bool = True) -> None:
        """Close every gateway connection with a code; not resumable: the sessions are gone, and events with them."""
        if not resumable:
            self.forget_sessions()
        self.gateway.send_all(Closing(code, "Ordered by the test."))

    async def cut(self) -> None:
        """Every gateway connection ends without a word."""
        self.gateway.send_all(Cut())

    async def ask_to_reconnect(self) -> None:
        """Op 7 to every connection."""
        self.gateway.send_all({"op": 7, "t": None, "s": None, "d": None})

    async def invalidate(self, *, resumable: bool) -> None:
        """Op 9 to every connection; not resumable: the sessions are gone."""
        if not resumable:
            self.forget_sessions()
        self.gateway.send_all({"op": 9, "t": None, "s": None, "d": resumable})

    async def revoke_token(self) -> None:
        """The bot's token was reset: 401 from now on, and 4004 on the gateway."""
        self.rules.token = self._rest.token = f"{self.token}.reset"
        self.gateway.send_all(Closing(4004, "Authentication failed."))

    def forget_sessions(self) -> None:
        """What happens from now until the next IDENTIFY is never told; a RESUME gets op 9 with false."""
        self.hub.sessions.clear()

    async def refuse_connections(self) -> None:
        """Nobody listens on the port any more; connections that stand stay."""
        if self._site is not None:
            await self._site.stop()
            self._site = None

    async def accept_connections(self) -> None:
        """Listen, again or for the first time, on the same port."""
        assert self._runner is not None, "enter the fake first"
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await self._site.start()

    def fail(
        self,
        route: str,
        status: int,
        *,
        json: Answer | str = None,
        headers: Mapping[str, str] | None = None,
        times: int = 1,
        after_accept: bool = False,
        channel: Channel | None = None,
    ) -> None:
        """The next calls of a route ("POST /channels/{channel_id}/messages") fail so, before or after they took effect.

        A text as `json` is sent as HTML; an empty "Via" among the headers takes the header away.
        """
        place = None if channel is None else channel.id
        self._order(Fault(route, status, json, headers or {}, times, after_accept, channel_id=place))

    def rate_limit(
        self, route: str, retry_after_s: float, *, scope: str = "user", via: bool = True, times: int = 1
    ) -> None:
        """The next calls of a route get 429; scope "user", "global" or "shared"; without Via it is Cloudflare's ban."""
        response = refusal(retry_after_s, scope)
        headers = {key: value for key, value in response.headers.items() if key not in ("Content-Type", "Via")}
        text = str(response.text)
        self._order(Fault(route, 429, loads(text) if via else text, headers | ({} if via else {"Via": ""}), times))

    def hang_up(self, route: str, *, times: int = 1, after_accept: bool = False) -> None:
        """The next calls of a route end with a reset connection, before or after they took effect.

        aiohttp itself repeats a GET, PUT or DELETE once when that happens on a connection that was used before.
        """
        self._order(Fault(route, None, times=times, after_accept=after_accept))

    def slow_down(self, route: str, seconds: float, *, times: int = 1) -> None:
        """The next calls of a route take so many real seconds longer."""
        self._order(Fault(route, 0, times=times, delay_s=seconds))

    def forgive(self) -> None:
        """No ordered failure happens any more."""
        self._faults.clear()

    def _order(self, fault: Fault) -> None:
        if fault.route not in {route.name for route in self._routes}:
            raise LookupError(f"no route {fault.route}")
        self._faults.add(fault)

    def _table(self) -> tuple[Route, ...]:
        plain = PlainRoutes(self.world, self.payloads)
        webhooks = WebhookRoutes(self.payloads, self.interactions)
        return table(plain, self.channels, CommandRoutes(self.world, self.commands), webhooks)

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        self._rest.attach(app, self._routes)
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_get("/gateway/resume", self.gateway.serve)
        Cdn(self.world).attach(app)
        for attach in self._extensions:
            attach(app)
        return app
