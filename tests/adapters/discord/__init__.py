"""The Discord adapter, with the real discord.py against the fake Discord."""
