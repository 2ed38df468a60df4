"""A typed line to an Event."""

from datetime import datetime

from adapters.terminal.settings import TerminalSettings
from bot.contract import Address, Addressed, Keys, MessageReceived, Origin, Person

NAME = "terminal"


def message_received(line: str, message_id: str, sent_at: datetime, settings: TerminalSettings) -> MessageReceived:
    """Every line speaks to the bot; `message_id` must be new in every run."""
    address = Address(NAME, "local", settings.user)
    origin = Origin(address, Person(settings.user, settings.user), message_id, settings.locale)
    place = address.place(message_id)
    return MessageReceived(Keys(event=place, place=place), origin, line, Addressed.BOT, sent_at)
