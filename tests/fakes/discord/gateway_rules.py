"""What the gateway insists on, and the two ways in which it ends a connection."""

from dataclasses import dataclass

from tests.fakes.discord.sessions import KNOWN_INTENTS
from tests.fakes.discord.wire import Json

LONGEST_FRAME = 4096


class Closing(Exception):
    """The server ends the connection with a code."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"{code} {reason}")


class Cut(Exception):
    """The connection ends without a word."""


Frame = Json | Closing | Cut


@dataclass(slots=True)
class GatewayRules:
    """What the gateway insists on. `heartbeat_s` is real seconds; the intents are the portal's switches.

    `session_life_s` is how long a session can be resumed after its connection ended.
    """

    token: str
    heartbeat_s: float = 41.25
    sends: int = 120
    sends_window_s: float = 60.0
    allowed_intents: int = int(KNOWN_INTENTS)
    shards_needed: int = 1
    identifies_a_day: int = 1000
    session_life_s: float = 180.0
