"""The store: every query and every transaction."""

from bot.store.database import may_be_back
from bot.store.store import Store

__all__ = ["Store", "may_be_back"]
