"""What already stands in a place: read to fill a gap, and to see whether a post of ours arrived."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from adapters.slack import mrkdwn
from adapters.slack.api import Api
from adapters.slack.events import Payload, is_spoken, message_of
from adapters.slack.markup import neutral
from adapters.slack.people import People
from adapters.slack.values import Identity
from bot.contract import Address, MessageReceived, PostId

log = logging.getLogger("parley.slack")

_PAGE = 200
_PAGES = 10
"""A thread is told from its beginning: to see its newest messages, all pages have to be turned, up to so many."""


class History:
    """The reader of one installation."""

    def __init__(self, api: Api, people: People, me: Identity) -> None:
        self._api = api
        self._people = people
        self._me = me

    async def newest(self, address: Address, after: str | None, limit: int) -> Sequence[MessageReceived]:
        """The newest messages of a place, oldest first, ours and other bots' too."""
        spoken = {str(found["ts"]): found for found in await self._raw(address, after, limit) if is_spoken(found)}
        chosen = [spoken[ts] for ts in sorted(spoken, key=_instant) if after is None or _instant(ts) > _instant(after)]
        chosen = chosen[-limit:]
        profiles = await self._people.of(_strangers(chosen, self._me))
        return [message_of(found, address, self._me, profiles, address.place(found["ts"])) for found in chosen]

    async def ours(self, address: Address, since: str, key: str, text: str) -> PostId | None:
        """The post of ours that was sent with that key (a stream has none: with that text) after a moment."""
        for found in await self._raw(address, since, _PAGE):
            mine = found.get("user") == self._me.user or found.get("bot_id") == self._me.bot
            if mine and (_key(found) == key or (not _key(found) and found.get("text") in (text, neutral(text)))):
                return PostId(str(found["ts"]))
        return None

    async def _raw(self, address: Address, after: str | None, limit: int) -> list[Payload]:
        if address.thread is None:
            return await self._page("conversations.history", address, oldest=after, limit=min(limit, _PAGE))
        found: list[Payload] = []
        cursor: str | None = None
        for _ in range(_PAGES):
            told = await self._told("conversations.replies", address, oldest=after, limit=_PAGE, cursor=cursor)
            found = [*found, *told.get("messages", ())][-max(limit, _PAGE) :]
            cursor = (told.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return found
        log.warning("slack_thread_too_long channel=%s thread=%s", address.channel, address.thread)
        return found

    async def _page(self, method: str, address: Address, **arguments: object) -> list[Payload]:
        return list((await self._told(method, address, **arguments)).get("messages", ()))

    async def _told(self, method: str, address: Address, **arguments: object) -> Payload:
        return await self._api.call(
            method,
            address,
            channel=address.channel,
            ts=address.thread,
            include_all_metadata="true",
            **arguments,
        )


def _strangers(messages: Iterable[Payload], me: Identity) -> frozenset[str]:
    writers = {str(found.get("user") or "") for found in messages if not found.get("bot_id")}
    mentions = (mrkdwn.mentioned(found.get("text") or "") for found in messages)
    return frozenset(writers).union(*mentions) - {me.user, ""}


def _key(found: Payload) -> str:
    metadata: Any = found.get("metadata") or {}
    return str((metadata.get("event_payload") or {}).get("key", ""))


def _instant(ts: str) -> tuple[int, int]:
    """A Slack timestamp in order; as a float the last of its digits would be lost."""
    seconds, _, rest = ts.partition(".")
    return int(seconds), int(rest or 0)
