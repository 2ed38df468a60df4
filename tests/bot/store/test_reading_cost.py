"""What is read on the way of every message is read from an index, however much there is."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import ClauseElement, Connection, insert, text

from bot.contract import PersonKind
from bot.store.claiming import OLDEST
from bot.store.database import Database, connect
from bot.store.messages import NEWEST
from bot.store.tables import conversation, message, turn
from bot.store.works import SHOWN
from tests.bot.store.builders import ANN, CHANNEL, NOON, said

_CONVERSATIONS = 20
_MESSAGES = 100


@pytest.fixture
async def full(database_url: str) -> AsyncIterator[Database]:
    """A database with enough in it that the planner has a choice."""
    database = await connect(database_url)
    await database.tx(_fill)
    yield database
    await database.close()


async def test_a_window_is_read_from_the_end_of_its_index(full: Database) -> None:
    ends = {"conversation_": 1, "after": -(2**62), "before": 2**62, "limit_": 10}
    plan = await full.tx(_plan, NEWEST.params(ends))
    sqlite, postgresql = "(conversation_id=? AND position>? AND position<?)", "uq_message_conversation_id_position"
    assert sqlite in plan or f"Index Scan Backward using {postgresql}" in plan
    _assert_only_searched(plan)


async def test_the_next_turn_is_read_from_the_index_of_open_ones(full: Database) -> None:
    plan = await full.tx(_plan, OLDEST.params(conversation_=1))
    assert "ix_turn_open" in plan
    _assert_only_searched(plan)


async def test_our_own_files_are_found_by_the_index_of_messages_that_show_some(full: Database) -> None:
    plan = await full.tx(_plan, SHOWN)
    assert "ix_message_files" in plan


def _assert_only_searched(plan: str) -> None:
    for costly in ("SCAN message", "SCAN turn", "TEMP B-TREE", "Seq Scan", "Sort", "Bitmap"):
        assert costly not in plan


def _plan(connection: Connection, statement: ClauseElement) -> str:
    spelled = statement.compile(connection, compile_kwargs={"literal_binds": True})
    if connection.dialect.name == "sqlite":
        return "\n".join(row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {spelled}")))
    return "\n".join(connection.execute(text(f"EXPLAIN {spelled}")).scalars())


def _fill(connection: Connection) -> None:
    for number in range(1, _CONVERSATIONS + 1):
        connection.execute(insert(conversation), _place(number))
        connection.execute(insert(message), [_message(number, position) for position in range(_MESSAGES)])
        connection.execute(insert(turn), [_closed_turn(number) for _ in range(_MESSAGES)])
    connection.execute(text("ANALYZE"))


def _place(number: int) -> dict[str, object]:
    place = {"platform": "slack", "workspace": "T1", "channel": f"C{number}", "thread": ""}
    return {"id": number, **place, "newest": _MESSAGES, "live": _MESSAGES, "adopted": True, "created_at": NOON}


def _message(number: int, position: int) -> dict[str, object]:
    who = {"role": "user", "author_id": ANN.id, "author_name": ANN.name, "author_kind": PersonKind.HUMAN}
    what = {"body": "Hello " * 20, "attachments": (), "sent_at": NOON}
    return {"conversation_id": number, "position": position, "seq": 0, **who, **what}


def _closed_turn(number: int) -> dict[str, object]:
    origin = said("1", "", at=CHANNEL).origin
    return {
        "conversation_id": number,
        "state": "done",
        "attempt": 1,
        "origin": origin,
        "created_at": NOON,
        "closed_at": NOON,
    }
