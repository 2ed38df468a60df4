"""The one table: which command is which function."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.contract import Command, CommandInvoked, Option, Origin
from bot.errors import Notice
from bot.features import conversation, picturing, speaking, steering, transcribing, varying
from bot.features.kit import Defaults, Kit, Workshop
from bot.features.scene import Make
from bot.features.steering import Steer
from bot.features.voice import suggest_aloud, suggest_notes, voice
from bot.gateway.catalogue import Catalogue
from bot.made import Task
from bot.words import Words

__all__ = [
    "ASK",
    "FUNCTIONS",
    "STEERING",
    "TASKS",
    "Defaults",
    "Function",
    "Kit",
    "Said",
    "Steer",
    "Workshop",
    "commands",
    "parse",
    "written",
]

ASK = "ask"
"""The command that becomes a turn of its own instead of a reply at once."""

Function = Callable[[Kit, Origin, Mapping[str, str]], Awaitable[Notice]]

FUNCTIONS: Mapping[str, Function] = {
    "new": conversation.new,
    "model": conversation.model,
    "persona": conversation.persona,
    "context": conversation.context,
    "voice": voice,
    "cleanup": steering.cleanup,
    "help": conversation.usage,
}

TASKS: Mapping[str, Make] = {
    speaking.SAY: speaking.say,
    "imagine": picturing.imagine,
    "edit": picturing.edit,
    varying.VARY: varying.vary,
    transcribing.TRANSCRIBE: transcribing.transcribe,
}
"""Commands and presses that become a turn: what makes its answer in place of a chat."""

STEERING: Mapping[str, Steer] = {"stop": steering.stop, "retry": steering.retry, "undo": steering.undo}


@dataclass(frozen=True, slots=True)
class Said:
    """A command as text: its name and options."""

    name: str
    options: Mapping[str, str]

    @property
    def task(self) -> Task | None:
        """What a turn does for it; None for a command that is no turn of its own kind."""
        return Task(self.name, self.options) if self.name in TASKS else None


_TABLE: Sequence[tuple[str, str, bool]] = (
    (ASK, "question!", False),
    ("imagine", "prompt! model size count transparent", False),
    ("edit", "prompt! model picture+", False),
    ("say", "text voice language style model", False),
    ("transcribe", "format translate language file+", False),
    ("voice", "notes aloud", True),
    ("new", "", False),
    ("model", "name", True),
    ("persona", "text", True),
    ("context", "", True),
    ("stop", "", True),
    ("retry", "", True),
    ("undo", "", True),
    ("cleanup", "answers", True),
    ("help", "", True),
)
"""Each command with its options, and whether its answer is for the asker alone. `!`: required, `+`: takes a file."""


def commands(words: Words, catalogue: Catalogue) -> tuple[Command, ...]:
    """Every command with its texts in all languages, for the platforms to register."""

    suggests: Mapping[tuple[str, str], Callable[[str], Sequence[str]]] = {
        ("model", "name"): catalogue.suggest,
        ("voice", "notes"): suggest_notes,
        ("voice", "aloud"): suggest_aloud,
        ("transcribe", "format"): transcribing.suggest_formats,
        ("cleanup", "answers"): lambda prefix: [word for word in steering.CLEANUPS if word.startswith(prefix.lower())],
        **speaking.suggests(catalogue),
        **picturing.suggests(catalogue),
    }

    def option(command: str, name: str) -> Option:
        plain = name.rstrip("!+")
        summary, suggest = words.every(f"option-{command}-{plain}"), suggests.get((command, plain))
        return Option(plain, summary, name.endswith("!"), suggest, name.endswith("+"))

    return tuple(
        Command(name, words.every(f"command-{name}"), tuple(option(name, each) for each in options.split()), private)
        for name, options, private in _TABLE
    )


def parse(text: str, table: tuple[Command, ...]) -> Said | None:
    """A command written as a message ("/model gpt-5.4"), for places without commands; None for any other text."""
    if not text.startswith("/"):
        return None
    name, rest = [*text[1:].split(maxsplit=1), "", ""][:2]
    command = next((command for command in table if command.name == name.lower()), None)
    if command is None:
        return None
    return Said(command.name, command.read(rest))


def written(event: CommandInvoked) -> str:
    """A command as somebody would have written it."""
    first, *named = [*event.options.items(), ("", "")]
    options = [f"{name}={value}" for name, value in named if value]
    return " ".join(filter(None, (f"/{event.name}", first[1], *options)))
