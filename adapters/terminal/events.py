"""A typed line to an Event."""

from datetime import datetime

from adapters.terminal.files import Typed
from adapters.terminal.settings import TerminalSettings
from bot.contract import Address, Addressed, CommandInvoked, Keys, MessageReceived, Origin, Person

NAME = "terminal"


def event(
    typed: Typed, message_id: str, sent_at: datetime, settings: TerminalSettings
) -> MessageReceived | CommandInvoked:
    """Every line speaks to the bot; `message_id` must be new in every run.

    Commands that take no file are told from questions by the engine.
    """
    address = Address(NAME, "local", settings.user)
    origin = Origin(address, Person(settings.user, settings.user), message_id, settings.locale)
    place = address.place(message_id)
    keys = Keys(event=place, place=place)
    if typed.command is None:
        return MessageReceived(keys, origin, typed.text, Addressed.BOT, sent_at, typed.attachments)
    words = next((option.name for option in typed.command.options if not option.file), None)
    options = {words: typed.text} if words is not None and typed.text else {}
    return CommandInvoked(keys, origin, typed.command.name, options, sent_at, typed.attachments)
