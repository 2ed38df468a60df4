"""A command's reply address: five answers within thirty minutes
(https://docs.slack.dev/interactivity/handling-user-interaction#message_responses)."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping

from adapters.slack import markup

Respond = Callable[[str, Mapping[str, object]], Awaitable[bool]]
"""Posts a body to an address; False when it is not taken."""

_USES = 5
_MOST = 2_000
_FALLBACK = 3_000


class Responses:
    """Counts how often each address was used; Slack itself refuses what a restart made us forget."""

    def __init__(self) -> None:
        self._used: OrderedDict[str, int] = OrderedDict()

    async def say(self, respond: Respond, url: str, text: str) -> bool:
        """Tell the asker alone; False when the address cannot be used (again)."""
        if not url or self._used.get(url, 0) >= _USES:
            return False
        self._used[url] = self._used.get(url, 0) + 1
        while len(self._used) > _MOST:
            self._used.popitem(last=False)
        return await respond(url, body(text))


def body(text: str) -> dict[str, object]:
    """A private answer; the bare `text` is what a notification and a screen reader say."""
    shown = markup.neutral(text)
    bare = markup.escape(markup.clip(text, _FALLBACK))
    block = {"type": "markdown", "text": shown}
    return {"response_type": "ephemeral", "replace_original": False, "text": bare, "blocks": [block]}
