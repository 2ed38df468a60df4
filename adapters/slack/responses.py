"""The reply address of a command or a press: five answers within thirty minutes
(https://docs.slack.dev/interactivity/handling-user-interaction#message_responses)."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping

from adapters.slack import blocks, markup

Respond = Callable[[str, Mapping[str, object]], Awaitable[bool]]
"""Posts a body to an address; False when it is not taken."""

_USES = 5
_MOST = 2_000


class Responses:
    """Counts how often each address was used; Slack itself refuses what a restart made us forget."""

    def __init__(self) -> None:
        self._used: OrderedDict[str, int] = OrderedDict()

    async def say(self, respond: Respond, url: str, text: str, thread: str | None = None) -> bool:
        """Tell the asker alone; False when the address cannot be used (again)."""
        if not url or self._used.get(url, 0) >= _USES:
            return False
        self._used[url] = self._used.get(url, 0) + 1
        while len(self._used) > _MOST:
            self._used.popitem(last=False)
        return await respond(url, body(text, thread))


def body(text: str, thread: str | None = None) -> dict[str, object]:
    """A private answer that leaves the post with the button alone; a press in a thread is answered there."""
    place = {} if thread is None else {"thread_ts": thread}
    said = blocks.content(markup.neutral(text), ())
    return {"response_type": "ephemeral", "replace_original": False, **said, **place}
