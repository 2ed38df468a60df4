"""Discord's rate limits: a window for each route and channel, one for the whole bot, and the ban of who insists."""

import hashlib
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from tests.fakes.discord.clock import Clock
from tests.fakes.discord.wire import VIA, Json, reply

SEND = "POST /channels/{channel_id}/messages"
EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"
TYPING = "POST /channels/{channel_id}/typing"
READ = "GET /channels/{channel_id}/messages"


def _usual() -> dict[str, tuple[int, float]]:
    return {SEND: (5, 5.0), EDIT: (5, 5.0), TYPING: (5, 5.0), READ: (5, 5.0)}


@dataclass(slots=True)
class Limits:
    """How strict to be; counts and Discord seconds. `enabled` False switches all of it off.

    `routes` holds (calls, seconds) for a route and one channel; every other route has `other`. Interaction
    tokens have `webhook`. The numbers of the routes are what is commonly seen, Discord publishes none.
    """

    enabled: bool = True
    routes: dict[str, tuple[int, float]] = field(default_factory=_usual)
    other: tuple[int, float] = (50, 1.0)
    webhook: tuple[int, float] = (5, 5.0)
    global_calls: int = 50
    invalid_calls: int = 10_000
    invalid_window_s: float = 600.0
    ban_s: float = 600.0
    old_edits: tuple[int, float] = (3, 60.0)


@dataclass(slots=True)
class Window:
    """A fixed window that opens with its first call."""

    count: int = 0
    ends: float = 0.0

    def take(self, now: float, calls: int, seconds: float) -> bool:
        """Count a call; False if the window is full."""
        if now >= self.ends:
            self.count, self.ends = 0, now + seconds
        self.count += 1
        return self.count <= calls


class RateLimiter:
    """Counts calls and says which must wait."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self.limits = limits
        self._clock = clock
        self._windows: dict[tuple[str, str], Window] = {}
        self._whole = Window()
        self._invalid: deque[float] = deque()
        self._banned_until = 0.0

    @property
    def invalid_calls(self) -> int:
        """Answers with 401, 403 or 429 within the window that leads to a ban."""
        oldest = self._clock.now() - self.limits.invalid_window_s
        while self._invalid and self._invalid[0] < oldest:
            self._invalid.popleft()
        return len(self._invalid)

    def note(self, response: web.Response) -> None:
        """Count an answer towards the ban; a shared limit is nobody's fault."""
        if response.status not in (401, 403, 429) or response.headers.get("X-RateLimit-Scope") == "shared":
            return
        self._invalid.append(self._clock.now())
        if self.limits.enabled and self.invalid_calls >= self.limits.invalid_calls:
            self._banned_until = self._clock.now() + self.limits.ban_s

    def banned(self) -> web.Response | None:
        """Cloudflare's page for a banned address: HTML, no Via."""
        left = self._banned_until - self._clock.now()
        if left <= 0:
            return None
        page = "<html><title>Access denied | discord.com used Cloudflare to restrict access</title></html>"
        headers = {"Retry-After": str(int(self._clock.real(left)) + 1)}
        return web.Response(status=429, text=page, content_type="text/html", headers=headers)

    def take_global(self) -> web.Response | None:
        """Count a call of the bot's token; the 429 if there were too many this second."""
        now = self._clock.now()
        if not self.limits.enabled or self._whole.take(now, self.limits.global_calls, 1.0):
            return None
        return refusal(self._clock.real(self._whole.ends - now), "global")

    def take(self, route: str, major: str, *, webhook: bool) -> tuple[web.Response | None, Mapping[str, str]]:
        """Count a call in its bucket: the 429 if it is over, and the headers for its answer."""
        if not self.limits.enabled:
            return None, {}
        calls, seconds = self.limits.webhook if webhook else self.limits.routes.get(route, self.limits.other)
        now = self._clock.now()
        self._tidy(now)
        window = self._windows.setdefault((route, major), Window())
        fits = window.take(now, calls, seconds)
        headers = self._headers(route, calls, window, now)
        if fits:
            return None, headers
        return refusal(self._clock.real(window.ends - now), "user", headers), headers

    def old_edit_wait(self, channel_id: int) -> float:
        """Count an edit of a message older than an hour; real seconds to wait where 30046 is due, else 0."""
        window = self._windows.setdefault(("old edits", str(channel_id)), Window())
        if not self.limits.enabled or window.take(self._clock.now(), *self.limits.old_edits):
            return 0.0
        return self._clock.real(window.ends - self._clock.now())

    def _headers(self, route: str, calls: int, window: Window, now: float) -> dict[str, str]:
        after = self._clock.real(window.ends - now)
        return {
            "X-RateLimit-Limit": str(calls),
            "X-RateLimit-Remaining": str(max(0, calls - window.count)),
            "X-RateLimit-Reset": f"{time.time() + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(route.encode()).hexdigest()[:32],
        }

    def _tidy(self, now: float) -> None:
        if len(self._windows) > 4096:
            self._windows = {key: window for key, window in self._windows.items() if window.ends > now}


def refusal(retry_after_s: float, scope: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """A 429 of Discord's own: scope "user", "global" or "shared"; seconds are real ones."""
    body: Json = {
        "message": "You are being rate limited.",
        "retry_after": round(retry_after_s, 3),
        "global": scope == "global",
    }
    sent = dict(headers or {}) | {"Retry-After": str(int(retry_after_s) + 1), "X-RateLimit-Scope": scope} | VIA
    if scope == "global":
        sent["X-RateLimit-Global"] = "true"
    return reply(body, 429, sent)
