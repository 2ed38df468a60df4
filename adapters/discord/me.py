"""Who the bot is on Discord, and by which marks a text names it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Me:
    """The bot's user id, and in a server the id of the role that belongs to it alone."""

    id: int
    role: int | None = None

    @property
    def marks(self) -> tuple[str, ...]:
        """Every way in which a message's raw text may mention the bot."""
        own = (f"<@{self.id}>", f"<@!{self.id}>")
        return own if self.role is None else (*own, f"<@&{self.role}>")
