"""The server behind the face: every part built once and bound to one loopback port."""

from aiohttp import web

from tests.fakes.slack.api import Api, Secrets
from tests.fakes.slack.clock import Changes, Clock
from tests.fakes.slack.delivery import Deliveries
from tests.fakes.slack.depot import Depot
from tests.fakes.slack.events import Payloads
from tests.fakes.slack.limits import Limits
from tests.fakes.slack.people import People
from tests.fakes.slack.responses import ResponseUrls
from tests.fakes.slack.sockets import Sockets
from tests.fakes.slack.stage import Stage
from tests.fakes.slack.workspace import Workspace


class Server:
    """Web API, Socket Mode, response URLs and files of one workspace."""

    def __init__(self, port: int, clock: Clock, *, echoes: bool) -> None:
        self.changes = Changes()
        self.workspace = Workspace(clock, self.changes)
        self.secrets = Secrets()
        self.sockets = Sockets(clock, self.changes, self.workspace.identity.app_id)
        self.deliveries = Deliveries(clock, self.changes, self.sockets)
        self.stage = Stage(self.workspace, Payloads(self.workspace), self.deliveries, self.sockets, echoes)
        self.api = Api(self.stage, self.secrets, Limits(clock))
        self.responses = ResponseUrls(self.stage)
        self.people = People(self.stage, self.responses)
        self.depot = Depot(self.workspace, self.secrets.bot)
        self.base_url = ""
        self._port = port
        self._runner: web.AppRunner | None = None

    async def start(self, extra: list[web.RouteDef]) -> None:
        """Listen, on a free port if none was asked for; `extra` routes are served beside Slack's."""
        app = web.Application(client_max_size=32 * 2**20)
        app.add_routes([*self._routes(), *extra])
        runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._port).start()
        self._runner = runner
        self._know(f"127.0.0.1:{runner.addresses[0][1]}")
        await self.depot.start(self.base_url)
        self.stage.payloads.files_url = f"{self.depot.base_url}/files/"
        self.stage.payloads.upload_url = f"{self.depot.base_url}/upload/v1/"

    async def stop(self) -> None:
        """End all deliveries, cut the sockets, give the port back."""
        await self.deliveries.close()
        self.sockets.drop()
        await self.depot.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    def _routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/api/{method}", self.api.handle),
            web.get("/link/", self.sockets.connect),
            web.post("/commands/{key}", self.responses.handle),
            web.get("/", _sign_in),
        ]

    def _know(self, host: str) -> None:
        self.base_url = self.responses.base_url = f"http://{host}"
        self.sockets.base_url = f"ws://{host}"


async def _sign_in(_: web.Request) -> web.Response:
    """Where a request without a usable token ends: status 200, and no file."""
    return web.Response(text="<!DOCTYPE html><html><body>Sign in to Slack</body></html>", content_type="text/html")
