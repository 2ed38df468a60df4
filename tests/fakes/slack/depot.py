"""Slack's host of files, apart from its API: bytes come in by tickets and go out for the bot's token."""

from dataclasses import replace

from aiohttp import web

from tests.fakes.slack.workspace import Workspace


class Depot:
    """Serves on a port of its own. `uploads` counts what has come in."""

    def __init__(self, workspace: Workspace, token: str) -> None:
        self.base_url = ""
        self.uploads = 0
        self.failing: list[int] = []
        """Statuses with which the next uploads are turned away."""
        self._sign_in = ""
        self._workspace = workspace
        self._token = token
        self._runner: web.AppRunner | None = None

    async def start(self, sign_in: str) -> None:
        """Listen; whoever comes without a token is sent to the sign-in page."""
        app = web.Application(client_max_size=2**30)
        app.add_routes([web.get("/files/{id}/{name}", self._give), web.post("/upload/v1/{ticket}", self._take)])
        self._runner, self._sign_in = (
            web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1, access_log=None),
            sign_in,
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Give the port back."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _give(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            raise web.HTTPFound(f"{self._sign_in}/?redir={request.path}")
        kept = self._workspace.library.kept.get(request.match_info["id"])
        if kept is None or kept.deleted or kept.file.mode != "hosted":
            return web.Response(status=404)
        return web.Response(body=kept.file.content, content_type=kept.file.mimetype)

    async def _take(self, request: web.Request) -> web.Response:
        """The raw bytes of one file, as many as were announced; no token belongs here."""
        kept = self._workspace.library.awaited(request.match_info["ticket"])
        content = await request.read()
        if self.failing:
            return web.Response(status=self.failing.pop(0))
        if kept is None:
            return web.Response(status=404)
        if "Authorization" in request.headers or request.content_type.startswith(("multipart/", "application/x-www")):
            return web.Response(status=400, text="bad request")
        if len(content) != kept.length:
            return web.Response(status=400, text="length mismatch")
        kept.file, kept.arrived = replace(kept.file, content=content), True
        self.uploads += 1
        return web.Response(text=f"OK - {len(content)}")
