"""A typed line to an Event."""

from datetime import datetime

from adapters.terminal.files import Typed
from adapters.terminal.settings import TerminalSettings
from bot.contract import Address, Addressed, Keys, MessageReceived, Origin, Person

NAME = "terminal"


def event(typed: Typed, message_id: str, sent_at: datetime, settings: TerminalSettings) -> MessageReceived:
    """Every line speaks to the bot; `message_id` must be new in every run.

    Commands are told from questions by the engine, which reads their options too.
    """
    address = Address(NAME, "local", settings.user)
    origin = Origin(address, Person(settings.user, settings.user), message_id, settings.locale)
    place = address.place(message_id)
    keys = Keys(event=place, place=place)
    return MessageReceived(keys, origin, typed.text, Addressed.BOT, sent_at, typed.attachments)
