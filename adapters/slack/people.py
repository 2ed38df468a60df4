"""Who is who: names and languages of users, remembered for an hour and asked for in bounded time."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.slack.values import Profile
from bot.errors import ChannelError

log = logging.getLogger("parley.slack")

Ask = Callable[[str], Awaitable[Mapping[str, Any]]]
"""A user's id -> the `user` object of `users.info`. Raises `ChannelError`."""

KEPT_S = 3600.0
FORGOTTEN_S = 60.0
"""How long a failed question is not asked again."""
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Known:
    profile: Profile | None
    until: float


class People:
    """The cache. A question that takes longer than `patience` goes on, so that the next message knows the answer."""

    def __init__(self, ask: Ask, *, patience: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._patience = patience
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def of(self, users: Iterable[str]) -> Mapping[str, Profile]:
        """The profiles of those users that can be had in time; the others are missing."""
        wanted = [user for user in users if user]
        unknown = [user for user in wanted if not self._fresh(user)]
        if unknown:
            await asyncio.wait([self._question(user) for user in unknown], timeout=self._patience)
        found = ((user, self._known.get(user)) for user in wanted)
        return {user: known.profile for user, known in found if known is not None and known.profile is not None}

    async def aclose(self) -> None:
        """End the questions that are still out."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _fresh(self, user: str) -> bool:
        known = self._known.get(user)
        return known is not None and known.until > self._clock()

    def _question(self, user: str) -> asyncio.Task[None]:
        if user not in self._asking:
            task = asyncio.create_task(self._learn(user))
            self._asking[user] = task
            task.add_done_callback(lambda _: self._asking.pop(user, None))
        return self._asking[user]

    async def _learn(self, user: str) -> None:
        profile: Profile | None
        try:
            profile, kept = read_profile(user, await self._ask(user)), KEPT_S
        except ChannelError as error:
            log.info("slack_user_unknown user=%s reason=%s", user, error)
            profile, kept = self._known[user].profile if user in self._known else None, FORGOTTEN_S
        self._known[user] = _Known(profile, self._clock() + kept)
        self._known.move_to_end(user)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)


def read_profile(user: str, found: Mapping[str, Any]) -> Profile:
    """A `user` object as a Profile: the display name, else the full one, else the handle, else the id."""
    shown = found.get("profile") or {}
    names = (shown.get("display_name"), shown.get("real_name"), found.get("real_name"), found.get("name"), user)
    moderator = any(found.get(role) for role in ("is_admin", "is_owner", "is_primary_owner"))
    return Profile(next(str(name) for name in names if name), found.get("locale") or None, moderator)
