"""Who runs a conversation now."""
