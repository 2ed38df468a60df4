"""What the bot can do: one module a feature."""
