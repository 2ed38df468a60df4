"""Everything that can go wrong, as one tree; each leaf knows what the asker may be told.

BotError                     .notice: message id and parameters for the asker
├── Refused                  the request itself is at fault; nothing was tried
│   ├── BadOption            an option of a command has no such value
│   └── TooBusy              a bound on waiting questions was reached
├── Fenced                   another run of the same turn has taken over: stop, say nothing
├── GatewayError             the gateway did not give an answer
│   ├── GatewayUnreachable   no connection, or no first byte in time
│   ├── GatewayBusy          limited or overloaded; `retry_after` seconds where known
│   ├── GatewayRejected      it refuses the request (bad token, no balance, bad parameter)
│   ├── ModelUnavailable     it does not have, or does not allow, this model
│   ├── ContextTooLong       the prompt does not fit the model
│   ├── PicturesRefused      the model does not look at pictures, or not at these
│   ├── ContentRefused       a filter or the model itself declined
│   └── GatewayGarbled       the answer broke off or could not be understood
├── ChannelError             the platform did not take what we said
│   ├── ChannelGone          the place is gone or closed to us for good
│   │   └── PostGone         a post of ours was taken away; the place is still there
│   ├── ChannelBusy          limited or down; nothing was done; try again in `retry_after` seconds
│   ├── PostRejected         this post is not acceptable there
│   └── StoppedByReader      somebody stopped the answer
├── FileError                one file cannot be used; what was written with it still can
│   ├── FileLost             it is not there any more, or not open to us
│   ├── FileTooLarge         it has more bytes, pixels or minutes than are taken
│   ├── FileUnsupported      its bytes are of no kind that can be used for this
│   └── FileBroken           it cannot be decoded
├── PlatformError            a platform cannot be listened to; `fix` says what to do
└── SettingsError            a setting is wrong; the start stops
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Notice:
    """What the asker may be told: a message id of the catalogues and its parameters."""

    id: str
    params: Mapping[str, object] = field(default_factory=dict)


class BotError(Exception):
    """The root. `str(error)` is for the log and never holds a secret, `notice` is for the asker."""

    notice_id = "internal"

    @property
    def notice(self) -> Notice:
        """What the asker may be told."""
        return Notice(self.notice_id)


class Refused(BotError):
    """The request itself is at fault; nothing was tried."""


class BadOption(Refused):
    """An option of a command has no such value."""

    def __init__(self, notice_id: str, **params: object) -> None:
        super().__init__(f"{notice_id} {params}")
        self._notice = Notice(notice_id, params)

    @property
    def notice(self) -> Notice:
        return self._notice


class TooBusy(Refused):
    """A bound on waiting questions was reached."""

    notice_id = "too-busy"


class Fenced(BotError):
    """Another run of the same turn has taken over: stop at once and say nothing."""


class QuestionChanged(Fenced):
    """The run that answers the new question comes after this one, and writes last."""


class GatewayError(BotError):
    """The gateway did not give an answer.

    `request_id` is the gateway's own id of the call, for the log.
    """

    notice_id = "gateway-failed"

    def __init__(self, reason: str, *, model: str = "", request_id: str = "") -> None:
        super().__init__(reason)
        self.model = model
        self.request_id = request_id

    @property
    def notice(self) -> Notice:
        return Notice(self.notice_id, {"model": self.model})


class GatewayUnreachable(GatewayError):
    """No connection, or no first byte in time."""

    notice_id = "gateway-unreachable"


class GatewayBusy(GatewayError):
    """Limited or overloaded; `retry_after` is in seconds, None where the gateway did not say."""

    def __init__(self, reason: str, *, model: str = "", request_id: str = "", retry_after: float | None = None) -> None:
        super().__init__(reason, model=model, request_id=request_id)
        self.retry_after = retry_after

    @property
    def notice(self) -> Notice:
        if self.retry_after is None:
            return Notice("gateway-busy", {"model": self.model})
        return Notice("gateway-busy-until", {"model": self.model, "seconds": max(1, round(self.retry_after))})


class GatewayRejected(GatewayError):
    """It refuses the request: bad token, no balance, bad parameter. An operator has to look."""

    notice_id = "gateway-rejected"


class ModelUnavailable(GatewayError):
    """It does not have, or does not allow, this model."""

    notice_id = "model-unavailable"


class ContextTooLong(GatewayError):
    """The prompt does not fit the model."""

    notice_id = "context-too-long"


class PicturesRefused(GatewayError):
    """The model does not look at pictures at all (`blind`), or it cannot use these."""

    notice_id = "pictures-refused"

    def __init__(self, reason: str, *, model: str = "", request_id: str = "", blind: bool = True) -> None:
        super().__init__(reason, model=model, request_id=request_id)
        self.blind = blind

    @property
    def notice(self) -> Notice:
        return Notice("model-cannot-see" if self.blind else "pictures-refused", {"model": self.model})


class ContentRefused(GatewayError):
    """A filter or the model itself declined; `said` is the model's own refusal, empty where a filter acted."""

    notice_id = "content-refused"

    def __init__(self, reason: str, *, model: str = "", request_id: str = "", said: str = "") -> None:
        super().__init__(reason, model=model, request_id=request_id)
        self.said = said


class GatewayGarbled(GatewayError):
    """The answer broke off or could not be understood."""

    notice_id = "gateway-garbled"


class ChannelError(BotError):
    """The platform did not take what we said."""

    notice_id = "channel-failed"


class ChannelGone(ChannelError):
    """The place is gone or closed to us for good."""


class PostGone(ChannelGone):
    """A post of ours was taken away by somebody; the place itself is still there."""


class ChannelBusy(ChannelError):
    """Limited or down; nothing was done. Try again in `retry_after` seconds."""

    def __init__(self, reason: str, retry_after: float) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class PostRejected(ChannelError):
    """This post is not acceptable there."""


class StoppedByReader(ChannelError):
    """Somebody stopped the answer: by a button, a command or the platform's own means."""

    notice_id = "stopped"


class FileError(BotError):
    """One file cannot be used. `name` is what people call it."""

    notice_id = "file-failed"

    def __init__(self, reason: str, name: str = "") -> None:
        super().__init__(reason)
        self.name = name

    @property
    def notice(self) -> Notice:
        return Notice(self.notice_id, {"name": self.name})


class FileLost(FileError):
    """It is not there any more, or not open to us."""

    notice_id = "file-lost"


class FileTooLarge(FileError):
    """It has more bytes, pixels or minutes than are taken; `most` says how much would be, in words."""

    notice_id = "file-too-large"

    def __init__(self, reason: str, name: str = "", *, most: str = "") -> None:
        super().__init__(reason, name)
        self.most = most

    @property
    def notice(self) -> Notice:
        return Notice(self.notice_id, {"name": self.name, "most": self.most})


class FileUnsupported(FileError):
    """Its bytes are of no kind that can be used for this."""

    notice_id = "file-unsupported"


class FileBroken(FileError):
    """It cannot be decoded."""

    notice_id = "file-broken"


class PlatformError(BotError):
    """A platform cannot be listened to. `fix` is the exact thing to do, for the operator's log."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.fix = fix


class SettingsError(BotError):
    """A setting is wrong: which one, what is wrong with it, what would be right."""

    def __init__(self, name: str, wrong: str, right: str) -> None:
        super().__init__(f"{name}: {wrong}; {right}")
        self.name = name
