"""The workspace behind the fake: people, channels, messages, statuses, and who was pinged."""

import re
import time
from dataclasses import dataclass, field

from tests.fakes.slack.clock import Changes, Clock
from tests.fakes.slack.library import Library
from tests.fakes.slack.values import ApiError, Channel, Message, Ping, Stream, User

STREAM_LIFE = 300.0
"""Seconds after its start when a stream ends by itself, however busily it is fed
(https://github.com/slackapi/python-slack-sdk/issues/1859)."""

STATUS_LIFE = 120.0
"""Seconds after which the status line vanishes (https://docs.slack.dev/reference/methods/assistant.threads.setStatus)."""

_PINGS = re.compile(r"<(?:!(?:channel|here|everyone|subteam\^\w+)|@[UW]\w+)(?:\|[^>]*)?>")
_NAMES = re.compile(r"@(?:channel|here|everyone)\b")


def measure(text: str) -> int:
    """Characters as the limits count them.

    Slack documents "characters" without saying which; UTF-16 units are never fewer than code points, so a text
    that passes here passes by either reading. A JavaScript or Java server would count these.
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the app is in this workspace."""

    team_id: str = "T0FAKE0001"
    app_id: str = "A0FAKE0001"
    bot_id: str = "B0FAKE0001"
    bot_user_id: str = "U0BOT00001"


GRANTED = frozenset(
    {"app_mentions:read", "assistant:write", "chat:write", "commands", "files:read", "files:write", "im:write"}
    | {f"{kind}:{right}" for kind in ("channels", "groups", "im", "mpim") for right in ("history", "read")}
    | {"reactions:read", "reactions:write", "team:read", "users:read"}
)
"""The scopes of an app that was given all it asked for."""


@dataclass(slots=True)
class Status:
    """A status line and when it was set, by Slack's clock."""

    text: str
    at: float


@dataclass(slots=True)
class Workspace:
    """Everything that Slack knows; the methods of the Web API and the people both change it.

    `agent`: the app is declared as one, so that its streams open a session in their thread
    (https://docs.slack.dev/ai/agent-sessions); `sessions` holds their status by channel and thread.
    """

    clock: Clock
    changes: Changes
    identity: Identity = field(default_factory=Identity)
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    statuses: dict[tuple[str, str], Status] = field(default_factory=dict)
    pinged: list[Ping] = field(default_factory=list)
    scopes: set[str] = field(default_factory=lambda: set(GRANTED))
    agent: bool = True
    sessions: dict[tuple[str, str], str] = field(default_factory=dict)
    library: Library = field(default_factory=Library)
    skew_s: float = 0.0
    """How far the clock behind new message ids is from this machine's; ids rise even where it goes back."""
    _last_ts: int = 0

    def __post_init__(self) -> None:
        """The bot is a member like any other, and can be asked for by users.info."""
        me = self.identity.bot_user_id
        self.users[me] = User(me, "Parley", "en-US", is_bot=True)

    def next_ts(self) -> str:
        """A message id: seconds, a dot, six digits; never given twice."""
        self._last_ts = max(self._last_ts + 100, time.time_ns() // 1000 + int(self.skew_s * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def channel(self, id: str) -> Channel:
        """A channel whose messages the bot may touch; `channel_not_found` or `not_in_channel` where not."""
        channel = self.visible(id)
        if self.identity.bot_user_id not in channel.members:
            raise ApiError("not_in_channel")
        return channel

    def visible(self, id: str) -> Channel:
        """A channel that the bot can see: a public one, or one that it is in."""
        channel = self.channels.get(id)
        if channel is None or (channel.kind != "channel" and self.identity.bot_user_id not in channel.members):
            raise ApiError("channel_not_found")
        return channel

    def parent(self, channel: Channel, thread_ts: str) -> Message:
        """The parent of a thread. A reply's ts, or one that nobody has, is `thread_not_found`."""
        if not re.fullmatch(r"\d{10}\.\d{6}", thread_ts):
            raise ApiError("invalid_thread_ts")
        found = channel.messages.get(thread_ts)
        if found is None or found.thread_ts not in (None, thread_ts):
            raise ApiError("thread_not_found")
        return found

    def own(self, channel: Channel, ts: str, otherwise: str) -> Message:
        """A message of the bot's; `message_not_found`, or `otherwise` where somebody else wrote it."""
        found = channel.messages.get(ts)
        if found is None:
            raise ApiError("message_not_found")
        if found.author != self.identity.bot_user_id:
            raise ApiError(otherwise)
        return found

    def add(self, channel: Channel, message: Message) -> None:
        """Show a message, note whom it pings, and take the thread's status away if it is the bot's."""
        if message.ephemeral_to is not None:
            channel.ephemeral.append(message)
        else:
            self._store(channel, message)
        self.changed(channel, message)

    def remove(self, channel: Channel, ts: str) -> None:
        """Take a message away."""
        gone = channel.messages.pop(ts)
        if gone.thread_ts is not None:
            channel.replies[gone.thread_ts] -= 1
            left = (each.ts for each in channel.messages.values() if each.thread_ts == gone.thread_ts)
            channel.latest[gone.thread_ts] = max(left, default="")
        self.changes.notify()

    def changed(self, channel: Channel, message: Message) -> None:
        """Look at a message again after it was written, grew or was changed."""
        if message.author == self.identity.bot_user_id:
            self._note_pings(channel, message)
        self.changes.notify()

    def session(self, channel: str, thread_ts: str | None, status: str) -> None:
        """Open or move the session of a thread; nothing where the app is no agent."""
        if self.agent and thread_ts is not None:
            self.sessions[channel, thread_ts] = status

    def streaming(self, stream: Stream | None) -> bool:
        """Whether a stream still takes words: not stopped, and not past its five minutes."""
        return stream is not None and stream.open and self.clock.now() - stream.started < STREAM_LIFE

    def status(self, channel: str, thread_ts: str) -> str | None:
        """The status line under a thread, None where there is none or it is too old."""
        status = self.statuses.get((channel, thread_ts))
        if status is None or self.clock.now() - status.at >= STATUS_LIFE:
            return None
        return status.text

    def _store(self, channel: Channel, message: Message) -> None:
        channel.messages[message.ts] = message
        if message.thread_ts is None:
            return
        channel.replies[message.thread_ts] = channel.replies.get(message.thread_ts, 0) + 1
        channel.latest[message.thread_ts] = message.ts
        if message.author == self.identity.bot_user_id:
            self.statuses.pop((channel.id, message.thread_ts), None)

    def _note_pings(self, channel: Channel, message: Message) -> None:
        written = " ".join([message.text, *(str(block) for block in message.blocks)])
        called = _PINGS.findall(written) + (_NAMES.findall(written) if message.names_linked else [])
        for mention in called:
            ping = Ping(channel.id, message.ts, mention)
            if ping not in self.pinged:
                self.pinged.append(ping)
