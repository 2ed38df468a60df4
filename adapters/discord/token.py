"""What a command or a press leaves behind to be answered with: the interaction's token and how long it lives."""

import json
from dataclasses import asdict, dataclass, replace
from time import time

from bot.contract import Address

LIFETIME = 840.0
"""Seconds. Discord takes the token for 15 minutes from the command; a minute is kept for slow clocks and calls
(https://discord.com/developers/docs/interactions/receiving-and-responding)."""


FILE_LIMIT = 10 * 1024 * 1024
"""The most bytes of a file where nothing else is known (https://discord.com/developers/docs/reference#uploading-files)."""


@dataclass(frozen=True, slots=True)
class Token:
    """One interaction. `until` is in Unix seconds; `may_post` says whether the bot can also speak there by itself.

    `anchored` is True once the first response shows something that is not the answer's to overwrite: the question, or
    the post whose button was pressed, whose id is then `pressed`.
    `file_limit` holds for files that come by the token.
    """

    address: Address
    application: int
    interaction: int
    secret: str
    until: float
    private: bool
    may_post: bool
    anchored: bool = False
    pressed: int | None = None
    file_limit: int = FILE_LIMIT

    def __repr__(self) -> str:
        return f"Token(interaction={self.interaction}, until={self.until:.0f})"

    @property
    def left(self) -> float:
        """Seconds in which it can still be used."""
        return max(0.0, self.until - time())

    @property
    def age(self) -> float:
        """Seconds since the command or the press."""
        return LIFETIME - (self.until - time())

    def under_question(self) -> "Token":
        """The same token for an answer beneath the shown question."""
        return replace(self, anchored=True)

    def stored(self) -> str:
        """As the state of an Origin."""
        return json.dumps({name: value for name, value in asdict(self).items() if name != "address"})

    @classmethod
    def restored(cls, address: Address, state: str) -> "Token | None":
        """From an Origin's state; None where the origin is a message."""
        return cls(address, **json.loads(state)) if state else None
