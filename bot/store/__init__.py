"""The store: every query and every transaction."""
