"""What Slack and the network answer when they do not do it -> `ChannelError`.

ChannelError
├── Unsure                  nobody knows whether it was done
├── ChannelBusy             nothing was done
├── ChannelGone
│   └── ScopeMissing        the app was installed without what the call needs
├── StoppedByReader
└── PostRejected
    ├── BlocksRefused       also said of a picture that Slack is not done with yet
    ├── NotStreaming        the stream has ended: by itself after five minutes, or long ago
    └── MessageMissing      there is no such post
"""

from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import ChannelBusy, ChannelError, ChannelGone, PostRejected, StoppedByReader


class Unsure(ChannelError):
    """The call may have been done or not: the connection broke while it was under way."""


class ScopeMissing(ChannelGone):
    """The app was installed without the scope that the call needs."""


class BlocksRefused(PostRejected):
    """Slack does not take these blocks; of a picture that it is not done with yet it says the same."""


class NotStreaming(PostRejected):
    """The post is no stream any more; it can be updated as a whole."""


class MessageMissing(PostRejected):
    """There is no such post."""


_KINDS: dict[str, type[ChannelError]] = {
    **dict.fromkeys(
        (
            "access_denied",
            "account_inactive",
            "channel_not_found",
            "ekm_access_denied",
            "enterprise_is_restricted",
            "invalid_auth",
            "is_archived",
            "no_permission",
            "not_allowed_token_type",
            "not_authed",
            "not_in_channel",
            "team_access_not_granted",
            "thread_not_found",
            "invalid_thread_ts",
            "token_expired",
            "token_revoked",
            "user_not_in_channel",
        ),
        ChannelGone,
    ),
    **dict.fromkeys(("fatal_error", "internal_error", "request_timeout"), Unsure),
    "invalid_blocks": BlocksRefused,
    "message_not_found": MessageMissing,
    "message_not_in_streaming_state": NotStreaming,
    "missing_scope": ScopeMissing,
    "stopped_by_user": StoppedByReader,
}

_WAITS = {
    "ratelimited": 1.0,
    "rate_limited": 1.0,
    "service_unavailable": 5.0,
    "team_added_to_org": 60.0,
    # An update that comes while the stream is still being closed.
    "streaming_state_conflict": 1.0,
}

_AFTER_SERVER_ERROR = 2.0

FAILURES = (SlackClientError, aiohttp.ClientError, TimeoutError, AttributeError, ValueError)
"""All that a call of the SDK may raise; the last two when something else answered in Slack's place."""


def code_of(error: SlackApiError) -> str:
    """Slack's own word for what went wrong; `http_502` and the like where it said none."""
    # The SDK puts aiohttp's response there when the body was no JSON at all.
    data: Any = getattr(error.response, "data", None)
    if isinstance(data, dict) and data.get("error"):
        return str(data["error"])
    status = getattr(error.response, "status_code", None) or getattr(error.response, "status", "unknown")
    return f"http_{status}"


def retry_after(error: Exception) -> float | None:
    """The seconds that Slack asks for, where it does."""
    headers: Any = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return float(headers.get("Retry-After"))
    except (TypeError, ValueError):
        return None


def word_for(error: Exception) -> str:
    """Slack's word for a failure of `FAILURES`, else the name of its kind."""
    return code_of(error) if isinstance(error, SlackApiError) else type(error).__name__


def fault_of(error: Exception, method: str) -> ChannelError:
    """A failure of `FAILURES` as ours."""
    reason = f"{method}: {word_for(error)}"
    if isinstance(error, SlackApiError):
        return _refused(error, reason)
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        # No connection came about, so nothing can have been done.
        return ChannelBusy(reason, _AFTER_SERVER_ERROR)
    return Unsure(reason)


def _refused(error: SlackApiError, reason: str) -> ChannelError:
    code = code_of(error)
    if code in _WAITS or code == "http_429":
        return ChannelBusy(reason, retry_after(error) or _WAITS.get(code, 1.0))
    if code.startswith("restricted_action"):
        return ChannelGone(reason)
    if code.startswith("http_"):
        return Unsure(reason)
    return _KINDS.get(code, PostRejected)(reason)


def settle(error: ChannelError) -> ChannelError:
    """For a call that may be repeated without harm, not knowing is the same as nothing done."""
    return ChannelBusy(str(error), _AFTER_SERVER_ERROR) if isinstance(error, Unsure) else error
