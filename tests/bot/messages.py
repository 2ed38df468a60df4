"""Messages as an adapter would hand them in."""

from datetime import UTC, datetime
from itertools import count

from bot.contract import Address, Addressed, Keys, MessageReceived, Origin, Person

HERE = Address("fake", "W1", "C1")
_numbers = count(1)


def question(text: str, at: Address = HERE) -> MessageReceived:
    """A question that nobody asked before."""
    number = next(_numbers)
    origin = Origin(at, Person("U1", "Ann"), f"Q{number}", "en")
    keys = Keys(f"Q{number}", at.place(f"Q{number}"))
    return MessageReceived(keys, origin, text, Addressed.BOT, datetime(2026, 11, 22, tzinfo=UTC))
