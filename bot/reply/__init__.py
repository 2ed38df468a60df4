"""Reply: one growing answer, paced and paged into a Channel."""

from bot.reply.journal import Journal
from bot.reply.reply import Reply

__all__ = ["Journal", "Reply"]
