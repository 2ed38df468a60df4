"""What already stands in a place: read to fill a gap, and to see whether a post of ours arrived."""

import logging
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapters.slack import mrkdwn
from adapters.slack.api import Api
from adapters.slack.events import Payload, address_of, is_spoken, message_of
from adapters.slack.files import Files
from adapters.slack.people import People
from adapters.slack.values import Identity
from bot.contract import Address, MessageReceived, PostId, Survey

log = logging.getLogger("parley.slack")

_PAGE = 200
_PAGES = 10
"""A thread is told from its beginning: to see its newest messages, all pages have to be turned, up to so many.

How Slack orders a channel's pages behind a moment is not written down, so there it is done likewise.
"""

_SURVEYED = 5
"""Pages of a channel that one look at it may turn: each is a call, of which a workspace has 50 a minute."""


class History:
    """The reader of one installation."""

    def __init__(self, api: Api, people: People, files: Files, me: Identity) -> None:
        self._api = api
        self._people = people
        self._files = files
        self._me = me

    async def newest(self, address: Address, after: str | None, limit: int) -> Sequence[MessageReceived]:
        """The newest messages of a place, oldest first, ours and other bots' too.

        Each stands at the address and under the place key that its event would have had.
        """
        raw = await self._raw(address, after, limit, sparing=True)
        spoken = {str(found["ts"]): found for found in raw if is_spoken(found)}
        chosen = [spoken[ts] for ts in sorted(spoken, key=instant) if after is None or instant(ts) > instant(after)]
        return await self._events(address, chosen[-limit:])

    async def survey(
        self, channel: Address, threads: Sequence[Address], after: str | None, since: datetime, limit: int
    ) -> Survey:
        """A channel's own history tells of each thread when somebody last spoke in it.

        That stands with the thread's first message, so as many pages are turned as it takes to reach those of the
        threads that matter.
        """
        start = max(f"{since.timestamp():.6f}", after or "0", key=instant)
        raw = await self._back_to(channel, min([start, *(thread.thread or start for thread in threads)], key=instant))
        flat = [found for found in raw if is_spoken(found) and instant(found["ts"]) > instant(start)]
        grown = sorted(
            (found for found in raw if _has_grown(found, start)),
            key=lambda found: instant(_newest(found)),
            reverse=True,
        )
        shown = {str(found["ts"]) for found in raw}
        return Survey(
            messages=await self._events(channel, flat[-limit:]),
            fresh=[replace(channel, thread=str(found["ts"])) for found in grown],
            hidden=[thread for thread in threads if thread.thread not in shown],
            upto=max(map(_newest, raw), key=instant, default=after),
        )

    async def _events(self, address: Address, chosen: Sequence[Payload]) -> Sequence[MessageReceived]:
        chosen = [await self._files.filled(address, found) for found in chosen]
        profiles = await self._people.of(_strangers(chosen, self._me))
        return [
            message_of(found, self._where(found, address), self._me, profiles, address.place(found["ts"]))
            for found in chosen
        ]

    async def ours(
        self, address: Address, since: str, keys: Sequence[str], known: Collection[PostId]
    ) -> Mapping[str, PostId]:
        """Our posts after a moment by the keys they were sent with; `known` ones belong elsewhere.

        A stream shows its key only once it is finished, and Slack gives texts back in another form than it took
        them. So a post that shows none and that nobody knows is taken for the first key that is missing.
        """
        mine = await self._mine(address, since, known)
        told = [(_key(found, keys), PostId(str(found["ts"]))) for found in mine]
        named = {key: post_id for key, post_id in reversed(told) if key in keys}
        nameless = [post_id for key, post_id in told if not key]
        missing = [key for key in keys if key not in named]
        return {**named, **dict(zip(missing, nameless, strict=False))}

    async def keyed(self, address: Address, since: str, key: str) -> PostId | None:
        """Our post after a moment that shows this key, and no other."""
        shown = [found for found in await self._mine(address, since, ()) if _key(found, [key]) == key]
        return PostId(str(shown[0]["ts"])) if shown else None

    async def _mine(self, address: Address, since: str, known: Collection[PostId]) -> list[Payload]:
        raw = await self._raw(address, since, _PAGE * _PAGES, sparing=False)
        return [found for found in raw if self._is_lost(found, since, known)]

    def _is_lost(self, found: Payload, since: str, known: Collection[PostId]) -> bool:
        mine = found.get("user") == self._me.user or found.get("bot_id") == self._me.bot
        return mine and is_spoken(found) and instant(found["ts"]) > instant(since) and found["ts"] not in known

    def _where(self, found: Payload, address: Address) -> Address:
        if address.thread is not None:
            return address
        # The first message of a thread names itself as its thread here, which its event did not yet.
        thread = found.get("thread_ts") if found.get("thread_ts") != found["ts"] else None
        event = {**found, "channel": address.channel, "thread_ts": thread}
        return address_of(event, self._me, address.workspace)

    async def _raw(self, address: Address, after: str | None, limit: int, *, sparing: bool) -> list[Payload]:
        """The newest messages, in order. All pages are turned where Slack may tell them from the oldest on."""
        method = "conversations.history" if address.thread is None else "conversations.replies"
        if address.thread is None and after is None:
            told = await self._told(method, address, sparing=sparing, limit=min(limit, _PAGE))
            return _in_order(told.get("messages", ()))
        found: list[Payload] = []
        cursor: str | None = None
        for _ in range(_PAGES):
            told = await self._told(method, address, sparing=sparing, oldest=after, limit=_PAGE, cursor=cursor)
            found = _in_order([*found, *told.get("messages", ())])[-max(limit, _PAGE) :]
            cursor = (told.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return found
        log.warning("slack_thread_too_long channel=%s thread=%s", address.channel, address.thread)
        return found

    async def _back_to(self, channel: Address, ts: str) -> list[Payload]:
        """A flat channel's messages in order, from the newest back to a moment, or as far as a look may go."""
        found: list[Payload] = []
        cursor: str | None = None
        for _ in range(_SURVEYED):
            told = await self._told("conversations.history", channel, sparing=True, limit=_PAGE, cursor=cursor)
            found = _in_order([*told.get("messages", ()), *found])
            cursor = (told.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None or instant(str(found[0]["ts"])) <= instant(ts):
                break
        return found

    async def _told(self, method: str, address: Address, *, sparing: bool, **arguments: object) -> Payload:
        if sparing:
            await self._api.limits.spend_on_reading(method, address)
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


def _key(found: Payload, keys: Iterable[str]) -> str:
    """What a post was sent with: as it says itself, else the one of these that the name of one of its files holds.

    Files of ours that were named otherwise belong to something else. No key at all is only that of a stream.
    """
    metadata: Any = found.get("metadata") or {}
    key = str((metadata.get("event_payload") or {}).get("key", ""))
    names = " ".join(str(file.get("name") or "?") for file in found.get("files") or ())
    held = [each for each in keys if re.search(rf"(?<!\w){re.escape(each)}(?!\w)", names)]
    return key or max(held, key=len, default=names)


def _newest(found: Payload) -> str:
    """The newest message that is seen by this one: itself, or the last one of its thread."""
    return max(str(found["ts"]), str(found.get("latest_reply") or 0), key=instant)


def _has_grown(found: Payload, start: str) -> bool:
    """A thread that does not tell of its last message may have grown at any time."""
    return bool(found.get("reply_count")) and ("latest_reply" not in found or instant(_newest(found)) > instant(start))


def _in_order(messages: Iterable[Payload]) -> list[Payload]:
    return sorted(messages, key=lambda found: instant(str(found["ts"])))


def instant(ts: str) -> tuple[int, int]:
    """A Slack timestamp in order; as a float the last of its digits would be lost."""
    seconds, _, rest = ts.partition(".")
    return int(seconds), int(rest or 0)
