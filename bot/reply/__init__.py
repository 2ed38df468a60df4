"""Reply: one growing answer, paced and paged into a Channel."""

from bot.reply.reply import Reply
from bot.reply.screen import Journal

__all__ = ["Journal", "Reply"]
