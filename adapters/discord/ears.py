"""What hearing works with: the engine's ends, and the channels to answer in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from adapters.discord.deferral import Deferrals
from bot.contract import Accept, Channel, Command, Host, Origin

DEFER_AFTER_S = 1.5
"""Half of the three seconds that Discord waits."""


@dataclass(frozen=True, slots=True)
class Ears:
    """`accept` and `commands` are the engine's; `open` makes channels."""

    host: Host
    deferrals: Deferrals
    open: Callable[[Origin], Channel]
    accept: Accept
    commands: Sequence[Command]
    defer_after: float = field(default=DEFER_AFTER_S)
