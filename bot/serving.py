"""Commands that are answered at once, past the lanes."""

from bot.contract import Command, CommandInvoked
from bot.errors import BotError, Notice
from bot.features import FUNCTIONS, Kit
from bot.telling import Teller, incident


async def serve(kit: Kit, teller: Teller, table: tuple[Command, ...], event: CommandInvoked) -> tuple[Notice, bool]:
    """Run the command: what it has to say, and whether that is for the asker alone."""
    private = next((command.private for command in table if command.name == event.name), True)
    try:
        return await FUNCTIONS[event.name](kit, event.origin, event.options), private
    except BotError as error:
        return teller.explain(error), True
    except Exception:  # it runs as an errand without a caller: whatever broke, the asker is told
        return incident(f"command={event.name}"), True
