"""What is known of the places in which something may have been missed, and how far each of them was read."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from bot.contract import Address
from bot.store import inbox, turns
from bot.store.database import Database
from bot.store.insert import put
from bot.store.tables import mark

FORGOTTEN_AT_ONCE = 500
"""So that a question never waits long behind it."""

_MARKS = select(mark.c.workspace, mark.c.channel, mark.c.upto).where(mark.c.platform == bindparam("platform_"))


class Missed:
    """Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def active(self, platform: str, since: datetime) -> tuple[Address, ...]:
        """The places in which a question was asked since then, the latest first."""
        return await self._database.read(turns.active, platform, since)

    async def unseen(self, keys: Sequence[str]) -> frozenset[str]:
        """Those place keys of which nothing was ever delivered or remembered."""
        return await self._database.read(inbox.unseen, list(keys))

    async def forget(self, before: datetime) -> int:
        """Drop what was noted of deliveries before that time, some hundreds at most; how many there were.

        What was said in them stays where it was remembered.
        """
        return await self._database.tx_relaxed(inbox.forget, before, FORGOTTEN_AT_ONCE)

    async def marks(self, platform: str) -> Mapping[Address, str]:
        """How far each flat channel was read: the id of a message up to which all was taken in."""
        return await self._database.read(_marks, platform)

    async def read_upto(self, channel: Address, upto: str) -> None:
        """All that was said in this channel and its threads up to this message is taken in."""
        await self._database.tx_relaxed(_read_upto, channel, upto)


def _marks(connection: Connection, platform: str) -> Mapping[Address, str]:
    rows = connection.execute(_MARKS, {"platform_": platform})
    return {Address(platform, workspace, channel): upto for workspace, channel, upto in rows}


def _read_upto(connection: Connection, channel: Address, upto: str) -> None:
    key = {"platform": channel.platform, "workspace": channel.workspace, "channel": channel.channel}
    put(connection, mark, key, {"upto": upto})
