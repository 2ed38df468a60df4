"""Slack's rate limits in one table, as budgets that the whole process shares.

The numbers are per workspace and minute (https://docs.slack.dev/apis/web-api/rate-limits); where Slack says
otherwise in a `Retry-After`, that is obeyed instead.
"""

from dataclasses import dataclass

from bot.contract import Address, Budget, Host
from bot.errors import ChannelBusy

PATIENCE = 1.0
"""Seconds that a verb may wait inside the adapter; more is for `Reply` to wait, which can still be stopped."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls of a method in so many seconds.

    `form` methods read and take query parameters, the others JSON. A `repeatable` one may be sent again when
    nobody knows whether it arrived. `per_channel` limits count each channel by itself.
    """

    count: int
    seconds: float = 60.0
    form: bool = False
    repeatable: bool = True
    per_channel: bool = False


LIMITS = {
    "agents.sessions.setStatus": Limit(50),
    "assistant.threads.setStatus": Limit(300),
    "auth.test": Limit(100),
    "chat.appendStream": Limit(100, repeatable=False),
    "chat.delete": Limit(50),
    "chat.postEphemeral": Limit(100),
    "chat.postMessage": Limit(5, 5.0, repeatable=False, per_channel=True),
    "chat.startStream": Limit(20, repeatable=False),
    "chat.stopStream": Limit(20),
    "chat.update": Limit(50),
    "conversations.history": Limit(50, form=True),
    "conversations.replies": Limit(50, form=True),
    "files.completeUploadExternal": Limit(100, repeatable=False),
    "files.getUploadURLExternal": Limit(100, form=True),
    "files.info": Limit(100, form=True),
    "users.info": Limit(100, form=True),
}

_PROGRESS = Limit(30)
"""What edits on the way may take of `chat.update`, so that the last edits of others still find room."""

_READING = Limit(35)
"""What reading up on a place may take of a reading method, so that a look for a lost post still finds room."""


class Limits:
    """The budgets of one installation, by method and workspace."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def spend(self, method: str, address: Address) -> None:
        """Take one call. Raises `ChannelBusy` where that would take longer than a second."""
        await _take(self.budget(method, address), method)

    async def spend_on_reading(self, method: str, address: Address) -> None:
        """Take one of the calls that are not for looking up lost posts. Raises `ChannelBusy` likewise."""
        key = f"slack:{address.workspace}:{method}:reading"
        await _take(self._host.budget(key, _READING.count, _READING.seconds), method)

    def spare(self, method: str, address: Address) -> bool:
        """A call that may as well be left out can be made now without a wait."""
        if self.budget(method, address).wait() > 0:
            return False
        if method != "chat.update":
            return True
        return self._host.budget(f"slack:{address.workspace}:progress", _PROGRESS.count, _PROGRESS.seconds).try_take()

    def budget(self, method: str, address: Address) -> Budget:
        """The budget itself."""
        limit = LIMITS[method]
        place = f"{address.workspace}:{address.channel}" if limit.per_channel else address.workspace
        return self._host.budget(f"slack:{place}:{method}", limit.count, limit.seconds)


async def _take(budget: Budget, method: str) -> None:
    if (wait := budget.wait()) > PATIENCE:
        raise ChannelBusy(f"the budget of {method} is used up", wait)
    await budget.take()
