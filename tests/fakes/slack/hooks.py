"""HTTP delivery: requests to the app's own address, signed over their raw bytes."""

import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

import aiohttp

from tests.fakes.slack.clock import Clock
from tests.fakes.slack.delivery import ACK_WITHIN, Outcome, Retry
from tests.fakes.slack.values import Ack, Json


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`X-Slack-Signature` as https://docs.slack.dev/authentication/verifying-requests-from-slack defines it."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class Hooks:
    """Sends events as JSON and commands as forms to one address."""

    def __init__(self, clock: Clock, url: str, secret: str, acks: list[Ack]) -> None:
        self._clock = clock
        self._url = url
        self._secret = secret
        self._acks = acks

    async def send(self, kind: str, payload: Json, retry: Retry | None) -> Outcome:
        """Post once; anything but a 2xx within three seconds is a failure."""
        body, content_type = _encode(kind, payload)
        headers = {**self._signed(body), "Content-Type": content_type, **_retry(retry)}
        begun = self._clock.now()
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ACK_WITHIN)) as session,
                session.post(self._url, data=body, headers=headers) as reply,
            ):
                return self._read(reply, await reply.read(), begun, str(payload.get("event_id")))
        except TimeoutError:
            return Outcome(acked=False, reason="http_timeout")
        except aiohttp.ClientError:
            return Outcome(acked=False, reason="connection_failed")

    async def verify(self) -> bool:
        """Send a `url_verification`; whether the challenge came back."""
        challenge = "challenge-for-the-address"
        body = json.dumps({"type": "url_verification", "token": "verification-token", "challenge": challenge}).encode()
        headers = {**self._signed(body), "Content-Type": "application/json"}
        async with aiohttp.ClientSession() as session, session.post(self._url, data=body, headers=headers) as reply:
            return reply.status == 200 and challenge in await reply.text()

    def _signed(self, body: bytes) -> dict[str, str]:
        now = str(int(time.time()))
        return {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": signature(self._secret, now, body)}

    def _read(self, reply: aiohttp.ClientResponse, body: bytes, begun: float, event_id: str) -> Outcome:
        after = self._clock.now() - begun
        acked = 200 <= reply.status < 300 and after <= ACK_WITHIN
        if not acked:
            return Outcome(acked=False, reason="http_error", stop=reply.headers.get("x-slack-no-retry") == "1")
        self._acks.append(Ack("", event_id, after, in_time=True))
        return Outcome(acked=True, after=after, response=_response(reply.content_type, body))


def _encode(kind: str, payload: Json) -> tuple[bytes, str]:
    if kind == "slash_commands":
        return urlencode({name: str(value) for name, value in payload.items()}).encode(), _FORM
    if kind == "interactive":
        return urlencode({"payload": json.dumps(payload)}).encode(), _FORM
    return json.dumps(payload).encode(), "application/json"


_FORM = "application/x-www-form-urlencoded"


def _retry(retry: Retry | None) -> dict[str, str]:
    if retry is None:
        return {}
    return {"X-Slack-Retry-Num": str(retry.number), "X-Slack-Retry-Reason": retry.reason}


def _response(content_type: str, body: bytes) -> Json | None:
    if not body:
        return None
    if content_type == "application/json":
        parsed = json.loads(body)
        return parsed if isinstance(parsed, dict) else None
    return {"text": body.decode()}
