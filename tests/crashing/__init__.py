"""The bot killed at each point where it is between two facts, and started again."""
