"""The Discord stand-in, proved with the real discord.py client."""
