"""What the paid calls of a turn have made besides its answer, and what was heard: kept while it runs."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count

from sqlalchemy import Connection, Text, bindparam, cast, select, update

from bot.made import Made
from bot.model import Message, TurnId
from bot.store import turns
from bot.store.database import Database
from bot.store.insert import insert_new
from bot.store.tables import SHOWS_FILES, inbox, made, message, turn

_MADE = (
    select(made.c.request, made.c.made)
    .where(made.c.turn_id == bindparam("turn_"))
    .order_by(made.c.made_at, made.c.request)
)
_KEEP = insert_new(made)
_HEARD = (
    update(message)
    .where(message.c.conversation_id == bindparam("conversation_"), message.c.position == bindparam("position_"))
    .values(body=bindparam("text_"), attachments=bindparam("files_", type_=message.c.attachments.type))
)
SHOWN = select(cast(message.c.attachments, Text)).where(SHOWS_FILES)
"""The statement that finds the messages with files; it reads an index of these alone."""
_OPEN = select(cast(made.c.made, Text)).join(turn, turn.c.id == made.c.turn_id).where(turn.c.closed_at.is_(None))
_ASKED = (
    select(inbox.c.turn_id, turn.c.closed_at)
    .outerjoin(turn, turn.c.id == inbox.c.turn_id)
    .where(inbox.c.place_key == bindparam("key_"))
)
_BLOB = re.compile(r"\b[0-9a-f]{64}\b")


class Works:
    """Every method is one transaction; those that take an `attempt` raise `Fenced` as the store's do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def made(self, turn: TurnId) -> Mapping[str, Made]:
        """All that a turn's paid calls have made, by request, in the order in which they were paid."""
        return await self._database.read(_made, turn)

    async def keep(self, turn: TurnId, attempt: int, request: str, thing: Made) -> None:
        """Keep what a paid call has made, once: what is there stays."""
        await self._database.tx(_keep, turn, attempt, request, thing)

    async def heard(self, turn: TurnId, attempt: int, said: Message) -> None:
        """Give a remembered message of the turn's conversation these words and files."""
        await self._database.tx_relaxed(_heard, turn, attempt, said)

    async def next_place(self, stem: str) -> str:
        """The place key for what may be asked again once it is done, and not before: `STEM:0`, `STEM:1` …"""
        return await self._database.read(_next_place, stem)

    async def used(self) -> frozenset[str]:
        """The blobs that the history or an open turn still refers to."""
        return await self._database.read(_used)


def _made(connection: Connection, turn_id: TurnId) -> Mapping[str, Made]:
    return {found[0]: found[1] for found in connection.execute(_MADE, {"turn_": turn_id})}


def _keep(connection: Connection, turn_id: TurnId, attempt: int, request: str, thing: Made) -> None:
    turns.check(connection, turn_id, attempt)
    row = {"turn_id": turn_id, "request": request, "made": thing, "made_at": datetime.now(UTC)}
    connection.execute(_KEEP, row)


def _heard(connection: Connection, turn_id: TurnId, attempt: int, said: Message) -> None:
    conversation = turns.check(connection, turn_id, attempt)
    new = {"conversation_": conversation, "position_": said.seq, "text_": said.text, "files_": said.attachments}
    connection.execute(_HEARD, new)


def _next_place(connection: Connection, stem: str) -> str:
    for number in count():
        key = f"{stem}:{number}"
        found = connection.execute(_ASKED, {"key_": key}).one_or_none()
        if found is None or (found[0] is not None and found[1] is None):
            return key
    raise AssertionError("numbers have no end")


def _used(connection: Connection) -> frozenset[str]:
    texts = [*connection.execute(SHOWN).scalars(), *connection.execute(_OPEN).scalars()]
    return frozenset(blob for text in texts for blob in _BLOB.findall(str(text)))
