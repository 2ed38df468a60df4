"""The store: every query and every transaction."""

from bot.store.store import Store

__all__ = ["Store"]
