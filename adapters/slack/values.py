"""The adapter's own small values: who we are, whom we know, and what a turn keeps for Slack."""

import json
from dataclasses import asdict, dataclass

from bot.contract import Address

PLATFORM = "slack"
"""The name in every `Address` of this platform."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who `auth.test` says we are; `scopes` is None where Slack did not tell them."""

    team: str
    user: str
    bot: str
    name: str
    enterprise: str | None = None
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What people call a user, their locale as a BCP 47 tag, and whether they look after the workspace."""

    name: str
    locale: str | None = None
    moderator: bool = False


@dataclass(frozen=True, slots=True)
class Keepsake:
    """What `Origin.state` carries: the asker's own team (a stream must name it) and a reply address."""

    team: str = ""
    response_url: str = ""

    def dump(self) -> str:
        """As the opaque text of `Origin.state`."""
        return json.dumps({name: value for name, value in asdict(self).items() if value})

    @classmethod
    def load(cls, state: str) -> "Keepsake":
        """From `Origin.state`; an empty or foreign one gives an empty keepsake."""
        try:
            kept = json.loads(state or "{}")
        except ValueError:
            return cls()
        known = kept if isinstance(kept, dict) else {}
        return cls(team=str(known.get("team", "")), response_url=str(known.get("response_url", "")))


def is_direct(address: Address) -> bool:
    """A direct message between one person and the bot: Slack gives such channels an id that begins with D."""
    return address.channel.startswith("D")
