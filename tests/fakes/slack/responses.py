"""Response URLs: what a slash command may be answered with later, five times in half an hour."""

from dataclasses import dataclass
from uuid import uuid4

from aiohttp import web

from tests.fakes.slack.args import Args
from tests.fakes.slack.chat import content_of, replace
from tests.fakes.slack.stage import Stage
from tests.fakes.slack.values import ApiError, Channel, Json, Message

USES = 5
LIFE = 1_800.0
"""Uses and seconds of a response URL (https://docs.slack.dev/interactivity/handling-user-interaction)."""


@dataclass(slots=True)
class Use:
    """A response URL that was handed out; a press has an `original`, the message it was made on."""

    user: str
    channel: Channel
    born: float
    original: Message | None = None
    used: int = 0


class ResponseUrls:
    """Hands out and serves response URLs; they work where the bot is no member, too."""

    def __init__(self, stage: Stage) -> None:
        self.base_url = ""
        self._stage = stage
        self._given: dict[str, Use] = {}

    def give(self, user: str, channel: Channel, original: Message | None = None) -> str:
        """A new address for one command or press."""
        key = uuid4().hex
        self._given[key] = Use(user, channel, self._stage.workspace.clock.now(), original)
        return f"{self.base_url}/commands/{key}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One use of an address; the body is JSON."""
        use = self._given.get(request.match_info["key"])
        try:
            if request.content_type != "application/json":
                raise ApiError("invalid_payload")
            self.show(self._live(use), await request.json())
        except ApiError as refusal:
            return web.json_response({"ok": False, "error": refusal.error}, status=404)
        return web.Response(text="ok")

    def answer(self, url: str, response: Json) -> None:
        """Show what came with the acknowledgement; it is no use of the address."""
        self.show(self._given[url.rpartition("/")[2]], response)

    def show(self, use: Use, response: Json) -> None:
        """Show an answer: to the asker alone unless it says `in_channel`; a press's may replace what was pressed."""
        args = Args(response)
        content = content_of(self._stage, args)
        if use.original is not None and args.flag("replace_original"):
            before = self._stage.payloads.stored(use.channel, use.original)
            replace(use.original, content)
            self._stage.altered(use.channel, use.original, before)
            return
        public = response.get("response_type") == "in_channel"
        me, ts = self._stage.workspace.identity.bot_user_id, self._stage.workspace.next_ts()
        message = Message(ts, me, content.text, args.text("thread_ts"), tuple(content.blocks or ()))
        message.ephemeral_to = None if public else use.user
        self._stage.posted(use.channel, message)

    def _live(self, use: Use | None) -> Use:
        if use is None:
            raise ApiError("invalid_url")
        if self._stage.workspace.clock.now() - use.born >= LIFE:
            raise ApiError("expired_url")
        if use.used >= USES:
            raise ApiError("used_url")
        use.used += 1
        return use
