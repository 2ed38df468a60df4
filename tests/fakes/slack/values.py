"""What the fake keeps and what it shows: the calls, the acknowledgements, the messages."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

Json = dict[str, object]


class ApiError(Exception):
    """A refusal in Slack's words: HTTP 200 with `ok: false` and this `error`."""

    def __init__(self, error: str, **more: object) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


class Token(enum.Enum):
    """Whose token came with a call."""

    BOT = "bot"
    APP = "app"
    WRONG = "wrong"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Call:
    """One Web API call. `at` is monotonic real seconds; `error` is None where it went well."""

    method: str
    args: Json
    at: float
    token: Token
    status: int
    error: str | None

    @property
    def ok(self) -> bool:
        """Whether the caller was told that it worked."""
        return self.error is None


@dataclass(frozen=True, slots=True)
class Ack:
    """One acknowledgement. `after` is in Slack's seconds; one that is not `in_time` counts for nothing."""

    envelope_id: str
    event_id: str | None
    after: float
    in_time: bool


@dataclass(slots=True)
class Delivery:
    """One event or command on its way. `attempts` counts the sendings; `given_up` after the last retry."""

    id: str
    kind: str
    payload: Json
    attempts: int = 0
    acked: bool = False
    given_up: bool = False


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """What a command or press came to. `error` is what the person is told: `operation_timeout`, `not_in_thread`."""

    acked: bool
    after: float
    response_url: str
    error: str | None = None
    response: Json | None = None


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file that a person sees under a message, or a picture in it."""

    id: str
    name: str
    mimetype: str
    content: bytes
    alt: str = ""


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message as a person sees it now; `buttons` are their labels, `actions` the ids that a press sends back."""

    ts: str
    author: str
    text: str
    thread_ts: str | None = None
    streaming: bool = False
    ephemeral_to: str | None = None
    edited: bool = False
    buttons: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    files: tuple[ShownFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Ping:
    """A mention by the bot that really called somebody: `<!channel>`, `<@U…>` and their like."""

    channel: str
    ts: str
    mention: str


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file that somebody shares. `subtype` is `slack_audio` for a voice clip.

    `mode` is `hosted`, `external` (it lies elsewhere), `tombstone`, `hidden_by_limit`; a `foreign` one comes from
    another organization, and events only say that it is there; `alt` says what a picture shows.
    """

    name: str
    mimetype: str
    content: bytes
    subtype: str | None = None
    id: str = ""
    mode: str = "hosted"
    foreign: bool = False
    alt: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """A member of the workspace; `locale` as Slack writes it (`en-US`); an `admin` looks after it."""

    id: str
    name: str
    locale: str
    is_bot: bool = False
    admin: bool = False


@dataclass(slots=True)
class Stream:
    """The streaming state of a message, `started` by Slack's clock; `chunked` once its first words have come.

    `seen` False: it streams to the bot itself, and people see an empty bubble until it stops
    (https://github.com/agno-agi/agno/pull/6615).
    """

    started: float
    seen: bool = True
    chunked: bool | None = None
    open: bool = True
    stopped_by_user: bool = False


@dataclass(slots=True)
class Message:
    """A stored message. `blocks` are shown instead of `text`, under it where there is or was a `stream`.

    `names_linked`: a plain `@channel` in it calls people as `<!channel>` does.
    `markdown`: the text is standard Markdown. `quotes`: messages that it forwards, each with its channel.
    """

    ts: str
    author: str
    text: str
    thread_ts: str | None = None
    blocks: Sequence[Json] = ()
    files: tuple[SharedFile, ...] = ()
    stream: Stream | None = None
    ephemeral_to: str | None = None
    edited: bool = False
    edited_ts: str = ""
    subtype: str | None = None
    tasks: dict[str, str] = field(default_factory=dict)
    reactions: set[str] = field(default_factory=set)
    names_linked: bool = False
    markdown: bool = False
    metadata: Json = field(default_factory=dict)
    quotes: tuple[tuple[str, "Message"], ...] = ()


@dataclass(slots=True)
class Channel:
    """A conversation; `kind` is channel, group, mpim or im; messages by ts, deleted ones gone.

    `replies` counts those of each thread, `latest` is the last one.
    """

    id: str
    kind: str
    members: set[str]
    messages: dict[str, Message] = field(default_factory=dict)
    replies: dict[str, int] = field(default_factory=dict)
    latest: dict[str, str] = field(default_factory=dict)
    ephemeral: list[Message] = field(default_factory=list)
