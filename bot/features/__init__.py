"""The one table: which command is which function."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.contract import Command, Option, Origin
from bot.errors import Notice
from bot.features import conversation, steering
from bot.features.kit import Defaults, Kit
from bot.features.steering import Steer
from bot.gateway.catalogue import Catalogue
from bot.words import Words

__all__ = ["ASK", "FUNCTIONS", "STEERING", "Defaults", "Function", "Kit", "Said", "Steer", "commands", "parse"]

ASK = "ask"
"""The command that becomes a turn of its own instead of a reply at once."""

Function = Callable[[Kit, Origin, Mapping[str, str]], Awaitable[Notice]]

FUNCTIONS: Mapping[str, Function] = {
    "new": conversation.new,
    "model": conversation.model,
    "persona": conversation.persona,
    "context": conversation.context,
    "cleanup": steering.cleanup,
    "help": conversation.usage,
}

STEERING: Mapping[str, Steer] = {"stop": steering.stop, "retry": steering.retry, "undo": steering.undo}


@dataclass(frozen=True, slots=True)
class Said:
    """A command as text: its name and options."""

    name: str
    options: Mapping[str, str]


def commands(words: Words, catalogue: Catalogue) -> tuple[Command, ...]:
    """Every command with its texts in all languages, for the platforms to register."""

    suggests: Mapping[tuple[str, str], Callable[[str], Sequence[str]]] = {
        ("model", "name"): catalogue.suggest,
        ("cleanup", "answers"): lambda prefix: [word for word in steering.CLEANUPS if word.startswith(prefix.lower())],
    }

    def option(command: str, name: str, *, required: bool = False) -> Option:
        return Option(name, words.every(f"option-{command}-{name}"), required, suggests.get((command, name)))

    def command(name: str, *options: Option, private: bool = True) -> Command:
        return Command(name, words.every(f"command-{name}"), options, private)

    return (
        command(ASK, option(ASK, "question", required=True), private=False),
        command("new", private=False),
        command("model", option("model", "name")),
        command("persona", option("persona", "text")),
        command("context"),
        command("stop"),
        command("retry"),
        command("undo"),
        command("cleanup", option("cleanup", "answers")),
        command("help"),
    )


def parse(text: str, table: tuple[Command, ...]) -> Said | None:
    """A command written as a message ("/model gpt-5.4"), for places without commands; None for any other text.

    All that follows the name is the first option.
    """
    if not text.startswith("/"):
        return None
    name, rest = [*text[1:].split(maxsplit=1), "", ""][:2]
    command = next((command for command in table if command.name == name.lower()), None)
    if command is None:
        return None
    return Said(command.name, {option.name: rest.strip() for option in command.options[:1] if rest.strip()})
