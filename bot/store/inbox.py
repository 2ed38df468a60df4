"""What was delivered before, by either key."""

from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, delete, select

from bot.contract import Keys
from bot.store.insert import insert_new
from bot.store.tables import inbox, message

_NOTE = insert_new(inbox).returning(inbox.c.id)
_OLDEST = select(inbox.c.id, inbox.c.received_at).order_by(inbox.c.id).limit(bindparam("most_"))
_FORGET = delete(inbox).where(inbox.c.id.in_(bindparam("ids_", expanding=True)))
_NOTED = select(inbox.c.place_key).where(inbox.c.place_key.in_(bindparam("keys", expanding=True)))
_KEPT = select(message.c.place_key).where(message.c.place_key.in_(bindparam("keys", expanding=True)))


def note(connection: Connection, keys: Keys, now: datetime) -> int | None:
    """The inbox row of a delivery; None when one of its keys was seen before."""
    row = {"event_key": keys.event, "place_key": keys.place, "received_at": now}
    return connection.execute(_NOTE, row).scalar()


def first_seen(connection: Connection, keys: Keys) -> bool:
    """Note a delivery that makes no turn."""
    return note(connection, keys, datetime.now(UTC)) is not None


def forget(connection: Connection, before: datetime, most: int) -> int:
    """Drop the oldest deliveries, those before that time and so many at most; how many they were."""
    rows = connection.execute(_OLDEST, {"most_": most})
    old = [id_ for id_, received_at in rows if received_at < before]
    if old:
        connection.execute(_FORGET, {"ids_": old})
    return len(old)


def unseen(connection: Connection, keys: list[str]) -> frozenset[str]:
    """Those place keys of which nothing was ever delivered or remembered."""
    noted = connection.execute(_NOTED, {"keys": keys}).scalars()
    kept = connection.execute(_KEPT, {"keys": keys}).scalars()
    return frozenset(keys) - {*noted, *kept}
