"""What was delivered before, by either key."""

from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, select

from bot.contract import Keys
from bot.store.insert import insert_new
from bot.store.tables import inbox, message

_NOTE = insert_new(inbox).returning(inbox.c.id)
_NOTED = select(inbox.c.place_key).where(inbox.c.place_key.in_(bindparam("keys", expanding=True)))
_KEPT = select(message.c.place_key).where(message.c.place_key.in_(bindparam("keys", expanding=True)))


def note(connection: Connection, keys: Keys, now: datetime) -> int | None:
    """The inbox row of a delivery; None when one of its keys was seen before."""
    row = {"event_key": keys.event, "place_key": keys.place, "received_at": now}
    return connection.execute(_NOTE, row).scalar()


def first_seen(connection: Connection, keys: Keys) -> bool:
    """Note a delivery that makes no turn."""
    return note(connection, keys, datetime.now(UTC)) is not None


def unseen(connection: Connection, keys: list[str]) -> frozenset[str]:
    """Those place keys of which nothing was ever delivered or remembered."""
    noted = connection.execute(_NOTED, {"keys": keys}).scalars()
    kept = connection.execute(_KEPT, {"keys": keys}).scalars()
    return frozenset(keys) - {*noted, *kept}
